import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { one, sql } from '../../server/src/platform/db.ts'
import { type TestDatabase, testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { type StoreLine, storeLine } from './store-line.ts'
import { campaignOf, completed, importPeople, makeWorld, templateId, type World } from './world.ts'

const PEOPLE = 400
let database: TestDatabase
let line: StoreLine
let world: World
before(async () => {
  database = await testDatabase({ migrated: false })
  line = await storeLine(database.url)
  world = await makeWorld({
    environment: { DATABASE_URL: line.url, SEND_TIMEOUT_MS: '1000', RESCUE_GRACE_MS: '1000', LEASE_MS: '1000' },
    simulator: {
      latencyMs: 5,
      person: { deliver: 0.9, read: 0.7, failed: [{ code: 131026, share: 0.1 }], timeScale: 0.01 },
    },
  })
})
after(async () => {
  await world?.close()
  await line?.close()
  await database?.drop()
})

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}
interface Scrape {
  readonly text: string
  /** The value of the one sample with these labels, or the sum of all that have them. */
  value(name: string, labels?: Record<string, string>): number
  samples(name: string): Sample[]
}

/** /metrics of the server, read as Prometheus reads it. */
async function scrape(): Promise<Scrape> {
  const text = await (await fetch(`${world.server().url}/metrics`)).text()
  const all = text.split('\n').flatMap((line): Sample[] => {
    const read = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (read === null) return []
    const labels = Object.fromEntries([...(read[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]))
    return [{ name: read[1] ?? '', labels, value: Number(read[3]) }]
  })
  const samples = (name: string) => all.filter((sample) => sample.name === name)
  return {
    text,
    samples,
    value(name, labels = {}) {
      const found = samples(name).filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      assert.ok(found.length > 0, `${name} ${JSON.stringify(labels)} is not told`)
      return found.reduce((sum, { value }) => sum + value, 0)
    },
  }
}

/** Families that /metrics tells, with their types. */
const familiesOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))

test('at rest the metrics equal the simulator’s ledger and the database', async () => {
  const { api, simulator } = world
  await importPeople(api, PEOPLE)
  simulator.setFaults([{ when: 'after-accept', match: { every: 50 }, action: { kind: 'reset' } }])
  simulator.setWebhooks({ lossShare: 0 })
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Measured',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  await completed(api, id)
  await simulator.idle()
  const ledger = simulator.ledger.summary()
  await until(
    'every receipt to be applied',
    () => campaignOf(api, id),
    ({ counts, funnel }) => funnel.sent === ledger.accepted && funnel.read === ledger.statuses.read && counts.unknown === 0,
  )
  const told = await until(
    'an empty inbox',
    scrape,
    (now) => now.value('fanfare_inbox_bodies') === 0 && now.value('fanfare_campaigns', { status: 'Running' }) === 0,
  )

  assert.equal(told.value('fanfare_store_up'), 1)
  assert.equal(told.value('fanfare_messages_total', { reached: 'accepted' }), ledger.accepted)
  assert.equal(told.value('fanfare_messages_total', { reached: 'read' }), ledger.statuses.read)
  const rows = await one<Record<string, number>>(
    database.pool,
    sql`SELECT count(*) FILTER (WHERE state = 6) AS sent, count(*) FILTER (WHERE state = 8) AS delivered, count(*) FILTER (WHERE state = 9) AS read,
               count(*) FILTER (WHERE state = 7) AS undelivered, count(*) FILTER (WHERE state = 5) AS rejected,
               count(*) FILTER (WHERE state = 2) AS unknown FROM message`,
  )
  for (const [state, n] of Object.entries(rows)) assert.equal(told.value('fanfare_messages', { state }), n, state)
  assert.equal(told.value('fanfare_messages'), PEOPLE, 'states add up to the audience')
  assert.equal(told.value('fanfare_messages', { state: 'undelivered' }), ledger.statuses.failed)
  assert.ok((rows.undelivered ?? 0) > 0, 'some failed')

  const calls = told.samples('fanfare_send_seconds_count')
  assert.equal(
    calls.filter(({ labels }) => labels.outcome !== 'late').reduce((sum, { value }) => sum + value, 0),
    ledger.requests,
    'every call was measured',
  )
  assert.equal(told.value('fanfare_send_seconds_count', { outcome: 'ambiguous' }), PEOPLE / 50)
  for (const status of ['sent', 'delivered', 'read', 'failed'] as const)
    assert.equal(told.value('fanfare_receipt_lag_seconds_count', { status }), ledger.statuses[status], status)
  assert.equal(told.value('fanfare_webhooks_total', { result: 'stored' }), told.value('fanfare_inbox_wait_seconds_count'))
  assert.equal(told.value('fanfare_in_flight'), 0)
  assert.equal(told.value('fanfare_inbox_oldest_seconds'), 0)
  assert.equal(told.value('fanfare_doubles_total'), ledger.doubles)
  assert.equal(told.value('fanfare_workers'), 1)
  assert.deepEqual(
    told.samples('fanfare_number_owner').map(({ value }) => value),
    [1],
  )
  assert.deepEqual(told.samples('fanfare_holds'), [])
  assert.equal(told.value('fanfare_campaigns', { status: 'Completed' }), 1)
  assert.ok(told.value('fanfare_meta_call_seconds_count', { result: 'ok' }) > 0)
  simulator.setFaults([])
})

