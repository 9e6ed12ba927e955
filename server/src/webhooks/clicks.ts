import type { Tally } from '../dispatch/counters.ts'
import { announce } from '../outgoing/events.ts'
import { type Db, one, run, sql } from '../platform/db.ts'

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

/** True for the first of all processes and times that notes it: insert-on-conflict decides who counts a person. */
export const isFirstAct = async (
  tx: Db,
  at: { readonly workspaceId: string; readonly campaignId: string; readonly seq: number },
  kind: 'clicked' | 'replied',
): Promise<boolean> =>
  (await run(
    tx,
    sql`INSERT INTO recipient_act (workspace_id, campaign_id, seq, kind) VALUES (${at.workspaceId}, ${at.campaignId}, ${at.seq}, ${kind})
        ON CONFLICT DO NOTHING`,
  )) === 1

/** Counts a press once, however often Meta tells it: rows and who pressed, in the caller's transaction; the caller flushes the tally. */
export async function recordClick(tx: Db, click: Click, tally: Tally): Promise<boolean> {
  const isNew = await run(
    tx,
    sql`INSERT INTO button_click (workspace_id, campaign_id, click_id, seq, button_index, kind, is_stop, text, at)
        SELECT ${click.workspaceId}, ${click.campaignId}, ${click.clickId}, ${click.seq}, ${click.button}, ${click.kind}, ${click.isStop}, ${click.text}, ${click.at}
         WHERE EXISTS (SELECT 1 FROM recipient WHERE workspace_id = ${click.workspaceId} AND campaign_id = ${click.campaignId} AND seq = ${click.seq})
        ON CONFLICT DO NOTHING`,
  )
  if (isNew === 0) return false
  const { is_first } = await one<{ is_first: boolean }>(
    tx,
    sql`INSERT INTO button_presser AS p (workspace_id, campaign_id, seq, button_index, is_stop, first_at, last_at)
        VALUES (${click.workspaceId}, ${click.campaignId}, ${click.seq}, ${click.button}, ${click.isStop}, ${click.at}, ${click.at})
        ON CONFLICT (workspace_id, campaign_id, seq, button_index) DO UPDATE
           SET clicks = p.clicks + 1, first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at)
        RETURNING (xmax = 0) AS is_first`,
  )
  tally.press({ campaignId: click.campaignId, button: click.button, isFirst: is_first, isStop: click.isStop, at: click.at })
  if (!click.isStop && (await isFirstAct(tx, click, 'clicked'))) tally.act(click.campaignId, { clicked: 1 })
  const { contact_id } = await one<{ contact_id: string }>(
    tx,
    sql`SELECT contact_id FROM recipient WHERE workspace_id = ${click.workspaceId} AND campaign_id = ${click.campaignId} AND seq = ${click.seq}`,
  )
  const item = { contactId: contact_id, buttonIndex: click.button, kind: click.kind, isStop: click.isStop, text: click.text, at: click.at }
  await announce(tx, click.workspaceId, [{ type: 'button.clicked', campaignId: click.campaignId, data: { items: [item] } }])
  return true
}
