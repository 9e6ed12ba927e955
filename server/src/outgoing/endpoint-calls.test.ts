import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { addContacts, frozenCampaign } from '../campaigns/test-campaign.ts'
import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { testApp } from '../platform/test-app.ts'
import { driveEndpoint, takeEndpoints } from './deliver.ts'
import { routeEvents } from './router.ts'
import { outgoingWorld } from './test-outgoing.ts'

const { t, world, receiver, endpoint, deliver, clear, close } = await outgoingWorld()
afterEach(clear)
after(close)

const log = async (id: string) => (await t.request('GET', `WebhookEndpoint/${id}/deliveries`)).body.items
const makeDue = (id: string) =>
  run(t.deps.pool, sql`UPDATE outgoing_delivery SET next_attempt_at = now() WHERE endpoint_id = ${id} AND status = 'Pending'`)

test('a failed delivery is tried again under the same id, its log tells every attempt, and resend starts afresh', async () => {
  const { id } = await endpoint('campaign.started')
  await addContacts(t, 1, { from: 40_000, tag: 'retry' })
  receiver.answer.status = 500
  await frozenCampaign(t, world, { tag: 'retry' })
  await deliver()
  const [failed] = await log(id)
  assert.equal(failed.status, 'Pending')
  assert.deepEqual(
    failed.attempts.map(({ status }: { status: number }) => status),
    [500],
  )
  await deliver()
  assert.equal(receiver.received.length, 1, 'not before it is due')
  receiver.answer.status = 200
  await makeDue(id)
  await deliver()
  const [done] = await log(id)
  assert.deepEqual([done.status, done.attempts.length], ['Delivered', 2])
  const again = await t.request('POST', `WebhookEndpoint/${id}/resend`, { body: { deliveryId: done.id } })
  assert.equal(again.status, 202)
  await deliver()
  assert.deepEqual(
    receiver.received.map(({ headers }) => headers['webhook-id']),
    [done.id, done.id, done.id],
  )
})

test('an endpoint that fails for five days is disabled, with an audit entry; enabled again, what waited is delivered', async () => {
  const { id } = await endpoint('campaign.started')
  await addContacts(t, 1, { from: 50_000, tag: 'dead' })
  receiver.answer.status = 503
  await frozenCampaign(t, world, { tag: 'dead' })
  await deliver()
  await run(t.deps.pool, sql`UPDATE webhook_endpoint SET failing_since = now() - interval '6 days'`)
  await makeDue(id)
  await deliver()
  const dead = (await t.request('GET', `WebhookEndpoint/${id}`)).body
  assert.equal(dead.isEnabled, false)
  assert.match(dead.disabledReason, /5 days/)
  const audit = await t.request('POST', 'AuditLog/getall', { body: { action: 'webhookEndpoint.disable' } })
  assert.equal(audit.body.items[0].objectId, id)
  receiver.answer.status = 204
  await makeDue(id)
  await deliver()
  assert.equal(receiver.received.length, 2, 'a disabled endpoint is left alone')
  await t.request('PUT', `WebhookEndpoint/${id}`, { body: { url: receiver.url, events: ['campaign.started'], isEnabled: true } })
  await deliver()
  assert.equal((await log(id))[0].status, 'Delivered')
})

test('410 Gone disables at once; redirects are not followed and count as failure', async () => {
  const { id } = await endpoint('campaign.started')
  await addContacts(t, 1, { from: 60_000, tag: 'gone' })
  await frozenCampaign(t, world, { tag: 'gone' })
  receiver.answer.status = 302
  receiver.answer.headers = { location: receiver.url }
  await deliver()
  assert.equal(receiver.received.length, 1)
  assert.match((await log(id))[0].attempts[0].error, /redirects/)
  receiver.answer.headers = {}
  receiver.answer.status = 410
  await makeDue(id)
  await deliver()
  assert.equal((await t.request('GET', `WebhookEndpoint/${id}`)).body.isEnabled, false)
})

test('two processes never drive one endpoint at the same time, and a dead one’s lease runs out', async () => {
  await endpoint('campaign.started')
  await addContacts(t, 1, { from: 70_000, tag: 'lease' })
  await frozenCampaign(t, world, { tag: 'lease' })
  await routeEvents(t.deps)
  const taken = await Promise.all(Array.from({ length: 6 }, () => takeEndpoints(t.deps)))
  assert.equal(taken.flat().length, 1)
  await run(t.deps.pool, sql`UPDATE webhook_endpoint SET lease_until = now() - interval '1 second'`)
  const [next] = await takeEndpoints(t.deps)
  assert.ok(next)
  await driveEndpoint(t.deps, next)
  assert.equal(receiver.received.length, 1)
})

