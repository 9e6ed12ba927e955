import type pg from 'pg'
import { isKeptOutSql } from '../contacts/eligibility.ts'
import { many, maybeOne, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { Lease } from './lease.ts'
import type { Result, TestSend } from './ports.ts'
import { type LimitedNumber, limitedColumns, limitsOf, releaseTest, takeRoom } from './room.ts'
import { inFlightSql } from './slices.ts'

/** A test send older than this is not sent any more: nobody waits for it, and it may stem from a restored database. */
const TEST_WITHIN = '60 seconds'

/** Test sends waiting on this number become Sending: their intent, under the same lease, window and 24-hour limit as any other. */
export function intendTests(pool: pg.Pool, lease: Lease, wanted: number, window = Number.POSITIVE_INFINITY): Promise<TestSend[]> {
  const { workspaceId, numberId } = lease
  return inTransaction(
    pool,
    async (tx) => {
      const mine = await maybeOne<LimitedNumber & { inFlight: number }>(
        tx,
        sql`SELECT ${limitedColumns}, ${inFlightSql(workspaceId, numberId)} AS "inFlight"
              FROM number_lease l, phone_number n, whatsapp_account a
             WHERE l.workspace_id = ${workspaceId} AND l.number_id = ${numberId} AND l.token = ${lease.token} AND l.worker_key = ${lease.workerKey}
               AND n.workspace_id = l.workspace_id AND n.id = l.number_id AND a.workspace_id = n.workspace_id AND a.id = n.account_id
               FOR SHARE OF l`,
      )
      if (mine === undefined) return []
      const topicOfTest = sql`(SELECT k.topic_id FROM campaign k WHERE k.workspace_id = t.workspace_id AND k.id = t.campaign_id)`
      const open = sql`t.workspace_id = ${workspaceId} AND t.number_id = ${numberId} AND t.state = 'Pending'`
      await run(
        tx,
        sql`UPDATE test_send t SET state = 'Failed', settled_at = now(), error_title = CASE WHEN t.created_at < now() - ${TEST_WITHIN}::interval
                 THEN 'It could not be sent in time.' ELSE 'This person opted out or is suppressed.' END
             WHERE ${open} AND (t.created_at < now() - ${TEST_WITHIN}::interval OR ${isKeptOutSql(workspaceId, sql`t.send_key`, sql`t.key_hash`, topicOfTest)})`,
      )
      const due = await many<{ id: string; sendKey: string }>(
        tx,
        sql`SELECT t.id, t.send_key AS "sendKey" FROM test_send t JOIN phone_number n ON n.workspace_id = t.workspace_id AND n.id = t.number_id
             WHERE ${open} AND NOT EXISTS (
                   SELECT 1 FROM hold h WHERE h.workspace_id = t.workspace_id AND (h.auto_resume_at IS NULL OR h.auto_resume_at > now())
                      AND ((h.scope = 'number' AND h.scope_id = n.id::text AND h.reason <> 'limit_reached')
                        OR (h.scope = 'account' AND h.scope_id = n.account_id::text)))
             ORDER BY t.created_at LIMIT ${Math.min(wanted, Math.max(0, window - mine.inFlight))} FOR UPDATE OF t`,
      )
      const fits = await takeRoom(
        tx,
        workspaceId,
        limitsOf(mine),
        due.map(({ sendKey }) => ({ sendKey, needsRoom: true })),
      )
      const ids = due.map(({ id }) => id)
      await run(
        tx,
        sql`UPDATE test_send SET state = 'Failed', settled_at = now(), error_title = 'The 24-hour limit on people is reached.'
             WHERE workspace_id = ${workspaceId} AND id = ANY(${ids.slice(fits)}::uuid[])`,
      )
      return many<TestSend>(
        tx,
        sql`UPDATE test_send SET state = 'Sending', owner_token = ${lease.token}, intended_at = now()
             WHERE workspace_id = ${workspaceId} AND id = ANY(${ids.slice(0, fits)}::uuid[])
            RETURNING id, phone_e164 AS "phoneE164", request AS template, intended_at AS "intendedAt"`,
      )
    },
    { durable: true },
  )
}

/** Records what test sends came to; a test surely not accepted gives its room back. */
export async function recordTests(pool: pg.Pool, workspaceId: string, results: readonly Result[]): Promise<void> {
  for (const { attempt, outcome } of results.filter((result) => result.attempt.testId !== undefined)) {
    const state = outcome.kind === 'accepted' ? 'Sent' : outcome.kind === 'ambiguous' ? 'Unknown' : 'Failed'
    const wamid = outcome.kind === 'accepted' ? outcome.wamid : null
    const code = outcome.kind === 'refused' || outcome.kind === 'ambiguous' ? outcome.code : null
    const title = outcome.kind === 'refused' ? outcome.title : outcome.kind === 'accepted' ? null : outcome.detail
    await inTransaction(pool, async (tx) => {
      const settled = await run(
        tx,
        sql`UPDATE test_send SET state = ${state}, wamid = coalesce(wamid, ${wamid}), error_code = ${code}, error_title = ${title}, settled_at = now()
             WHERE workspace_id = ${workspaceId} AND id = ${attempt.testId} AND state IN ('Sending', 'Unknown')`,
      )
      if (settled === 1 && state === 'Failed') await releaseTest(tx, workspaceId, attempt.testId ?? '')
    })
  }
}
