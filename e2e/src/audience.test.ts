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

test('a campaign to a segment of readers reaches those who read the earlier campaign, and nobody else', async () => {
  const { api, simulator } = world
  const template = await templateId(api, 'hello_world')
  const earlier = await create({ templateId: template })
  const readBefore = simulator.ledger.summary().statuses.read
  await run(earlier.id)
  await simulator.idle()
  const readers = await until(
    'the receipts',
    () => api.call<{ items: { phone: string }[] }>('GET', `/WhatsappCampaign/${earlier.id}/contacts?statusFilter=Read&pageSize=200`),
    ({ items }) => items.length === simulator.ledger.summary().statuses.read - readBefore,
  )
  const where = { and: [{ campaign: { id: earlier.id, outcome: 'Read' } }, { or: [{ tags: ['VIP'] }, { tags: ['Newsletter'] }] }] }
  const segment = await api.call<{ id: string }>('POST', '/Segment', { name: 'Loyal readers', contactFilter: { where } })
  const { count } = await api.call<{ count: number }>('POST', '/Segment/preview', { contactFilter: { segmentId: segment.id } })
  const before = simulator.ledger.entries({ kind: 'accepted' }).length
  const follow = await create({ templateId: template, contactFilter: { segmentId: segment.id } })
  const { counts } = await run(follow.id)
  const reached = simulator.ledger.entries({ kind: 'accepted' }).slice(before)
  assert.equal(counts.audience, count)
  assert.equal(reached.length, count)
  assert.ok(count > 0 && count < readers.items.length)
  const phones = new Set(readers.items.map(({ phone }) => phone))
  for (const { to } of reached) assert.ok(phones.has(to), to)
})

test('people who had a marketing message are left out by the frequency cap, as the preview said, and get no second one', async () => {
  const { api, simulator } = world
  const { items } = await api.call<{ items: { id: string }[] }>('GET', '/Workspace')
  await api.call('PUT', `/Workspace/${items[0]?.id}`, { name: 'Journey', frequencyCap: { messages: 1, days: 7 } })
  const campaign = {
    templateId: await templateId(api, 'spring_collection'),
    variables: { 'body.1': "{{ contact.firstName | default: 'there' }}", 'body.2': 'Rome', 'button.0': 'https://example.com/spring' },
  }
  const first = await create({ ...campaign, contactFilter: { tags: ['VIP'] } })
  await run(first.id)
  await simulator.idle()
  const entries = () => simulator.ledger.entries({ kind: 'accepted' }).filter(({ template }) => template === 'spring_collection')
  const had = new Set(entries().map(({ to }) => to))
  const preview = await until(
    'everybody’s receipt',
    () =>
      api.call<{ matched: number; eligible: number; excluded: { reason: string; count: number }[] }>('POST', '/WhatsappCampaign/preview', {
        ...campaign,
        contactFilter: { everyone: true },
      }),
    ({ excluded }) => excluded.some(({ reason, count }) => reason === 'capped' && count > 0),
  )
  const capped = preview.excluded.find(({ reason }) => reason === 'capped')?.count ?? 0
  const list = await api.call<{ items: { phone: string }[]; totalCount: number }>('POST', '/WhatsappCampaign/preview/excluded', {
    ...campaign,
    contactFilter: { everyone: true },
    reason: 'capped',
    pageSize: 200,
  })
  assert.equal(list.totalCount, capped)
  assert.equal(preview.eligible + capped, preview.matched)
  const second = await create(campaign)
  const { counts } = await run(second.id)
  assert.equal(counts.skipped, capped)
  const twice = Map.groupBy(entries(), ({ to }) => to)
  for (const { phone } of list.items) {
    assert.ok(had.has(phone))
    assert.equal(twice.get(phone)?.length, 1, phone)
  }
})

