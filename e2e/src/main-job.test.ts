import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { campaignOf, completed, importPeople, makeWorld, recipients, templateId, type World } from './world.ts'

const PEOPLE = 600
let database: Awaited<ReturnType<typeof testDatabase>>
let world: World

before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '5000' },
    simulator: {
      latencyMs: 5,
      person: {
        deliver: 0.95,
        read: 0.8,
        failed: [{ code: 131026, share: 0.05 }],
        tap: [{ buttonIndex: 1, share: 0.2 }],
        openLink: 0.15,
        replyShare: 0.05,
        stopShare: 0.01,
        timeScale: 0.01,
      },
      wabas: [],
    },
  })
})
after(async () => {
  await world?.close()
  await database?.drop()
})

test('a test send reaches the phone it names, outside every count', async () => {
  const { api, simulator } = world
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Tested',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  const { results } = await api.call<{ results: { phone: string; status: string; wamid: string | null }[] }>(
    'POST',
    `/WhatsappCampaign/${id}/test-send`,
    { phones: ['+919876599999'] },
  )
  assert.equal(results.length, 1)
  const [sent] = results
  assert.ok(sent !== undefined && ['Sent', 'Delivered', 'Read'].includes(sent.status), JSON.stringify(results))
  assert.deepEqual(
    simulator.ledger.entries({ to: '+919876599999' }).map(({ kind, wamid }) => [kind, wamid]),
    [['accepted', sent.wamid]],
  )
  assert.equal((await campaignOf(api, id)).counts.audience, 0)
  await simulator.idle()
  simulator.reset()
})

test('a campaign to imported contacts completes, and its counts equal the simulator’s ledger', async () => {
  const { api, simulator } = world
  await importPeople(api, PEOPLE)
  const created = await api.call<{ id: string; status: string }>('POST', '/WhatsappCampaign', {
    name: 'May Promo',
    templateId: await templateId(api, 'spring_collection'),
    contactFilter: { everyone: true },
    variables: {
      'body.1': "{{ contact.firstName | default: 'there' }}",
      'body.2': '{{ contact.attributes.City }}',
      'button.0': 'https://example.com/spring',
    },
  })
  assert.equal(created.status, 'Draft')
  const started = await api.call<{ status: string }>('POST', `/WhatsappCampaign/${created.id}/quick-run`)
  assert.equal(started.status, 'Running')

  const done = await completed(api, created.id)
  assert.equal(done.status, 'Completed')
  await simulator.idle()
  const ledger = simulator.ledger.summary()
  const settled = await until(
    'every receipt to be applied',
    () => campaignOf(api, created.id),
    ({ funnel }) => funnel.read === ledger.statuses.read && funnel.delivered >= ledger.statuses.delivered,
  )
  const { counts, funnel } = settled
  assert.equal(counts.audience, PEOPLE)
  assert.equal(funnel.sent, ledger.accepted)
  assert.equal(ledger.doubles, 0)
  const sum =
    counts.pending + counts.sent + counts.delivered + counts.read + counts.failed + counts.skipped + counts.unknown + counts.cancelled
  assert.equal(sum, counts.audience)
  assert.equal(counts.unknown, 0)

  const rows = await recipients(api, created.id)
  assert.equal(rows.length, PEOPLE)
  for (const status of ['Delivered', 'Read', 'Failed'] as const)
    assert.equal(
      rows.filter((row) => row.status === status).length,
      counts[status.toLowerCase() as 'delivered' | 'read' | 'failed'],
      status,
    )
  assert.equal(new Set(rows.map((row) => row.contactId)).size, PEOPLE)

  const clicks = await until(
    'the clicks',
    () => api.call<{ totalClicks: number; uniqueContacts: number }>('GET', `/WhatsappCampaign/${created.id}/button-clicks`),
    ({ totalClicks }) => totalClicks >= ledger.clicks,
  )
  assert.equal(clicks.totalClicks, ledger.clicks)
  assert.ok(clicks.uniqueContacts > 0)

  const csv = await (await api.raw('GET', `/WhatsappCampaign/${created.id}/export`)).text()
  assert.equal(csv.trim().split('\r\n').length, PEOPLE + 1)
})

test('the user’s example body, with a real template and a future time, creates a Scheduled campaign and getall finds it', async () => {
  const { api } = world
  const campaign = await api.call<{ status: string; scheduledAt: string }>('POST', '/WhatsappCampaign', {
    name: 'May Promo',
    templateId: await templateId(api, 'hello_world'),
    scheduledAt: new Date(Date.now() + 86_400_000).toISOString(),
    contactFilter: { tags: ['VIP', 'Returning'], isActive: true },
  })
  assert.equal(campaign.status, 'Scheduled')
  const list = await api.call<{ items: { name: string }[]; totalCount: number }>('POST', '/WhatsappCampaign/getall', {
    pageNumber: 1,
    pageSize: 10,
    sortBy: 'createddate desc',
    status: 'Scheduled',
    nameFilter: 'promo',
  })
  assert.deepEqual(
    list.items.map(({ name }) => name),
    ['May Promo'],
  )
})
