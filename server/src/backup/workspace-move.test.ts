import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { insertKey, newKey } from '../access/keys.ts'
import { PERMISSIONS } from '../access/permissions.ts'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { intend } from '../dispatch/intent.ts'
import { takeLease } from '../dispatch/lease.ts'
import { recordResults } from '../dispatch/settle.ts'
import { testCampaign } from '../dispatch/test-world.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { ArchiveError } from './archive.ts'
import { CARRIED, STAYS } from './carried.ts'
import { exportWorkspace } from './export-workspace.ts'
import { importWorkspace } from './import-workspace.ts'

let t: TestApp
let other: TestApp
let world: TestWorld
let folder: string
let campaignId: string
before(async () => {
  t = await testApp()
  other = await testApp() // an installation with another key
  world = await testWorld(t)
  folder = await mkdtemp(join(tmpdir(), 'fanfare-move-'))
  await addContacts(t, 60, { tag: 'Club' })
  await run(t.deps.pool, sql`UPDATE contact SET attributes = ${JSON.stringify({ crmId: t.workspaceId, note: 'a\tb\\c\n"d"' })}, last_name = E'tab\tslash\\\\' WHERE phone_e164 = '+919700000000'`) // biome-ignore format: one statement
  const { body: segment } = await t.request('POST', 'Segment', { body: { name: 'Club', filter: { tags: ['Club'] } } })
  const { body: topic } = await t.request('POST', 'Topic', { body: { name: 'Offers' } })
  const { items } = (await t.request('POST', 'Contact/getall', { body: { pageSize: 5 } })).body
  await run(t.deps.pool, sql`INSERT INTO contact_topic (workspace_id, contact_id, topic_id, source, stopped, said_at) VALUES (${t.workspaceId}, ${items[0].id}, ${topic.id}, 'button', true, now())`) // biome-ignore format: one statement
  assert.equal((await t.request('POST', 'Suppression', { body: { phone: '+919700000003', reason: 'Asked' } })).status, 201)
  await run(t.deps.pool, sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at, is_unlinked) VALUES (${t.workspaceId}, '919811111111', 1, 'word', now(), true)`) // biome-ignore format: one statement
  campaignId = await frozenCampaign(t, world, { tag: 'Club', plain: true, topicId: topic.id })
  await sendTo(20)
  const draft = { templateId: world.plainTemplateId, contactFilter: { segmentId: segment.id } }
  const { body: later } = await t.request('POST', 'WhatsappCampaign', { body: { name: 'Later', ...draft } })
  await run(t.deps.pool, sql`UPDATE campaign SET status = 'Scheduled', scheduled_at = now() WHERE workspace_id = ${t.workspaceId} AND id = ${later.id}`) // biome-ignore format: one statement
})
after(async () => {
  await t.drop()
  await other.drop()
  await rm(folder, { recursive: true, force: true })
})

async function sendTo(n: number): Promise<void> {
  const lease = await takeLease(t.deps.pool, { workspaceId: t.workspaceId, numberId: world.numberId }, 77, 1_000)
  assert.ok(lease)
  const campaign = testCampaign(campaignId, { workspaceId: t.workspaceId, numberId: world.numberId, accountId: world.accountId, templateId: world.plainTemplateId }) // biome-ignore format: one campaign
  const intent = await intend(t.deps.pool, campaign, lease, { sliceNo: 0, fromSeq: 0, upToSeq: n, unsendable: [] })
  assert.equal(intent.kind, 'intended')
  const times = { acceptedAt: new Date(), intendedAt: new Date() }
  const accepted = intent.kind === 'intended' ? intent.intended.map(({ seq }) => ({ campaignId, seq, attempt: 1, wamid: `wamid.${seq}`, isHeld: false, ...times })) : [] // biome-ignore format: one list
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, accepted, []))
}

const url = (app: TestApp) => app.deps.config.DATABASE_URL ?? ''

/** Rows of each carried table. */
async function counts(db: Db, workspaceId: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const table of CARRIED) {
    const column = table === 'workspace' ? 'id' : 'workspace_id'
    const { rows } = await db.query({ text: `SELECT count(*)::int AS n FROM ${table} WHERE ${column} = $1`, values: [workspaceId] })
    found[table] = (rows[0] as { n: number }).n
  }
  return found
}

for (const [where, app] of [
  ['another installation', () => other],
  ['the same installation, beside where it came from', () => t],
] as const)
  test(`a workspace moves to ${where} with everything that counts, and nothing in it sends`, async () => {
    const to = app()
    const file = join(folder, `move-${where.length}.fanfare`)
    const { name } = await exportWorkspace(url(t), t.workspaceId, file)
    assert.equal(name, 'Own')
    const { workspaceId } = await importWorkspace(url(to), to.deps.secrets, file, { name: 'Moved' })
    const pool = to.deps.system
    assert.deepEqual(await counts(pool, workspaceId), await counts(t.deps.system, t.workspaceId))
    const campaigns = await many<{ id: string; name: string; status: string }>(
      pool,
      sql`SELECT id, name, status FROM campaign WHERE workspace_id = ${workspaceId} ORDER BY created_at`,
    )
    assert.deepEqual(
      campaigns.map((campaign) => [campaign.name, campaign.status]),
      [['Test', 'Running'], ['Later', 'Draft']], // biome-ignore format: a table
    )
    const running = campaigns[0]?.id ?? ''
    assert.notEqual(running, campaignId)
    assert.deepEqual(await many(pool, sql`SELECT * FROM campaign_mismatches(${workspaceId}, ${running})`), [])
    const key = newKey()
    await insertKey(pool, { workspaceId, key, name: 'test', permissions: PERMISSIONS, createdBy: { id: null, name: 'test' } })
    const here = await t.request('GET', `WhatsappCampaign/${campaignId}`)
    const there = await to.request('GET', `WhatsappCampaign/${running}`, { key })
    assert.equal(there.status, 200)
    assert.deepEqual(there.body.counts, here.body.counts)
    assert.equal(there.body.hold.reason, 'restored')

    const { rows: segments } = await pool.query<{ id: string }>('SELECT id FROM segment WHERE workspace_id = $1', [workspaceId])
    const sizes = await Promise.all(
      [{ tags: ['Club'] }, { segmentId: segments[0]?.id }, { optedOut: true }].map((filter) =>
        to.request('POST', 'Contact/getall', { key, body: { contactFilter: filter } }),
      ),
    )
    const own = await many<{ id: string }>(t.deps.system, sql`SELECT id FROM segment WHERE workspace_id = ${t.workspaceId}`)
    const before = await Promise.all(
      [{ tags: ['Club'] }, { segmentId: own[0]?.id }, { optedOut: true }].map((filter) =>
        t.request('POST', 'Contact/getall', { body: { contactFilter: filter } }),
      ),
    )
    assert.deepEqual(sizes.map(({ status, body }) => [status, body.totalItems ?? body.total ?? body.totalCount]), before.map(({ status, body }) => [status, body.totalItems ?? body.total ?? body.totalCount])) // biome-ignore format: two lists
    assert.equal(sizes[0]?.status, 200)

    const kept = await one<{ suppressed: number; attributes: unknown; last: string; out: number }>(
      pool,
      sql`SELECT (SELECT count(*)::int FROM suppression s JOIN contact c ON c.workspace_id = s.workspace_id AND c.key_hash = s.key_hash
                   WHERE s.workspace_id = ${workspaceId} AND c.phone_e164 = '+919700000003') AS suppressed,
                 (SELECT count(*)::int FROM contact_topic o JOIN contact c ON c.workspace_id = o.workspace_id AND c.id = o.contact_id
                    JOIN topic p ON p.workspace_id = o.workspace_id AND p.id = o.topic_id WHERE o.workspace_id = ${workspaceId}) AS out,
                 attributes, last_name AS last FROM contact WHERE workspace_id = ${workspaceId} AND phone_e164 = '+919700000000'`,
    )
    assert.deepEqual(kept, { suppressed: 1, out: 1, attributes: { crmId: t.workspaceId, note: 'a\tb\\c\n"d"' }, last: 'tab\tslash\\' })

    const { number_id, account_id, template_id } = await one<{ number_id: string; account_id: string; template_id: string }>(
      pool,
      sql`SELECT number_id, account_id, template_id FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${running}`,
    )
    await run(pool, sql`INSERT INTO number_lease (workspace_id, number_id) VALUES (${workspaceId}, ${number_id}) ON CONFLICT DO NOTHING`)
    const lease = await takeLease(pool, { workspaceId, numberId: number_id }, 78, 1_000)
    const campaign = testCampaign(running, { workspaceId, numberId: number_id, accountId: account_id, templateId: template_id })
    if (lease !== undefined)
      assert.equal((await intend(pool, campaign, lease, { sliceNo: 0, fromSeq: 20, upToSeq: 30, unsendable: [] })).kind, 'refused')
    const secrets = await one<{ open: number }>(
      pool,
      sql`SELECT (SELECT count(*)::int FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND (removed_at IS NULL OR app_secret_sealed IS NOT NULL))
               + (SELECT count(*)::int FROM phone_number WHERE workspace_id = ${workspaceId} AND removed_at IS NULL) AS open`,
    )
    assert.equal(secrets.open, 0)
  })

test('an export with people nobody can name any more is refused until they are left behind knowingly', async () => {
  const { items } = (await t.request('POST', 'Contact/getall', { body: { pageSize: 1, contactFilter: { phones: ['+919700000050'] } } }))
    .body
  assert.equal((await t.request('DELETE', `Contact/${items[0].id}?erase=true`)).status, 204)
  const file = join(folder, 'erased.fanfare')
  await assert.rejects(exportWorkspace(url(t), t.workspaceId, file), /1 suppressions .*--without-erased/s)
  assert.equal((await exportWorkspace(url(t), t.workspaceId, file, { leavesErased: true })).leftBehind, 1)
  assert.equal((await importWorkspace(url(other), other.deps.secrets, file)).leftBehind, 1)
})

test('what comes from another version, is cut off or is no export makes no workspace, and the reason is said', async () => {
  const file = join(folder, 'good.fanfare')
  await exportWorkspace(url(t), t.workspaceId, file, { leavesErased: true })
  const good = gunzipSync(await readFile(file))
  const rewritten = (change: (header: Record<string, unknown>) => void) => {
    const length = good.readUInt32BE()
    const header = JSON.parse(good.toString('utf8', 4, 4 + length))
    change(header)
    const text = Buffer.from(JSON.stringify(header))
    const size = Buffer.alloc(4)
    size.writeUInt32BE(text.length)
    return gzipSync(Buffer.concat([size, text, good.subarray(4 + length)]))
  }
  const many_ = () => one<{ n: number }>(other.deps.system, sql`SELECT count(*)::int AS n FROM workspace`)
  const before = await many_()
  const bad: [Buffer, RegExp][] = [
    [rewritten((header) => Object.assign(header, { schema: 3 })), /has schema 3, this program \d+.*same version/],
    [rewritten((header) => Object.assign(header, { version: 2 })), /format 2; this program reads format 1/],
    [rewritten((header) => Object.assign(header, { format: 'fanfare-backup' })), /not a Fanfare export/],
    [rewritten((header) => Object.assign(header, { tables: [{ name: 'api_key', columns: ['id'] }] })), /does not know/],
    [gzipSync(good.subarray(0, good.length - 400)), /cut off|damaged/],
    [Buffer.from('hello'), /not a Fanfare export/],
  ]
  for (const [bytes, reason] of bad) {
    const path = join(folder, 'bad.fanfare')
    await writeFile(path, bytes)
    await assert.rejects(importWorkspace(url(other), other.deps.secrets, path), (error: Error) => {
      assert.match(error.message, reason)
      return error instanceof ArchiveError
    })
  }
  assert.deepEqual(await many_(), before)
})

test('every table of a workspace is said to go along or to stay', async () => {
  const tables = await many<{ name: string }>(
    t.deps.system,
    sql`SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'
          AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public') ORDER BY 1`,
  )
  const said = [...CARRIED.filter((name) => name !== 'workspace'), ...Object.keys(STAYS)]
  assert.deepEqual(
    said.toSorted(),
    tables.map(({ name }) => name),
  )
})
