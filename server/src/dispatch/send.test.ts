import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { makeSender, type Sender } from './send.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()
const senders: Sender[] = []
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close()
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A bare TCP server: `hears` gets every chunk and may write, reset or stay silent. */
async function listen(hears: (socket: Socket, chunk: Buffer) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (chunk: Buffer) => hears(socket, chunk))
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function sender(port: number, scheme: 'http' | 'https' = 'http', timeoutMs = 2_000): Sender {
  const made = makeSender({
    baseUrl: `${scheme}://127.0.0.1:${port}`,
    version: 'v25.0',
    phoneNumberId: '1',
    accessToken: 'token',
    appSecret: 'secret',
    timeoutMs,
    connections: 4,
  })
  senders.push(made)
  return made
}
const message = { address: '+919876500011', template: { name: 'hello' }, callbackData: 'address' }
const accepted = '{"messages":[{"id":"wamid.1"}]}'

test('an answer with a message id is accepted; the request carries the return address and the proof of the app secret', async () => {
  let heard = ''
  const port = await listen((socket, chunk) => {
    heard += chunk.toString()
    if (heard.includes('"biz_opaque_callback_data"'))
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${accepted.length}\r\n\r\n${accepted}`)
  })
  const outcome = await sender(port).send(message)
  assert.equal(outcome.kind, 'accepted')
  assert.match(heard, /^POST \/v25\.0\/1\/messages\?appsecret_proof=[0-9a-f]{64} HTTP\/1\.1\r\n/)
  assert.match(heard, /"to":"\+919876500011".*"biz_opaque_callback_data":"address"/)
})

for (const [what, breaks] of [
  ['a reset', (socket: Socket) => socket.resetAndDestroy()],
  ['a closed connection', (socket: Socket) => socket.end()],
  ['an answer cut short', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"messages"')],
] as const)
  test(`${what} after the request was read is ambiguous, and nothing is sent a second time`, async () => {
    let posts = 0
    const port = await listen((socket, chunk) => {
      if (chunk.includes('POST ')) posts++
      if (chunk.includes('biz_opaque_callback_data')) breaks(socket)
    })
    assert.equal((await sender(port).send(message)).kind, 'ambiguous')
    assert.equal(posts, 1)
  })

test('silence until the timeout is ambiguous', async () => {
  const port = await listen(() => {})
  assert.equal((await sender(port, 'http', 50).send(message)).kind, 'ambiguous')
})

test('a refused connection is surely not accepted', async () => {
  const port = await listen(() => {})
  await new Promise((closed) => servers.pop()?.close(closed))
  assert.equal((await sender(port).send(message)).kind, 'not-written')
})

test('a message refused at the last moment puts no byte of itself on the wire', async () => {
  let heard = ''
  const port = await listen((_socket, chunk) => {
    heard += chunk.toString()
  })
  const outcome = await sender(port).send(message, () => 'too late')
  assert.deepEqual(outcome, { kind: 'late', detail: 'too late' })
  assert.equal(heard, '')
})

test('HTTP/2 is not offered: its clients send a refused stream again by themselves', async () => {
  let hello = Buffer.alloc(0)
  const port = await listen((socket, chunk) => {
    hello = Buffer.concat([hello, chunk])
    socket.destroy()
  })
  await sender(port, 'https').send(message)
  assert.equal(hello[0], 0x16, 'a TLS ClientHello arrived')
  assert.ok(!hello.includes('\u0002h2'), 'h2 stands in its list of protocols')
})
