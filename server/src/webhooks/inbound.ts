import { addressesOf } from '../dispatch/address.ts'
import type { Tally } from '../dispatch/counters.ts'
import { type Db, maybeOne, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { isFirstAct, recordClick } from './clicks.ts'
import type { MessageEvent } from './events.ts'
import { contactsOf, latestMessage, messageByWamid, said, writerOf } from './people.ts'
import { isStartWord, isStopButton, isStopWord } from './stop-words.ts'

interface Target {
  readonly campaignId: string
  readonly seq: number
  readonly button?: number
}

/** What counts as having replied: words and media, not presses, reactions or what WhatsApp cannot show. */
const REPLIES = new Set(['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'order', 'interactive'])

/** One message of a person: a press, a word that stops or starts, a reply. Told again, it changes nothing. */
export async function applyInbound(deps: Deps, tx: Db, workspaceId: string, event: MessageEvent, tally: Tally): Promise<void> {
  const writer = await writerOf(tx, deps.secrets, workspaceId, event, event.profileName)
  if (writer === undefined) return
  const people = [...new Set([writer, ...(await contactsOf(tx, workspaceId, event))])]
  await run(
    tx,
    sql`UPDATE contact SET last_inbound_at = greatest(last_inbound_at, ${event.at}) WHERE workspace_id = ${workspaceId} AND id = ${writer}
           AND (last_inbound_at IS NULL OR last_inbound_at < ${event.at})`,
  )
  const target = await targetOf(deps, tx, workspaceId, people, event)
  const isPress = event.type === 'button' || (target?.button !== undefined && event.type === 'interactive')
  if (isPress) await applyPress(tx, workspaceId, people, event, target, tally)
  else if (event.type === 'text' && isStopWord(event.text))
    await said(tx, workspaceId, people, { source: 'word', stopped: true, saidAt: event.at, note: event.text }, tally, target)
  else if (event.type === 'text' && isStartWord(event.text))
    await said(tx, workspaceId, people, { source: 'word', stopped: false, saidAt: event.at, note: event.text }, tally)
  if (!isPress) await keepReply(tx, workspaceId, writer, event, target, tally)
}

/** The message it answers: by our own payload, by the wamid it quotes, else the latest campaign message within 72 hours. */
async function targetOf(
  deps: Deps,
  tx: Db,
  workspaceId: string,
  people: readonly string[],
  event: MessageEvent,
): Promise<Target | undefined> {
  const own = event.payload === null ? undefined : addressesOf(deps).readQuickReply(event.payload)
  if (own !== undefined) return { campaignId: own.campaignId, seq: own.seq, button: own.button }
  if (event.contextId !== null) {
    const quoted = await messageByWamid(tx, workspaceId, people, event.contextId)
    if (quoted !== undefined)
      return event.type === 'button' ? { ...quoted, ...(await buttonByText(tx, workspaceId, quoted.campaignId, event.text)) } : quoted
  }
  return event.type === 'button' ? undefined : latestMessage(tx, workspaceId, people, event.at)
}

/** Without our payload a quick reply is known by its label. */
async function buttonByText(tx: Db, workspaceId: string, campaignId: string, text: string): Promise<{ button?: number }> {
  const found = await maybeOne<{ button: number }>(
    tx,
    sql`SELECT (b.n - 1)::int AS button
          FROM campaign c, jsonb_array_elements(c.frozen_template->'components') AS component,
               jsonb_array_elements(CASE WHEN jsonb_typeof(component->'buttons') = 'array' THEN component->'buttons' ELSE '[]' END) WITH ORDINALITY AS b (button, n)
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${campaignId} AND b.button->>'type' = 'QUICK_REPLY' AND b.button->>'text' = ${text} LIMIT 1`,
  )
  return found ?? {}
}

async function applyPress(
  tx: Db,
  workspaceId: string,
  people: readonly string[],
  event: MessageEvent,
  target: Target | undefined,
  tally: Tally,
): Promise<void> {
  const isMarked =
    target?.button !== undefined &&
    (await maybeOne(
      tx,
      sql`SELECT 1 FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${target.campaignId} AND variables->>${`button.${target.button}`} = 'optOut'`,
    )) !== undefined
  const isStop = isMarked || isStopButton(event.text)
  if (target?.button !== undefined)
    await recordClick(
      tx,
      {
        workspaceId,
        campaignId: target.campaignId,
        seq: target.seq,
        button: target.button,
        clickId: event.inboundId,
        kind: event.type === 'button' ? 'quick_reply' : 'flow',
        isStop,
        text: event.text,
        at: event.at,
      },
      tally,
    )
  if (isStop) await said(tx, workspaceId, people, { source: 'button', stopped: true, saidAt: event.at, note: event.text }, tally, target)
}

async function keepReply(
  tx: Db,
  workspaceId: string,
  contactId: string,
  event: MessageEvent,
  target: Target | undefined,
  tally: Tally,
): Promise<void> {
  const isNew = await run(
    tx,
    sql`INSERT INTO reply (workspace_id, id, inbound_id, contact_id, campaign_id, seq, type, text, at)
        VALUES (${workspaceId}, ${newId()}, ${event.inboundId}, ${contactId}, ${target?.campaignId ?? null}, ${target?.seq ?? null}, ${event.type}, ${event.text}, ${event.at})
        ON CONFLICT (workspace_id, inbound_id) DO NOTHING`,
  )
  if (isNew === 0 || target === undefined || !REPLIES.has(event.type)) return
  if (await isFirstAct(tx, { workspaceId, ...target }, 'replied')) tally.act(target.campaignId, { replied: 1 })
}
