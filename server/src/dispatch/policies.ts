import type pg from 'pg'
import { type Db, many, maybeOne, run, type Sql, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { resendUnknown } from './unknown.ts'

/** No policy resends later than this after the intent (delivery.md §2); then Unknown is settled as under `hold`. */
const RESEND_WITHIN = '8 days'
/** Under `resend`, doubt this old is resolved in favour of sending again (delivery.md §3). */
const RESEND_AFTER = '20 minutes'
/** Under `confident`, doubt must be this old. */
const CONFIDENT_AFTER = '60 minutes'
/** And so many messages of the number with a later intent must have a receipt. */
const CONFIRMED_LATER = 50
/** A minute in which Meta accepted messages must be followed by receipts within this time; else receipt intake had a gap. */
const RECEIPTS_WITHIN = '10 minutes'

interface Doubtful {
  readonly workspaceId: string
  readonly id: string
  readonly numberId: string
  readonly policy: 'resend' | 'confident'
}

/** Running campaigns whose policy resolves doubt: what is ripe goes back to Pending, with an audit entry of the count. */
export async function applyUnknownPolicies(pool: pg.Pool): Promise<number> {
  const campaigns = await many<Doubtful>(
    pool,
    sql`SELECT c.workspace_id AS "workspaceId", c.id, c.number_id AS "numberId", c.unknown_policy AS policy
          FROM campaign c JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
         WHERE c.status = 'Running' AND c.unknown_policy IN ('resend', 'confident') AND k.unknown > 0
           AND (c.unknown_policy = 'resend' OR k.held = 0)`,
  )
  let total = 0
  for (const campaign of campaigns) total += await applyPolicy(pool, campaign)
  return total
}

/** When the attempt in doubt was intended, over alias `m`. */
const intended = sql`coalesce(m.intended_at, m.settled_at)`

async function applyPolicy(pool: pg.Pool, { workspaceId, id, numberId, policy }: Doubtful): Promise<number> {
  const before = policy === 'resend' ? sql`now() - ${RESEND_AFTER}::interval` : await confidentBefore(pool, workspaceId, numberId)
  if (before === undefined) return 0
  return inTransaction(pool, async (tx) => {
    const locked = await maybeOne(
      tx,
      sql`SELECT 1 FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${id} AND status = 'Running' AND unknown_policy = ${policy} FOR UPDATE`,
    )
    if (locked === undefined) return 0
    const since =
      policy === 'resend'
        ? sql`now() - ${RESEND_WITHIN}::interval`
        : sql`greatest(now() - ${RESEND_WITHIN}::interval, ${unbrokenSince(workspaceId, numberId)})`
    const why =
      policy === 'resend'
        ? 'The campaign’s policy sends again after 20 minutes without proof.'
        : 'An hour without a receipt while those of later messages came without a gap: the campaign’s policy sends again.'
    const count = await resendUnknown(tx, workspaceId, id, why, sql`${intended} BETWEEN ${since} AND ${before}`)
    if (count > 0)
      await run(
        tx,
        sql`INSERT INTO audit_entry (workspace_id, id, actor_type, actor_name, action, object_type, object_id, detail)
            VALUES (${workspaceId}, gen_random_uuid(), 'system', 'unknown policy', 'campaign.unknown.resend', 'WhatsappCampaign', ${id},
                    ${JSON.stringify({ count, policy })})`,
      )
    return count
  })
}

/**
 * The intents before which `confident` may act: an hour old, and older than the fiftieth-latest message of the number that has a receipt.
 * Looks at the last slices of the number's campaigns only. Undefined: fewer than fifty receipts came.
 */
async function confidentBefore(db: Db, workspaceId: string, numberId: string): Promise<Sql | undefined> {
  const fiftieth = await maybeOne<{ at: Date }>(
    db,
    sql`SELECT told.at
          FROM campaign c
         CROSS JOIN LATERAL (SELECT first_seq, last_seq FROM campaign_slice s WHERE s.workspace_id = c.workspace_id AND s.campaign_id = c.id
                                AND s.sent + s.delivered + s.read + s.failed > 0 ORDER BY slice_no DESC LIMIT 3) AS s
         CROSS JOIN LATERAL (SELECT coalesce(m.intended_at, m.accepted_at, m.sent_at, m.delivered_at) AS at FROM message m
                              WHERE m.workspace_id = c.workspace_id AND m.campaign_id = c.id AND m.seq BETWEEN s.first_seq AND s.last_seq
                                AND m.state >= 6 AND coalesce(m.sent_at, m.delivered_at, m.failed_at) IS NOT NULL
                              ORDER BY 1 DESC LIMIT ${CONFIRMED_LATER}) AS told
         WHERE c.workspace_id = ${workspaceId} AND c.number_id = ${numberId} AND c.frozen_at IS NOT NULL AND c.started_at > now() - interval '30 days'
         ORDER BY told.at DESC OFFSET ${CONFIRMED_LATER - 1} LIMIT 1`,
  )
  return fiftieth && sql`least(now() - ${CONFIDENT_AFTER}::interval, ${fiftieth.at}::timestamptz - interval '1 millisecond')`
}

/**
 * Since when receipts came without a gap: our intake answered all the time (install.intake_unbroken_since), and every minute in which Meta
 * accepted messages of this number was followed by receipts.
 */
const unbrokenSince = (workspaceId: string, numberId: string): Sql => sql`greatest(
  (SELECT intake_unbroken_since FROM install),
  (SELECT max(u.minute) + interval '1 minute'
     FROM campaign c JOIN campaign_minute u ON u.workspace_id = c.workspace_id AND u.campaign_id = c.id
    WHERE c.workspace_id = ${workspaceId} AND c.number_id = ${numberId} AND u.sent > 0
      AND u.minute BETWEEN now() - ${RESEND_WITHIN}::interval AND now() - ${RECEIPTS_WITHIN}::interval
      AND NOT EXISTS (SELECT 1 FROM receipt_minute t WHERE t.workspace_id = c.workspace_id AND t.number_id = c.number_id
                         AND t.minute BETWEEN u.minute AND u.minute + ${RECEIPTS_WITHIN}::interval)))`

/** Condition over alias `c`: the campaign still has doubt that its policy may resolve by sending again, so it is not settled. */
export const hasResendableSql = sql`(c.unknown_policy IN ('resend', 'confident') AND EXISTS (
  SELECT 1 FROM campaign_slice s
   CROSS JOIN LATERAL (SELECT 1 FROM message m WHERE m.workspace_id = s.workspace_id AND m.campaign_id = s.campaign_id
                          AND m.seq BETWEEN s.first_seq AND s.last_seq AND m.state = 2 AND NOT m.is_closed
                          AND ${intended} > now() - ${RESEND_WITHIN}::interval LIMIT 1) AS doubt
   WHERE s.workspace_id = c.workspace_id AND s.campaign_id = c.id AND s.unknown > 0))`
