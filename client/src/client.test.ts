import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signedHeaders } from '../../server/src/outgoing/signature.ts'
import { staleFiles } from '../../web/scripts/client.ts'
import { readEvents } from './events.ts'
import { everyItem, FanfareError, fanfare, verifyWebhook, WebhookRefused } from './index.ts'

test('types and operations are those of the server as it is now: npm run -w web client', async () =>
  assert.deepEqual(await staleFiles('client/'), []))

interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: unknown
}
/** A client whose requests are answered from a list, and what it sent and how long it waited. */
function clientOf(...answers: Response[]) {
  const sent: Sent[] = []
  const waits: number[] = []
  const api = fanfare({
    baseUrl: 'https://fanfare.example.com/',
    apiKey: 'secret',
    fetch: async (url, init) => {
      sent.push({ url: String(url), method: init?.method ?? '', headers: new Headers(init?.headers), body: init?.body })
      return answers.shift() ?? Response.json({}, { status: 200 })
    },
    wait: async (ms) => {
      waits.push(ms)
    },
  })
  return { api, sent, waits }
}
const problem = (status: number, body: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } })
const CAMPAIGN = { name: 'x', templateId: 'y', contactFilter: { everyone: true as const } }

test('path, query and body go where the API wants them, with the key', async () => {
  const { api, sent } = clientOf()
  await api.listRecipients({ id: 'a/b', page: 2, statusFilter: 'Failed' })
  await api.createContact({ upsert: 'true', body: { phone: '+919876500001' } })
  assert.deepEqual(
    sent.map(({ url, method, body }) => [method, url, body]),
    [
      ['GET', 'https://fanfare.example.com/api/v1/WhatsappCampaign/a%2Fb/contacts?page=2&statusFilter=Failed', undefined],
      ['POST', 'https://fanfare.example.com/api/v1/Contact?upsert=true', '{"phone":"+919876500001"}'],
    ],
  )
  assert.equal(sent[0]?.headers.get('authorization'), 'Bearer secret')
})

test('a parameter that the operation does not have is refused before anything is sent', async () => {
  const { api, sent } = clientOf()
  await assert.rejects(api.getCampaign({ id: 'x', page: 1 } as never), /has no parameter page/)
  await assert.rejects(api.getCampaign({} as never), /id is needed/)
  assert.equal(sent.length, 0)
})

test('a problem becomes an error with its code, every bad field and the request’s id', async () => {
  const errors = [{ pointer: '/name', detail: 'is needed.' }]
  const body = { code: 'invalid-input', title: 'Not valid', detail: '/name is needed.', status: 422, requestId: 'r-1', errors }
  const { api } = clientOf(problem(422, body))
  await assert.rejects(api.createCampaign({ body: CAMPAIGN }), (error: unknown) => {
    assert.ok(error instanceof FanfareError)
    assert.deepEqual([error.status, error.code, error.errors, error.requestId], [422, 'invalid-input', errors, 'r-1'])
    assert.equal(error.message, '/name is needed.')
    return true
  })
})

test('a proxy’s page in place of an answer is an error too', async () => {
  const { api } = clientOf(new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'x-request-id': 'r-2' } }))
  await assert.rejects(api.getMe(), (error: unknown) => {
    assert.ok(error instanceof FanfareError)
    assert.deepEqual([error.status, error.code, error.requestId], [502, 'no-problem', 'r-2'])
    return true
  })
})

test('a refusal that says when to come back is waited for, and the same key is sent again', async () => {
  const { api, sent, waits } = clientOf(
    problem(429, { code: 'too-many-requests' }, { 'retry-after': '2' }),
    problem(503, { code: 'store-unavailable' }, { 'retry-after': '5' }),
    Response.json({ id: 'made' }, { status: 201 }),
  )
  assert.equal((await api.createCampaign({ body: CAMPAIGN })).id, 'made')
  assert.deepEqual(waits, [2_000, 5_000])
  const keys = sent.map(({ headers }) => headers.get('idempotency-key'))
  assert.equal(keys.length, 3)
  assert.equal(new Set(keys).size, 1)
  assert.ok(keys[0])
})

test('nothing else is repeated: no 500, no 503 without a time, nothing that would take too long', async () => {
  for (const answer of [problem(500, {}, { 'retry-after': '1' }), problem(503, {}), problem(503, {}, { 'retry-after': '3600' })]) {
    const { api, sent, waits } = clientOf(answer)
    await assert.rejects(api.getMe(), FanfareError)
    assert.deepEqual([sent.length, waits.length], [1, 0])
  }
  const { api, sent } = clientOf(...Array.from({ length: 9 }, () => problem(429, {}, { 'retry-after': '0' })))
  await assert.rejects(api.getMe(), FanfareError)
  assert.equal(sent.length, 5)
})

