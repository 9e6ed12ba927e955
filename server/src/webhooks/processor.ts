import { Counter, Histogram } from 'prom-client'
import { ownWords } from '../consent/words.ts'
import { EVERYTHING, noteMarketing } from '../contacts/consent.ts'
import { makeTally } from '../dispatch/counters.ts'
import { type Db, many, post, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { metrics } from '../platform/metrics.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { MetaEvent, StatusEvent } from './events.ts'
import { hearingOf, type OptOutFact, optOutFacts } from './hearing.ts'
import { applyInbound } from './inbound.ts'
import { MAY_STOP } from './intake.ts'
import { noteLearnt } from './learnt.ts'
import { BadBody, byWorkspace, eventsOf, type InboxRow, type Known, knownOf } from './located.ts'
import { applyAccount, applyTemplate } from './notices.ts'
import { contactsOf, moveIdentity, said } from './people.ts'
import { applyStatuses, noteReceipts } from './statuses.ts'

/** Bodies of one batch, and their bytes, at most: one statement more for many costs less than one transaction more for few. */
export const BODIES_MAX = 500
const BYTES_MAX = 4 * 1_048_576
/** Bodies that got our 200 and could not be read: kept in `webhook_set_aside` for a person. */
const setAside = new Counter({
  name: 'fanfare_webhooks_set_aside_total',
  help: 'Signed webhook bodies that could not be read',
  registers: [metrics],
})

const receiptLag = new Histogram({
  name: 'fanfare_receipt_lag_seconds',
  help: 'From the time Meta gives a status until it is applied here, by status',
  labelNames: ['status'],
  buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400],
  registers: [metrics],
})
const inboxWait = new Histogram({
  name: 'fanfare_inbox_wait_seconds',
  help: 'From storing a webhook body until it is applied',
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
  registers: [metrics],
})

/** What one committed batch held. */
interface Taken {
  /** When each body was stored. */
  readonly received: readonly Date[]
  readonly statuses: readonly StatusEvent[]
  /** Those of them whose ids were noted. */
  readonly taught: readonly StatusEvent[]
}
const NOTHING: Taken = { received: [], statuses: [], taught: [] }

type Applied = Omit<Taken, 'received'>

/** What follows from a batch once it is committed. Meta's times are whole seconds and its clock is not ours: what seems to come early took no time. */
function observe({ received, statuses, taught }: Taken, now: Date): void {
  const since = (at: Date) => Math.max(0, now.getTime() - at.getTime()) / 1_000
  for (const at of received) inboxWait.observe(since(at))
  for (const { status, at } of statuses) receiptLag.observe({ status }, since(at))
  noteLearnt(taught)
}

/**
 * Applies one batch of stored webhooks in one transaction: receipts in sets, then what people did. Processed bodies are deleted with it.
 * A batch that fails is taken apart, so that one bad body is set aside and blocks nothing.
 * @returns how many bodies were taken
 */
export async function processInbox(deps: Deps): Promise<number> {
  try {
    const taken = await inTransaction(deps.pool, (tx) => takeBatch(deps, tx, BODIES_MAX))
    observe(taken, deps.now())
    return taken.received.length
  } catch (error) {
    if (!isBodysFault(error)) throw error // the store is away or busy: the next look tries again
    return isolate(deps)
  }
}

/** The body itself cannot be read or stored (a RangeError: a value that no array of ours holds); anything else (a lost connection, a deadlock) is no fault of it. */
const isBodysFault = (error: unknown): boolean =>
  error instanceof BadBody || error instanceof RangeError || /^2[23]/.test((error as { code?: string }).code ?? '')

