import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { type Campaign, campaignOf, completed, importPeople, makeWorld, templateId, type World } from './world.ts'

/** What the promises of docs/delivery.md come to when something breaks: judged by the simulator's ledger and the public API only. */
const PEOPLE = 600
let database: Awaited<ReturnType<typeof testDatabase>> | undefined
let world: World
const end = async () => {
  await world?.close()
  await database?.drop()
  database = undefined
}
beforeEach(async () => {
  await end()
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '2000' },
    simulator: { latencyMs: 100, jitterMs: 50, person: { deliver: 1, read: 0, failed: [], tap: [], timeScale: 0.01 } },
  })
  await importPeople(world.api, PEOPLE)
})
after(end)

async function launch(): Promise<string> {
  const { api } = world
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Fault',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  return id
}
const accepted = async () => world.simulator.ledger.summary().accepted
const passes = (count: number) => until(`${count} accepted`, accepted, (now) => now >= count)
/** Nobody twice, nobody lost, and Sent or above exactly when Meta accepted, once every receipt is in. */
async function judged(id: string): Promise<Campaign> {
  await world.simulator.idle()
  const ledger = world.simulator.ledger.summary()
  const seen = await until(
    'receipts to heal every doubt',
    () => campaignOf(world.api, id),
    ({ counts }) => counts.delivered === ledger.accepted,
  )
  assert.equal(ledger.doubles, 0, 'nobody twice')
  const { audience, ...states } = seen.counts
  assert.equal(
    Object.values(states).reduce((sum, n) => sum + n, 0),
    audience,
    'nobody lost',
  )
  return seen
}

test('a restart by SIGTERM in mid-campaign drains: exit 0, and nobody is in doubt for it', async () => {
  const id = await launch()
  for (const count of [50, 200, 400]) {
    await passes(count)
    assert.equal(await world.restart(), 0)
  }
  await completed(world.api, id)
  const { counts } = await judged(id)
  assert.deepEqual([counts.delivered, counts.unknown], [PEOPLE, 0])
})

test('answers lost after acceptance heal by their receipts; those dropped before stay Unknown, and only those', async () => {
  world.simulator.setFaults([
    { match: { every: 40 }, when: 'after-accept', action: { kind: 'reset' } },
    { match: { every: 41 }, when: 'before-accept', action: { kind: 'html5xx' } },
    { match: { every: 97 }, when: 'after-accept', action: { kind: 'truncate' } },
  ])
  const id = await launch()
  await completed(world.api, id)
  const { counts } = await judged(id)
  const { dropped } = world.simulator.ledger.summary()
  assert.ok(dropped > 5, 'the fault happened')
  assert.deepEqual([counts.delivered, counts.unknown, counts.failed], [PEOPLE - dropped, dropped, 0])
})

test('a revoked token holds after at most a window of calls, fails nobody, and resume goes on exactly where it stopped', async () => {
  const id = await launch()
  await passes(100)
  world.simulator.setFaults([{ when: 'before-accept', action: { kind: 'code', code: 190 } }])
  const held = await until(
    'the hold',
    () => campaignOf(world.api, id),
    ({ hold }) => hold !== null,
  )
  assert.equal(held.hold?.reason, 'token_invalid')
  const refusedWhenHeld = world.simulator.ledger.summary().refused['190'] ?? 0
  world.simulator.setFaults([])
  await world.api.call('POST', `/WhatsappCampaign/${id}/resume`)
  await completed(world.api, id)
  const { counts } = await judged(id)
  const refused = world.simulator.ledger.summary().refused['190'] ?? 0
  assert.ok(refusedWhenHeld >= 1 && refused <= 33, `${refused} calls were refused`)
  assert.deepEqual([counts.delivered, counts.failed, counts.unknown], [PEOPLE, 0, 0])
})

test('workers killed at random while another takes over: nobody twice, at most a window of doubt each', async () => {
  const id = await launch()
  const first = await world.addWorker()
  const second = await world.addWorker()
  await passes(80)
  await world.crashAndRestart()
  await passes(250)
  await first.kill()
  await second.kill()
  await completed(world.api, id)
  const { counts } = await judged(id)
  assert.ok(counts.unknown <= 3 * 32, `${counts.unknown} Unknown`)
  assert.equal(counts.unknown + counts.delivered, PEOPLE)
})

test('a cancel under load: after its answer at most a window of requests leave, and everybody else is Cancelled', async () => {
  const id = await launch()
  await passes(100)
  await world.api.call('POST', `/WhatsappCampaign/${id}/cancel`)
  const whenAnswered = await accepted()
  const settled = await until(
    'the last answers',
    () => campaignOf(world.api, id),
    ({ counts }) => counts.pending === 0,
  )
  assert.equal(settled.status, 'Cancelled')
  const { counts } = await judged(id)
  assert.ok((await accepted()) - whenAnswered <= 32, 'more than W left after the answer')
  assert.equal(counts.delivered + counts.cancelled + counts.unknown, PEOPLE)
})
