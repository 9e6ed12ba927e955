import type pg from 'pg'
import { phoneKey } from '../contacts/identity.ts'
import type { Addresses } from '../dispatch/address.ts'
import { type Db, inTransaction, many, run, sql } from '../platform/db.ts'
import { type MetaEvent, readEvents } from './events.ts'
import { isStopButton, isStopWord } from './stop-words.ts'

/** PostgreSQL channel that tells processors about new bodies. Only a hint. */
export const INBOX_CHANNEL = 'fanfare_inbox'
/** Bodies that arrive within this time share one commit. */
const GROUP_MS = 3
const GROUP_MAX = 200

export interface Incoming {
  readonly workspaceId: string
  readonly accountId: string
  readonly body: Buffer
}
export interface OptOutFact {
  readonly key: string
  readonly source: 'word' | 'button' | 'meta'
  readonly saidAt: Date
}

/** Meta's code for "this person stopped marketing messages from this business". */
export const STOPPED_MARKETING = 131050

/** The opt-outs a body tells, by the keys of the people: read before the 200, so that what we acknowledged already stops sending. */
export function optOutFacts(events: readonly MetaEvent[]): OptOutFact[] {
  return events.flatMap((event): OptOutFact[] => {
    const facts = (source: OptOutFact['source'], waId: string | null, userId: string | null, saidAt: Date) =>
      [waId === null ? null : phoneKey(waId), userId].filter((key) => key !== null).map((key) => ({ key, source, saidAt }))
    if (event.kind === 'preference' && event.value === 'stop') return facts('meta', event.waId, event.userId, event.at)
    if (event.kind === 'status' && event.errorCode === STOPPED_MARKETING) return facts('meta', event.waId, event.userId, event.at)
    if (event.kind !== 'message') return []
    if (event.type === 'text' && isStopWord(event.text)) return facts('word', event.waId, event.userId, event.at)
    if ((event.type === 'button' || event.type === 'interactive') && isStopButton(event.text))
      return facts('button', event.waId, event.userId, event.at)
    return []
  })
}

/** A stop, or a press that may be one, that names our own message: it reaches that message's contact whatever number WhatsApp writes. */
interface NamedStop {
  readonly campaignId: string
  readonly seq: number
  /** The button pressed, when only its campaign knows whether it means stop. */
  readonly button: number | null
  readonly source: OptOutFact['source']
  readonly saidAt: Date
}

function namedStops(events: readonly MetaEvent[], addresses: Addresses): NamedStop[] {
  return events.flatMap((event): NamedStop[] => {
    if (event.kind === 'status' && event.errorCode === STOPPED_MARKETING && event.callbackData !== null) {
      const at = addresses.readAddress(event.callbackData)
      return at?.kind === 'message' ? [{ campaignId: at.campaignId, seq: at.seq, button: null, source: 'meta', saidAt: event.at }] : []
    }
    if (event.kind !== 'message' || event.payload === null) return []
    const at = addresses.readQuickReply(event.payload)
    if (at === undefined) return []
    return [
      { campaignId: at.campaignId, seq: at.seq, button: isStopButton(event.text) ? null : at.button, source: 'button', saidAt: event.at },
    ]
  })
}

/** Best effort: a body we cannot read is stored all the same. */
function eventsOf(body: Buffer, receivedAt: Date): MetaEvent[] {
  try {
    return readEvents(body.toString('utf8'), receivedAt)
  } catch {
    return []
  }
}

/**
 * Stores raw bodies and the opt-outs in them; resolves after the commit, so that our 200 means durable. Bodies that arrive within a few
 * milliseconds share a commit.
 */
export function makeIntake(pool: pg.Pool, addresses: Addresses): (incoming: Incoming) => Promise<void> {
  let waiting: { readonly incoming: Incoming; readonly done: (error?: unknown) => void }[] = []
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const group = waiting
    waiting = []
    const finish = (error?: unknown) => {
      for (const { done } of group) done(error)
    }
    store(
      pool,
      addresses,
      group.map(({ incoming }) => incoming),
    ).then(() => finish(), finish)
  }

  return (incoming) =>
    new Promise((resolve, reject) => {
      waiting.push({ incoming, done: (error) => (error === undefined ? resolve() : reject(error)) })
      if (waiting.length >= GROUP_MAX) flush()
      else timer ??= setTimeout(flush, GROUP_MS)
    })
}

async function store(pool: pg.Pool, addresses: Addresses, group: readonly Incoming[]): Promise<void> {
  const receivedAt = new Date()
  await inTransaction(
    pool,
    async (tx: Db) => {
      const stored = await many<{ id: number }>(
        tx,
        sql`INSERT INTO webhook_inbox (workspace_id, account_id, body)
          SELECT * FROM unnest(${group.map(({ workspaceId }) => workspaceId)}::uuid[], ${group.map(({ accountId }) => accountId)}::uuid[],
                               ${group.map(({ body }) => body)}::bytea[])
          RETURNING id`,
      )
      const told = group.map(({ workspaceId, body }, i) => ({
        workspaceId,
        inboxId: stored[i]?.id ?? 0,
        events: eventsOf(body, receivedAt),
      }))
      const facts = told.flatMap(({ events, ...from }) => optOutFacts(events).map((fact) => ({ ...fact, ...from })))
      const named = told.flatMap(({ events, ...from }) => namedStops(events, addresses).map((stop) => ({ ...stop, ...from })))
      if (facts.length > 0)
        await run(
          tx,
          sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at)
            SELECT * FROM unnest(${facts.map((f) => f.workspaceId)}::uuid[], ${facts.map((f) => f.key)}::text[], ${facts.map((f) => f.inboxId)}::bigint[],
                                 ${facts.map((f) => f.source)}::text[], ${facts.map((f) => f.saidAt)}::timestamptz[])
            ON CONFLICT DO NOTHING`,
        )
      if (named.length > 0)
        await run(
          tx,
          sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at)
            SELECT n.workspace_id, r.contact_id::text, n.inbox_id, n.source, n.said_at
              FROM unnest(${named.map((n) => n.workspaceId)}::uuid[], ${named.map((n) => n.inboxId)}::bigint[], ${named.map((n) => n.campaignId)}::uuid[],
                          ${named.map((n) => n.seq)}::int[], ${named.map((n) => n.button)}::int[], ${named.map((n) => n.source)}::text[],
                          ${named.map((n) => n.saidAt)}::timestamptz[]) AS n (workspace_id, inbox_id, campaign_id, seq, button, source, said_at)
              JOIN campaign c ON c.workspace_id = n.workspace_id AND c.id = n.campaign_id
              JOIN recipient r ON r.workspace_id = n.workspace_id AND r.campaign_id = n.campaign_id AND r.seq = n.seq
             WHERE n.button IS NULL OR c.variables->>('button.' || n.button) = 'optOut'
            ON CONFLICT DO NOTHING`,
        )
      await run(tx, sql`SELECT pg_notify(${INBOX_CHANNEL}, '')`)
    },
    { durable: true },
  )
}
