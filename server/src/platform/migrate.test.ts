import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { many, one, run, sql } from './db.ts'
import { MIGRATIONS_DIR, migrate, schemaStanding } from './migrate.ts'
import { type TestApp, testApp } from './test-app.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

let t: TestApp
let dir: string
let url: string
before(async () => {
  t = await testApp()
  url = t.deps.config.DATABASE_URL ?? ''
  dir = mkdtempSync(join(tmpdir(), 'fanfare-migrations-'))
  for (const file of readdirSync(MIGRATIONS_DIR)) copyFileSync(join(MIGRATIONS_DIR, file), join(dir, file))
})
after(async () => {
  await t.drop()
  rmSync(dir, { recursive: true })
})
const write = (name: string, text: string) => writeFileSync(join(dir, name), text)

/** Every table with its columns. */
const shape = (database: Pick<TestDatabase, 'pool'>) =>
  many(
    database.pool,
    sql`SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_migration' ORDER BY 1, 2`,
  )

test('a migration that fails half-way leaves the database as it was, and the next start does it whole', async () => {
  const database = await testDatabase()
  try {
    const before = await shape(database)
    write('9001_half.sql', `CREATE TABLE half (id int); ALTER TABLE campaign ADD COLUMN half int; SELECT 1 / 0;`)
    await assert.rejects(migrate(database.url, { dir }), /Migration 9001 \(half\) failed: division by zero/)
    assert.deepEqual(await shape(database), before)
    write(
      '9001_half.sql',
      `CREATE TABLE half (id int); INSERT INTO schema_migration (version, name, checksum) VALUES (9001, 'other', 'x');`,
    )
    await assert.rejects(migrate(database.url, { dir }), /duplicate key/, 'done, and then not written down')
    assert.deepEqual(await shape(database), before)
    write('9001_half.sql', `CREATE TABLE half (id int); ALTER TABLE campaign ADD COLUMN half int;`)
    assert.deepEqual(await migrate(database.url, { dir }), ['half'])
    assert.equal((await shape(database)).length, before.length + 2)
  } finally {
    rmSync(join(dir, '9001_half.sql'))
    await database.drop()
  }
})

test('a migration that waits for a lock steps back, so that nobody has to wait behind it, and comes again', async () => {
  const database = await testDatabase()
  const reader = await database.pool.connect()
  try {
    await reader.query('BEGIN')
    await reader.query('SELECT count(*) FROM campaign') // as a backup does
    write('9001_busy.sql', 'ALTER TABLE campaign ADD COLUMN busy int')
    let stepsBack = 0
    const onBusy = async () => {
      stepsBack++
      await one(database.pool, sql`SELECT count(*) FROM campaign`) // no longer queued behind the migration
      if (stepsBack === 2) await reader.query('COMMIT')
    }
    assert.deepEqual(await migrate(database.url, { dir, lockWaitMs: 50, onBusy }), ['busy'])
    assert.equal(stepsBack, 2)
  } finally {
    reader.release()
    rmSync(join(dir, '9001_busy.sql'))
    await database.drop()
  }
})

test('a program older than its database does not start; one that runs goes on beside a newer one until that breaks it, and says so at /readyz', async () => {
  const ready = async () => {
    const { status, body } = await t.request('GET', '/readyz', { key: null })
    return `${status} ${body.detail ?? body.status}`
  }
  assert.equal(await ready(), '200 ok')
  write('9001_gentle.sql', 'CREATE TABLE gentle (id int)')
  await migrate(url, { dir })
  assert.equal(await ready(), '200 ok')
  assert.equal(await schemaStanding(t.deps.system), 'ahead')
  write('9002_hard.sql', '-- breaking\nCREATE TABLE hard (id int)')
  assert.deepEqual(await migrate(url, { dir }), ['hard'])
  assert.match(await ready(), /^503 .*newer version.*Upgrade/)
  await assert.rejects(migrate(url), /The database has schema 9002, this program knows \d+: it is older than the database\. Upgrade it\./)
  await run(t.deps.system, sql`ALTER TABLE schema_migration DROP COLUMN is_breaking`)
  assert.equal(await schemaStanding(t.deps.system), 'ahead', 'tables of before that column')
  await run(
    t.deps.system,
    sql`DELETE FROM schema_migration WHERE version >= (SELECT max(version) FROM schema_migration WHERE version < 9000)`,
  )
  assert.match(await ready(), /^503 .*not migrated yet.*fanfare -- migrate/)
})

test('a login that may not migrate is told what to set and to run', async () => {
  const database = await testDatabase({ migrated: false })
  const login = `restricted_${process.pid}`
  try {
    await migrate(database.url, { upTo: 19 })
    await database.pool.query(`CREATE ROLE ${login} LOGIN PASSWORD 'x'`)
    await database.pool.query('SELECT let_in($1)', [login])
    const restricted = new URL(database.url)
    restricted.username = login
    restricted.password = 'x'
    await assert.rejects(migrate(restricted.toString()), (error: Error) => {
      assert.match(error.message, new RegExp(`"${login}" may not .*MIGRATION_DATABASE_URL.*npm run fanfare -- migrate`))
      return true
    })
    assert.equal((await one<{ n: number }>(database.pool, sql`SELECT max(version)::int AS n FROM schema_migration`)).n, 19)
  } finally {
    await database.pool.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`)
    await database.drop()
  }
})
