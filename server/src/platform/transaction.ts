import type pg from 'pg'
import type { Db } from './db.ts'

/** Serialization failure, deadlock: the whole transaction may simply run again. */
const REPEATABLE = new Set(['40001', '40P01'])

/**
 * Runs `work` in one transaction and commits; any exception rolls back and is thrown on. A deadlock or serialization failure
 * runs it again, up to three times, so `work` must have no effect outside the transaction. Statements that `work` asks without waiting in
 * between travel together, in their order, and so do BEGIN and the first, and COMMIT and what was posted last.
 * @param options.durable true: the commit waits for the disk whatever the server's settings say: intents, results, webhooks. false: it does
 * not, so that a crash of the database may undo it: for work that is found undone and repeated. A later commit that waits makes both durable.
 * @param options.copies `work` uses COPY, which cannot share a connection with statements on their way
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (tx: Db) => Promise<T>,
  options: { readonly durable?: boolean; readonly copies?: boolean } = {},
): Promise<T> {
  const begin = options.durable === undefined ? 'BEGIN' : `BEGIN; SET LOCAL synchronous_commit = ${options.durable ? 'on' : 'off'}`
  for (let round = 1; ; round++) {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      return await (client.pipeline && !options.copies ? pipelined(client, begin, work) : oneByOne(client, begin, work))
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      if (round < 4 && REPEATABLE.has((error as { code?: string }).code ?? '')) continue
      throw error
    } finally {
      client.release(broken)
    }
  }
}

async function oneByOne<T>(client: pg.PoolClient, begin: string, work: (tx: Db) => Promise<T>): Promise<T> {
  const switchable = client as { pipeline: boolean } // at rest here and at the end, so nothing is on its way when it changes
  const { pipeline } = switchable
  switchable.pipeline = false
  try {
    await client.query(begin)
    const result = await work(client as Db)
    await client.query('COMMIT')
    return result
  } finally {
    switchable.pipeline = pipeline
  }
}

async function pipelined<T>(client: pg.PoolClient, begin: string, work: (tx: Db) => Promise<T>): Promise<T> {
  const together = makeTogether(client)
  /** What failed first: statements behind it only tell that the transaction is aborted. */
  let failure: { readonly error: unknown } | undefined
  const watched = <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    answer.catch((error: unknown) => {
      failure ??= { error }
    })
    return answer
  }
  let isOver = false
  const ask = <Answer>(asking: () => Promise<Answer>): Promise<Answer> => {
    if (isOver) return watched(Promise.reject(new Error('the transaction is over'))) // whoever goes on after another failed has no connection any more
    together()
    return watched(asking())
  }
  const tx: Db = {
    query: (statement) => ask(() => client.query(statement)),
    post: (statement) => void ask(() => client.query(statement)),
  }
  try {
    void ask(() => client.query(begin))
    const result = await work(tx)
    const { command } = await ask(() => client.query('COMMIT'))
    if (failure !== undefined) throw failure.error
    if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`)
    return result
  } catch (error) {
    throw failure === undefined ? error : failure.error
  } finally {
    isOver = true
  }
}

/** Called before each statement: whatever is asked before the event loop turns leaves in one write, as each write may wake the server. */
function makeTogether(client: pg.PoolClient): () => void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: { cork(): void; uncork(): void } } }).connection
  let isCorked = false
  return () => {
    if (isCorked) return
    isCorked = true
    stream.cork()
    process.nextTick(() => {
      isCorked = false
      stream.uncork()
    })
  }
}
