import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSimulator } from '@fanfare/simulator'
import type pg from 'pg'
import { migrate, readMigrations } from '../../server/src/platform/migrate.ts'
import { openSecrets } from '../../server/src/platform/secrets.ts'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { makeApi } from './api.ts'
import { startServer } from './server-process.ts'
import { AUDIENCE, columnsOf, contents, isToBeSent, phoneOf, runningCampaign } from './upgrade-campaign.ts'
import { campaignOf, completed, recipients } from './world.ts'

/** The first migration that could meet a campaign under way: from the schema before it on, all tables of sending have today's shape. */
const FIRST = 15
const migrations = readMigrations().filter(({ version }) => version >= FIRST)

for (const { version, name } of migrations)
  test(`migration ${version} (${name}) comes while a campaign runs: nothing is lost, and it goes on to its end with nobody messaged twice`, async () => {
    const database = await testDatabase({ migrated: false })
    const dataDir = await mkdtemp(join(tmpdir(), 'fanfare-upgrade-'))
    const simulator = await startSimulator({ latencyMs: 5, person: { deliver: 1, read: 0, failed: [], tap: [], timeScale: 0.001 } })
    try {
      await migrate(database.url, { upTo: version - 1 })
      const encryptionKey = randomBytes(32).toString('base64')
      const key = `ff_${randomBytes(32).toString('base64url')}`
      const secrets = await openSecrets(database.pool, [encryptionKey])
      const made = await runningCampaign(database.pool, version - 1, {
        simulator,
        keyHash: createHash('sha256').update(key).digest(),
        seal: secrets.seal,
      })
      const columns = await columnsOf(database.pool)
      const before = await contents(database.pool, columns)
      assert.ok((await migrate(database.url)).includes(name))
      assert.deepEqual(await contents(database.pool, columns), before, 'every value of every column is what it was')
      await assertAddsUp(database.pool, made)

      const server = await startServer({
        DATABASE_URL: database.url,
        DATA_DIR: dataDir,
        ENCRYPTION_KEY: encryptionKey,
        META_GRAPH_BASE_URL: simulator.url,
        LEASE_MS: '1000',
        RESCUE_GRACE_MS: '1000',
        SEND_TIMEOUT_MS: '3000',
        LOG_LEVEL: 'warn',
      })
      try {
        const api = makeApi(server.url, key)
        assert.equal((await campaignOf(api, made.campaignId)).counts.audience, AUDIENCE, 'the new program reads it')
        const done = await completed(api, made.campaignId, 60_000)
        assert.equal(done.status, 'Completed')
        const sent = simulator.ledger.entries({ kind: 'accepted' }).map(({ to }) => to.replace(/^\+?/, '+'))
        const due = Array.from({ length: AUDIENCE }, (_, i) => i + 1).filter((seq) => isToBeSent(seq, version - 1))
        assert.deepEqual(sent.toSorted(), due.map(phoneOf).toSorted(), 'everybody due once, and nobody else')
        assert.equal(simulator.ledger.summary().doubles, 0)
        assert.deepEqual([done.counts.unknown, done.counts.pending], [3, 0], 'what was in doubt stays so')
        assert.equal((await recipients(api, made.campaignId)).length, AUDIENCE)
        await assertAddsUp(database.pool, made)
      } finally {
        await server.stop()
      }
    } finally {
      await simulator.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    }
  })

async function assertAddsUp(pool: pg.Pool, { workspaceId, campaignId }: { workspaceId: string; campaignId: string }): Promise<void> {
  const { rows } = await pool.query('SELECT * FROM campaign_mismatches($1, $2)', [workspaceId, campaignId])
  assert.deepEqual(rows, [])
}
