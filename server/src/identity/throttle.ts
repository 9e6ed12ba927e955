import { createHmac } from 'node:crypto'
import { type Db, many, run, sql } from '../platform/db.ts'
import { Problem } from '../platform/problem.ts'
import type { Secrets } from '../platform/secrets.ts'

/** Attempts within a window, per account and per address; many people may sit behind one address. */
const WINDOW_MINUTES = 15
const ATTEMPTS_MAX = { account: 10, address: 100 } as const

export interface Throttle {
  /**
   * Counts an attempt at a password, code or token before it is looked at, known account or not, so that answers and times tell nothing.
   * @throws 429 when the account or the address had too many
   */
  take(attempt: { readonly account?: string; readonly address: string | null }): Promise<void>
  /** A success forgives the account's attempts; an address keeps its own. */
  forgive(account: string): Promise<void>
}

/** Counts in the database, so that many processes are one limit. Keys are keyed hashes. */
export function makeThrottle(db: Db, secrets: Secrets): Throttle {
  const keyOf = (kind: keyof typeof ATTEMPTS_MAX, name: string) =>
    createHmac('sha256', secrets.derive('throttle')).update(`${kind}\n${name.toLowerCase()}`).digest()
  return {
    async take({ account, address }) {
      const asked = [
        { key: keyOf('address', address ?? 'none'), max: ATTEMPTS_MAX.address },
        ...(account === undefined ? [] : [{ key: keyOf('account', account), max: ATTEMPTS_MAX.account }]),
      ].sort((a, b) => a.key.compare(b.key)) // one order of locks for everybody
      const counted = await many<{ key: Buffer; attempts: number; seconds: number }>(
        db,
        sql`INSERT INTO sign_in_throttle AS t (key, attempts, resets_at)
            SELECT key, 1, now() + ${WINDOW_MINUTES} * interval '1 minute' FROM unnest(${asked.map(({ key }) => key)}::bytea[]) AS key
            ON CONFLICT (key) DO UPDATE
               SET attempts = CASE WHEN t.resets_at <= now() THEN 1 ELSE t.attempts + 1 END,
                   resets_at = CASE WHEN t.resets_at <= now() THEN excluded.resets_at ELSE t.resets_at END
            RETURNING key, attempts, ceil(extract(epoch FROM resets_at - now()))::int AS seconds`,
      )
      const over = counted.filter(({ key, attempts }) => attempts > (asked.find((one) => one.key.equals(key))?.max ?? 0))
      if (over.length === 0) return
      throw new Problem('too-many-requests', 'Too many attempts. Wait, then try again.', {
        headers: { 'Retry-After': String(Math.max(1, ...over.map(({ seconds }) => seconds))) },
      })
    },
    async forgive(account) {
      await run(db, sql`DELETE FROM sign_in_throttle WHERE key = ${keyOf('account', account)}`)
    },
  }
}

/** The sweep: what is over. Each table is small: people, not messages. */
export async function forgetExpiredIdentity(db: Db): Promise<void> {
  await run(db, sql`DELETE FROM sign_in_throttle WHERE resets_at < now()`)
  await run(db, sql`DELETE FROM identity_session WHERE expires_at < now()`)
  await run(db, sql`DELETE FROM identity_verification WHERE expires_at < now()`)
}
