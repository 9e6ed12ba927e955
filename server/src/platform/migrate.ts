import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { letIn } from './wall.ts'

export const MIGRATIONS_DIR = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Serialises migrations of many processes that start at once. */
const LOCK = 0x66616e66

/** The migration from which on requests are let in behind the wall. */
const WALL = 14

interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

export function readMigrations(dir: string = MIGRATIONS_DIR): Migration[] {
  const files = readdirSync(dir)
    .filter((file) => /^\d{4}_[\w-]+\.sql$/.test(file))
    .sort()
  return files.map((file) => {
    const sql = readFileSync(`${dir}/${file}`, 'utf8')
    return { version: Number(file.slice(0, 4)), name: file.slice(5, -4), sql, checksum: createHash('sha256').update(sql).digest('hex') }
  })
}

/**
 * Brings a database to the schema of this program: numbered files, one transaction each, under a lock, so that many processes may start
 * at once. Refuses a schema newer than it knows, a file that changed after it was applied, PostgreSQL before 15, and fsync off.
 * @param options.upTo stops at this number: for a backup of an older version
 * @param options.login the role that requests will log in as, when it is not the one of `url`
 * @returns the names of the files applied now
 */
export async function migrate(
  url: string,
  options: { readonly dir?: string; readonly allowUnsafe?: boolean; readonly upTo?: number; readonly login?: string | undefined } = {},
): Promise<string[]> {
  const migrations = readMigrations(options.dir).filter(({ version }) => version <= (options.upTo ?? version))
  const client = new pg.Client({ connectionString: url, application_name: 'fanfare-migrate' })
  client.on('error', () => {})
  await client.connect()
  try {
    await refuseUnfit(client, options.allowUnsafe ?? false)
    await client.query('SELECT pg_advisory_lock($1::bigint)', [LOCK])
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migration (
         version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    const { rows } = await client.query<{ version: number; checksum: string }>('SELECT version, checksum FROM schema_migration')
    const applied = new Map(rows.map((row) => [row.version, row.checksum]))
    const newest = Math.max(0, ...applied.keys())
    const known = Math.max(0, ...migrations.map(({ version }) => version))
    if (newest > known)
      throw new Error(`The database has schema ${newest}, this program knows ${known}: it is older than the database. Upgrade it.`)
    const done: string[] = []
    for (const migration of migrations) {
      const checksum = applied.get(migration.version)
      if (checksum !== undefined) {
        if (checksum !== migration.checksum)
          throw new Error(`Migration ${migration.version} (${migration.name}) was changed after it was applied.`)
        continue
      }
      await apply(client, migration)
      done.push(migration.name)
    }
    if (known >= WALL) await letIn(client, options.login)
    return done
  } finally {
    await client.end()
  }
}

async function apply(client: pg.Client, { version, name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(sql)
    await client.query('INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)', [version, name, checksum])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(`Migration ${version} (${name}) failed: ${(error as Error).message}`, { cause: error })
  }
}

async function refuseUnfit(client: pg.Client, allowUnsafe: boolean): Promise<void> {
  const { rows } = await client.query<{ version: number; fsync: string }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync`,
  )
  const { version = 0, fsync = '' } = rows[0] ?? {}
  if (version < 150_000) throw new Error(`PostgreSQL 15 or newer is needed; this one is ${Math.floor(version / 10_000)}.`)
  if (fsync !== 'on' && !allowUnsafe)
    throw new Error('This PostgreSQL runs with fsync off: a power cut would lose what we promised to keep. Turn it on.')
}

/** True when every migration of this program is applied: for /readyz. */
export async function isMigrated(db: { query(text: string): Promise<{ rows: { version: number }[] }> }): Promise<boolean> {
  const { rows } = await db.query('SELECT coalesce(max(version), 0)::int AS version FROM schema_migration')
  return (rows[0]?.version ?? 0) >= Math.max(0, ...readMigrations().map(({ version }) => version))
}
