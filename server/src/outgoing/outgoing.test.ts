import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { recordConsent } from '../contacts/consent.ts'
import { completeIfSettled } from '../dispatch/completion.ts'
import { makeTally } from '../dispatch/counters.ts'
import { setHold } from '../dispatch/holds.ts'
import { applyProofs, recordResults } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { recordClick } from '../webhooks/clicks.ts'
import { driveEndpoint, takeEndpoints } from './deliver.ts'
import { EVENT_TYPES } from './events.ts'
import { routeEvents } from './router.ts'
import { testReceiver } from './test-receiver.ts'

let t: TestApp
let world: TestWorld
let receiver: Awaited<ReturnType<typeof testReceiver>>
before(async () => {
  t = await testApp({ environment: { ALLOW_PRIVATE_WEBHOOKS: 'true' } })
  world = await testWorld(t)
  receiver = await testReceiver()
})
after(async () => {
  await receiver.close()
  await t.drop()
})
afterEach(async () => {
  await run(t.deps.pool, sql`DELETE FROM webhook_endpoint`)
  await run(t.deps.pool, sql`DELETE FROM outgoing_event`)
  receiver.received.length = 0
  receiver.answer.status = 204
})

async function endpoint(...events: string[]): Promise<{ id: string; secret: string }> {
  const made = await t.request('POST', 'WebhookEndpoint', {
    body: { url: receiver.url, events: events.length > 0 ? events : [...EVENT_TYPES] },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body
}
async function deliver(): Promise<void> {
  while ((await routeEvents(t.deps)) > 0);
  for (const lease of await takeEndpoints(t.deps)) await driveEndpoint(t.deps, lease)
}
const log = async (id: string) => (await t.request('GET', `WebhookEndpoint/${id}/deliveries`)).body.items
const makeDue = (id: string) =>
  run(t.deps.pool, sql`UPDATE outgoing_delivery SET next_attempt_at = now() WHERE endpoint_id = ${id} AND status = 'Pending'`)

/** Everybody up to `count` of a frozen campaign has an intent and an answer with a wamid. */
async function accept(campaignId: string, count: number): Promise<void> {
  await run(
    t.deps.pool,
    sql`UPDATE campaign_slice SET cursor_seq = least(last_seq, ${count}), sending = least(last_seq, ${count}) - first_seq + 1 WHERE campaign_id = ${campaignId}`,
  )
  const acceptances = Array.from({ length: count }, (_, i) => ({
    campaignId,
    seq: i + 1,
    attempt: 1,
    wamid: `wamid.${campaignId}.${i + 1}`,
    acceptedAt: new Date(),
    intendedAt: new Date(),
    isHeld: false,
  }))
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, acceptances, []))
}

test('a campaign’s whole life reaches an endpoint, signed, with messages in batches of at most 500', async () => {
  const { secret } = await endpoint()
  await addContacts(t, 700, { tag: 'life' })
  const campaignId = await frozenCampaign(t, world, { tag: 'life' })
  await accept(campaignId, 700)
  const at = new Date()
  await inTransaction(t.deps.pool, (tx) =>
    applyProofs(tx, t.workspaceId, [
      { campaignId, seq: 1, attempt: 1, state: STATE.read, at, wamid: `wamid.${campaignId}.1` },
      {
        campaignId,
        seq: 2,
        attempt: 1,
        state: STATE.undelivered,
        at,
        wamid: `wamid.${campaignId}.2`,
        code: 131026,
        title: 'Message undeliverable',
      },
    ] as never),
  )
  await completeIfSettled(t.deps.pool, t.workspaceId, campaignId)
  await deliver()
  for (const { text, headers } of receiver.received) new Webhook(secret).verify(text, headers as Record<string, string>)
  const of = (type: string) => receiver.received.map(({ body }) => body).filter((body) => body.type === type)
  assert.equal(of('campaign.started')[0]?.data.campaignId, campaignId)
  assert.equal(of('campaign.completed')[0]?.data.campaignId, campaignId)
  assert.deepEqual(
    of('message.sent')
      .map(({ data }) => data.items.length)
      .sort(),
    [200, 500],
  )
  const sent = of('message.sent').flatMap(({ data }) => data.items)
  assert.equal(new Set(sent.map(({ contactId }: { contactId: string }) => contactId)).size, 700)
  assert.match(sent[0].wamid, /^wamid\./)
  assert.equal(of('message.delivered').length, 1)
  assert.equal(of('message.read')[0]?.data.items[0].at, at.toISOString())
  assert.equal(of('message.failed')[0]?.data.items[0].errorCode, 131026)
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, receiver.received.length)
})

