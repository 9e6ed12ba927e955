import { type Db, many, one, run, sql } from '../platform/db.ts'
import { moveCounts } from './counters.ts'
import { STATE } from './state.ts'

/**
 * Cancels everybody of whom no attempt can have been accepted, after the caller set the campaign Cancelled or Failed under its lock:
 * people waiting for a retry get a Cancelled row, people past the cursor are Cancelled by derivation, without rows. Those whose intent
 * is durable keep waiting for their answer.
 * @returns how many were cancelled
 */
export async function cancelRemaining(tx: Db, workspaceId: string, campaignId: string): Promise<number> {
  await run(
    tx,
    sql`SELECT 1 FROM campaign_slice WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId} ORDER BY slice_no FOR UPDATE`,
  )
  const retrying = await many<{ seq: number }>(
    tx,
    sql`WITH gone AS (DELETE FROM message_retry WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId} RETURNING seq)
        UPDATE message m SET prev_state = m.state, state = 4, settled_at = now()
          FROM gone
         WHERE m.workspace_id = ${workspaceId} AND m.campaign_id = ${campaignId} AND m.seq = gone.seq AND m.state = 0
        RETURNING m.seq`,
  )
  const now = new Date()
  await moveCounts(
    tx,
    workspaceId,
    retrying.map(({ seq }) => ({ campaignId, seq, from: STATE.pending, to: STATE.cancelled, wasSending: false, at: now })),
  )
  // Past the cursor, those the freeze skipped keep their rows. Only a slice that was reached in part is read row by row.
  const { remaining } = await one<{ remaining: number }>(
    tx,
    sql`SELECT coalesce(sum(s.last_seq - s.cursor_seq - CASE
                 WHEN s.cursor_seq = s.last_seq THEN 0
                 WHEN s.cursor_seq = s.first_seq - 1 THEN s.sent + s.delivered + s.read + s.failed + s.skipped + s.unknown + s.cancelled
                 ELSE (SELECT count(*) FROM message m
                        WHERE m.workspace_id = s.workspace_id AND m.campaign_id = s.campaign_id
                          AND m.seq > s.cursor_seq AND m.seq <= s.last_seq) END), 0)::int AS remaining
          FROM campaign_slice s WHERE s.workspace_id = ${workspaceId} AND s.campaign_id = ${campaignId}`,
  )
  await run(
    tx,
    sql`UPDATE campaign_counter SET cancelled = cancelled + ${remaining} WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}`,
  )
  return retrying.length + remaining
}
