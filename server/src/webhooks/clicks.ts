import { moveCounters } from '../dispatch/counters.ts'
import { type Db, maybeOne, one, run, sql } from '../platform/db.ts'

export interface Click {
  readonly workspaceId: string
  readonly campaignId: string
  readonly seq: number
  readonly button: number
  /** Unique: the inbound message, or one we made for a tracked link. */
  readonly clickId: string
  readonly kind: 'quick_reply' | 'url' | 'flow'
  readonly isStop: boolean
  readonly text: string
  readonly at: Date
}

/** Counts a press once, however often Meta tells it: rows, who pressed, totals and the series, in the caller's transaction. */
export async function recordClick(tx: Db, click: Click): Promise<boolean> {
  const isNew = await run(
    tx,
    sql`INSERT INTO button_click (workspace_id, campaign_id, click_id, seq, button_index, kind, is_stop, text, at)
        SELECT ${click.workspaceId}, ${click.campaignId}, ${click.clickId}, ${click.seq}, ${click.button}, ${click.kind}, ${click.isStop}, ${click.text}, ${click.at}
         WHERE EXISTS (SELECT 1 FROM recipient WHERE workspace_id = ${click.workspaceId} AND campaign_id = ${click.campaignId} AND seq = ${click.seq})
        ON CONFLICT DO NOTHING`,
  )
  if (isNew === 0) return false
  const before = await maybeOne<{ pressed: boolean }>(
    tx,
    sql`SELECT true AS pressed FROM button_presser WHERE workspace_id = ${click.workspaceId} AND campaign_id = ${click.campaignId} AND seq = ${click.seq}
           AND NOT is_stop LIMIT 1`,
  )
  const { is_first } = await one<{ is_first: boolean }>(
    tx,
    sql`INSERT INTO button_presser AS p (workspace_id, campaign_id, seq, button_index, is_stop, first_at, last_at)
        VALUES (${click.workspaceId}, ${click.campaignId}, ${click.seq}, ${click.button}, ${click.isStop}, ${click.at}, ${click.at})
        ON CONFLICT (workspace_id, campaign_id, seq, button_index) DO UPDATE
           SET clicks = p.clicks + 1, first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at)
        RETURNING (xmax = 0) AS is_first`,
  )
  await run(
    tx,
    sql`INSERT INTO button_counter AS k (workspace_id, campaign_id, button_index, clicks, unique_contacts)
        VALUES (${click.workspaceId}, ${click.campaignId}, ${click.button}, 1, ${is_first ? 1 : 0})
        ON CONFLICT (workspace_id, campaign_id, button_index) DO UPDATE
           SET clicks = k.clicks + 1, unique_contacts = k.unique_contacts + excluded.unique_contacts`,
  )
  if (!click.isStop)
    await run(
      tx,
      sql`INSERT INTO campaign_minute AS m (workspace_id, campaign_id, minute, clicked)
          VALUES (${click.workspaceId}, ${click.campaignId}, date_trunc('minute', ${click.at}::timestamptz), 1)
          ON CONFLICT (workspace_id, campaign_id, minute) DO UPDATE SET clicked = m.clicked + 1`,
    )
  await moveCounters(tx, click.workspaceId, click.campaignId, { clicks: 1, clicked: before === undefined && !click.isStop ? 1 : 0 })
  return true
}
