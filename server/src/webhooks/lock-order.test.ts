import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { addressesOf } from '../dispatch/address.ts'
import { makeTally } from '../dispatch/counters.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { recordClick } from './clicks.ts'
import { processInbox } from './processor.ts'
import { postMessages } from './test-post.ts'

let t: TestApp
let world: TestWorld
let campaignId: string
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 3, { tag: 'L' })
  campaignId = await frozenCampaign(t, world, { tag: 'L' })
})
after(() => t.drop())

const post = async (...values: Record<string, unknown>[]) => assert.equal((await postMessages(t, world.accountId, values)).status, 200)
/** Until some transaction of this database waits for a lock; asked outside of any transaction, which would see one moment for ever. */
async function somebodyWaits(): Promise<void> {
  for (let round = 0; round < 5_000; round++) {
    const waiting = await many(
      t.deps.pool,
      sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    )
    if (waiting.length > 0) return
  }
  assert.fail('nobody waits')
}
const now = () => String(Math.floor(Date.now() / 1_000))
const counters = () =>
  one<Record<string, number>>(t.deps.pool, sql`SELECT clicked, clicks, replied FROM campaign_counter WHERE campaign_id = ${campaignId}`)

test('a processor that waits for a contact holds no counter yet', async () => {
  const address = await one<{ address: string; contact_id: string }>(
    t.deps.pool,
    sql`SELECT address, contact_id FROM recipient WHERE campaign_id = ${campaignId} AND seq = 1`,
  )
  const from = address.address.replace('+', '')
  const status = {
    id: 'wamid.1',
    status: 'delivered',
    timestamp: now(),
    recipient_id: from,
    biz_opaque_callback_data: addressesOf(t.deps).message(campaignId, 1, 1),
  }
  await post({ statuses: [status] }, { messages: [{ from, id: 'wamid.stop', timestamp: now(), type: 'text', text: { body: 'STOP' } }] })
  const other = await t.deps.pool.connect()
  try {
    await other.query('BEGIN')
    await other.query('SELECT 1 FROM contact WHERE id = $1 FOR UPDATE', [address.contact_id])
    const processing = processInbox(t.deps)
    await somebodyWaits()
    await other.query('SELECT 1 FROM campaign_counter WHERE campaign_id = $1 FOR UPDATE NOWAIT', [campaignId])
    await other.query('COMMIT')
    await processing
  } finally {
    other.release()
  }
  assert.equal(
    (await one<{ n: number }>(t.deps.pool, sql`SELECT delivered AS n FROM campaign_counter WHERE campaign_id = ${campaignId}`)).n,
    1,
  )
})

test('a person who presses two buttons is one who clicked, however many processes apply the presses at once', async () => {
  const press = async (tx: Db, button: number) => {
    const tally = makeTally()
    const click = {
      workspaceId: t.workspaceId,
      campaignId,
      seq: 2,
      button,
      clickId: `c${button}`,
      kind: 'quick_reply',
      isStop: false,
      text: '',
      at: new Date(),
    } as const
    await recordClick(tx, click, tally)
    return tally
  }
  const second = { started: Promise.resolve<unknown>(undefined) }
  await inTransaction(t.deps.pool, async (tx) => {
    const tally = await press(tx, 0)
    second.started = inTransaction(t.deps.pool, async (other) => (await press(other, 1)).flush(other, t.workspaceId)) // sees nothing of the first
    await somebodyWaits()
    await tally.flush(tx, t.workspaceId)
  })
  await second.started
  const { clicked, clicks } = await counters()
  assert.deepEqual([clicked, clicks], [1, 2])
})

test('two replies in two bodies are one person who replied', async () => {
  const { address } = await one<{ address: string }>(
    t.deps.pool,
    sql`SELECT address FROM recipient WHERE campaign_id = ${campaignId} AND seq = 3`,
  )
  const from = address.replace('+', '')
  await post({
    statuses: [
      {
        id: 'wamid.3',
        status: 'sent',
        timestamp: now(),
        recipient_id: from,
        biz_opaque_callback_data: addressesOf(t.deps).message(campaignId, 3, 1),
      },
    ],
  })
  while ((await processInbox(t.deps)) > 0);
  const before = (await counters()).replied ?? 0
  for (const id of ['wamid.r1', 'wamid.r2', 'wamid.r1'])
    await post({ messages: [{ from, id, timestamp: now(), type: 'text', text: { body: 'Nice' }, context: { id: 'wamid.3' } }] })
  await Promise.all([processInbox(t.deps), processInbox(t.deps)])
  while ((await processInbox(t.deps)) > 0);
  assert.equal((await counters()).replied, before + 1)
})

test('a failure that proof undoes is taken back in the minute it was counted in', async () => {
  await addContacts(t, 1, { tag: 'F', from: 70_000 })
  const id = await frozenCampaign(t, world, { tag: 'F', plain: true })
  const { applyProofs } = await import('../dispatch/settle.ts')
  const at = (minute: number) => new Date(Date.UTC(2026, 4, 28, 9, minute))
  for (const [state, minute] of [
    [7, 1],
    [8, 5],
  ] as const)
    await inTransaction(t.deps.pool, (tx) =>
      applyProofs(tx, t.workspaceId, [{ campaignId: id, seq: 1, attempt: 1, state, at: at(minute), wamid: 'w' }]),
    )
  const minutes = await many<{ minute: Date; failed: number; delivered: number }>(
    t.deps.pool,
    sql`SELECT minute, failed, delivered FROM campaign_minute WHERE campaign_id = ${id} ORDER BY minute`,
  )
  assert.deepEqual(minutes, [
    { minute: at(1), failed: 0, delivered: 0 },
    { minute: at(5), failed: 0, delivered: 1 },
  ])
})
