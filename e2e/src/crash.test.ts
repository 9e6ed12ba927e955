import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { campaignOf, completed, importPeople, makeWorld, templateId, type World } from './world.ts'

const PEOPLE = 3_000
const CRASHES = 10
let database: Awaited<ReturnType<typeof testDatabase>>
let world: World

before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '3000' },
    simulator: { latencyMs: 120, jitterMs: 80, person: { deliver: 1, read: 0.5, failed: [], tap: [], timeScale: 0.01 } },
  })
})
after(async () => {
  await world?.close()
  await database?.drop()
})

test(`kill -9 in mid-campaign, ${CRASHES} times: it goes on by itself, nobody is messaged twice, and receipts heal every doubt`, async () => {
  const { api, simulator } = world
  await importPeople(api, PEOPLE)
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Crash',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  for (let crash = 1; crash <= CRASHES; crash++) {
    const before = simulator.ledger.summary().accepted
    await until(
      `sending before crash ${crash}`,
      async () => simulator.ledger.summary().accepted,
      (accepted) => accepted >= Math.min(PEOPLE, before + 60),
    )
    await world.crashAndRestart()
    const { counts } = await campaignOf(api, id)
    const sum =
      counts.pending + counts.sent + counts.delivered + counts.read + counts.failed + counts.skipped + counts.unknown + counts.cancelled
    assert.equal(sum, counts.audience, 'states add up at every read')
  }
  const done = await completed(api, id)
  assert.equal(done.status, 'Completed')
  await simulator.idle()
  const healed = await until(
    'receipts to heal every doubt',
    () => campaignOf(api, id),
    ({ funnel, counts }) => funnel.sent === simulator.ledger.summary().accepted && counts.delivered + counts.read >= funnel.sent,
  )
  const ledger = simulator.ledger.summary()
  assert.equal(ledger.doubles, 0, 'nobody twice')
  assert.equal(healed.funnel.sent, ledger.accepted, 'accepted by Meta if and only if Sent or above')
  assert.equal(healed.counts.unknown, PEOPLE - ledger.accepted, 'what stays Unknown was never accepted')
  assert.ok(healed.counts.unknown <= 32 * CRASHES, 'at most a window of doubt per crash')
})
