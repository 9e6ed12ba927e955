import { createHash, randomBytes } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { migrate, readMigrations } from './migrate.ts'
import { makePool } from './pool.ts'

export interface TestDatabase {
  readonly url: string
  readonly pool: pg.Pool
  /** Ends the pool and drops the database. */
  drop(): Promise<void>
}

/**
 * A fresh database for one test file, cloned from a migrated template. The cluster is the one `npm test` started
 * (TEST_POSTGRES_URL); a single file run by hand starts one in the temporary folder and leaves it for the next run.
 * @param options.migrated false: an empty database, for what migrates by itself
 */
export async function testDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const admin = await adminUrl()
  const name = `test_${Date.now().toString(36)}_${process.pid}_${randomBytes(4).toString('hex')}`
  await withClient(admin, async (client) => {
    await dropOld(client)
    if (options.migrated === false) await client.query(`CREATE DATABASE ${name}`)
    else await client.query(`CREATE DATABASE ${name} TEMPLATE ${await template(client, admin)}`)
  })
  const url = withDatabase(admin, name)
  const pool = makePool(url, { max: 20, name: 'fanfare-test' })
  return {
    url,
    pool,
    async drop() {
      await pool.end()
      await withClient(admin, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      })
    },
  }
}

let shared: Promise<string> | undefined
function adminUrl(): Promise<string> {
  shared ??=
    process.env.TEST_POSTGRES_URL !== undefined
      ? Promise.resolve(process.env.TEST_POSTGRES_URL)
      : startEmbeddedPostgres({ dataDir: join(tmpdir(), `fanfare-test-postgres-${userInfo().uid}`), durability: 'throwaway' }).then(
          ({ url }) => url,
        )
  return shared
}

/** The migrated template for these very migration files, built once however many test processes start together. */
async function template(client: pg.Client, admin: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(readMigrations())).digest('hex').slice(0, 16)
  const name = `template_${hash}`
  await client.query('SELECT pg_advisory_lock(74520001)')
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) {
      const building = `${name}_building`
      await client.query(`DROP DATABASE IF EXISTS ${building} WITH (FORCE)`)
      await client.query(`CREATE DATABASE ${building}`)
      await migrate(withDatabase(admin, building), { allowUnsafe: true })
      await client.query(`ALTER DATABASE ${building} RENAME TO ${name}`)
    }
    return name
  } finally {
    await client.query('SELECT pg_advisory_unlock(74520001)')
  }
}

/** Databases of runs that were killed: anything of ours older than two hours. */
async function dropOld(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(`SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'`)
  for (const { datname } of rows) {
    const madeMs = Number.parseInt(datname.split('_')[1] ?? '', 36)
    if (madeMs < Date.now() - 7_200_000) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`)
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.toString()
}
