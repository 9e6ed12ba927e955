import { compiledMessageOf } from '../campaigns/message.ts'
import { addressesOf } from '../dispatch/address.ts'
import { many, one, sql } from '../platform/db.ts'
import { type Deps, iso } from '../platform/http.ts'
import type { ListedCampaign } from './recipient-rows.ts'
import { recipientItem, recipientOfContact, touches } from './recipients.ts'

/** One recipient's list item, everything that happened to their message, and the message as it was rendered; undefined: not in the audience. */
export async function trailOf(deps: Deps, campaign: ListedCampaign, contactId: string) {
  const { pool } = deps
  const row = await recipientOfContact(pool, campaign, contactId)
  if (row === undefined) return undefined
  const item = recipientItem(row, campaign, await touches(pool, campaign, [row]))
  const events = await eventsOf(pool, campaign, row.seq)
  const message = await compiledMessageOf(deps, campaign.workspace_id, campaign.id)
  const addresses = addressesOf(deps)
  const hooks = {
    quickReplyPayload: (button: number) => addresses.quickReply(campaign.id, row.seq, 1, button),
    linkToken: (button: number) => addresses.linkToken(campaign.id, row.seq, button),
  }
  const rendered = message.render(await fieldsOf(pool, campaign, row.seq), hooks, row.version_no ?? 0)
  const text = rendered.ok ? rendered.text : null
  return { ...item, events: events.map((event) => ({ ...event, at: iso(event.at) })), text }
}

const at = (campaign: ListedCampaign, seq: number) =>
  sql`workspace_id = ${campaign.workspace_id} AND campaign_id = ${campaign.id} AND seq = ${seq}`

/** What the recipient's variables read, as frozen. */
const fieldsOf = async (pool: Deps['pool'], campaign: ListedCampaign, seq: number) =>
  (await one<{ fields: (string | null)[] }>(pool, sql`SELECT fields FROM recipient WHERE ${at(campaign, seq)}`)).fields

/** What Meta dates, in the order it happens: to the second, so it stands behind what we saw to the millisecond within that second. */
const DATED_BY_META = ['sent', 'delivered', 'read', 'failed', 'clicked', 'replied']

/** Attempts, receipts, clicks and replies of one recipient, in the order of their times. */
function eventsOf(pool: Deps['pool'], campaign: ListedCampaign, seq: number) {
  const here = at(campaign, seq)
  return many<{ at: Date; kind: string; detail: string }>(
    pool,
    sql`SELECT at, kind, detail FROM (
          SELECT at, kind, concat_ws(' ', CASE WHEN attempt IS NOT NULL THEN 'attempt ' || attempt || ':' END, nullif(detail, ''), CASE WHEN code IS NOT NULL THEN '(' || code || ')' END) AS detail
            FROM message_event WHERE ${here}
          UNION ALL SELECT intended_at, 'intended', '' FROM message WHERE ${here}
          UNION ALL SELECT accepted_at, 'accepted', coalesce(wamid, '') FROM message WHERE ${here}
          UNION ALL SELECT sent_at, 'sent', '' FROM message WHERE ${here}
          UNION ALL SELECT delivered_at, 'delivered', '' FROM message WHERE ${here}
          UNION ALL SELECT read_at, 'read', '' FROM message WHERE ${here}
          UNION ALL SELECT failed_at, 'failed', coalesce(error_title, '') FROM message WHERE ${here}
          UNION ALL SELECT settled_at, 'skipped', coalesce(skip_reason, '') FROM message WHERE ${here} AND state = 3
          UNION ALL SELECT at, 'clicked', text FROM button_click WHERE ${here}
          UNION ALL SELECT at, 'replied', left(text, 500) FROM reply WHERE ${here}) AS everything
         WHERE at IS NOT NULL
         ORDER BY CASE WHEN kind = ANY(${DATED_BY_META}) THEN date_trunc('second', at) + interval '999 milliseconds' ELSE at END,
                  array_position(${DATED_BY_META}, kind), kind DESC`,
  )
}
