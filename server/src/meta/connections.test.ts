import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { type Connections, type Exchanged, makeConnections } from './connections.ts'

const opened: { server?: Server; connections?: Connections }[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const { connections } of opened) await connections?.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const { server } of opened.splice(0)) server?.close()
})

/** A server that hands every request, by its text, to `hears` with the number of its connection. */
async function listen(hears: (text: string, socket: Socket, connection: number) => void): Promise<string> {
  const server = createServer((socket) => {
    const connection = sockets.push(socket)
    socket.on('data', (chunk: Buffer) => hears(chunk.toString(), socket, connection)).on('error', () => {})
  }).listen(0, '127.0.0.1')
  opened.push({ server })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
function connect(origin: string, options: { most?: number; answerTimeoutMs?: number } = {}): Connections {
  const connections = makeConnections(origin, { most: 4, connectTimeoutMs: 2_000, answerTimeoutMs: 2_000, ...options })
  opened.push({ connections })
  return connections
}
const ask = (connections: Connections, text: string): Promise<Exchanged> => connections.exchange({ text, mayWrite: () => true })
const bodyOf = (exchanged: Exchanged) => (exchanged.kind === 'answered' ? exchanged.answer.body : exchanged.kind)
const ok = (body: string, more = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`

test('a connection carries one request after another', async () => {
  const connections = connect(await listen((text, socket, connection) => socket.write(ok(`${text} on ${connection}`))))
  assert.equal(bodyOf(await ask(connections, 'a')), 'a on 1')
  assert.equal(bodyOf(await ask(connections, 'b')), 'b on 1')
})

test('requests at the same time have connections of their own; what is over the limit waits for one of them', async () => {
  const waiting: [string, Socket][] = []
  const connections = connect(await listen((text, socket) => waiting.push([text, socket])), { most: 2 })
  const answers = ['a', 'b', 'c', 'd'].map((text) => ask(connections, text))
  for (let answered = 0; answered < 4; ) {
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(waiting.length <= 2)
    const next = waiting.shift()
    if (next === undefined) continue
    next[1].write(ok(next[0]))
    answered++
  }
  assert.deepEqual((await Promise.all(answers)).map(bodyOf), ['a', 'b', 'c', 'd'])
  assert.equal(sockets.length, 2)
})

test('each answer goes to the request of its own connection, whatever order they come in', async () => {
  const held: (() => void)[] = []
  const connections = connect(
    await listen((text, socket) => {
      held.push(() => socket.write(ok(text)))
      if (held.length === 3) for (const answer of held.reverse()) answer()
    }),
  )
  assert.deepEqual((await Promise.all(['a', 'b', 'c'].map((text) => ask(connections, text)))).map(bodyOf), ['a', 'b', 'c'])
})

for (const [what, answer] of [
  ['says "close"', ok('x', 'connection: close\r\n')],
  ['has bytes behind it', `${ok('x')}more`],
  ['says that it is kept for a second', ok('x', 'keep-alive: timeout=1\r\n')],
] as const)
  test(`no further request is written on a connection whose answer ${what}`, async () => {
    const connections = connect(await listen((text, socket, connection) => socket.write(text === 'a' ? answer : ok(`on ${connection}`))))
    assert.equal(bodyOf(await ask(connections, 'a')), 'x')
    assert.equal(bodyOf(await ask(connections, 'b')), 'on 2')
  })

test('bytes that nobody asked for end a connection at rest; the next request takes another', async () => {
  const connections = connect(await listen((text, socket, connection) => socket.write(ok(`${text} on ${connection}`))))
  await ask(connections, 'a')
  sockets[0]?.write(ok('stray'))
  await once(sockets[0] as Socket, 'close')
  assert.equal(bodyOf(await ask(connections, 'b')), 'b on 2')
})

test('what breaks after writing is told as written, once, and no other request is', async () => {
  let heard = 0
  const connections = connect(
    await listen((text, socket) => {
      heard++
      if (text === 'bad') socket.resetAndDestroy()
      else socket.write(ok(text))
    }),
  )
  const [bad, good] = await Promise.all([ask(connections, 'bad'), ask(connections, 'good')])
  assert.ok(bad?.kind === 'broken' && bad.written)
  assert.equal(good && bodyOf(good), 'good')
  assert.equal(heard, 2)
})

test('an answer that is no HTTP is told as written', async () => {
  const connections = connect(await listen((_text, socket) => socket.write('hello\r\n\r\n')))
  const exchanged = await ask(connections, 'a')
  assert.ok(exchanged.kind === 'broken' && exchanged.written)
})

test('silence ends at the time limit, and whoever waits in line gets the place', async () => {
  const connections = connect(await listen((text, socket) => void (text === 'b' && socket.write(ok('b')))), {
    most: 1,
    answerTimeoutMs: 50,
  })
  const [a, b] = await Promise.all([ask(connections, 'a'), ask(connections, 'b')])
  assert.ok(a?.kind === 'broken' && a.written)
  assert.equal(b && bodyOf(b), 'b')
})

test('a withheld request writes nothing and leaves its connection to the next', async () => {
  const connections = connect(await listen((text, socket, connection) => socket.write(ok(`${text} on ${connection}`))))
  assert.equal((await connections.exchange({ text: 'a', mayWrite: () => false })).kind, 'withheld')
  assert.equal(bodyOf(await ask(connections, 'b')), 'b on 1')
})

test('nobody listens: told as not written', async () => {
  const connections = connect(await listen(() => {}))
  await new Promise((closed) => opened.find(({ server }) => server)?.server?.close(closed))
  const exchanged = await ask(connections, 'a')
  assert.ok(exchanged.kind === 'broken' && !exchanged.written)
  assert.equal((exchanged.error as { code?: string }).code, 'ECONNREFUSED')
})

test('closing waits for the answers under way', async () => {
  const heard: (() => void)[] = []
  const connections = connect(await listen((text, socket) => void heard.push(() => socket.write(ok(text)))))
  const asked = ask(connections, 'a')
  while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve))
  let isClosed = false
  const closing = connections.close().then(() => {
    isClosed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isClosed, false)
  heard[0]?.()
  assert.equal(bodyOf(await asked), 'a')
  await closing
})
