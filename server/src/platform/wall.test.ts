import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type ContactQuery, countContacts, listContacts, matchSql, searchContacts } from '../contacts/queries.ts'
import { type Db, literal, many, maybeOne, one, run, sql, textOf } from './db.ts'
import { newId } from './ids.ts'
import { migrate } from './migrate.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'
import { inTransaction } from './transaction.ts'
import { inWorkspace, loginOf, makeWalledPool, moveTo, openPools } from './wall.ts'

/** Tables of the installation and of people, who may belong to several workspaces (ARCHITECTURE.md, invariant 7). */
const EXEMPT = /^(install|schema_migration|identity_.*|sign_in_throttle)$/
const DENIED = { code: '42501' }

let database: TestDatabase
let walled: pg.Pool
const [ours, theirs] = [newId(), newId()]
let tables: { name: string; column: string }[]
before(async () => {
  database = await testDatabase()
  walled = makeWalledPool(database.url, { max: 2 })
  tables = await many(
    database.pool,
    sql`SELECT relname AS name, CASE relname WHEN 'workspace' THEN 'id' ELSE 'workspace_id' END AS column FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname`,
  )
  tables = tables.filter(({ name }) => !EXEMPT.test(name))
  await forgetConstraints()
  for (const { name, column } of tables) for (const workspaceId of [ours, theirs]) await fillRow(name, column, workspaceId)
})
after(async () => {
  await walled.end()
  await database.drop()
})

/** This database only has to hold a row of each workspace in every table; whether such a row could be is not the question here. */
async function forgetConstraints(): Promise<void> {
  const constraints = await many<{ on: string; name: string }>(
    database.pool,
    sql`SELECT conrelid::regclass::text AS on, conname AS name FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f')`,
  )
  for (const { on, name } of constraints) await database.pool.query(`ALTER TABLE ${on} DROP CONSTRAINT IF EXISTS "${name}"`)
}

/** Values for columns that must have one, by the type's category. A row that a trigger wrote will do. */
async function fillRow(table: string, column: string, workspaceId: string): Promise<void> {
  const columns = await many<{ name: string; type: string; category: string }>(
    database.pool,
    sql`SELECT attname AS name, format_type(atttypid, atttypmod) AS type, typcategory AS category
          FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
         WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''`,
  )
  const filled = ({ name, type, category }: { name: string; type: string; category: string }) => {
    if (name === column) return `'${workspaceId}'`
    if (type === 'uuid') return 'gen_random_uuid()'
    if (type === 'jsonb') return `'{}'`
    if (type === 'bytea') return 'sha256(gen_random_uuid()::text::bytea)'
    return { A: `'{}'`, B: 'false', D: 'now()', N: workspaceId === ours ? '1' : '2' }[category] ?? (workspaceId === ours ? `'aa'` : `'bb'`)
  }
  await database.pool.query(
    `INSERT INTO ${table} (${columns.map(({ name }) => name).join(', ')}) SELECT ${columns.map(filled).join(', ')}
      WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE ${column} = '${workspaceId}')`,
  )
}

test('every table but those exempt by name carries its workspace, is walled off, and is not the guest’s own', async () => {
  const open = await many<{ name: string }>(
    database.pool,
    sql`SELECT relname AS name FROM pg_class c WHERE relname = ANY(${tables.map(({ name }) => name)}::text[]) AND relnamespace = 'public'::regnamespace
           AND NOT (relrowsecurity AND relowner <> 'pg_database_owner'::regrole
                    AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid AND polcmd = '*' AND pg_get_expr(polqual, polrelid) LIKE '(% = current_workspace())'))`,
  )
  assert.deepEqual(open, [])
  assert.ok(tables.length > 50, `only ${tables.length} tables`)
  const guest = await one<{ name: string; rights: boolean }>(
    walled,
    sql`SELECT rolname AS name, rolsuper OR rolbypassrls AS rights FROM pg_roles WHERE rolname = current_user`,
  )
  assert.deepEqual(guest, { name: 'pg_database_owner', rights: false })
})

