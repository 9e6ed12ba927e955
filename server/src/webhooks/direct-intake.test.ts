import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { TEST_APP_SECRET } from '../accounts/test-account.ts'
import { type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { listen } from '../platform/listen.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'

let t: TestApp
let world: TestWorld
let server: Server
/** Requests that went the general way. */
let general = 0
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  const fetch: typeof t.app.fetch = (...args) => {
    general++
    return t.app.fetch(...args)
  }
  server = await listen({ fetch, direct: t.app.direct }, { host: '127.0.0.1', port: 0 })
})
after(async () => {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  await t.drop()
})

const BODY = '{"object":"whatsapp_business_account","entry":[]}'
const sign = (body: string | Buffer) => `sha256=${createHmac('sha256', TEST_APP_SECRET).update(body).digest('hex')}`
const port = () => (server.address() as AddressInfo).port
const path = () => `/webhooks/meta/${world.accountId}`

interface Post {
  readonly path?: string
  readonly method?: string
  readonly body?: string | Buffer
  readonly signature?: string | null
  readonly headers?: Record<string, string>
  /** No length is announced. */
  readonly isChunked?: boolean
}
async function post(options: Post = {}) {
  const body = options.body ?? BODY
  const { signature = sign(body) } = options
  const answer = await fetch(`http://127.0.0.1:${port()}${options.path ?? path()}`, {
    method: options.method ?? 'POST',
    headers: { ...(signature === null ? {} : { 'x-hub-signature-256': signature }), 'x-request-id': 'same', ...options.headers },
    body: options.isChunked ? new Blob([body as string]).stream() : body,
    ...(options.isChunked ? { duplex: 'half' } : {}),
  } as RequestInit)
  const headers = Object.fromEntries(
    [...answer.headers].filter(([name]) => !['date', 'content-length', 'transfer-encoding'].includes(name)),
  )
  return { status: answer.status, headers, body: await answer.text() }
}
const stored = () => many<{ body: Buffer; account_id: string }>(t.deps.pool, sql`SELECT body, account_id FROM webhook_inbox ORDER BY id`)

/** The account was asked for within the last seconds. */
beforeEach(async () => {
  await run(t.deps.pool, sql`DELETE FROM webhook_inbox`)
  await t.app.request(path(), { method: 'POST', body: BODY, headers: { 'x-hub-signature-256': sign(BODY) } })
  await run(t.deps.pool, sql`DELETE FROM webhook_inbox`)
  general = 0
})

test('a post to a known account is stored byte for byte before its answer, without the general way', async () => {
  const odd = Buffer.from([...Buffer.from(BODY), 0x00, 0xff])
  assert.equal((await post({ body: odd })).status, 200)
  assert.deepEqual(
    (await stored()).map(({ body, account_id }) => [body.toString('hex'), account_id]),
    [[odd.toString('hex'), world.accountId]],
  )
  assert.equal(general, 0)
})

test('a body that comes in pieces is one body', async () => {
  const socket = connect(port(), '127.0.0.1')
  let said = ''
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  socket.write(
    `POST ${path()} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: ${sign(BODY)}\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n`,
  )
  for (const piece of BODY.match(/.{1,7}/gs) ?? []) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await once(socket, 'close')
  assert.match(said, /^HTTP\/1\.1 200 /)
  assert.deepEqual(
    (await stored()).map(({ body }) => body.toString()),
    [BODY],
  )
})

for (const [what, options] of [
  ['a good post', {}],
  ['a wrong signature', { signature: `sha256=${'0'.repeat(64)}` }],
  ['a signature of another body', { signature: sign('{}') }],
  ['no signature', { signature: null }],
  ['a signature of another kind', { signature: 'sha1=00' }],
] as const)
  test(`${what} is answered alike on both ways`, async () => {
    const direct = await post(options)
    assert.equal(general, 0)
    const other = await post({ ...options, isChunked: true })
    assert.equal(general, 1)
    const headersOfGeneral = Object.fromEntries(Object.entries(other.headers).filter(([name]) => name in direct.headers))
    assert.deepEqual({ ...direct }, { ...other, headers: headersOfGeneral })
    assert.equal((await stored()).length, direct.status === 200 ? 2 : 0)
  })

for (const [what, options, status] of [
  ['an unknown account', { path: `/webhooks/meta/${newId()}` }, 404],
  ['an id that is none', { path: '/webhooks/meta/x' }, 404],
  ['another method', { method: 'PUT' }, 405],
  ['a body without a length', { isChunked: true }, 200],
  ['a body that is too large', { body: 'x'.repeat(4 * 1_048_576 + 1) }, 413],
] as const)
  test(`${what} goes the general way`, async () => {
    assert.equal((await post(options)).status, status)
    assert.equal(general, 1)
  })

test('a store that cannot take it is told as 503 with a time to come back, alike on both ways, and nothing is acknowledged', async () => {
  await t.deps.pool.query(`CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;
                           CREATE TRIGGER full_disk BEFORE INSERT ON webhook_inbox EXECUTE FUNCTION disk_is_full()`)
  try {
    const direct = await post()
    assert.equal(direct.status, 503)
    assert.equal(direct.headers['retry-after'], '5')
    assert.equal(JSON.parse(direct.body).code, 'store-unavailable')
    assert.equal(general, 0)
    assert.equal((await post({ isChunked: true })).body, direct.body)
  } finally {
    await t.deps.pool.query('DROP TRIGGER full_disk ON webhook_inbox')
  }
  assert.equal((await post()).status, 200)
  assert.equal((await stored()).length, 1)
})
