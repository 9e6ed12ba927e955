import { type Db, run, sql } from '../platform/db.ts'
import type { InferenceRow, Written } from './message-rows.ts'
import { STATE } from './state.ts'
import { writeEvents } from './trail.ts'

/** A 2xx or receipt of an earlier attempt takes back the retry that was waiting. */
export async function withdrawRetries(tx: Db, workspaceId: string, rows: readonly Written[]): Promise<void> {
  if (rows.length === 0) return
  await run(
    tx,
    sql`DELETE FROM message_retry r
         USING unnest(${rows.map((row) => row.campaign_id)}::uuid[], ${rows.map((row) => row.seq)}::int[]) AS k (campaign_id, seq)
         WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = k.campaign_id AND r.seq = k.seq`,
  )
}

/** Those moved to Pending wait for another attempt; every inference that was applied leaves a line in the trail. */
export async function writeRetries(tx: Db, workspaceId: string, applied: readonly InferenceRow[]): Promise<void> {
  const retries = applied.filter((inference) => inference.state === STATE.pending)
  if (retries.length > 0)
    await run(
      tx,
      sql`INSERT INTO message_retry (workspace_id, campaign_id, seq, attempt, due_at)
          SELECT ${workspaceId}, r.campaign_id, r.seq, r.attempt, now() + r.after * interval '1 second'
            FROM unnest(${retries.map((r) => r.campaignId)}::uuid[], ${retries.map((r) => r.seq)}::int[],
                        ${retries.map((r) => r.attempt)}::smallint[], ${retries.map((r) => r.retryAfterSeconds ?? 0)}::float8[])
              AS r (campaign_id, seq, attempt, after)
          ON CONFLICT (workspace_id, campaign_id, seq) DO UPDATE SET attempt = excluded.attempt, due_at = excluded.due_at`,
    )
  await writeEvents(
    tx,
    workspaceId,
    applied.map(({ campaignId, seq, attempt, code, event }) => ({ campaignId, seq, attempt, code, ...event })),
  )
}
