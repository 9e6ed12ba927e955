import type pg from 'pg'
import { phoneKey } from '../contacts/identity.ts'
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

/** Best effort: a body we cannot read is stored all the same. */
function factsOf(body: Buffer, receivedAt: Date): OptOutFact[] {
  try {
    return optOutFacts(readEvents(body.toString('utf8'), receivedAt))
  } catch {
    return []
  }
}

/**
 * Stores raw bodies and the opt-outs in them; resolves after the commit, so that our 200 means durable. Bodies that arrive within a few
 * milliseconds share a commit.
 */
export function makeIntake(pool: pg.Pool): (incoming: Incoming) => Promise<void> {
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

async function store(pool: pg.Pool, group: readonly Incoming[]): Promise<void> {
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
      const facts = group.flatMap(({ workspaceId, body }, i) =>
        factsOf(body, receivedAt).map((fact) => ({ ...fact, workspaceId, inboxId: stored[i]?.id ?? 0 })),
      )
      if (facts.length > 0)
        await run(
          tx,
          sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at)
            SELECT * FROM unnest(${facts.map((f) => f.workspaceId)}::uuid[], ${facts.map((f) => f.key)}::text[], ${facts.map((f) => f.inboxId)}::bigint[],
                                 ${facts.map((f) => f.source)}::text[], ${facts.map((f) => f.saidAt)}::timestamptz[])
            ON CONFLICT DO NOTHING`,
        )
      await run(tx, sql`SELECT pg_notify(${INBOX_CHANNEL}, '')`)
    },
    { durable: true },
  )
}
