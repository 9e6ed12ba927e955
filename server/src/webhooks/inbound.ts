import { addressesOf } from '../dispatch/address.ts'
import type { Tally } from '../dispatch/counters.ts'
import { type Db, many, maybeOne, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { isFirstAct, recordClicks } from './clicks.ts'
import type { MessageEvent } from './events.ts'
import { type Hearing, sourceOf } from './hearing.ts'
import { isMarkedSql, markedTopicSql } from './marked-buttons.ts'
import { contactsOfAll, latestMessage, messageByWamid, noteWriters, said, writerOf } from './people.ts'

interface Target {
  readonly campaignId: string
  readonly seq: number
  readonly button?: number
}

/** What counts as having replied: words and media, not presses, reactions or what WhatsApp cannot show. */
const REPLIES = new Set(['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'order', 'interactive'])

/** Messages of people: presses, words that stop or start, replies. Told again, they change nothing. */
export async function applyInbound(
  deps: Deps,
  tx: Db,
  workspaceId: string,
  events: readonly MessageEvent[],
  hearing: Hearing,
  tally: Tally,
): Promise<void> {
  if (events.length === 0) return
  const reached = await contactsOfAll(tx, workspaceId, events)
  const addressees = await addresseesOf(
    tx,
    workspaceId,
    events.flatMap((event) => addressOf(deps, event) ?? []),
  )
  const written: Written[] = []
  for (const [i, event] of events.entries()) {
    const known = reached[i] ?? []
    const own = addressOf(deps, event)
    const addressed = own === undefined ? undefined : addressees.get(placeKey(own))
    const writer = known[0] ?? (await writerOf(tx, deps.secrets, workspaceId, event, event.profileName))
    if (writer === undefined && addressed === undefined) continue
    const people = [...new Set([...known, writer, addressed])].filter((id) => id !== undefined)
    written.push({ event, writer, people, target: await targetOf(deps, tx, workspaceId, people, event) })
  }
  await noteWriters(
    tx,
    workspaceId,
    written.flatMap(({ event, writer }) =>
      writer === undefined ? [] : [{ contactId: writer, waId: event.waId, userId: event.userId, at: event.at }],
    ),
  )
  await applyPresses(tx, workspaceId, written.filter(isPress), hearing, tally)
  for (const { event, writer, people, target } of written.filter((one) => !isPress(one))) {
    if (hearing.stops(event))
      await said(
        tx,
        workspaceId,
        people,
        { source: sourceOf(event) ?? 'word', stopped: true, saidAt: event.at, note: event.text },
        tally,
        target,
      )
    else if (hearing.starts(event))
      await said(tx, workspaceId, people, { source: 'word', stopped: false, saidAt: event.at, note: event.text }, tally)
    if (writer !== undefined) await keepReply(tx, workspaceId, writer, event, target, tally)
  }
}

/**
 * A message with who wrote it (undefined: a number that is none), everybody that person is here, whom the message of ours went to included, and
 * the message of ours it answers.
 */
interface Written {
  readonly event: MessageEvent
  readonly writer: string | undefined
  readonly people: readonly string[]
  readonly target: Target | undefined
}
const isPress = ({ event, target }: Written): boolean =>
  event.type === 'button' || (target?.button !== undefined && event.type === 'interactive')

/** The message of ours that a payload of ours names. */
const addressOf = (deps: Deps, { payload }: MessageEvent) => (payload === null ? undefined : addressesOf(deps).readQuickReply(payload))

/** The message it answers: by our own payload, by the wamid it quotes, else the latest campaign message within 72 hours. */
async function targetOf(
  deps: Deps,
  tx: Db,
  workspaceId: string,
  people: readonly string[],
  event: MessageEvent,
): Promise<Target | undefined> {
  const own = addressOf(deps, event)
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
          FROM (SELECT frozen_template AS frozen FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${campaignId}
                UNION ALL SELECT frozen FROM campaign_version WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}) AS c,
               jsonb_array_elements(c.frozen->'components') AS component,
               jsonb_array_elements(CASE WHEN jsonb_typeof(component->'buttons') = 'array' THEN component->'buttons' ELSE '[]' END) WITH ORDINALITY AS b (button, n)
         WHERE b.button->>'type' = 'QUICK_REPLY' AND b.button->>'text' = ${text} LIMIT 1`,
  )
  return found ?? {}
}

async function applyPresses(tx: Db, workspaceId: string, presses: readonly Written[], hearing: Hearing, tally: Tally): Promise<void> {
  const marked = await stopButtons(
    tx,
    workspaceId,
    presses.flatMap(({ target }) => (target === undefined ? [] : [target])),
  )
  const isStop = ({ event, target }: Written) => hearing.stops(event) || (target !== undefined && marked.has(buttonKey(target)))
  /** A label that says stop means everything, however the button is marked. */
  const topicOf = ({ event, target }: Written) =>
    hearing.stops(event) || target === undefined ? null : (marked.get(buttonKey(target)) ?? null)
  await recordClicks(
    tx,
    workspaceId,
    presses.flatMap((press) => {
      const { event, target } = press
      if (target?.button === undefined) return []
      const kind = event.type === 'button' ? ('quick_reply' as const) : ('flow' as const)
      const { campaignId, seq, button } = target
      return [{ campaignId, seq, button, clickId: event.inboundId, kind, isStop: isStop(press), text: event.text, at: event.at }]
    }),
    tally,
  )
  for (const press of presses.filter(isStop)) {
    const { event, people, target } = press
    const entry = { source: 'button', stopped: true, saidAt: event.at, note: event.text, topicId: topicOf(press) } as const
    await said(tx, workspaceId, people, entry, tally, target)
  }
}

const placeKey = ({ campaignId, seq }: Pick<Target, 'campaignId' | 'seq'>): string => `${campaignId} ${seq}`

/** The contacts that these messages went to, whatever number WhatsApp writes now. */
async function addresseesOf(
  tx: Db,
  workspaceId: string,
  targets: readonly Pick<Target, 'campaignId' | 'seq'>[],
): Promise<ReadonlyMap<string, string>> {
  if (targets.length === 0) return new Map()
  const found = await many<{ campaignId: string; seq: number; contactId: string }>(
    tx,
    sql`SELECT r.campaign_id AS "campaignId", r.seq, r.contact_id AS "contactId"
          FROM unnest(${targets.map(({ campaignId }) => campaignId)}::uuid[], ${targets.map(({ seq }) => seq)}::int[]) AS u (campaign_id, seq)
          JOIN recipient r ON r.workspace_id = ${workspaceId} AND r.campaign_id = u.campaign_id AND r.seq = u.seq`,
  )
  return new Map(found.map((place) => [placeKey(place), place.contactId]))
}

const buttonKey = ({ campaignId, button }: Pick<Target, 'campaignId' | 'button'>): string => `${campaignId} ${button ?? ''}`

/** The buttons among these that their campaigns let mean "stop", whatever they say, each with the topic it stops; null: everything. */
async function stopButtons(tx: Db, workspaceId: string, targets: readonly Target[]): Promise<ReadonlyMap<string, string | null>> {
  const asked = [...new Map(targets.filter(({ button }) => button !== undefined).map((target) => [buttonKey(target), target])).values()]
  if (asked.length === 0) return new Map()
  const marked = await many<{ campaignId: string; button: number; topicId: string | null }>(
    tx,
    sql`SELECT c.id AS "campaignId", u.button, ${markedTopicSql(sql`u.button`)} AS "topicId" FROM unnest(${asked.map(({ campaignId }) => campaignId)}::uuid[], ${asked.map(({ button }) => button)}::int[]) AS u (id, button)
          JOIN campaign c ON c.workspace_id = ${workspaceId} AND c.id = u.id
         WHERE ${isMarkedSql(sql`u.button`)}`,
  )
  return new Map(marked.map((one) => [buttonKey(one), one.topicId]))
}

async function keepReply(
  tx: Db,
  workspaceId: string,
  contactId: string,
  event: MessageEvent,
  target: Target | undefined,
  tally: Tally,
): Promise<void> {
  const kept = await maybeOne<{ campaignId: string | null }>(
    tx,
    sql`INSERT INTO reply (workspace_id, id, inbound_id, contact_id, campaign_id, seq, type, text, at)
        SELECT ${workspaceId}, ${newId()}, ${event.inboundId}, ${contactId}, r.campaign_id, r.seq, ${event.type}, ${event.text}, ${event.at}
          FROM (SELECT 1) AS told
          LEFT JOIN recipient r ON r.workspace_id = ${workspaceId} AND r.campaign_id = ${target?.campaignId ?? null} AND r.seq = ${target?.seq ?? null}
        ON CONFLICT (workspace_id, inbound_id) DO NOTHING RETURNING campaign_id AS "campaignId"`,
  )
  if (target === undefined || !kept?.campaignId || !REPLIES.has(event.type)) return // of people no longer kept nobody knows whether they replied before
  if (await isFirstAct(tx, { workspaceId, ...target }, 'replied')) tally.act(target.campaignId, { replied: 1 })
}