async function takeBatch(deps: Deps, tx: Db, limit: number): Promise<Taken> {
  const bodies = await many<Omit<InboxRow, 'text'> & { readonly latin1: string }>(
    tx,
    sql`WITH locked AS MATERIALIZED (
          SELECT id, octet_length(body) AS bytes FROM webhook_inbox ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED),
        fitting AS (SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM locked) AS l WHERE before < ${BYTES_MAX})
        SELECT i.id, i.workspace_id, i.account_id, i.received_at, convert_from(i.body, 'LATIN1') AS latin1 FROM webhook_inbox i JOIN fitting USING (id) ORDER BY i.id`,
  )
  if (bodies.length === 0) return NOTHING
  const rows = bodies.map(({ latin1, ...body }): InboxRow => ({ ...body, text: utf8Of(latin1) }))
  const applied: Applied[] = []
  for (const [workspaceId, own] of byWorkspace(rows)) applied.push(await applyBodies(deps, tx, workspaceId, own))
  await post(tx, sql`DELETE FROM webhook_inbox WHERE id = ANY(${rows.map(({ id }) => id)}::bigint[])`)
  return {
    received: rows.map(({ received_at }) => received_at),
    statuses: applied.flatMap(({ statuses }) => statuses),
    taught: applied.flatMap(({ taught }) => taught),
  }
}

/**
 * The text of a body whose bytes came as one character each: half as long as the hexadecimal form of `bytea`, and mostly, as Meta escapes what
 * is not ASCII, the text itself. A zero byte has no such form and fails the batch; it stands in no JSON.
 */
