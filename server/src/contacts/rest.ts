import { REST_HOURS } from '../dispatch/outcome.ts'
import { type Db, run, sql } from '../platform/db.ts'

/**
 * Lets marketing to these people rest for 24 hours from when Meta held a message back, in every campaign (eligibility.ts).
 * @param held the recipients it was held back from
 */
export async function restMarketing(
  tx: Db,
  workspaceId: string,
  held: readonly { readonly campaignId: string; readonly seq: number; readonly at: Date }[],
): Promise<void> {
  if (held.length === 0) return
  await run(
    tx,
    sql`UPDATE contact c SET marketing_rest_until = greatest(c.marketing_rest_until, h.at + ${REST_HOURS} * interval '1 hour')
          FROM (SELECT r.contact_id, max(u.at) AS at
                  FROM unnest(${held.map((one) => one.campaignId)}::uuid[], ${held.map((one) => one.seq)}::int[],
                              ${held.map((one) => one.at)}::timestamptz[]) AS u (campaign_id, seq, at)
                  JOIN recipient r ON r.workspace_id = ${workspaceId} AND r.campaign_id = u.campaign_id AND r.seq = u.seq
                 GROUP BY 1) AS h
         WHERE c.workspace_id = ${workspaceId} AND c.id = h.contact_id`,
  )
}