test('statements that forget their workspace reach nothing of another one, in every table', async () => {
  const reached: string[] = []
  let asked = 0
  for (const { name, column } of tables) {
    const table = literal(name)
    const workspace = literal(column)
    const everywhere = await one<{ n: number }>(database.pool, sql`SELECT count(*) AS n FROM ${table}`)
    assert.equal(everywhere.n, 2, `${name} has a row of each workspace`)
    const tries = {
      read: sql`SELECT ${workspace} AS of FROM ${table}`,
      update: sql`UPDATE ${table} SET ${workspace} = ${workspace} RETURNING ${workspace} AS of`,
      delete: sql`DELETE FROM ${table} RETURNING ${workspace} AS of`,
      take: sql`UPDATE ${table} SET ${workspace} = ${ours} WHERE ${workspace} = ${theirs} RETURNING ${workspace} AS of`,
      give: sql`UPDATE ${table} SET ${workspace} = ${theirs} RETURNING ${workspace} AS of`,
    }
    for (const [verb, statement] of Object.entries(tries)) {
      asked++
      const rows = await undone(ours, (tx) => many<{ of: string }>(tx, statement))
      if (rows === 'denied') continue
      if (verb === 'read' && (rows.length !== 1 || rows[0]?.of !== ours)) reached.push(`${name}: ${verb} saw ${rows.length} rows`)
      if (rows.some(({ of }) => of !== ours) || (verb === 'take' && rows.length > 0) || verb === 'give') reached.push(`${name}: ${verb}`)
      const outside = await undone('', (tx) => many<{ of: string }>(tx, statement))
      if (outside !== 'denied' && outside.length > 0) reached.push(`${name}: ${verb} outside of any workspace`)
    }
    const copied = await undone(ours, (tx) => run(tx, sql`INSERT INTO ${table} (${workspace}) VALUES (${theirs})`))
    if (copied !== 'denied') reached.push(`${name}: insert`)
  }
  assert.deepEqual(reached, [])
  assert.ok(asked > 250, `only ${asked} statements`)
})

/** What a request of the workspace gets, taken back; 'denied' when its role or the wall refuses. */
async function undone<T>(workspaceId: string, work: (tx: Db) => Promise<T>): Promise<T | 'denied'> {
  const over = new Error('taken back')
  let result: T | 'denied' = 'denied'
  await inWorkspace(workspaceId, () =>
    inTransaction(walled, async (tx) => {
      result = await work(tx)
      throw over
    }),
  ).catch((error: { code?: string }) => {
    // A guard of the table itself (append-only) refuses after the wall let the row of one's own workspace pass.
    if (error !== over && error.code !== DENIED.code && error.code !== 'P0001') throw error
  })
  return result
}

test('the audit log is append-only for requests, and keys, passwords and sessions are out of their reach', async () => {
  await inWorkspace(ours, async () => {
    for (const statement of ['UPDATE audit_entry SET action = action', 'DELETE FROM audit_entry', 'TRUNCATE audit_entry'])
      await assert.rejects(walled.query(statement), DENIED, statement)
    for (const table of ['data_key', 'install', 'identity_account', 'identity_session', 'identity_two_factor', 'identity_verification'])
      await assert.rejects(walled.query(`SELECT 1 FROM ${table}`), DENIED, table)
    await assert.rejects(walled.query('ALTER TABLE contact DISABLE ROW LEVEL SECURITY'), DENIED)
  })
})

const seen = async (db: Db): Promise<string[]> => (await many<{ id: string }>(db, sql`SELECT id FROM workspace`)).map(({ id }) => id)

test('a connection that changes hands sees the workspace of whoever holds it now', async () => {
  const narrow = makeWalledPool(database.url, { max: 1 })
  const asked = [ours, theirs, '', theirs, ours, ours, '']
  const answers = await Promise.all(asked.map((workspaceId) => inWorkspace(workspaceId, () => seen(narrow))))
  assert.deepEqual(
    answers,
    asked.map((workspaceId) => (workspaceId === '' ? [] : [workspaceId])),
  )
  await inWorkspace(ours, () =>
    inTransaction(narrow, async (tx) => {
      await moveTo(tx, theirs)
      assert.deepEqual(await seen(tx), [theirs])
    }),
  )
  assert.deepEqual(await inWorkspace(ours, () => seen(narrow)), [ours])
  assert.deepEqual(await seen(narrow), [])
  await narrow.end()
})

test('a workspace that is none leaves no connection behind that stands elsewhere', async () => {
  const narrow = makeWalledPool(database.url, { max: 1 })
  await inWorkspace(theirs, () => seen(narrow))
  await assert.rejects(inWorkspace('nonsense', () => seen(narrow)))
  assert.deepEqual(await seen(narrow), [])
  await narrow.end()
})

test('searches for people look through a window of the same columns, and keep their indexes', async () => {
  const columns = (name: string) =>
    many(
      database.pool,
      sql`SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute
           WHERE attrelid = ${name}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    )
  assert.deepEqual(await columns('contact_here'), await columns('contact'))
  await run(
    database.pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, first_name, tags, attributes)
        SELECT CASE n % 2 WHEN 0 THEN ${ours}::uuid ELSE ${theirs}::uuid END, gen_random_uuid(), '+91' || (9700000000 + n), '91' || (9700000000 + n),
               decode(md5(n::text), 'hex'), 'Person ' || n, ARRAY['Group ' || n % 500], '{}' FROM generate_series(1, 20000) AS n`,
  )
  await database.pool.query('ANALYZE contact')
  await inWorkspace(ours, async () => {
    const searches: [ContactQuery, string, number][] = [
      [{ searchTerm: 'erson 1234' }, 'contact_search', 6],
      [{ contactFilter: { tags: ['group 8'] } }, 'contact_tags', 40],
    ]
    for (const [query, index, count] of searches) {
      const match = await matchSql(walled, ours, query)
      assert.equal(await countContacts(walled, match), count)
      const statements: string[] = []
      const recorded: Db = {
        async query({ text, values }) {
          const plan = (await walled.query({ text: `EXPLAIN ${text}`, values: [...values] })).rows as { 'QUERY PLAN': string }[]
          statements.push(plan.map((line) => line['QUERY PLAN']).join('\n'))
          return { rows: [{ n: 0, ids: [] }], rowCount: 0 }
        },
      }
      await countContacts(recorded, match)
      await searchContacts(recorded, match, sql`c.id`, 10_000, 20, 0)
      await listContacts(recorded, ours, match, sql`c.id`, 20, 0)
      for (const plan of statements) assert.match(plan, new RegExp(`Bitmap Index Scan on ${index}`))
      assert.equal(statements.length, 3)
    }
    const forgetful = sql`SELECT count(*) AS n FROM contact_here`
    assert.equal((await one<{ n: number }>(walled, forgetful)).n, 10_001)
  })
})

