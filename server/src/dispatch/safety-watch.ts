import type pg from 'pg'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { clearHolds, type Hold, setHold } from './holds.ts'
import { breakerTrip, type Canary, type CircuitBreaker, canaryVerdict, type Heard } from './safety.ts'

interface Watched {
  readonly workspaceId: string
  readonly id: string
}

/**
 * Judges every running campaign with an open canary or a circuit breaker: one counter row each, whatever its size. Called once a second, so
 * a failing campaign is held within a second of the failures that say so.
 */
export async function watchSafety(pool: pg.Pool): Promise<void> {
  const watched = await many<Watched>(
    pool,
    sql`SELECT workspace_id AS "workspaceId", id FROM campaign
         WHERE status = 'Running' AND (canary_seq IS NOT NULL OR circuit_breaker IS NOT NULL) AND frozen_at IS NOT NULL AND NOT canary_stopped`,
  )
  for (const { workspaceId, id } of watched) await judge(pool, workspaceId, id)
}

interface Standing extends Heard {
  readonly canary: Canary | null
  readonly circuitBreaker: CircuitBreaker | null
  /** Null: none, or it has passed. */
  readonly canarySize: number | null
  readonly isCanarySent: boolean
  /** Since that was seen. */
  readonly waitedMs: number | null
  readonly breakerAsked: number
  readonly breakerFailed: number
}

function judge(pool: pg.Pool, workspaceId: string, id: string): Promise<void> {
  return inTransaction(pool, async (tx) => {
    const standing = await maybeOne<Standing>(
      tx,
      sql`SELECT c.canary, c.circuit_breaker AS "circuitBreaker", CASE WHEN c.canary_seq IS NOT NULL THEN c.canary_size END AS "canarySize",
                 c.breaker_asked AS "breakerAsked", c.breaker_failed AS "breakerFailed",
                 (extract(epoch FROM now() - c.canary_sent_at) * 1000)::float8 AS "waitedMs",
                 k.sent + k.delivered + k.read + k.rejected + k.undelivered + k.unknown AS asked, k.delivered + k.read AS delivered,
                 k.rejected + k.undelivered AS failed,
                 NOT EXISTS (SELECT 1 FROM campaign_slice s WHERE s.workspace_id = c.workspace_id AND s.campaign_id = c.id
                                AND s.first_seq <= c.canary_seq AND (s.cursor_seq < least(s.last_seq, c.canary_seq) OR s.sending > 0)) AS "isCanarySent"
            FROM campaign c JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
           WHERE c.workspace_id = ${workspaceId} AND c.id = ${id} AND c.status = 'Running' AND NOT c.canary_stopped FOR UPDATE OF c`,
    )
    if (standing === undefined) return
    const { canary, canarySize, circuitBreaker, breakerAsked, breakerFailed } = standing
    if (canary !== null && canarySize !== null) return judgeCanary(tx, workspaceId, id, { ...standing, canary, canarySize })
    if (circuitBreaker === null) return
    const since = { asked: standing.asked - breakerAsked, delivered: standing.delivered, failed: standing.failed - breakerFailed }
    const why = breakerTrip(since, circuitBreaker)
    if (why !== undefined) await setHold(tx, { workspaceId, scope: 'campaign', scopeId: id, reason: 'circuit_breaker', detail: why })
  })
}

type OpenCanary = Standing & { readonly canary: Canary; readonly canarySize: number }

async function judgeCanary(tx: Db, workspaceId: string, id: string, standing: OpenCanary): Promise<void> {
  const { canary, canarySize, circuitBreaker, isCanarySent, waitedMs } = standing
  const at = { workspaceId, scope: 'campaign', scopeId: id } as const
  const verdict = canaryVerdict(standing, canary, circuitBreaker, canarySize, isCanarySent ? (waitedMs ?? 0) : null)
  if (verdict.kind === 'stop') {
    await run(tx, sql`UPDATE campaign SET canary_stopped = true WHERE workspace_id = ${workspaceId} AND id = ${id}`)
    await setHold(tx, { ...at, reason: 'canary', detail: verdict.why })
  } else if (verdict.kind === 'go') {
    await run(tx, sql`UPDATE campaign SET canary_seq = NULL WHERE workspace_id = ${workspaceId} AND id = ${id}`)
    await clearHolds(tx, { ...at, reasons: ['canary'] })
    await run(
      tx,
      sql`INSERT INTO audit_entry (workspace_id, id, actor_type, actor_name, action, object_type, object_id, detail)
          VALUES (${workspaceId}, gen_random_uuid(), 'system', 'canary', 'campaign.canary.passed', 'WhatsappCampaign', ${id},
                  ${JSON.stringify({ asked: standing.asked, delivered: standing.delivered, failed: standing.failed })})`,
    )
  } else if (isCanarySent && waitedMs === null) {
    await run(tx, sql`UPDATE campaign SET canary_sent_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
    await setHold(tx, {
      ...at,
      reason: 'canary',
      detail: `The first ${standing.asked} people have it. The others follow once half of them are delivered; after ${canary.waitMinutes} minutes a person decides.`,
    })
  }
}

/**
 * A person resumed a campaign. Seeing its canary's hold they send to the others without waiting for more; seeing its circuit breaker's they
 * accept the failures so far. The caller holds the campaign's lock.
 * @param shown the hold they saw, the gravest
 */
export async function acceptRisk(tx: Db, workspaceId: string, id: string, shown: Hold | undefined): Promise<void> {
  if (shown?.scope !== 'campaign') return
  if (shown.reason === 'canary')
    await run(tx, sql`UPDATE campaign SET canary_seq = NULL, canary_stopped = false WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  if (shown.reason === 'canary' || shown.reason === 'circuit_breaker')
    await run(
      tx,
      sql`UPDATE campaign c SET breaker_asked = k.sent + k.delivered + k.read + k.rejected + k.undelivered + k.unknown,
                 breaker_failed = k.rejected + k.undelivered
            FROM campaign_counter k
           WHERE c.workspace_id = ${workspaceId} AND c.id = ${id} AND k.workspace_id = c.workspace_id AND k.campaign_id = c.id`,
    )
}
