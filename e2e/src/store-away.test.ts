import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { type StoreLine, storeLine } from './store-line.ts'
import { campaignOf, completed, importPeople, makeWorld, templateId, type World } from './world.ts'

const PEOPLE = 400
const W = 32
let database: Awaited<ReturnType<typeof testDatabase>>
let line: StoreLine
let world: World
before(async () => {
  database = await testDatabase({ migrated: false })
  line = await storeLine(database.url)
  world = await makeWorld({
    environment: { DATABASE_URL: line.url, LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '5000' },
    simulator: { latencyMs: 100, jitterMs: 50, person: { deliver: 1, read: 0, failed: [], tap: [], timeScale: 0.01 } },
  })
})
after(async () => {
  await world?.close()
  await line?.close()
  await database?.drop()
})

test('with the store away nothing is sent without an intent, callers hear 503 and Retry-After, and all goes on when it returns', async () => {
  const { api, simulator } = world
  await importPeople(api, PEOPLE)
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Away',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  simulator.holdWebhooks() // so that there are receipts to refuse, however quickly the first ones would have come
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  const requests = () => simulator.ledger.summary().requests
  await until(
    '80 requests',
    async () => requests(),
    (n) => n >= 80,
  )

  await line.cut()
  const whenCut = requests()
  for (const path of ['/WhatsappCampaign/status-counts', `/WhatsappCampaign/${id}`]) {
    const answer = await api.raw('GET', path)
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
    assert.equal(((await answer.json()) as { code: string }).code, 'store-unavailable')
  }
  const webhook = await fetch(`${api.baseUrl}/webhooks/meta/${world.accountId}`, {
    method: 'POST',
    body: '{}',
    headers: { 'x-hub-signature-256': 'sha256=00' },
  })
  assert.ok([401, 503].includes(webhook.status)) // 401 while the account's secret is still known
  assert.equal((await fetch(`${api.baseUrl}/readyz`)).status, 503)
  assert.equal((await fetch(`${api.baseUrl}/healthz`)).status, 200)
  simulator.releaseWebhooks()
  await until(
    'Meta’s receipts to be refused',
    async () => simulator.ledger.summary().webhooks.retried,
    (n) => n > 0,
  )
  assert.ok(requests() - whenCut <= W, `${requests() - whenCut} requests left after the store was gone`)

  await line.mend()
  const whenMended = requests()
  await until(
    'sending again',
    async () => requests(),
    (n) => n > whenMended,
    30_000,
  )
  await completed(api, id)
  await simulator.idle()
  const ledger = simulator.ledger.summary()
  const healed = await until(
    'receipts to heal every doubt',
    () => campaignOf(api, id),
    ({ counts }) => counts.delivered === simulator.ledger.summary().accepted,
  )
  assert.equal(ledger.doubles, 0, 'nobody twice')
  const { audience, ...states } = healed.counts
  assert.equal(
    Object.values(states).reduce((sum, n) => sum + n, 0),
    audience,
    'nobody lost',
  )
  assert.ok(healed.counts.unknown <= W)
})
