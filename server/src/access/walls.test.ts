import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts, frozenCampaign, testWorld } from '../campaigns/test-campaign.ts'
import { addMember } from '../people/test-people.ts'
import { literal, one, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { builtIn } from './roles.ts'
import { NEEDS } from './test-authorisation.ts'

const SEGMENT = { name: 'x', contactFilter: { tags: ['vip'] } }
const ENDPOINT = { url: 'https://hooks.example.com/x', events: ['campaign.held'] }
const CARD = { name: 'x', effectiveFrom: '2026-10-01', currency: 'USD', rates: [{ country: 'IN', category: 'MARKETING', amount: '0.01' }] }

let t: TestApp
/** Real ids of the first workspace, by the noun of the route. */
let ids: Record<string, string>
before(async () => {
  t = await testApp()
  const world = await testWorld(t)
  await addContacts(t, 3)
  const campaign = await frozenCampaign(t, world)
  const { id: contact } = await one<{ id: string }>(t.deps.pool, sql`SELECT id FROM contact LIMIT 1`)
  const owner = await addMember(t, 'Owner')
  const member = await addMember(t, 'Viewer')
  const form = new FormData()
  form.append('file', new File(['phone\n+919711111111\n'], 'a.csv'))
  const made = async (path: string, body: unknown) => (await t.request('POST', path, { body })).body.id as string
  ids = {
    WhatsappCampaign: campaign,
    Contact: contact,
    'Contact/import': (await t.request('POST', 'Contact/import', { raw: form })).body.importId,
    Suppression: await made('Suppression', { phone: '+919822222226' }),
    WhatsappAccount: world.accountId,
    PhoneNumber: world.numberId,
    WhatsappTemplate: world.templateId,
    ApiKey: await made('ApiKey', { name: 'x', permissions: ['Contact:View'] }),
    Role: await made('Role', { name: 'x', permissions: ['Contact:View'] }),
    Invitation: await made('Invitation', { email: 'x@example.org', roleId: builtIn('Viewer').id }),
    User: member.userId,
    Topic: await made('Topic', { name: 'x' }),
    Segment: await made('Segment', SEGMENT),
    Experiment: await made('Experiment', {
      ...EXPERIMENT,
      variants: [{ templateId: world.plainTemplateId }, { templateId: world.plainTemplateId }],
    }),
    Recurrence: await made('Recurrence', {
      ...RECURRENCE,
      campaign: { templateId: world.plainTemplateId, contactFilter: { everyone: true } },
    }),
    WebhookEndpoint: await made('WebhookEndpoint', ENDPOINT),
    RateCard: await made('RateCard', CARD),
    Workspace: t.workspaceId,
    Session: (await owner.request('GET', 'Session')).body.items[0].id,
  }
})
after(() => t.drop())

const EXPERIMENT = { name: 'x', contactFilter: { everyone: true }, decide: { by: 'read', afterMinutes: 60 } }
const RECURRENCE = { name: 'x', rule: 'FREQ=DAILY', startsAt: '2027-01-01T09:00:00Z', timeZone: 'UTC' }
/** Bodies that pass their schema, so that the object itself is looked for. */
const campaign = { name: 'x', templateId: newId(), contactFilter: { everyone: true } }
const BODIES: Record<string, unknown> = {
  'PUT WhatsappCampaign/{id}': campaign,
  'POST WhatsappCampaign/{id}/schedule': { scheduledAt: '2999-01-01T00:00:00Z' },
  'POST WhatsappCampaign/{id}/launch': { confirmation: 'confirm_x.y' },
  'POST WhatsappCampaign/{id}/resend': { outcome: 'Failed' },
  'POST WhatsappCampaign/{id}/unknown': { action: 'giveUp' },
  'POST WhatsappCampaign/{id}/test-send': { phones: ['+919822222226'] },
  'PUT Contact/{id}': { phone: '+919822222229' },
  'POST Contact/{id}/opt-out': { source: 'x' },
  'POST Contact/{id}/opt-in': { source: 'x' },
  'PUT WhatsappAccount/{id}': { name: 'x', wabaId: '215589313241560' },
  'PUT WhatsappTemplate/{id}': { components: [{ type: 'BODY' }] },
  'PUT Role/{id}': { name: 'y', permissions: ['Contact:View'] },
  'PUT User/{id}': { roleId: builtIn('Viewer').id },
  'PUT Workspace/{id}': { name: 'x' },
  'PUT Workspace/{id}/words': { stop: [], start: [] },
  'PUT Segment/{id}': SEGMENT,
  'PUT Experiment/{id}': { ...EXPERIMENT, variants: [{ templateId: newId() }, { templateId: newId() }] },
  'POST Experiment/{id}/decide': { winner: 'A' },
  'PUT Recurrence/{id}': { ...RECURRENCE, campaign: { templateId: newId(), contactFilter: { everyone: true } } },
  'PUT Topic/{id}': { name: 'y' },
  'PUT WebhookEndpoint/{id}': ENDPOINT,
  'POST WebhookEndpoint/{id}/resend': { deliveryId: newId() },
  'PUT RateCard/{id}': CARD,
}

const TABLES = [
  ...['campaign', 'contact', 'contact_import', 'suppression', 'whatsapp_account', 'phone_number', 'template'],
  ...['role', 'invitation', 'workspace_member', 'segment', 'recurrence', 'experiment', 'topic', 'webhook_endpoint', 'rate_card'],
]

test('every route with an id answers another workspace’s ids exactly like absent ones', async () => {
  const stranger = await addMember(t, 'Owner', t.foreign.workspaceId)
  const routes = [...NEEDS.keys()].filter((route) => route.includes('{id}'))
  const state = () =>
    Promise.all(
      TABLES.map(async (table) => {
        const rows = sql`SELECT md5(string_agg(x::text, '' ORDER BY x::text)) AS hash FROM ${literal(table)} AS x WHERE workspace_id = ${t.workspaceId}`
        return `${table} ${(await one<{ hash: string }>(t.deps.pool, rows)).hash}`
      }),
    )
  const untouched = await state()
  const wrong: string[] = []
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    const real = ids[path.slice(0, path.indexOf('/{id}'))]
    assert.ok(real !== undefined, `${route} has a real id here`)
    const ask = (id: string) =>
      stranger.request(method, path.replace('{id}', id).replace('{contactId}', ids.Contact ?? ''), {
        workspaceId: t.foreign.workspaceId,
        ...(method === 'GET' || method === 'DELETE' ? {} : { body: BODIES[route] ?? {} }),
      })
    const [theirs, absent] = [await ask(real), await ask(newId())]
    const [a, b] = [theirs, absent].map(({ status, body }) => `${status} ${body.code} ${body.detail}`)
    if (a !== b || theirs.status !== 404) wrong.push(`${route}: ${a}; absent: ${b}`)
  }
  assert.deepEqual(wrong, [])
  assert.deepEqual(await state(), untouched)
  assert.ok(routes.length > 40)
})
