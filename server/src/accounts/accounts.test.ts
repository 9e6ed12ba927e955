import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Simulator } from '@fanfare/simulator'
import { one, sql } from '../platform/db.ts'
import type { TestApp } from '../platform/test-app.ts'
import { type TestMeta, testMeta } from './test-meta.ts'

let meta: TestMeta
let t: TestApp
let simulator: Simulator
let accountId: string
before(async () => {
  meta = await testMeta()
  t = meta.t
  simulator = meta.simulator
})
after(() => meta.close())
const input = (more: Record<string, unknown> = {}) => ({
  name: 'Store',
  wabaId: simulator.wabaId,
  accessToken: simulator.accessToken,
  appSecret: simulator.appSecret,
  webhookVerifyToken: 'a verify token',
  ...more,
})

test('connecting checks the token, subscribes the app with our callback, and reads numbers and templates; secrets never come back', async () => {
  const made = await t.request('POST', 'WhatsappAccount', { body: input() })
  assert.equal(made.status, 201)
  assert.deepEqual(made.body.health, { ok: true, checks: made.body.health.checks })
  assert.deepEqual(
    made.body.health.checks.map(({ name }: { name: string }) => name),
    ['token', 'appSecret', 'subscription', 'phoneNumbers', 'templates'],
  )
  accountId = made.body.id
  assert.ok(made.body.callbackUrl.endsWith(`/webhooks/meta/${accountId}`))
  const shown = JSON.stringify([
    made.body,
    (await t.request('GET', `WhatsappAccount/${accountId}`)).body,
    (await t.request('POST', 'WhatsappAccount/getall')).body,
  ])
  for (const secret of [simulator.accessToken, simulator.appSecret, 'a verify token']) assert.ok(!shown.includes(secret))
  const stored = await one<{ token: Buffer }>(t.deps.pool, sql`SELECT access_token_sealed AS token FROM whatsapp_account`)
  assert.ok(!stored.token.toString('latin1').includes(simulator.accessToken))
})

test('a WABA is connected once in an installation', async () => {
  for (const key of [t.key, t.foreign.key]) {
    const again = await t.request('POST', 'WhatsappAccount', { body: input(), key })
    assert.deepEqual([again.status, again.body.code], [409, 'account-exists'])
  }
})

test('bad input names every field, and another Graph address needs the operator', async () => {
  const answer = await t.request('POST', 'WhatsappAccount', { body: { name: '', wabaId: 'x', extra: 1 } })
  assert.deepEqual(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
    '/accessToken',
    '/extra',
    '/name',
    '/wabaId',
  ])
  const other = await t.request('POST', 'WhatsappAccount', { body: input({ wabaId: '99999', graphBaseUrl: 'http://127.0.0.1:1' }) })
  assert.equal(other.body.code, 'graph-base-url-forbidden')
})

test('a wrong token is said by name and holds nothing back from being mended', async () => {
  const changed = await t.request('PUT', `WhatsappAccount/${accountId}`, {
    body: { name: 'Store', wabaId: simulator.wabaId, accessToken: 'wrong' },
  })
  assert.equal(changed.status, 200)
  const verified = await t.request('POST', `WhatsappAccount/${accountId}/verify`)
  assert.equal(verified.body.health.ok, false)
  assert.equal(verified.body.health.checks[0].ok, false)
  await t.request('PUT', `WhatsappAccount/${accountId}`, {
    body: { name: 'Store', wabaId: simulator.wabaId, accessToken: simulator.accessToken },
  })
  assert.equal((await t.request('POST', `WhatsappAccount/${accountId}/verify`)).body.health.ok, true)
})

test('numbers show what Meta tells, and take an own pace', async () => {
  const numbers = (await t.request('GET', `WhatsappAccount/${accountId}/phone-numbers`)).body.items
  assert.deepEqual([numbers.length, numbers[0].throughputPerSecond, numbers[0].isDefault, numbers[0].usedLast24h], [1, 80, true, 0])
  const put = await t.request('PUT', `PhoneNumber/${numbers[0].id}`, { body: { ratePerSecond: 40, maxInFlight: 10 } })
  assert.deepEqual([put.body.ratePerSecond, put.body.maxInFlight], [40, 10])
  assert.equal((await t.request('PUT', `PhoneNumber/${numbers[0].id}`, { body: { ratePerSecond: 0 } })).status, 422)
  assert.equal((await t.request('GET', `PhoneNumber/${numbers[0].id}`, { key: t.foreign.key })).status, 404)
})

test('templates keep every component and list their parameters; a sync tells what changed', async () => {
  const { items, totalCount } = (await t.request('POST', 'WhatsappTemplate/getall', { body: { pageSize: 200 } })).body
  assert.equal(totalCount, simulator.wabas[0]?.templates.length)
  const spring = items.find(({ name }: { name: string }) => name === 'spring_collection')
  assert.deepEqual(
    spring.parameters.map(({ key }: { key: string }) => key),
    ['body.1', 'body.2', 'button.0'],
  )
  assert.deepEqual(spring.components, simulator.wabas[0]?.templates.find(({ name }) => name === 'spring_collection')?.components)
  const carousel = items.find(({ name }: { name: string }) => name === 'teapots')
  assert.deepEqual(
    [carousel.unsupportedReason, ...carousel.parameters.map(({ key }: { key: string }) => key)],
    [null, 'card.0.header', 'card.1.header'],
  )
  assert.match(items.find(({ name }: { name: string }) => name === 'kettle_spotlight').unsupportedReason, /product header/)
  const named = items.find(({ name, language }: { name: string; language: string }) => name === 'order_followup' && language === 'pt_BR')
  assert.deepEqual(
    named.parameters.map(({ key }: { key: string }) => key),
    ['body.first_name', 'body.order_id'],
  )
  const inPortuguese = (await t.request('POST', 'WhatsappTemplate/getall', { body: { language: 'pt_br', pageSize: 1 } })).body
  assert.deepEqual([inPortuguese.totalCount, inPortuguese.items[0].id], [1, named.id])
  const again = (await t.request('POST', 'WhatsappTemplate/sync', { body: {} })).body
  assert.deepEqual(again, { created: 0, updated: 0, removed: 0, unchanged: totalCount })
})

