import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { getMigrations } from 'better-auth/db/migration'
import { readConfig } from '../platform/config.ts'
import { makePool } from '../platform/pool.ts'
import { openSecrets } from '../platform/secrets.ts'
import { testDatabase } from '../platform/test-database.ts'
import { authOptions } from './auth.ts'

test('the tables of our migrations are exactly what better-auth expects, in whatever schema they live', async () => {
  const database = await testDatabase()
  const secrets = await openSecrets(database.pool, [randomBytes(32).toString('base64')])
  const config = readConfig({ OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_CLIENT_ID: 'x' })
  const pending = async (searchPath: string) => {
    const pool = makePool(`${database.url}?options=${encodeURIComponent(`-c search_path=${searchPath}`)}`, { max: 2 })
    try {
      const { toBeCreated, toBeAdded, compileMigrations } = await getMigrations(authOptions({ config, pool, secrets }) as never)
      return { tables: toBeCreated.map(({ table }) => table), columns: toBeAdded, sql: await compileMigrations() }
    } finally {
      await pool.end()
    }
  }
  try {
    await database.pool.query('CREATE SCHEMA elsewhere')
    const none = await pending('elsewhere')
    assert.equal(none.tables.length, 5, 'the check sees tables that are missing')
    for (const table of none.tables) await database.pool.query(`ALTER TABLE public.${table} SET SCHEMA elsewhere`)
    assert.deepEqual(await pending('elsewhere'), { tables: [], columns: [], sql: ';' })
    await database.pool.query('ALTER TABLE elsewhere.identity_user DROP COLUMN two_factor_enabled')
    assert.deepEqual(
      (await pending('elsewhere')).columns.map(({ table, fields }) => [table, Object.keys(fields)]),
      [['identity_user', ['two_factor_enabled']]],
      'the check sees a column that is missing',
    )
  } finally {
    await database.drop()
  }
})
