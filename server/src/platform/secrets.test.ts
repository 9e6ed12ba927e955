import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Db } from './db.ts'
import { many, sql } from './db.ts'
import { newId } from './ids.ts'
import { openSecrets, rewrapKeys } from './secrets.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

const OLD = randomBytes(32).toString('base64')
const NEW = randomBytes(32).toString('base64')
const [own, foreign] = [newId(), newId()]

let database: TestDatabase
let db: Db
before(async () => {
  database = await testDatabase()
  db = database.pool as Db
})
after(() => database.drop())

test('a sealed value opens only for its own workspace and field, in any process, and is never the same twice', async () => {
  const secrets = await openSecrets(db, [OLD])
  const sealed = await secrets.seal(own, 'token', 'hello')
  assert.equal(await (await openSecrets(db, [OLD])).open(own, 'token', sealed), 'hello')
  assert.notDeepEqual(await secrets.seal(own, 'token', 'hello'), sealed)
  await assert.rejects(secrets.open(foreign, 'token', sealed))
  await assert.rejects(secrets.open(own, 'secret', sealed))
  const touched = Buffer.from(sealed)
  touched[touched.length - 1] = (touched.at(-1) ?? 0) ^ 1
  await assert.rejects(secrets.open(own, 'token', touched))
})

test('two workspaces have two keys, and neither is kept in plain or wrapped alike', async () => {
  const secrets = await openSecrets(db, [OLD])
  await Promise.all([secrets.seal(own, 'f', 'x'), secrets.seal(foreign, 'f', 'x'), secrets.seal(foreign, 'f', 'y')])
  const rows = await many<{ workspace_id: string; wrapped: Buffer }>(db, sql`SELECT workspace_id, wrapped FROM data_key`)
  assert.equal(rows.length, 3) // the installation's, and one for each workspace
  assert.equal(new Set(rows.map(({ wrapped }) => wrapped.toString('hex'))).size, 3)
})

test('a database opens with none but its own key, and says which setting is wrong', async () => {
  await assert.rejects(openSecrets(db, [NEW]), /ENCRYPTION_KEY.*FORMER_ENCRYPTION_KEYS/)
})

test('keys change without downtime: both open before and after, derived keys and sealed values stay', async () => {
  const running = await openSecrets(db, [OLD])
  const sealed = await running.seal(own, 'token', 'still here')
  const restarted = await openSecrets(db, [NEW, OLD])
  assert.deepEqual(restarted.derive('link'), running.derive('link'))
  assert.equal(await rewrapKeys(db, [NEW, OLD]), 3)
  assert.equal(await rewrapKeys(db, [NEW, OLD]), 0)
  const changed = await openSecrets(db, [NEW])
  for (const secrets of [running, restarted, changed]) assert.equal(await secrets.open(own, 'token', sealed), 'still here')
  assert.deepEqual(changed.derive('link'), running.derive('link'))
  await assert.rejects(openSecrets(db, [OLD]))
})

test('processes that start together on an empty database agree on one key', async () => {
  const empty = await testDatabase()
  try {
    const made = await Promise.all(Array.from({ length: 8 }, () => openSecrets(empty.pool as Db, [OLD])))
    assert.equal(new Set(made.map((secrets) => secrets.derive('address').toString('hex'))).size, 1)
  } finally {
    await empty.drop()
  }
})