const utf8Of = (latin1: string): string => (/[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1)

/** One body at a time; what still fails is kept for a person. */
async function isolate(deps: Deps): Promise<number> {
  let taken = 0
  const rows = await many<{ id: number }>(deps.pool, sql`SELECT id FROM webhook_inbox ORDER BY id LIMIT ${BODIES_MAX}`)
  for (const { id } of rows) {
    taken++
    const take = (reason?: string) =>
      inTransaction(deps.pool, async (tx): Promise<Taken> => {
        const [row] = await many<Omit<InboxRow, 'text'> & { readonly body: Buffer }>(
          tx,
          sql`SELECT id, workspace_id, account_id, received_at, body FROM webhook_inbox WHERE id = ${id} FOR UPDATE SKIP LOCKED`,
        )
        if (row === undefined) return NOTHING
        const applied =
          reason === undefined ? await applyBodies(deps, tx, row.workspace_id, [{ ...row, text: row.body.toString('utf8') }]) : undefined
        if (reason !== undefined)
          await run(
            tx,
            sql`INSERT INTO webhook_set_aside (id, account_id, workspace_id, received_at, reason, body)
                VALUES (${row.id}, ${row.account_id}, ${row.workspace_id}, ${row.received_at}, ${reason}, ${row.body})`,
          )
        await run(tx, sql`DELETE FROM webhook_inbox WHERE id = ${id}`)
        return applied === undefined ? NOTHING : { received: [row.received_at], ...applied }
      })
    try {
      observe(await take(), deps.now())
    } catch (error) {
      if (!isBodysFault(error)) throw error
      deps.log.warn({ err: error, inboxId: id }, 'a webhook body was set aside')
      await take((error as Error).message.replaceAll('\0', '\uFFFD').slice(0, 500))
      setAside.inc()
    }
  }
  return taken
}

/**
 * What accounts went through counts in the order it happened, not in the order it was told; people come in one order, so that two processors
 * never wait for each other's contacts crosswise.
 */
function inLockOrder(a: MetaEvent, b: MetaEvent): number {
  const when = (event: MetaEvent) => (event.kind === 'account' ? event.at.getTime() : 0)
  const who = (event: MetaEvent) => ('waId' in event ? (event.waId ?? event.userId ?? '') : '')
  return when(a) - when(b) || (who(a) < who(b) ? -1 : who(a) > who(b) ? 1 : 0)
}

/**
 * Everything a workspace's bodies tell. Locks slices, messages and contacts first; counters move at the very end (delivery.md §2).
 * @returns the statuses among it
 */
async function applyBodies(deps: Deps, tx: Db, workspaceId: string, rows: readonly InboxRow[]): Promise<Applied> {
  const known = new Map<string, Known>()
  for (const accountId of new Set(rows.map((row) => row.account_id))) known.set(accountId, await knownOf(tx, workspaceId, accountId))
  const events = rows.flatMap((row) => eventsOf(row, known.get(row.account_id) as Known)).sort(inLockOrder)
  const tally = makeTally()
  const statuses = events.filter((event) => event.kind === 'status')
  const taught = await applyStatuses(deps, tx, workspaceId, statuses, tally)
  for (const event of events) {
    switch (event.kind) {
      case 'preference': {
        const people = await contactsOf(tx, workspaceId, event)
        const note = `user_preferences: ${event.value}`
        await said(tx, workspaceId, people, { source: 'meta', stopped: event.value === 'stop', saidAt: event.at, note }, tally)
        if (event.value === 'signup') {
          await run(tx, sql`UPDATE contact SET marketing_opt_in = true WHERE workspace_id = ${workspaceId} AND id = ANY(${people}::uuid[])`)
          await noteMarketing(tx, workspaceId, sql`c.id = ANY(${people}::uuid[])`, { source: 'meta', note, actorName: null })
        }
        break
      }
      case 'identity':
        await moveIdentity(
          tx,
          deps.secrets,
          workspaceId,
          { waId: event.newWaId === null ? null : event.waId, userId: event.previousUserId },
          { waId: event.newWaId ?? event.waId, userId: event.userId },
        )
        break
      case 'template':
        await applyTemplate(tx, workspaceId, event)
        break
      case 'account':
        await applyAccount(tx, workspaceId, event)
        break
    }
  }
  const messages = events.filter((event) => event.kind === 'message')
  const inboxIds = rows.map(({ id }) => id)
  const hearing =
    messages.length === 0
      ? hearingOf({ stop: new Set(), start: new Set() })
      : hearingOf(await ownWords(tx, workspaceId), await acknowledgedFacts(tx, workspaceId, inboxIds))
  await applyInbound(deps, tx, workspaceId, messages, hearing, tally)
  if (rows.some(({ text }) => MAY_STOP.test(text)))
    await settleFacts(
      tx,
      workspaceId,
      inboxIds,
      optOutFacts(events, hearing).map(({ key }) => key),
    )
  await tally.flush(tx, workspaceId)
  await noteReceipts(tx, workspaceId, statuses)
  return { statuses, taught }
}

/** The stops that intake heard in these bodies by the words of that moment. */
const acknowledgedFacts = (tx: Db, workspaceId: string, inboxIds: readonly number[]): Promise<OptOutFact[]> =>
  many<OptOutFact>(
    tx,
    sql`SELECT key, source, said_at AS "saidAt" FROM opt_out_fact
         WHERE workspace_id = ${workspaceId} AND inbox_id = ANY(${inboxIds}::bigint[]) AND source IN ('word', 'button') AND topic_id = ${EVERYTHING}`,
  )

/**
 * Facts of applied bodies go, and so do those that another account's entry brought; one that reached nobody stays and keeps that person
 * out, until a contact is linked to it.
 * @param applied keys of the facts that were applied; contact ids always are
 */
async function settleFacts(tx: Db, workspaceId: string, inboxIds: readonly number[], applied: readonly string[]): Promise<void> {
  await post(
    tx,
    sql`DELETE FROM opt_out_fact f WHERE f.workspace_id = ${workspaceId} AND f.inbox_id = ANY(${inboxIds}::bigint[])
           AND (f.key <> ALL(${applied}::text[])
                OR EXISTS (SELECT 1 FROM contact c WHERE c.workspace_id = f.workspace_id AND (c.send_key = f.key OR c.user_id = f.key)))`,
  )
  await post(
    tx,
    sql`UPDATE opt_out_fact SET is_unlinked = true WHERE workspace_id = ${workspaceId} AND inbox_id = ANY(${inboxIds}::bigint[]) AND NOT is_unlinked`,
  )
}
