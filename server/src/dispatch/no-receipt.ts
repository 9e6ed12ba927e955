import type pg from 'pg'
import { many, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'

/** Slices one transaction looks through. */
const SLICES = 100

/**
 * When a message's time to live passes without delivery Meta drops it and tells nobody (whatsapp-cloud-api.md §3.9): Sent for ever would read
 * as if it were on its way. Flags them as "no receipt"; a receipt that comes after all still counts. Looks at each campaign once, when the
 * time of its last message has passed; the default is 30 days, for authentication templates ten minutes.
 */
export async function flagWithoutReceipt(pool: pg.Pool): Promise<number> {
  const due = await many<{ workspaceId: string; id: string; ttlSeconds: number }>(
    pool,
    sql`SELECT workspace_id AS "workspaceId", id, "ttlSeconds" FROM (
          SELECT c.workspace_id, c.id, c.completed_at,
                 CASE WHEN t.ttl_seconds > 0 THEN t.ttl_seconds WHEN t.ttl_seconds IS NULL AND t.category = 'AUTHENTICATION' THEN 600 ELSE 2592000 END AS "ttlSeconds"
            FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
           WHERE c.receipts_due AND c.status IN ('Completed', 'Cancelled', 'Failed')) AS ended
         WHERE completed_at < now() - ("ttlSeconds" + 3600) * interval '1 second'
         ORDER BY completed_at LIMIT 20`,
  )
  let flagged = 0
  for (const campaign of due) flagged += await flagCampaign(pool, campaign)
  return flagged
}

async function flagCampaign(pool: pg.Pool, campaign: { workspaceId: string; id: string; ttlSeconds: number }): Promise<number> {
  const { workspaceId, id, ttlSeconds } = campaign
  let flagged = 0
  for (let after = -1; ; ) {
    const slices = await many<{ slice_no: number; first_seq: number; last_seq: number }>(
      pool,
      sql`SELECT slice_no, first_seq, last_seq FROM campaign_slice
           WHERE workspace_id = ${workspaceId} AND campaign_id = ${id} AND slice_no > ${after} AND sent > 0 ORDER BY slice_no LIMIT ${SLICES}`,
    )
    const last = slices.at(-1)
    if (last === undefined) break
    after = last.slice_no
    flagged += await inTransaction(pool, async (tx) => {
      await run(
        tx,
        sql`SELECT 1 FROM campaign_slice WHERE workspace_id = ${workspaceId} AND campaign_id = ${id}
               AND slice_no = ANY(${slices.map(({ slice_no }) => slice_no)}::int[]) ORDER BY slice_no FOR UPDATE`,
      )
      return run(
        tx,
        sql`UPDATE message m SET has_no_receipt = true
              FROM unnest(${slices.map(({ first_seq }) => first_seq)}::int[], ${slices.map(({ last_seq }) => last_seq)}::int[]) AS s (first_seq, last_seq)
             WHERE m.workspace_id = ${workspaceId} AND m.campaign_id = ${id} AND m.seq BETWEEN s.first_seq AND s.last_seq
               AND m.state = 6 AND NOT m.has_no_receipt
               AND coalesce(m.accepted_at, m.sent_at) < now() - ${ttlSeconds} * interval '1 second'`,
      )
    })
  }
  await run(pool, sql`UPDATE campaign SET receipts_due = false WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  return flagged
}
