import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { countAll } from '../contacts/count.ts'
import { intend, type RunningCampaign } from '../dispatch/intent.ts'
import { takeLease } from '../dispatch/lease.ts'
import { recordResults } from '../dispatch/settle.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { type TestDatabase, testDatabase } from '../platform/test-database.ts'
import { inTransaction } from '../platform/transaction.ts'
import { ArchiveError } from './archive.ts'
import { backUp } from './backup.ts'
import { restore } from './restore.ts'

let t: TestApp
let world: TestWorld
let url: string
let folder: string
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  url = t.deps.config.DATABASE_URL ?? ''
  folder = await mkdtemp(join(tmpdir(), 'fanfare-backup-'))
  await run(t.deps.pool, sql`INSERT INTO install (id) VALUES (${t.deps.install.id})`)
})
after(async () => {
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

async function restored(file: string, check: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await testDatabase({ migrated: false })
  try {
    await restore(database.url, file)
    await check(database)
  } finally {
    await database.drop()
  }
}

/** Every table's rows, in no order, as one hash each. */
async function contents(db: Db): Promise<Record<string, string>> {
  const tables = await many<{ name: string }>(db, sql`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
  const hashes: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await db.query({
      text: `SELECT coalesce(md5(string_agg(md5(x::text), '' ORDER BY md5(x::text))), '') AS h FROM "${name}" AS x`,
      values: [],
    })
    hashes[name] = (rows[0] as { h: string }).h
  }
  return hashes
}

test('a restored database holds every row of every table, but for the hold that marks it', async () => {
  await addContacts(t, 50, { tag: 'First', from: 1_000 })
  await run(
    t.deps.pool,
    sql`UPDATE contact SET last_name = E'tab\tquote"back\\\\slash\nline ثَ', attributes = '{"a":"\\\\N"}' WHERE phone_e164 = '+919700001000'`,
  )
  await frozenCampaign(t, world, { tag: 'First', plain: true })
  const file = join(folder, 'whole.backup')
  await backUp(url, file)
  const before = await contents(t.deps.pool)
  await restored(file, async ({ pool }) => {
    const { hold: _hold, schema_migration: _migration, contact_count: _count, ...same } = await contents(pool)
    const { hold: _h, schema_migration: _m, contact_count: _c, ...wanted } = before
    assert.deepEqual(same, wanted)
    assert.equal(await countAll(pool, t.workspaceId), 50)
  })
})

test('a backup made while messages go out restores to states that add up, and nothing is sent until a person looked', async () => {
  await addContacts(t, 400, { tag: 'Second', from: 5_000 })
  const campaignId = await frozenCampaign(t, world, { tag: 'Second', plain: true })
  await run(t.deps.pool, sql`UPDATE number_lease SET worker_key = NULL`)
  const lease = await takeLease(t.deps.pool, { workspaceId: t.workspaceId, numberId: world.numberId }, 77, 1_000)
  assert.ok(lease)
  const campaign: RunningCampaign = {
    workspaceId: t.workspaceId,
    id: campaignId,
    numberId: world.numberId,
    accountId: world.accountId,
    templateId: world.plainTemplateId,
    category: 'UTILITY',
    ratePerSecond: null,
    requireMarketingOptIn: false,
    utilityThroughOptOut: false,
    topicId: null,
    quiet: null,
    canarySeq: null,
    hasRetryDue: false,
  }
  const file = join(folder, 'running.backup')
  let isDone = false
  const sending = (async () => {
    for (let seq = 0; seq < 400; seq += 20) {
      await intend(t.deps.pool, campaign, lease, { sliceNo: 0, fromSeq: seq, upToSeq: seq + 20, unsendable: [] })
      const acceptances = Array.from({ length: 10 }, (_, i) => ({
        campaignId,
        seq: seq + i + 1,
        attempt: 1,
        wamid: `wamid.${seq + i + 1}`,
        acceptedAt: new Date(),
        intendedAt: new Date(),
        isHeld: false,
      }))
      await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, acceptances, []))
    }
    isDone = true
  })()
  await backUp(url, file)
  await sending
  assert.ok(isDone)
  await restored(file, async ({ pool, url: restoredUrl }) => {
    const counted = await one<{ sent: number; rows: number; slices: number; cursor: number; audience: number }>(
      pool,
      sql`SELECT k.sent, (SELECT count(*)::int FROM message m WHERE m.campaign_id = c.id AND m.state = 6) AS rows,
                 (SELECT sum(s.sent)::int FROM campaign_slice s WHERE s.campaign_id = c.id) AS slices,
                 (SELECT max(s.cursor_seq) FROM campaign_slice s WHERE s.campaign_id = c.id) AS cursor, c.audience
            FROM campaign c JOIN campaign_counter k ON k.campaign_id = c.id WHERE c.id = ${campaignId}`,
    )
    assert.equal(counted.sent, counted.rows)
    assert.equal(counted.slices, counted.rows)
    assert.ok(counted.cursor >= counted.rows && counted.audience === 400)
    const held = await many<{ reason: string }>(pool, sql`SELECT reason FROM hold WHERE scope = 'number' AND scope_id = ${world.numberId}`)
    assert.deepEqual(held, [{ reason: 'restored' }])
    await run(pool, sql`UPDATE number_lease SET worker_key = NULL`)
    const taken = await takeLease(pool, { workspaceId: t.workspaceId, numberId: world.numberId }, 78, 1_000)
    assert.ok(taken)
    const intent = await intend(pool, campaign, taken, { sliceNo: 0, fromSeq: counted.cursor, upToSeq: counted.cursor, unsendable: [] })
    assert.equal(intent.kind, 'refused', restoredUrl)
  })
})

test('a file that is cut off, damaged or not ours restores nothing, and a database in use is not written over', async () => {
  const file = join(folder, 'good.backup')
  await backUp(url, file)
  const good = await readFile(file)
  const bad: [string, Buffer][] = [
    ['cut.backup', good.subarray(0, Math.floor(good.length / 2))],
    ['damaged.backup', Buffer.concat([good.subarray(0, 200), Buffer.alloc(40, 7), good.subarray(240)])],
    ['other.backup', Buffer.from('hello')],
  ]
  for (const [name, bytes] of bad) {
    await writeFile(join(folder, name), bytes)
    const database = await testDatabase({ migrated: false })
    try {
      await assert.rejects(restore(database.url, join(folder, name)), ArchiveError, name)
      const left = await many(database.pool, sql`SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'contact'`)
      if (left.length > 0) assert.deepEqual(await many(database.pool, sql`SELECT 1 FROM contact LIMIT 1`), [])
    } finally {
      await database.drop()
    }
  }
  await assert.rejects(restore(url, file), /in use already/)
})

test('a backup appears under its name only when it is whole', async () => {
  const file = join(folder, 'no-such-folder', 'x.backup')
  await assert.rejects(backUp(url, file))
  await assert.rejects(readFile(file))
})
