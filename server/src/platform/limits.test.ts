import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { listen } from './listen.ts'
import { Problem } from './problem.ts'
import { readBytes } from './request-body.ts'
import { type TestApp, testApp } from './test-app.ts'

let t: TestApp
let server: Server
/** Its patience with headers is short; only tests that end it speak to it, or a busy machine would end others too. */
let hasty: Server
before(async () => {
  t = await testApp({ environment: { PUBLIC_URL: 'https://fanfare.example.com' } })
  server = await listen(t.app, { host: '127.0.0.1', port: 0 })
  hasty = await listen(t.app, { host: '127.0.0.1', port: 0, headersWithinMs: 300 })
})
after(async () => {
  for (const one of [server, hasty]) {
    one.closeAllConnections()
    await new Promise((closed) => one.close(closed))
  }
  await t.drop()
})

const port = (of = server) => (of.address() as AddressInfo).port
/** What the server says on a raw connection until it closes it. */
async function raw(text: string, to = server): Promise<string> {
  const socket = connect(port(to), '127.0.0.1')
  let said = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    said += chunk
  })
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return said
}
const call = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port()}${path}`, init)

test('headers that are too large are 431, headers that never end are 408, and nonsense is 400: never 5xx, never a hang', async () => {
  const large = `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`
  assert.match(await raw(large), /^HTTP\/1\.1 431 /)
  assert.match(await raw('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ', hasty), /^HTTP\/1\.1 408 /)
  assert.match(await raw('NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /)
  assert.match(
    await raw('GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    /^HTTP\/1\.1 400 /,
  )
})

test('two hundred clients that send half a request do not keep anybody else waiting for an answer', async () => {
  const slow = Array.from({ length: 200 }, () => {
    const socket = connect(port(), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /api/v1/Contact/getall HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{')
    return socket
  })
  try {
    await Promise.all(slow.map((socket) => (socket.connecting ? once(socket, 'connect') : undefined)))
    assert.equal((await call('/healthz')).status, 200)
    const answer = await call('/api/v1/Contact/getall', { method: 'POST', headers: { 'x-api-key': t.key } })
    assert.equal(answer.status, 200)
  } finally {
    for (const socket of slow) socket.destroy()
  }
})

test('a body over the limit is 413, announced or not; one that never comes is 408', async () => {
  const headers = { 'x-api-key': t.key, 'content-type': 'application/json' }
  const large = JSON.stringify({ searchTerm: 'x'.repeat(1_100_000) })
  assert.equal((await call('/api/v1/Contact/getall', { method: 'POST', headers, body: large })).status, 413)
  const stream = new Blob([large]).stream()
  assert.equal((await call('/api/v1/Contact/getall', { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit)).status, 413)
  const never = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Buffer.from('{')) })
  await assert.rejects(readBytes(never, 100, 0, 1), (error) => error instanceof Problem && error.status === 408)
})

test('a body nested a hundred thousand deep is refused, not run over', async () => {
  const headers = { 'x-api-key': t.key, 'content-type': 'application/json' }
  for (const body of ['['.repeat(100_000) + ']'.repeat(100_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`])
    assert.equal((await t.app.request('/api/v1/Contact/getall', { method: 'POST', headers, body })).status, 400)
})

for (const path of ['/api/v1/Contact/tags', '/api/v1/nothing', '/healthz', '/docs', '/r/nothing', '/webhooks/meta/x'])
  test(`${path} forbids sniffing, framing and scripts of strangers, and asks for TLS`, async () => {
    const { headers } = await call(path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /script-src[^;]*unsafe/)
    assert.match(headers.get('strict-transport-security') ?? '', /max-age=31536000/)
    assert.equal(headers.get('server'), null)
    assert.equal(headers.get('x-powered-by'), null)
  })

test('answers of the API are kept by nobody in between', async () => {
  assert.equal((await call('/api/v1/Contact/tags', { headers: { 'x-api-key': t.key } })).headers.get('cache-control'), 'no-store')
})
