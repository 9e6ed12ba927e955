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

/**
 * A migration that waits for a lock makes everybody wait who comes after it. So it waits this long, steps back and comes again: a backup or a
 * long report delays the upgrade and not the sending.
 */
const LOCK_WAIT_MS = 2_000
const ROUNDS_MAX = 90
/** lock_not_available, deadlock_detected */
const BUSY = ['55P03', '40P01']
/** insufficient_privilege */
const NOT_ALLOWED = '42501'

interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
  /** It opens with `-- breaking`: an older program that still runs cannot live with it. */
  readonly isBreaking: boolean
}

export function readMigrations(dir: string = MIGRATIONS_DIR): Migration[] {
  const files = readdirSync(dir)
    .filter((file) => /^\d{4}_[\w-]+\.sql$/.test(file))
    .sort()
  return files.map((file) => {
    const sql = readFileSync(`${dir}/${file}`, 'utf8')
    const checksum = createHash('sha256').update(sql).digest('hex')
    return { version: Number(file.slice(0, 4)), name: file.slice(5, -4), sql, checksum, isBreaking: sql.startsWith('-- breaking') }
  })
}

export interface MigrateOptions {
  readonly dir?: string
  readonly allowUnsafe?: boolean
  readonly upTo?: number
  readonly login?: string | undefined
  readonly lockWaitMs?: number
  readonly onBusy?: (migration: string) => unknown
}

/**
 * Brings a database to the schema of this program: numbered files, one transaction each, under a lock, so that many processes may start
 * at once, beside older ones that go on working. Refuses a schema newer than it knows, a file that changed after it was applied, PostgreSQL
 * before 15, fsync off, and a login that may not.
 * @param options.upTo stops at this number: for a backup of an older version
 * @param options.login the role that requests will log in as, when it is not the one of `url`
 * @param options.lockWaitMs how long a migration waits for a lock before it steps back
 * @param options.onBusy told of each step back
 * @returns the names of the files applied now
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = readMigrations(options.dir).filter(({ version }) => version <= (options.upTo ?? version))
  const client = new pg.Client({ connectionString: url, application_name: 'fanfare-migrate' })
  client.on('error', () => {})
  await client.connect()
  try {
    await refuseUnfit(client, options.allowUnsafe ?? false)
    await client.query('SELECT pg_advisory_lock($1::bigint)', [LOCK])
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migration (
         version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
         is_breaking boolean NOT NULL DEFAULT false)`,
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
      await apply(client, migration, options)
      done.push(migration.name)
    }
    if (known >= WALL) await letIn(client, options.login)
    return done
  } catch (error) {
    throw (await refusalOf(client, error)) ?? error
  } finally {
    await client.end()
  }
}

async function apply(client: pg.Client, migration: Migration, { lockWaitMs = LOCK_WAIT_MS, onBusy }: MigrateOptions): Promise<void> {
  const { version, name, sql, checksum, isBreaking } = migration
  for (let round = 1; ; round++) {
    try {
      await client.query('BEGIN')
      await client.query(`SELECT set_config('lock_timeout', $1, true)`, [`${lockWaitMs}ms`])
      await client.query(sql)
      await client.query('ALTER TABLE schema_migration ADD COLUMN IF NOT EXISTS is_breaking boolean NOT NULL DEFAULT false')
      await client.query('INSERT INTO schema_migration (version, name, checksum, is_breaking) VALUES ($1, $2, $3, $4)', [
        version,
        name,
        checksum,
        isBreaking,
      ])
      await client.query('COMMIT')
      return
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {}) // a connection that broke has rolled back already
      if (round >= ROUNDS_MAX || !BUSY.includes(codeOf(error)))
        throw new Error(`Migration ${version} (${name}) failed: ${(error as Error).message}`, { cause: error })
      await onBusy?.(name)
      await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, lockWaitMs)))
    }
  }
}

const codeOf = (error: unknown): string => (error as { code?: string } | undefined)?.code ?? ''

/** What to do where the login lacks the right, instead of PostgreSQL's bare word; undefined: it is something else. */
async function refusalOf(client: pg.Client, error: unknown): Promise<Error | undefined> {
  if (codeOf(error) !== NOT_ALLOWED && codeOf((error as Error).cause) !== NOT_ALLOWED) return undefined
  const { rows } = await client.query<{ login: string }>('SELECT current_user::text AS login')
  return new Error(
    `The login "${rows[0]?.login}" may not bring this database to the schema of this program. Set MIGRATION_DATABASE_URL to the URL of the ` +
      'owner of the tables and run `npm run fanfare -- migrate`; with that setting each start does it by itself.',
    { cause: error },
  )
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

/**
 * How the database stands to this program: `behind` it, `current`, `ahead` of it in a way it can live with (a newer version is being rolled
 * out), or `beyond` it: a newer version made a breaking change.
 */
export type SchemaStanding = 'behind' | 'current' | 'ahead' | 'beyond'

/** For /readyz. */
export async function schemaStanding(
  db: pg.Pool,
  known: readonly Pick<Migration, 'version'>[] = readMigrations(),
): Promise<SchemaStanding> {
  const newest = Math.max(0, ...known.map(({ version }) => version))
  const { rows } = await db.query<{ version: number; breaks: boolean }>(
    `SELECT coalesce(max(version), 0)::int AS version,
            coalesce(bool_or((to_jsonb(s)->>'is_breaking')::boolean) FILTER (WHERE version > $1), false) AS breaks -- older tables lack the column
       FROM schema_migration s`,
    [newest],
  )
  const { version = 0, breaks = false } = rows[0] ?? {}
  if (version < newest) return 'behind'
  if (version === newest) return 'current'
  return breaks ? 'beyond' : 'ahead'
}