test('where nobody listens to messages, none are written down for it', async () => {
  await endpoint('campaign.started')
  await addContacts(t, 20, { from: 10_000, tag: 'quiet' })
  const campaignId = await frozenCampaign(t, world, { tag: 'quiet' })
  await accept(campaignId, 20)
  const rows = await many<{ type: string }>(t.deps.pool, sql`SELECT type FROM outgoing_event`)
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['campaign.started'],
  )
})

test('one row of the outbox speaks for a whole batch of messages', async () => {
  await endpoint('message.sent')
  await addContacts(t, 400, { from: 20_000, tag: 'flat' })
  await accept(await frozenCampaign(t, world, { tag: 'flat' }), 400)
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM outgoing_event`)
  assert.equal(n, 1)
})

test('holds, clicks, opt-outs and accounts that can no longer send are told, once each', async () => {
  await endpoint('campaign.held', 'button.clicked', 'contact.opted_out', 'account.disconnected')
  await addContacts(t, 2, { from: 30_000, tag: 'held' })
  const campaignId = await frozenCampaign(t, world, { tag: 'held' })
  const hold = {
    workspaceId: t.workspaceId,
    scope: 'account',
    scopeId: world.accountId,
    reason: 'token_invalid',
    detail: 'The token expired.',
  } as const
  const { contact_id } = await one<{ contact_id: string }>(
    t.deps.pool,
    sql`SELECT contact_id FROM recipient WHERE campaign_id = ${campaignId} AND seq = 1`,
  )
  const click = {
    workspaceId: t.workspaceId,
    campaignId,
    seq: 1,
    button: 1,
    clickId: 'c1',
    kind: 'quick_reply',
    isStop: false,
    text: 'Yes',
    at: new Date(),
  } as const
  const stop = { workspaceId: t.workspaceId, contactId: contact_id, source: 'word', stopped: true, saidAt: new Date() } as const
  for (let i = 0; i < 2; i++)
    await inTransaction(t.deps.pool, async (tx) => {
      await setHold(tx, hold)
      await recordClick(tx, click, makeTally())
      await recordConsent(tx, [stop])
    })
  await deliver()
  const told = receiver.received.map(({ body }) => body)
  const count = (type: string) => told.filter((body) => body.type === type).length
  assert.equal(count('account.disconnected'), 1)
  assert.equal(told.filter((body) => body.type === 'campaign.held' && body.data.campaignId === campaignId).length, 1)
  assert.deepEqual(told.find((body) => body.type === 'button.clicked').data.items[0].contactId, contact_id)
  assert.deepEqual([count('button.clicked'), count('contact.opted_out')], [1, 1])
  await run(t.deps.pool, sql`DELETE FROM hold`)
})

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

test('many routers at once tell everything exactly once', async () => {
  const { id } = await endpoint('campaign.started')
  const rows = Array.from({ length: 50 }, () => newId())
  for (const campaignId of rows)
    await run(
      t.deps.pool,
      sql`INSERT INTO outgoing_event (workspace_id, id, type, campaign_id) VALUES (${t.workspaceId}, ${newId()}, 'campaign.started', ${campaignId})`,
    )
  await Promise.all(Array.from({ length: 6 }, () => routeEvents(t.deps)))
  const queued = await many<{ campaign_id: string }>(t.deps.pool, sql`SELECT campaign_id FROM outgoing_delivery WHERE endpoint_id = ${id}`)
  assert.deepEqual(queued.map(({ campaign_id }) => campaign_id).sort(), rows.sort())
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

test('a settle in a workspace with no endpoint costs no statement of ours', async () => {
  await addContacts(t, 3, { from: 80_000, tag: 'cost' })
  const campaignId = await frozenCampaign(t, world, { tag: 'cost' })
  await accept(campaignId, 3)
  const texts: string[] = []
  await inTransaction(t.deps.pool, (tx) => {
    const watched: Db = {
      query(config) {
        texts.push(config.text)
        return tx.query(config)
      },
    }
    const at = new Date()
    return applyProofs(watched, t.workspaceId, [
      { campaignId, seq: 1, attempt: 1, state: STATE.delivered, at, wamid: `wamid.${campaignId}.1` },
    ] as never)
  })
  assert.ok(texts.length > 0 && texts.every((text) => !text.includes('outgoing_event')))
})
