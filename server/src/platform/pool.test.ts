import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makePool } from './pool.ts'
import { testDatabase } from './test-database.ts'

const database = await testDatabase({ migrated: false })
after(() => database.drop())

test('a connection that breaks while it is lent out, between two queries, does not end the process', async () => {
  const pool = makePool(database.url, { max: 1 })
  const client = await pool.connect()
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const ended = new Promise((resolve) => client.once('end', resolve))
  await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
  await ended // an error without a listener would have been thrown before this
  client.release(true)
  assert.equal((await pool.query('SELECT 1 AS one')).rows[0].one, 1)
  await pool.end()
})
