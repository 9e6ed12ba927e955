import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { type Db, maybeOne, one, run, sql } from './db.ts'
import { type AppEnv, type Principal, principalOf } from './http.ts'
import { Problem } from './problem.ts'
import { inTransaction } from './transaction.ts'

/** Answers are remembered this long. */
const REMEMBER_HOURS = 24
/** A slow write that never came back (its process died) frees its key after this. */
const ABANDONED_MINUTES = 2

/** An answer given before: sent again as it was. */
export class RememberedAnswer extends Error {
  readonly status: number
  readonly body: unknown
  constructor(status: number, body: unknown) {
    super('remembered answer')
    this.status = status
    this.body = body
  }
}

interface Key {
  readonly principal: Principal
  readonly route: string
  readonly key: string
  readonly bodyHash: Buffer
}

async function keyOf(c: Context<AppEnv>, bodyHash?: Buffer): Promise<Key | undefined> {
  const key = c.req.header('idempotency-key')
  if (key === undefined || c.req.method !== 'POST') return undefined
  if (key.length < 1 || key.length > 255) throw new Problem('bad-request', 'Idempotency-Key must have 1 to 255 characters.')
  const hash =
    bodyHash ??
    createHash('sha256')
      .update(`${new URL(c.req.url).search}\n${await c.req.text()}`)
      .digest()
  return { principal: principalOf(c), route: c.req.path.toLowerCase(), key, bodyHash: hash }
}

const where = ({ principal, route, key }: Key) =>
  sql`workspace_id = ${principal.workspaceId} AND credential_id = ${principal.credentialId} AND route = ${route} AND key = ${key}`

/** Takes the key for this transaction; throws the remembered answer, 422 for another body, 409 while another request holds it. */
async function claim(tx: Db, key: Key): Promise<void> {
  const name = `${key.principal.workspaceId} ${key.principal.credentialId} ${key.route} ${key.key}`
  const { free } = await one<{ free: boolean }>(tx, sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS free`)
  if (!free) throw new Problem('idempotency-key-in-use', 'A request with this key is still running.')
  const known = await maybeOne<{ body_hash: Buffer | null; status: number | null; body: unknown; is_abandoned: boolean }>(
    tx,
    sql`SELECT body_hash, status, body, status IS NULL AND created_at < now() - ${ABANDONED_MINUTES} * interval '1 minute' AS is_abandoned
          FROM idempotency_record WHERE ${where(key)} AND created_at > now() - ${REMEMBER_HOURS} * interval '1 hour'`,
  )
  if (known === undefined || known.is_abandoned) return
  if (known.body_hash !== null && !known.body_hash.equals(key.bodyHash))
    throw new Problem('idempotency-key-reused', 'The key was used with another body; make a new one.')
  if (known.status === null) throw new Problem('idempotency-key-in-use', 'A request with this key is still running.')
  throw new RememberedAnswer(known.status, known.body)
}

const remember = (tx: Db, key: Key, status: number | null, answer: unknown) =>
  run(
    tx,
    sql`INSERT INTO idempotency_record AS r (workspace_id, credential_id, route, key, body_hash, status, body)
        VALUES (${key.principal.workspaceId}, ${key.principal.credentialId}, ${key.route}, ${key.key}, ${key.bodyHash}, ${status}, ${JSON.stringify(answer ?? null)})
        ON CONFLICT (workspace_id, credential_id, route, key) DO UPDATE
           SET body_hash = excluded.body_hash, status = excluded.status, body = excluded.body, created_at = now()`,
  )

/** Refusals that a repetition must meet again. 401, 429 and 5xx pass, and so do refusals about the key itself. */
const isRemembered = (problem: Problem): boolean =>
  problem.status < 500 && ![401, 429].includes(problem.status) && !problem.slug.startsWith('idempotency-key')

async function rememberRefusal(c: Context<AppEnv>, key: Key, error: unknown): Promise<void> {
  if (!(error instanceof Problem) || !isRemembered(error)) return
  const answer = error.toBody(c.req.path, c.get('requestId'))
  await inTransaction(c.get('deps').pool, async (tx) => {
    await claim(tx, key)
    await remember(tx, key, error.status, answer)
  }).catch(() => {}) // somebody else has the key by now: theirs is the answer that counts
}

/**
 * One write in one transaction, with its idempotency record in that same transaction (api.md §1). `work` must audit.
 * @param shown the body that is answered and remembered, when it is not what `work` returns; secrets are left out
 */
export async function write<T>(
  c: Context<AppEnv>,
  status: number | ((answer: T) => number),
  work: (tx: Db, principal: Principal) => Promise<T>,
  shown: (answer: T) => unknown = (answer) => answer,
): Promise<T> {
  const key = await keyOf(c)
  const { pool } = c.get('deps')
  try {
    return await inTransaction(pool, async (tx) => {
      if (key !== undefined) await claim(tx, key)
      const answer = await work(tx, principalOf(c))
      if (key !== undefined) await remember(tx, key, typeof status === 'number' ? status : status(answer), shown(answer))
      return answer
    })
  } catch (error) {
    if (key !== undefined) await rememberRefusal(c, key, error)
    throw error
  }
}

/** As `write`, for work that calls the network or waits: it opens its own transactions, and a marker stands while it runs. */
export async function writeSlow<T>(
  c: Context<AppEnv>,
  status: number,
  work: (principal: Principal) => Promise<T>,
  shown: (answer: T) => unknown = (answer) => answer,
  bodyHash?: Buffer,
): Promise<T> {
  const key = await keyOf(c, bodyHash)
  const { pool } = c.get('deps')
  if (key === undefined) return work(principalOf(c))
  await inTransaction(pool, async (tx) => {
    await claim(tx, key)
    await remember(tx, key, null, null)
  })
  try {
    const answer = await work(principalOf(c))
    await remember(pool, key, status, shown(answer))
    return answer
  } catch (error) {
    await run(pool, sql`DELETE FROM idempotency_record WHERE ${where(key)} AND status IS NULL`).catch(() => {})
    await rememberRefusal(c, key, error)
    throw error
  }
}

/** The sweep: forgets answers older than a day. Bounded by the index on age. */
export const forgetOldAnswers = (db: Db): Promise<number> =>
  run(db, sql`DELETE FROM idempotency_record WHERE created_at < now() - ${REMEMBER_HOURS} * interval '1 hour'`)
