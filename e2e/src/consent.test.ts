import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { campaignOf, completed, importPeople, makeWorld, recipients, templateId, type World } from './world.ts'

/** What people say about being messaged, checked against what the simulator says was really sent. */
const PEOPLE = 60
let database: Awaited<ReturnType<typeof testDatabase>>
let world: World

before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '5000' },
    simulator: {
      latencyMs: 5,
      person: { deliver: 1, read: 1, tap: [{ buttonIndex: 1, share: 0.4 }], timeScale: 0.01 },
      webhooks: { duplicateShare: 0.2, reorder: true },
      wabas: [],
    },
  })
  await importPeople(world.api, PEOPLE)
})
after(async () => {
  await world?.close()
  await database?.drop()
})

/** Runs a campaign to everybody. @returns its id and whom the simulator accepted a message for */
async function send(body: Record<string, unknown>): Promise<{ id: string; to: Set<string> }> {
  const { api, simulator } = world
  const before = simulator.ledger.entries({ kind: 'accepted' }).length
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Journey',
    contactFilter: { everyone: true },
    ...body,
  })
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  await completed(api, id)
  return {
    id,
    to: new Set(
      simulator.ledger
        .entries({ kind: 'accepted' })
        .slice(before)
        .map(({ to }) => to),
    ),
  }
}
const history = (filter: Record<string, unknown>) =>
  world.api.call<{ items: { contact: { phone: string }; note: string; source: string }[] }>('POST', '/Contact/consent/getall', {
    pageSize: 200,
    ...filter,
  })

test('who presses the button that stops a topic gets no more of it and everything else; imported again, too', async () => {
  const { api, simulator } = world
  const { id: topicId } = await api.call<{ id: string }>('POST', '/Topic', { name: 'Offers' })
  const offers = {
    templateId: await templateId(api, 'spring_collection'),
    variables: {
      'body.1': "{{ contact.firstName | default: 'there' }}",
      'body.2': 'Rome',
      'button.0': 'https://example.com/spring',
      'button.1': 'optOut:topic',
    },
    topicId,
  }
  const first = await send(offers)
  assert.equal(first.to.size, PEOPLE)
  await simulator.idle()
  const { clicks } = simulator.ledger.summary()
  assert.ok(clicks > 0 && clicks < PEOPLE)
  const { funnel } = await until(
    'the presses',
    () => campaignOf(api, first.id),
    (campaign) => campaign.funnel.optedOut === clicks,
  )
  assert.equal(funnel.clicked, 0)
  const { items } = await history({ topicId, action: 'opted_out' })
  const out = new Set(items.map(({ contact }) => contact.phone))
  assert.deepEqual([items.length, out.size, new Set(items.map(({ note }) => note))], [clicks, clicks, new Set(['Call me back'])])
  await importPeople(api, PEOPLE)
  const second = await send(offers)
  assert.equal(second.to.size, PEOPLE - clicks)
  for (const phone of second.to) assert.ok(!out.has(phone), phone)
  const skipped = (await recipients(api, second.id)).filter(({ status }) => status === 'Skipped')
  assert.deepEqual(new Set(skipped.map(({ phone }) => phone)), out)
  const other = await send({ templateId: await templateId(api, 'hello_world') })
  assert.equal(other.to.size, PEOPLE)
})

test('who writes a word of the workspace’s own gets nothing more, and after the other word everything again', async () => {
  const { api, simulator } = world
  const workspace = (await api.call<{ items: { id: string }[] }>('GET', '/Workspace')).items[0]?.id
  await api.call('PUT', `/Workspace/${workspace}/words`, {
    stop: [{ language: 'es', words: ['Basta ya'] }],
    start: [{ language: 'es', words: ['Alta'] }],
  })
  const hello = { templateId: await templateId(api, 'hello_world') }
  const [person = ''] = [...(await send(hello)).to]
  await simulator.idle()
  const standing = async () => (await history({ phone: person, source: 'word' })).items.map(({ note }) => note)
  simulator.sendInbound(person, { type: 'text', text: { body: '¡BASTA YA!' } })
  await until('the stop', standing, (notes) => notes.length === 1)
  const without = await send(hello)
  assert.deepEqual([without.to.size, without.to.has(person)], [PEOPLE - 1, false])
  const later = String(Math.floor(Date.now() / 1_000) + 2) // WhatsApp tells whole seconds, and at equal times the stop stands
  simulator.sendInbound(person, { type: 'text', text: { body: 'alta' }, timestamp: later })
  assert.deepEqual(await until('the start', standing, (notes) => notes.length === 2), ['alta', '¡BASTA YA!'])
  assert.equal((await send(hello)).to.has(person), true)
})