test('a template is checked, submitted, changed and deleted at Meta', async () => {
  const draft = {
    name: 'autumn_sale',
    language: 'en_US',
    category: 'MARKETING',
    components: [{ type: 'BODY', text: 'Autumn is here, {{1}}, come in.' }],
  }
  const faulty = {
    ...draft,
    name: 'Autumn Sale',
    components: [
      { type: 'BODY', text: '{{1}} hi' },
      { type: 'FOOTER', text: 'x'.repeat(61) },
    ],
  }
  const bad = await t.request('POST', 'WhatsappTemplate', { body: faulty })
  assert.deepEqual(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
    '/components/0/text',
    '/components/1/text',
    '/name',
  ])
  const check = async (body: object) => (await t.request('POST', 'WhatsappTemplate/check', { body })).body
  assert.deepEqual((await check(faulty)).problems, bad.body.errors, 'the check says what the submission would, and submits nothing')
  assert.deepEqual(await check(draft), { problems: [] })
  const made = await t.request('POST', 'WhatsappTemplate', { body: draft })
  assert.deepEqual([made.status, made.body.status], [201, 'PENDING'])
  const twice = await t.request('POST', 'WhatsappTemplate', { body: draft })
  assert.deepEqual([twice.status, twice.body.code], [422, 'meta-refused'])
  assert.equal((await t.request('PUT', `WhatsappTemplate/${made.body.id}`, { body: { components: draft.components } })).status, 409)
  assert.equal((await t.request('DELETE', `WhatsappTemplate/${made.body.id}`)).status, 204)
  assert.equal((await t.request('GET', `WhatsappTemplate/${made.body.id}`)).status, 404)
})

test('a preview shows the message with the examples, or as one contact sees it', async () => {
  const { items } = (await t.request('POST', 'WhatsappTemplate/getall', { body: { nameFilter: 'spring', pageSize: 1 } })).body
  const variables = { 'button.0': 'https://example.com/x' }
  const example = await t.request('POST', `WhatsappTemplate/${items[0].id}/preview`, { body: { variables } })
  assert.match(example.body.text.body, /^Hi Asha, .* in Pune\./)
  const { id } = (await t.request('POST', 'Contact', { body: { phone: '+919876500011', firstName: 'Omar' } })).body
  const own = await t.request('POST', `WhatsappTemplate/${items[0].id}/preview`, {
    body: { contactId: id, variables: { ...variables, 'body.1': '{{ contact.firstName }}', 'body.2': '{{ contact.attributes.city }}' } },
  })
  assert.deepEqual([own.body.text, own.body.reason], [null, 'missing_variable: body.2'])
})

test('media is uploaded to Meta and answered with its id; what cannot be a header is refused', async () => {
  const upload = async (type: string) => {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(100)], { type }), 'a.bin')
    return t.request('POST', 'Media', { raw: form })
  }
  const made = await upload('image/png')
  assert.equal(made.status, 201)
  assert.match(made.body.mediaId, /^\d+$/)
  assert.equal((await upload('application/x-sh')).status, 422)
})

test('no key, the wrong permission and another workspace see and change nothing', async () => {
  const weak = await t.keyWith('Contact:View')
  for (const [method, path, body] of [
    ['POST', 'WhatsappAccount', {}],
    ['POST', 'WhatsappAccount/getall', {}],
    ['GET', `WhatsappAccount/${accountId}`],
    ['PUT', `WhatsappAccount/${accountId}`, { name: 'x', wabaId: '12345' }],
    ['DELETE', `WhatsappAccount/${accountId}`],
    ['POST', `WhatsappAccount/${accountId}/verify`],
    ['POST', `WhatsappAccount/${accountId}/sync`, {}],
    ['GET', `WhatsappAccount/${accountId}/phone-numbers`],
    ['POST', 'WhatsappTemplate/getall', {}],
    ['POST', 'WhatsappTemplate/sync', {}],
  ] as [string, string, unknown?][]) {
    const options = body === undefined ? {} : { body }
    assert.equal((await t.request(method, path, { ...options, key: null })).status, 401, path)
    assert.equal((await t.request(method, path, { ...options, key: weak })).status, 403, path)
    if (path.includes(accountId)) assert.equal((await t.request(method, path, { ...options, key: t.foreign.key })).status, 404, path)
  }
})

test('an account that nothing uses is disconnected', async () => {
  assert.equal((await t.request('DELETE', `WhatsappAccount/${accountId}`)).status, 204)
  assert.equal((await t.request('GET', `WhatsappAccount/${accountId}`)).status, 404)
})
