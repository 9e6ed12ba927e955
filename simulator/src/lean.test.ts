import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type Simulator, startSimulator } from './simulator.ts'

const unlimited = { enforceRate: false, enforcePairRate: false, enforceLimit: false }
let lean: Simulator
let full: Simulator
before(async () => {
  lean = await startSimulator({ lean: true, ...unlimited })
  full = await startSimulator(unlimited)
})
after(async () => {
  await lean.close()
  await full.close()
})

const message = (to: string, change: Record<string, unknown> = {}) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to,
  type: 'template',
  template: { name: 'hello_world', language: { code: 'en_US' } },
  ...change,
})
function post(body: unknown, headers: Record<string, string> = {}, path = `/v25.0/${lean.phoneNumberId}/messages`): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = {
    host: 'simulator',
    authorization: `Bearer ${lean.accessToken}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  }
  return `POST ${path} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${text}`
}

/** Writes the pieces on one connection, one after the other, and reads until so many answers are there; what changes by itself is masked. */
async function talk(port: number, pieces: readonly string[], answers: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let got = ''
  const isThere = () => {
    let rest = got
    for (let n = 0; n < answers; n++) {
      const head = /^HTTP\/1\.1 \d+.*?\r\n\r\n/s.exec(rest)?.[0]
      const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1])
      if (head === undefined || Number.isNaN(length) || Buffer.byteLength(rest) < head.length + length) return false
      rest = rest.slice(head.length + length)
    }
    return true
  }
  for (const piece of pieces) await new Promise((written) => socket.write(piece, written))
  while (!isThere()) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    got += chunk.toString('latin1')
  }
  socket.destroy()
  return got
    .replace(/Date: [^\r]+/g, 'Date: *')
    .replace(/A[0-9a-z]+sim/g, 'A*sim')
    .replace(/wamid\.[\w-]+/g, 'wamid.*')
}
async function both(pieces: readonly string[], answers: number): Promise<string> {
  const [one, other] = [await talk(lean.port, pieces, answers), await talk(full.port, pieces, answers)]
  assert.equal(one, other)
  return one
}

for (const [what, request, status] of [
  ['a message', () => post(message('+919876500011')), 200],
  ['a message to a business-scoped user id', () => post(message('', { to: undefined, recipient: 'IN.1189027745520938416' })), 200],
  ['a refused message', () => post(message('nobody')), 400],
  ['an unknown template', () => post(message('+919876500011', { template: { name: 'nope', language: { code: 'en_US' } } })), 404],
  ['a body that is no JSON', () => post('{'), 400],
  ['a wrong token', () => post(message('+919876500011'), { authorization: 'Bearer wrong' }), 401],
  [
    'a wrong proof',
    () => post(message('+919876500011'), {}, `/v25.0/${lean.phoneNumberId}/messages?appsecret_proof=${'0'.repeat(64)}`),
    400,
  ],
  ['another route', () => `GET /v25.0/${lean.phoneNumberId} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${lean.accessToken}\r\n\r\n`, 200],
] as const)
  test(`lean and full answer ${what} with the same bytes`, async () => {
    assert.match(await both([request()], 1), new RegExp(`^HTTP/1.1 ${status} `))
  })

test('requests in one piece, in many pieces and behind each other are answered in order', async () => {
  const text = post(message('+919876500021')) + post(message('nobody')) + post(message('+919876500022'))
  const whole = await both([text], 3)
  assert.deepEqual(whole.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400', 'HTTP/1.1 200'])
  assert.equal(await talk(lean.port, text.match(/.{1,7}/gs) ?? [], 3), whole)
})

test('a connection that asks for something else goes on at the full server, with nothing lost or turned round', async () => {
  const get = `GET /v25.0/${lean.phoneNumberId}?fields=id HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${lean.accessToken}\r\n\r\n`
  const text = post(message('+919876500031')) + get + post(message('+919876500032'))
  lean.setLatency(5) // the first answer is still waiting when the second request comes
  full.setLatency(5)
  const answered = await both([text], 3)
  lean.setLatency(0)
  full.setLatency(0)
  assert.match(answered, /919876500031.*"id":"441785372345678".*919876500032/s)
})

test('a fault rule holds in lean mode too, also on connections that are open already', async () => {
  lean.setFaults([{ when: 'before-accept', action: { kind: 'code', code: 131000 } }])
  assert.match(await talk(lean.port, [post(message('+919876500041'))], 1), /^HTTP\/1\.1 500 /)
  lean.setFaults([])
  assert.match(await talk(lean.port, [post(message('+919876500041'))], 1), /^HTTP\/1\.1 200 /)
})

test('the ledger counts what the lean path accepted and refused', async () => {
  lean.reset()
  await talk(lean.port, [post(message('+919876500051')) + post(message('nobody'))], 2)
  const { accepted, refused, requests } = lean.ledger.summary()
  assert.deepEqual([requests, accepted, refused], [2, 1, { 131009: 1 }])
})

test('a listener hears of every accepted message and of none that was refused, in lean mode too', async () => {
  for (const isLean of [true, false]) {
    const heard: string[] = []
    const listened = await startSimulator({
      lean: isLean,
      ...unlimited,
      onAccepted: ({ to, wamid }) => heard.push(`${to} ${wamid?.slice(0, 6)}`),
    })
    const path = `/v25.0/${listened.phoneNumberId}/messages`
    const authorization = `Bearer ${listened.accessToken}`
    const pieces = [message('+919811111111'), message('+919822222222', { template: { name: 'gone', language: { code: 'en_US' } } })]
    await talk(
      listened.port,
      pieces.map((body) => post(body, { authorization }, path)),
      2,
    )
    await listened.close()
    assert.deepEqual(heard, ['+919811111111 wamid.'])
  }
})
