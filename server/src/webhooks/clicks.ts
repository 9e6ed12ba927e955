import type { Tally } from '../dispatch/counters.ts'
import { announce } from '../outgoing/events.ts'
import { type Db, many, run, sql } from '../platform/db.ts'

export interface Click {
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

/** Counts a press once, however often it is told; see `recordClicks`. */
export const recordClick = (tx: Db, { workspaceId, ...click }: Click & { readonly workspaceId: string }, tally: Tally): Promise<void> =>
  recordClicks(tx, workspaceId, [click], tally)

interface Fresh {
  readonly n: number
  readonly contact_id: string
  /** The first of its person on this button, of all processes and times. */
  readonly is_first_press: boolean
  /** The first click of its person in this campaign. */
  readonly is_first_act: boolean
}

/** Counts presses, each once however often Meta tells it: rows and who pressed, in the caller's transaction; the caller flushes the tally. */
export async function recordClicks(tx: Db, workspaceId: string, clicks: readonly Click[], tally: Tally): Promise<void> {
  if (clicks.length === 0) return
  const fresh = await many<Fresh>(
    tx,
    sql`WITH told AS MATERIALIZED (
          SELECT u.*, r.contact_id
            FROM unnest(${clicks.map((_, n) => n)}::int[], ${clicks.map((c) => c.campaignId)}::uuid[], ${clicks.map((c) => c.clickId)}::text[],
                        ${clicks.map((c) => c.seq)}::int[], ${clicks.map((c) => c.button)}::int[], ${clicks.map((c) => c.kind)}::text[],
                        ${clicks.map((c) => c.isStop)}::boolean[], ${clicks.map((c) => c.text)}::text[], ${clicks.map((c) => c.at)}::timestamptz[])
                 AS u (n, campaign_id, click_id, seq, button_index, kind, is_stop, text, at)
            JOIN recipient r ON r.workspace_id = ${workspaceId} AND r.campaign_id = u.campaign_id AND r.seq = u.seq),
        stored AS (
          INSERT INTO button_click (workspace_id, campaign_id, click_id, seq, button_index, kind, is_stop, text, at)
          SELECT ${workspaceId}, campaign_id, click_id, seq, button_index, kind, is_stop, text, at FROM told ORDER BY campaign_id, click_id
          ON CONFLICT DO NOTHING RETURNING campaign_id, click_id),
        fresh AS MATERIALIZED (
          SELECT DISTINCT ON (t.campaign_id, t.click_id) t.* FROM told t JOIN stored USING (campaign_id, click_id) ORDER BY t.campaign_id, t.click_id, t.n),
        presser AS (
          INSERT INTO button_presser AS p (workspace_id, campaign_id, seq, button_index, is_stop, clicks, first_at, last_at)
          SELECT ${workspaceId}, campaign_id, seq, button_index, bool_or(is_stop), count(*), min(at), max(at) FROM fresh
           GROUP BY campaign_id, seq, button_index ORDER BY campaign_id, seq, button_index
          ON CONFLICT (workspace_id, campaign_id, seq, button_index) DO UPDATE
             SET clicks = p.clicks + excluded.clicks, first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at)
          RETURNING campaign_id, seq, button_index, (xmax = 0) AS is_new),
        act AS (
          INSERT INTO recipient_act (workspace_id, campaign_id, seq, kind)
          SELECT DISTINCT ${workspaceId}::uuid, campaign_id, seq, 'clicked' FROM fresh WHERE NOT is_stop ORDER BY 2, 3
          ON CONFLICT DO NOTHING RETURNING campaign_id, seq)
        SELECT f.n, f.contact_id,
               p.is_new AND row_number() OVER (PARTITION BY f.campaign_id, f.seq, f.button_index ORDER BY f.n) = 1 AS is_first_press,
               a.seq IS NOT NULL AND NOT f.is_stop AND row_number() OVER (PARTITION BY f.campaign_id, f.seq, f.is_stop ORDER BY f.n) = 1 AS is_first_act
          FROM fresh f JOIN presser p USING (campaign_id, seq, button_index) LEFT JOIN act a USING (campaign_id, seq)
         ORDER BY f.n`,
  )
  const items = new Map<string, unknown[]>()
  for (const { n, contact_id: contactId, is_first_press, is_first_act } of fresh) {
    const { campaignId, button, isStop, at, kind, text } = clicks[n] as Click
    tally.press({ campaignId, button, isFirst: is_first_press, isStop, at })
    if (is_first_act) tally.act(campaignId, { clicked: 1 })
    items.set(campaignId, [...(items.get(campaignId) ?? []), { contactId, buttonIndex: button, kind, isStop, text, at }])
  }
  await announce(
    tx,
    workspaceId,
    [...items].map(([campaignId, told]) => ({ type: 'button.clicked' as const, campaignId, data: { items: told } })),
  )
}