test('a canary reaches its few; the others follow by themselves once half of these have it, or when a person says so', async () => {
  const { api, simulator } = world
  const template = await templateId(api, 'hello_world')
  const canary = { share: 0.1, waitMinutes: 60 }
  for (const how of ['receipts', 'resume'] as const) {
    simulator.reset()
    simulator.setPerson({ deliver: 1 })
    simulator.holdWebhooks()
    const { id } = await create({ templateId: template, canary })
    await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
    const held = await until(
      'the canary to be out',
      () => campaignOf(api, id),
      ({ hold }) => hold?.reason === 'canary',
    )
    assert.match(held.hold?.detail ?? '', /^The first 12 people have it/)
    assert.equal(simulator.ledger.summary().accepted, 12)
    assert.equal(held.counts.pending, PEOPLE - 12)
    if (how === 'receipts') simulator.releaseWebhooks()
    else await api.call('POST', `/WhatsappCampaign/${id}/resume`)
    await completed(api, id)
    const { accepted, doubles, uniqueRecipients } = simulator.ledger.summary()
    assert.deepEqual([accepted, uniqueRecipients, doubles], [PEOPLE, PEOPLE, 0])
    simulator.releaseWebhooks()
  }
  simulator.setPerson({ deliver: 0.9 })
})

test('a recurring campaign goes out when it is due, once to each, and names its next time', async () => {
  const { api, simulator } = world
  simulator.reset()
  const startsAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_000)
  const campaign = { templateId: await templateId(api, 'hello_world'), contactFilter: { tags: ['VIP'] } }
  const made = await api.call<{ id: string; nextAt: string }>('POST', '/Recurrence', {
    name: 'Weekly greeting',
    rule: 'FREQ=WEEKLY;COUNT=3',
    startsAt: startsAt.toISOString(),
    timeZone: 'Asia/Kolkata',
    campaign,
  })
  assert.equal(made.nextAt, startsAt.toISOString())
  const now = await until(
    'its first campaign to end',
    () => api.call<{ nextAt: string; lastCampaign: { id: string; status: string } | null }>('GET', `/Recurrence/${made.id}`),
    ({ lastCampaign }) => lastCampaign?.status === 'Completed',
  )
  assert.equal(now.nextAt, new Date(startsAt.getTime() + 7 * 86_400_000).toISOString())
  const { accepted, doubles, uniqueRecipients } = simulator.ledger.summary()
  const { counts } = await campaignOf(api, now.lastCampaign?.id ?? '')
  assert.ok(accepted > 0)
  assert.deepEqual([accepted, uniqueRecipients, doubles], [counts.audience, counts.audience, 0])
})

test('people for whom it is night get nothing until their morning, the others theirs at once, everybody once', async () => {
  const { api, simulator } = world
  simulator.reset()
  const minute = 60_000
  const morning = Math.ceil((Date.now() + 5_000) / minute) * minute // the next full minute that leaves time to see them asleep
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16)
  // ends in that minute by the clock of India, nine hours earlier there than in Fiji's
  const quietHours = { from: clock(morning + 5.5 * 3_600_000 - 2 * 3_600_000), to: clock(morning + 5.5 * 3_600_000) }
  const people = async (timeZone: string, from: number, count: number) => {
    const phones = Array.from({ length: count }, (_, n) => `+9198765${String(from + n).padStart(5, '0')}`)
    for (const phone of phones) await api.call('POST', '/Contact', { phone, tags: ['Night'], timeZone })
    return phones
  }
  const asleep = await people('Asia/Kolkata', 91_000, 5)
  const awake = await people('Pacific/Port_Moresby', 92_000, 3)
  const sent = () =>
    simulator.ledger
      .entries({})
      .filter(({ kind }) => kind === 'accepted')
      .map(({ to }) => to)
      .sort()
  const { id } = await create({ templateId: await templateId(api, 'hello_world'), contactFilter: { tags: ['Night'] }, quietHours })
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  interface Nightly {
    readonly status: string
    readonly quiet: { readonly waiting: number; readonly nextAt: string } | null
    readonly counts: Record<string, number>
  }
  const read = () => api.call<Nightly>('GET', `/WhatsappCampaign/${id}`)
  const night = await until('the awake', read, ({ quiet, counts }) => quiet?.waiting === asleep.length && counts.pending === asleep.length)
  if (Date.now() < morning) assert.deepEqual(sent(), awake.toSorted())
  assert.equal(night.status, 'Running')
  assert.equal(night.quiet?.nextAt, new Date(morning).toISOString())
  await completed(api, id, 150_000)
  assert.deepEqual(sent(), [...asleep, ...awake].toSorted())
  const early = simulator.ledger.entries({}).filter(({ kind, to, atMs }) => kind === 'accepted' && asleep.includes(to) && atMs < morning)
  assert.deepEqual(early, [])
})
