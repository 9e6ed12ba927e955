import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { campaignOf, completed, importPeople, makeWorld, templateId, type World } from './world.ts'

/** What a marketer decides before and after a launch, checked against what the simulator says was really sent. */
const PEOPLE = 120
let database: Awaited<ReturnType<typeof testDatabase>>
let world: World

before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '5000' },
    simulator: { latencyMs: 5, person: { deliver: 0.9, read: 0.5, timeScale: 0.01 }, wabas: [] },
  })
  await importPeople(world.api, PEOPLE)
})
after(async () => {
  await world?.close()
  await database?.drop()
})

const create = (body: Record<string, unknown>) =>
  world.api.call<{ id: string }>('POST', '/WhatsappCampaign', { name: 'Journey', contactFilter: { everyone: true }, ...body })
const run = async (id: string) => {
  await world.api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  return completed(world.api, id)
}

test('a campaign costs what the messages that the simulator delivered cost', async () => {
  const { api, simulator } = world
  await api.call('POST', '/RateCard', {
    name: 'Journey',
    currency: 'USD',
    effectiveFrom: '2026-01-01',
    rates: [
      { country: 'IN', category: 'UTILITY', amount: '0.0125' },
      { country: 'IN', category: 'MARKETING', amount: '0.0125' },
    ],
  })
  const template = await templateId(api, 'hello_world')
  const preview = await api.call<{ estimatedCost: { amount: string } }>('POST', '/WhatsappCampaign/preview', {
    templateId: template,
    contactFilter: { everyone: true },
  })
  assert.equal(preview.estimatedCost.amount, (PEOPLE * 0.0125).toFixed(4))
  const { id } = await create({ templateId: template })
  await run(id)
  await simulator.idle()
  const { statuses } = simulator.ledger.summary()
  await until(
    'the receipts',
    () => campaignOf(api, id),
    ({ funnel }) => funnel.delivered >= statuses.delivered && funnel.read === statuses.read,
  )
  const { funnel } = await campaignOf(api, id)
  const cost = await api.call<{ actual: { amount: string }; variance: { amount: string } }>('GET', `/WhatsappCampaign/${id}/cost`)
  assert.ok(funnel.delivered > 0 && funnel.delivered < PEOPLE)
  assert.equal(cost.actual.amount, (funnel.delivered * 0.0125).toFixed(4))
  assert.equal(cost.variance.amount, ((funnel.delivered - PEOPLE) * 0.0125).toFixed(4))
})