test('two acts have two keys, one’s own key is kept, and what only reads has none', async () => {
  const { api, sent } = clientOf()
  await api.runCampaign({ id: 'x' })
  await api.runCampaign({ id: 'x' })
  await api.runCampaign({ id: 'x' }, { idempotencyKey: 'mine' })
  await api.listCampaigns({ body: {} })
  await api.updateCampaign({ id: 'x', body: CAMPAIGN }, { ifMatch: '"1"' })
  const [first, second, own, read, put] = sent.map(({ headers }) => headers.get('idempotency-key'))
  assert.ok(first && second && first !== second)
  assert.deepEqual([own, read, put], ['mine', null, null])
  assert.equal(sent[4]?.headers.get('if-match'), '"1"')
})

test('every item comes page by page, and no page more', async () => {
  const asked: number[] = []
  const seen: number[] = []
  const pages = [[1, 2], [3, 4], [5]]
  for await (const item of everyItem(async (pageNumber) => {
    asked.push(pageNumber)
    return { items: pages[pageNumber - 1] ?? [], totalPages: 3 }
  }))
    seen.push(item)
  assert.deepEqual(
    [seen, asked],
    [
      [1, 2, 3, 4, 5],
      [1, 2, 3],
    ],
  )
})

test('events are read whole however their bytes are cut', async () => {
  const bytes = new TextEncoder().encode(': beat\n\nid: 1\nevent: campaign\ndata: {"status":"Running é"}\n\nid: 2\ndata: {"half"')
  async function* cut(size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
  }
  for (const size of [1, 7, 1_000]) {
    const read: string[] = []
    for await (const data of readEvents(cut(size))) read.push(data)
    assert.deepEqual(read, ['{"status":"Running é"}'])
  }
})

test('a campaign is followed over a stream that ends', async () => {
  const stream = (...states: string[]) => new Response(states.map((status) => `data: {"status":"${status}"}\n\n`).join(''))
  const { api, waits } = clientOf(stream('Running'), stream('Running', 'Completed'))
  const seen: string[] = []
  for await (const { status } of api.watchCampaign({ id: 'x' })) {
    seen.push(status)
    if (status === 'Completed') break
  }
  assert.deepEqual([seen, waits], [['Running', 'Running', 'Completed'], [1_000]])
})

const SECRETS = ['whsec_bmV3LXNlY3JldC1vZi10aGUtZW5kcG9pbnQ=', 'whsec_b2xkLXNlY3JldC1vZi10aGUtZW5kcG9pbnQ='] as const
const AT = new Date('2026-11-26T10:00:00Z')
const BODY = '{"type":"campaign.completed","timestamp":"2026-11-26T09:59:59.000Z","data":{"campaignId":"c"}}'

test('a webhook that the server signed is verified, by the new secret and by its predecessor', async () => {
  const headers = signedHeaders(SECRETS, 'msg_1', AT, BODY)
  for (const secret of SECRETS) {
    const hook = await verifyWebhook({ secret, headers, body: BODY, nowMs: AT.getTime() })
    assert.deepEqual([hook.id, hook.type, hook.data], ['msg_1', 'campaign.completed', { campaignId: 'c' }])
  }
  await verifyWebhook({ secret: SECRETS[0], headers: new Headers(headers), body: BODY, nowMs: AT.getTime() + 299_000 })
})

test('a webhook that was changed, is old, or is signed by somebody else is refused', async () => {
  const headers = signedHeaders([SECRETS[0]], 'msg_1', AT, BODY)
  const good = { secret: SECRETS[0] as string, headers, body: BODY, nowMs: AT.getTime() }
  const { 'webhook-signature': _, ...unsigned } = headers
  for (const bad of [
    { body: BODY.replace('"c"', '"d"') },
    { nowMs: AT.getTime() + 301_000 },
    { nowMs: AT.getTime() - 301_000 },
    { secret: SECRETS[1] },
    { headers: { ...headers, 'webhook-id': 'msg_2' } },
    { headers: { ...headers, 'webhook-signature': 'v1,????' } },
    { headers: { ...headers, 'webhook-signature': headers['webhook-signature']?.replace('v1', 'v2') } },
    { headers: unsigned },
  ])
    await assert.rejects(verifyWebhook({ ...good, ...bad }), WebhookRefused, JSON.stringify(bad))
})
