import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import type { WorkingNumber } from './sharing.ts'

/** The right to drive a number: every intent checks it (delivery.md §2, fencing token). */
export interface Lease {
  readonly workspaceId: string
  readonly numberId: string
  readonly token: number
  readonly workerKey: number
}

/** First half of the advisory lock that a worker holds for as long as its session lives; the second half is its worker key. */
const LOCK_CLASS = 0x66616e66 // "fanf"

/** Takes a fresh worker key and its session lock on this connection: while the connection lives, the worker is alive. */
export async function registerWorker(session: Db): Promise<number> {
  const { key } = await one<{ key: number }>(session, sql`SELECT nextval('worker_key_seq')::int AS key`)
  await run(session, sql`SELECT pg_advisory_lock(${LOCK_CLASS}::int, ${key}::int)`)
  return key
}

/** Keys of the workers that live: each holds its session lock in this database. */
const aliveSql = sql`SELECT objid::bigint AS worker_key FROM pg_locks
           WHERE locktype = 'advisory' AND granted AND classid::bigint = ${LOCK_CLASS}
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

/** Keys of the workers that live, of all processes on this database. */
export const livingWorkers = async (db: Db): Promise<number[]> =>
  (await many<{ key: number }>(db, sql`SELECT worker_key AS key FROM (${aliveSql}) AS alive ORDER BY worker_key`)).map(({ key }) => key)

/** How many they are. */
export const countWorkers = async (db: Db): Promise<number> => (await livingWorkers(db)).length

/** Notes since when owners have been without their session lock, and forgets it when the lock is back. */
export const watchOwners = (db: Db): Promise<number> =>
  run(
    db,
    sql`WITH alive AS (
          ${aliveSql})
        UPDATE number_lease l
           SET owner_gone_since = CASE WHEN l.worker_key IN (SELECT worker_key FROM alive) THEN NULL ELSE now() END
         WHERE l.worker_key IS NOT NULL
           AND (l.owner_gone_since IS NULL) = (l.worker_key NOT IN (SELECT worker_key FROM alive))`,
  )

/**
 * Takes a number that is free, or whose owner has been gone for the lease time. Undefined: somebody else drives it.
 * @param leaseMs how long an owner may be without its lock
 */
export async function takeLease(
  db: Db,
  target: { readonly workspaceId: string; readonly numberId: string },
  workerKey: number,
  leaseMs: number,
): Promise<Lease | undefined> {
  await run(
    db,
    sql`INSERT INTO number_lease (workspace_id, number_id) VALUES (${target.workspaceId}, ${target.numberId}) ON CONFLICT DO NOTHING`,
  )
  const taken = await maybeOne<{ token: number }>(
    db,
    sql`UPDATE number_lease
           SET token = token + 1, worker_key = ${workerKey}, owner_gone_since = NULL, taken_at = now()
         WHERE workspace_id = ${target.workspaceId} AND number_id = ${target.numberId}
           AND (worker_key IS NULL OR owner_gone_since <= now() - ${leaseMs} * interval '1 millisecond')
        RETURNING token`,
  )
  return taken && { ...target, token: taken.token, workerKey }
}

/** Gives a number back at once. Its owner has drained: what has no result now becomes Unknown. */
export const releaseLease = (db: Db, lease: Lease): Promise<number> =>
  run(
    db,
    sql`UPDATE number_lease SET worker_key = NULL, owner_gone_since = NULL
         WHERE workspace_id = ${lease.workspaceId} AND number_id = ${lease.numberId} AND token = ${lease.token}`,
  )

/**
 * Numbers that have something to send or to settle, and whose they are; also those of campaigns whose audience is just being written, so that
 * they are ready when it stands. Set-based over running campaigns, few rows.
 */
export const numbersWithWork = (db: Db): Promise<(WorkingNumber & { readonly token: number })[]> =>
  many(
    db,
    sql`SELECT w.*, l.worker_key AS "workerKey", coalesce(l.token, 0) AS token FROM (
        SELECT c.workspace_id AS "workspaceId", c.number_id AS "numberId"
          FROM campaign c WHERE c.status = 'Running' AND c.frozen_at IS NOT NULL
        UNION
        SELECT c.workspace_id, n.id FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
          JOIN phone_number n ON n.workspace_id = c.workspace_id AND n.account_id = t.account_id AND n.removed_at IS NULL
                             AND (n.id = c.sender_id OR (c.sender_id IS NULL AND n.is_default))
         WHERE c.status = 'Running' AND c.frozen_at IS NULL
        UNION
        SELECT t.workspace_id, t.number_id FROM test_send t WHERE t.state IN ('Pending', 'Sending')
        UNION
        SELECT l.workspace_id, l.number_id FROM number_lease l WHERE l.worker_key IS NOT NULL AND l.owner_gone_since IS NOT NULL) AS w
          LEFT JOIN number_lease l ON l.workspace_id = w."workspaceId" AND l.number_id = w."numberId" ORDER BY w."numberId"`,
  )
