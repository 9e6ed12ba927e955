import type pg from 'pg'
import { ownWords, rememberedWords } from '../consent/words.ts'
import { EVERYTHING } from '../contacts/consent.ts'
import type { Addresses } from '../dispatch/address.ts'
import { byteas, uuids } from '../platform/arrays.ts'
import { type Db, many, prepared, run, type Sql, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { type MetaEvent, readEvents } from './events.ts'
import { type Hearing, hearingOf, type OptOutFact, optOutFacts, STOPPED_MARKETING } from './hearing.ts'
import { isMarkedSql, markedTopicSql } from './marked-buttons.ts'

/** PostgreSQL channel that tells processors about new bodies. Only a hint. */
export const INBOX_CHANNEL = 'fanfare_inbox'
/** Bodies that arrive within this time share one commit. */
const GROUP_MS = 5
const GROUP_MAX = 200
/** A group takes bodies until so many bytes are together: one statement carries them. */
const GROUP_BYTES = 4 * 1_048_576
/** Groups stored at the same time. */
const STORING_MAX = 2

export interface Incoming {
  readonly workspaceId: string
  readonly accountId: string
  readonly body: Buffer
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

function namedStops(events: readonly MetaEvent[], addresses: Addresses, { stops }: Hearing): NamedStop[] {
  return events.flatMap((event): NamedStop[] => {
    if (event.kind === 'status' && event.errorCode === STOPPED_MARKETING && event.callbackData !== null) {
      const at = addresses.readAddress(event.callbackData)
      return at?.kind === 'message' ? [{ campaignId: at.campaignId, seq: at.seq, button: null, source: 'meta', saidAt: event.at }] : []
    }
    if (event.kind !== 'message' || event.payload === null) return []
    const at = addresses.readQuickReply(event.payload)
    if (at === undefined) return []
    return [{ campaignId: at.campaignId, seq: at.seq, button: stops(event) ? null : at.button, source: 'button', saidAt: event.at }]
  })
}

/** What bodies that tell of a stop have in them; most are statuses and have none of it. */
export const MAY_STOP = new RegExp(`"messages"\\s*:|"user_preferences"|${STOPPED_MARKETING}`)

/** Best effort: a body we cannot read is stored all the same. */
function eventsOf(body: Buffer, receivedAt: Date): MetaEvent[] {
  try {
    const text = body.toString('utf8')
    return MAY_STOP.test(text) ? readEvents(text, receivedAt) : []
  } catch {
    return []
  }
}

/** How many of the waiting bodies go together: at least one. */
function groupOf(waiting: readonly { readonly incoming: Incoming }[]): number {
  let bytes = 0
  for (const [i, { incoming }] of waiting.entries()) {
    if (i === GROUP_MAX || bytes >= GROUP_BYTES) return i
    bytes += incoming.body.length
  }
  return waiting.length
}

/**
 * Stores raw bodies and the opt-outs in them; resolves after the commit, so that our 200 means durable. Bodies that arrive within a few
 * milliseconds, or while others are being stored, share a commit: the busier it is, the larger the groups.
 */
export function makeIntake(
  pool: pg.Pool,
  addresses: Addresses,
  wordsOf = rememberedWords((workspaceId) => ownWords(pool, workspaceId)),
): (incoming: Incoming) => Promise<void> {
  const waiting: { readonly incoming: Incoming; readonly done: (error?: unknown) => void }[] = []
  let isTimed = false
  let storing = 0

  function flush(): void {
    while (waiting.length > 0 && storing < STORING_MAX) {
      const group = waiting.splice(0, groupOf(waiting))
      const finish = (error?: unknown) => {
        storing--
        for (const { done } of group) done(error)
        flush()
      }
      storing++
      store(
        pool,
        addresses,
        wordsOf,
        group.map(({ incoming }) => incoming),
      ).then(() => finish(), finish)
    }
  }

  return (incoming) =>
    new Promise((resolve, reject) => {
      waiting.push({ incoming, done: (error) => (error === undefined ? resolve() : reject(error)) })
      if (waiting.length >= GROUP_MAX) flush()
      else if (!isTimed) {
        isTimed = true
        setTimeout(() => {
          isTimed = false
          flush()
        }, GROUP_MS)
      }
    })
}

type Fact = OptOutFact & { readonly i: number }
type Named = NamedStop & { readonly i: number }

/** @returns after the commit is on disk */
async function store(
  pool: pg.Pool,
  addresses: Addresses,
  wordsOf: ReturnType<typeof rememberedWords>,
  group: readonly Incoming[],
): Promise<void> {
  const receivedAt = new Date()
  const read = group.map(({ workspaceId, body }, i) => ({ i, workspaceId, events: eventsOf(body, receivedAt) }))
  const told = await Promise.all(
    read
      .filter(({ events }) => events.length > 0)
      .map(async ({ workspaceId, ...one }) => ({ ...one, hearing: hearingOf(await wordsOf(workspaceId)) })),
  )
  const facts = told.flatMap(({ i, events, hearing }) => optOutFacts(events, hearing).map((fact): Fact => ({ ...fact, i })))
  const named = told.flatMap(({ i, events, hearing }) => namedStops(events, addresses, hearing).map((stop): Named => ({ ...stop, i })))
  if (facts.length === 0 && named.length === 0) return storeBodies(pool, group)
  await inTransaction(
    pool,
    async (tx: Db) => {
      const stored = await many<{ id: number }>(
        tx,
        sql`INSERT INTO webhook_inbox (workspace_id, account_id, body) ${rowsOf(group)} RETURNING id`,
      )
      const from = ({ i }: { readonly i: number }) => ({ workspaceId: group[i]?.workspaceId ?? '', inboxId: stored[i]?.id ?? 0 })
      await storeFacts(
        tx,
        facts.map((fact) => ({ ...fact, ...from(fact) })),
      )
      await storeNamed(
        tx,
        named.map((stop) => ({ ...stop, ...from(stop) })),
      )
      await run(tx, sql`SELECT pg_notify(${INBOX_CHANNEL}, '')`)
    },
    { durable: true },
  )
}

const rowsOf = (group: readonly Incoming[]): Sql =>
  sql`SELECT * FROM unnest(${uuids(group, ({ workspaceId }) => workspaceId)}::uuid[], ${uuids(group, ({ accountId }) => accountId)}::uuid[],
                           ${byteas(group, ({ body }) => body)}::bytea[])`

/** The usual case in one round trip; its commit waits for the disk as `durable` ones do. */
const storeBodies = async (pool: pg.Pool, group: readonly Incoming[]): Promise<void> =>
  void (await prepared(
    pool as Db,
    sql`WITH durable AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS is_on),
        stored AS (INSERT INTO webhook_inbox (workspace_id, account_id, body) SELECT u.* FROM (${rowsOf(group)}) AS u CROSS JOIN durable WHERE is_on = 'on')
        SELECT pg_notify(${INBOX_CHANNEL}, '')`,
  ))

type From = { readonly workspaceId: string; readonly inboxId: number }

async function storeFacts(tx: Db, facts: readonly (OptOutFact & From)[]): Promise<void> {
  if (facts.length === 0) return
  await run(
    tx,
    sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at)
        SELECT * FROM unnest(${facts.map((f) => f.workspaceId)}::uuid[], ${facts.map((f) => f.key)}::text[], ${facts.map((f) => f.inboxId)}::bigint[],
                             ${facts.map((f) => f.source)}::text[], ${facts.map((f) => f.saidAt)}::timestamptz[])
        ON CONFLICT DO NOTHING`,
  )
}

async function storeNamed(tx: Db, named: readonly (NamedStop & From)[]): Promise<void> {
  if (named.length === 0) return
  await run(
    tx,
    sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at, topic_id)
        SELECT n.workspace_id, r.contact_id::text, n.inbox_id, n.source, n.said_at, coalesce(${markedTopicSql(sql`n.button`)}, ${EVERYTHING})
          FROM unnest(${named.map((n) => n.workspaceId)}::uuid[], ${named.map((n) => n.inboxId)}::bigint[], ${named.map((n) => n.campaignId)}::uuid[],
                      ${named.map((n) => n.seq)}::int[], ${named.map((n) => n.button)}::int[], ${named.map((n) => n.source)}::text[],
                      ${named.map((n) => n.saidAt)}::timestamptz[]) AS n (workspace_id, inbox_id, campaign_id, seq, button, source, said_at)
          JOIN campaign c ON c.workspace_id = n.workspace_id AND c.id = n.campaign_id
          JOIN recipient r ON r.workspace_id = n.workspace_id AND r.campaign_id = n.campaign_id AND r.seq = n.seq
         WHERE n.button IS NULL OR ${isMarkedSql(sql`n.button`)}
        ON CONFLICT DO NOTHING`,
  )
}
