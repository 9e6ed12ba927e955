import { type Db, run, sql } from '../platform/db.ts'

/** PostgreSQL channel that workers listen on. Only a hint: the sweep once a second finds the same work without it. */
export const WORK_CHANNEL = 'fanfare_work'

/** Tells workers, when the caller's transaction commits, that there is something to do. */
export const wakeWorkers = async (tx: Db): Promise<void> => {
  await run(tx, sql`SELECT pg_notify(${WORK_CHANNEL}, '')`)
}
