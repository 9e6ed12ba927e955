import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { many, sql } from './db.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'
import { INDEX_USES, SEED } from './test-indexes.ts'

const ROOT = join(import.meta.dirname, '..')
let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.drop())

interface Index {
  readonly name: string
  readonly table: string
  readonly isUnique: boolean
}
const indexes = (): Promise<Index[]> =>
  many(
    database.pool,
    sql`SELECT i.relname AS name, t.relname AS "table", x.indisunique AS "isUnique"
          FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
         WHERE t.relnamespace = 'public'::regnamespace AND NOT x.indisprimary ORDER BY 1`,
  )

test('every index but the primary keys names who needs it, and nothing is named that is not there', async () => {
  const found = await indexes()
  assert.deepEqual(
    found.map(({ name }) => name),
    Object.keys(INDEX_USES).sort(),
  )
  assert.ok(found.length > 60)
  for (const { name, table, isUnique } of found) {
    const [file, asks] = INDEX_USES[name] ?? ['', '']
    const source = readFileSync(join(ROOT, file), 'utf8')
    assert.ok(source.includes(table) || file === 'identity/auth.ts', `${file} does not know ${table} of ${name}`)
    assert.ok(asks !== 'guards' || isUnique, `${name} guards nothing`)
  }
})

test('the planner finds each of them for its query', async () => {
  const client = await database.pool.connect()
  try {
    for (const statement of SEED) await client.query(statement)
    await client.query('SET enable_seqscan = off') // the other tables are empty
    const others: string[] = []
    for (const [name, [, asks]] of Object.entries(INDEX_USES)) {
      if (asks === 'guards') continue
      const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${asks}`)
      const used = [...JSON.stringify(rows).matchAll(/"Index Name":"(\w+)"/g)].map(([, index]) => index)
      if (!used.includes(name)) others.push(`${name}: ${used.join() || 'none'}`)
    }
    assert.deepEqual(others, [])
  } finally {
    client.release(true)
  }
})

/** Tables whose rows are written by each message, receipt or intent, or by the million. */
const HOT = [
  'message', 'recipient', 'contact', 'contact_count', 'campaign_slice', 'campaign_counter', 'campaign_minute', 'campaign_charge', 'campaign_failure', 'button_counter',
  'receipt_minute', 'daily_room', 'daily_person', 'message_retry', 'webhook_inbox', 'opt_out_fact', 'number_lease', 'outgoing_event', 'outgoing_delivery',
] // biome-ignore format: one list

test('hot tables are vacuumed by settings of their own, whatever the server’s are', async () => {
  const rows = await many<{ name: string; options: string[] | null }>(
    database.pool,
    sql`SELECT relname AS name, reloptions AS options FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  )
  const options = new Map(rows.map(({ name, options: some }) => [name, some ?? []]))
  assert.deepEqual(
    HOT.filter((name) => !options.get(name)?.some((option) => option.startsWith('autovacuum_vacuum_scale_factor='))),
    [],
  )
})