test('a scheduled campaign tells how late it began, a hold what it stops, until it is gone', async () => {
  const { api } = world
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Later',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
    scheduledAt: new Date(Date.now() + 1_500).toISOString(),
  })
  await api.call('POST', `/WhatsappCampaign/${id}/pause`)
  const held = await scrape()
  assert.deepEqual(
    held.samples('fanfare_holds').map(({ labels, value }) => [labels, value]),
    [[{ scope: 'campaign', reason: 'operator' }, 1]],
  )
  assert.equal(held.value('fanfare_campaigns', { status: 'Scheduled' }), 1)
  await api.call('POST', `/WhatsappCampaign/${id}/resume`)
  await until(
    'the start',
    () => campaignOf(api, id),
    ({ status }) => status !== 'Scheduled',
  )
  const started = await until('the lateness', scrape, (now) => now.value('fanfare_campaign_start_lateness_seconds_count') === 1)
  assert.equal(started.value('fanfare_campaign_start_lateness_seconds_bucket', { le: '15' }), 1)
  assert.deepEqual(started.samples('fanfare_holds'), [])
  assert.equal(started.value('fanfare_campaign_overdue_seconds'), 0)
  await completed(api, id)
})

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('docs/metrics.md names every metric with its type, and no other', async () => {
  const families = familiesOf((await scrape()).text)
  const documented = new Map(
    [...read('docs/metrics.md').matchAll(/^\| `(\w+)`(?: \S.*?)? \| (gauge|counter|histogram) \|/gm)].map(([, name = '', type = '']) => [
      name,
      type,
    ]),
  )
  assert.deepEqual([...documented].sort(), [...families].sort())
})

/** Names in PromQL that are metrics of ours or of Node’s client. */
const namesIn = (expression: string): string[] => [...expression.matchAll(/\b(?:fanfare|process|nodejs)_\w+/g)].map(([name]) => name)
const isTold = (families: Map<string, string>, name: string): boolean => {
  const family = name.replace(/_(bucket|sum|count)$/, '')
  return families.has(name) || families.get(family) === 'histogram'
}

for (const [what, path, least] of [
  ['the dashboard', 'deploy/grafana/fanfare.json', 15],
  ['the alert rules', 'deploy/prometheus/alerts.yml', 12],
] as const)
  test(`${what} ask for metrics that exist`, async () => {
    const families = familiesOf((await scrape()).text)
    const names = new Set(namesIn(read(path)))
    assert.ok(names.size >= least, `${names.size} metrics`)
    assert.deepEqual(
      [...names].filter((name) => !isTold(families, name)),
      [],
    )
  })

test('while the database is away a process tells of itself and of that, and nothing stale', async () => {
  await line.cut()
  const away = await scrape()
  assert.equal(away.value('fanfare_store_up'), 0)
  for (const name of ['fanfare_messages', 'fanfare_messages_total', 'fanfare_workers', 'fanfare_inbox_bodies', 'fanfare_number_owner'])
    assert.deepEqual(away.samples(name), [], name)
  assert.ok(away.value('fanfare_send_seconds_count') > 0)
  await line.mend()
  await until('the database', scrape, (now) => now.value('fanfare_store_up') === 1 && now.samples('fanfare_messages').length > 0)
})