test('beside a query that names its workspace the policy is one comparison before a scan, none for a row', async () => {
  await inWorkspace(ours, async () => {
    const page = sql`SELECT r.seq, m.state FROM recipient r LEFT JOIN message m ON m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq
                      WHERE r.workspace_id = ${ours} AND r.campaign_id = ${newId()} AND r.seq > 0 AND r.seq <= 20 ORDER BY r.seq`
    const { rows } = await walled.query({ text: `EXPLAIN ${textOf(page)}`, values: [...page.values] })
    const plan = (rows as { 'QUERY PLAN': string }[]).map((line) => line['QUERY PLAN']).join('\n')
    const asked = plan.split('\n').filter((line) => line.includes('fanfare.workspace'))
    assert.ok(asked.length > 0 && asked.every((line) => line.trim().startsWith('One-Time Filter:')), plan)
    assert.match(plan, /Index Cond: \(\(workspace_id = .*\) AND \(campaign_id = .*\) AND \(seq > 0\) AND \(seq <= 20\)\)/)
  })
})

/** A login of its own on a database of its own. */
async function withLogin(owner: 'login' | 'us', work: (urls: { us: string; login: string }) => Promise<void>): Promise<void> {
  const empty = await testDatabase({ migrated: false })
  const [name, password] = [`test_wall_${randomBytes(6).toString('hex')}`, 'only-here']
  const url = new URL(empty.url)
  url.username = name
  url.password = password
  try {
    await empty.pool.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`)
    if (owner === 'login') await empty.pool.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${name}`)
    await work({ us: empty.url, login: url.toString() })
  } finally {
    await empty.pool.query(`DROP OWNED BY ${name} CASCADE`)
    if (owner === 'login') await empty.pool.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO CURRENT_USER`)
    await empty.pool.query(`DROP ROLE ${name}`)
    await empty.drop()
  }
}
const options = { max: 2, name: 'fanfare-test' }

test('one plain login that owns its database has the wall', () =>
  withLogin('login', async ({ login }) => {
    await migrate(login, { allowUnsafe: true })
    const { pool, system, missing } = await openPools({ owner: login, requests: login }, options)
    await run(system, sql`INSERT INTO workspace (id, name) VALUES (${ours}, 'Ours'), (${theirs}, 'Theirs')`)
    assert.deepEqual([missing, (await seen(system)).length, await seen(pool)], [undefined, 2, []])
    assert.deepEqual(await inWorkspace(ours, () => seen(pool)), [ours])
    for (const each of [pool, system]) await each.end()
  }))

test('a restricted login for requests beside an owner has the wall, and cannot be the only one', () =>
  withLogin('us', async ({ us, login }) => {
    await migrate(us, { allowUnsafe: true, login: loginOf(login, us) })
    const { pool, system } = await openPools({ owner: us, requests: login }, options)
    await run(system, sql`INSERT INTO workspace (id, name) VALUES (${ours}, 'Ours'), (${theirs}, 'Theirs')`)
    assert.deepEqual(await inWorkspace(theirs, () => seen(pool)), [theirs])
    const { user } = await one<{ user: string }>(pool, sql`SELECT current_user::text AS user`)
    assert.equal(user, loginOf(login, us))
    for (const each of [pool, system]) await each.end()
    await assert.rejects(openPools({ owner: login, requests: login }, options), /MIGRATION_DATABASE_URL: needed/)
  }))

test('a login that owns the tables and not the database goes on without the wall, and says so', () =>
  withLogin('us', async ({ us, login }) => {
    const admin = new pg.Client({ connectionString: us })
    await admin.connect()
    await admin.query('CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin')
    await admin.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${loginOf(login, us)}`)
    await admin.end()
    await migrate(login, { allowUnsafe: true })
    const { pool, system, missing } = await openPools({ owner: login, requests: login }, options)
    assert.match(missing ?? '', /permission denied/)
    assert.equal(pool, system)
    assert.equal(await maybeOne(pool, sql`SELECT 1 FROM workspace`), undefined)
    await pool.end()
  }))