test('the test route calls once, says how it went, and leaves the call in the log', async () => {
  const { id, secret } = await endpoint('campaign.started')
  const good = await t.request('POST', `WebhookEndpoint/${id}/test`)
  assert.deepEqual([good.body.ok, good.body.status], [true, 204])
  new Webhook(secret).verify(receiver.received[0]?.text ?? '', receiver.received[0]?.headers as Record<string, string>)
  receiver.answer.status = 404
  const bad = await t.request('POST', `WebhookEndpoint/${id}/test`)
  assert.deepEqual([bad.status, bad.body.ok, bad.body.error], [200, false, 'It answered 404.'])
  assert.deepEqual(
    (await log(id)).map(({ status }: { status: string }) => status),
    ['Failed', 'Delivered'],
  )
})

test('a new secret signs at once, the former one as well for a day; neither is ever shown again', async () => {
  const { id, secret } = await endpoint('campaign.started')
  const rotated = await t.request('POST', `WebhookEndpoint/${id}/rotate-secret`, { headers: { 'idempotency-key': 'r1' } })
  assert.notEqual(rotated.body.secret, secret)
  await t.request('POST', `WebhookEndpoint/${id}/test`)
  const call = receiver.received[0]
  for (const known of [secret, rotated.body.secret]) new Webhook(known).verify(call?.text ?? '', call?.headers as Record<string, string>)
  const repeated = await t.request('POST', `WebhookEndpoint/${id}/rotate-secret`, { headers: { 'idempotency-key': 'r1' } })
  assert.ok(!JSON.stringify(repeated.body).includes('whsec_'))
  assert.equal((await t.request('GET', `WebhookEndpoint/${id}`)).body.secret, undefined)
})

test('bad input, no key, wrong permission, another workspace and a changed object are refused', async () => {
  const { id } = await endpoint('campaign.started')
  const bad = await t.request('POST', 'WebhookEndpoint', { body: { url: 'ftp://x.example.com', events: ['nope'], extra: 1 } })
  assert.equal(bad.status, 422)
  assert.deepEqual(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), ['/events/0', '/extra'])
  assert.equal(
    (await t.request('POST', 'WebhookEndpoint', { body: { url: 'ftp://x.example.com', events: ['campaign.held'] } })).body.errors[0]
      .pointer,
    '/url',
  )
  const body = { url: receiver.url, events: ['campaign.held'] }
  const calls: [string, string, unknown][] = [
    ['POST', 'WebhookEndpoint', body],
    ['POST', 'WebhookEndpoint/getall', {}],
    ['GET', `WebhookEndpoint/${id}`, undefined],
    ['PUT', `WebhookEndpoint/${id}`, body],
    ['GET', `WebhookEndpoint/${id}/deliveries`, undefined],
    ['POST', `WebhookEndpoint/${id}/test`, {}],
    ['POST', `WebhookEndpoint/${id}/resend`, { deliveryId: newId() }],
    ['POST', `WebhookEndpoint/${id}/rotate-secret`, {}],
    ['DELETE', `WebhookEndpoint/${id}`, undefined],
  ]
  const weak = await t.keyWith('Contact:View')
  for (const [method, path, sent] of calls) {
    assert.equal((await t.request(method, path, { body: sent, key: null })).status, 401, path)
    assert.equal((await t.request(method, path, { body: sent, key: weak })).status, 403, path)
    if (path.includes(id)) assert.equal((await t.request(method, path, { body: sent, key: t.foreign.key })).status, 404, path)
  }
  const stale = { 'if-match': '"0"' }
  assert.equal((await t.request('PUT', `WebhookEndpoint/${id}`, { body, headers: stale })).status, 412)
  assert.equal((await t.request('DELETE', `WebhookEndpoint/${id}`, { headers: stale })).status, 412)
  assert.equal((await t.request('POST', 'WebhookEndpoint/getall', { body: {}, key: t.foreign.key })).body.totalCount, 0)
  assert.equal((await t.request('DELETE', `WebhookEndpoint/${id}`)).status, 204)
  assert.equal((await t.request('GET', `WebhookEndpoint/${id}`)).status, 404)
})

test('without the operator’s leave an endpoint inside is refused when it is made, and not called when it exists already', async () => {
  const strict = await testApp()
  try {
    const refused = await strict.request('POST', 'WebhookEndpoint', { body: { url: receiver.url, events: ['campaign.started'] } })
    assert.equal(refused.status, 422)
    const made = await strict.request('POST', 'WebhookEndpoint', { body: { url: 'https://example.com/', events: ['campaign.started'] } })
    await run(strict.deps.pool, sql`UPDATE webhook_endpoint SET url = ${receiver.url.replace('http:', 'https:')}`)
    const called = await strict.request('POST', `WebhookEndpoint/${made.body.id}/test`)
    assert.match(called.body.error, /public address/)
    assert.equal(receiver.received.length, 0)
  } finally {
    await strict.drop()
  }
})
