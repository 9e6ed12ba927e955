import pg from 'pg'
import { type Db, many, maybeOne, one, sql } from '../platform/db.ts'
import { readMigrations } from '../platform/migrate.ts'
import { poolConfig } from '../platform/pool.ts'
import { openPools } from '../platform/wall.ts'
import type { DatabaseFacts, Migration } from './database.ts'

export interface DatabaseUrls {
  /** DATABASE_URL, or the embedded database. */
  readonly requests: string
  /** MIGRATION_DATABASE_URL, else the same. */
  readonly owner: string
}

/** A pool that cannot write: whoever examines changes nothing. */
export function readOnlyPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    ...poolConfig(url, { max: 2, name: 'fanfare-doctor' }),
    options: '-c default_transaction_read_only=on',
  })
  pool.on('error', () => {})
  return pool
}

/** The driver's reason; undefined: it answers. */
export async function whyAway(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'fanfare-doctor' })
  client.on('error', () => {})
  try {
    await client.connect()
    return undefined
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    return message || code || 'no answer' // several addresses tried: an AggregateError says only its code
  } finally {
    await client.end().catch(() => {})
  }
}

/** @param owner a pool of the owner's role */
export async function databaseFacts(owner: Db, urls: DatabaseUrls, isEmbedded: boolean): Promise<DatabaseFacts> {
  const settings = await one<{ version: number; fsync: string; pages: string; has_tables: boolean }>(
    owner,
    sql`SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
               current_setting('full_page_writes') AS pages, to_regclass('schema_migration') IS NOT NULL AS has_tables`,
  )
  const known = readMigrations().map(({ version, checksum }) => ({ version, checksum }))
  const applied = settings.has_tables ? await many<Migration>(owner, sql`SELECT version, checksum FROM schema_migration ORDER BY 1`) : []
  return {
    isEmbedded,
    versionNumber: settings.version,
    isFsyncOn: settings.fsync === 'on',
    hasFullPageWrites: settings.pages === 'on',
    applied,
    known,
    ...(await roleFacts(urls.requests)),
    wallMissing: known.every(({ version }) => applied.some((each) => each.version === version)) ? await whyNoWall(urls) : undefined,
  }
}

/** Asked as the role of DATABASE_URL: the limits are its own. */
async function roleFacts(url: string): Promise<Pick<DatabaseFacts, 'role' | 'isSuperuser' | 'connectionsLeft'>> {
  const pool = readOnlyPool(url)
  try {
    const row = await maybeOne<{ role: string; isSuperuser: boolean; connectionsLeft: number }>(
      pool,
      sql`SELECT r.rolname AS role, r.rolsuper AS "isSuperuser",
                 least(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - used.everywhere,
                       CASE WHEN r.rolsuper OR r.rolconnlimit < 0 THEN NULL ELSE r.rolconnlimit - used.by_role END,
                       CASE WHEN r.rolsuper OR d.datconnlimit < 0 THEN NULL ELSE d.datconnlimit - used.here END)::int AS "connectionsLeft"
            FROM pg_roles r, pg_database d,
                 (SELECT count(*) AS everywhere, count(*) FILTER (WHERE usename = current_user) AS by_role,
                         count(*) FILTER (WHERE datname = current_database()) AS here
                    FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS used
           WHERE r.rolname = current_user AND d.datname = current_database()`,
    )
    return row ?? { role: 'unknown', isSuperuser: false, connectionsLeft: 0 }
  } finally {
    await pool.end()
  }
}

async function whyNoWall({ owner, requests }: DatabaseUrls): Promise<string | null> {
  try {
    const { pool, system, missing } = await openPools({ owner, requests }, { max: 1, name: 'fanfare-doctor' })
    for (const each of new Set([pool, system])) await each.end()
    return missing ?? null
  } catch (error) {
    return (error as Error).message
  }
}
