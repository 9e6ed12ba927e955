import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { request } from 'undici'
import { waIdOf } from './person.ts'
import { escapeBody, sign } from './poster.ts'
import { type Simulator, startSimulator } from './simulator.ts'

interface Received {
  readonly body: {
    entry: {
      changes: {
        field: string
        value: {
          statuses?: { id: string; status: string; biz_opaque_callback_data?: string; errors?: { code: number }[] }[]
          contacts?: unknown[]
          messages?: { type: string; button?: { payload: string }; context?: { id: string } }[]
        }
      }[]
    }[]
  }
  readonly isSigned: boolean
}
let simulator: Simulator
const received: Received[] = []
let refuse = 0
const receiver = createServer(async (incoming, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  if (refuse > 0) {
    refuse--
    response.writeHead(503).end()
    return
  }
  received.push({
    body: JSON.parse(bytes.toString()),
    isSigned: incoming.headers['x-hub-signature-256'] === sign(bytes, simulator.appSecret),
  })
  response.end()
})

before(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const address = receiver.address()
  simulator = await startSimulator({
    callbackUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    person: { deliver: 1, read: 1, readOnly: 0, tap: [{ buttonIndex: 1, share: 1 }], timeScale: 0.001 },
  })
})
after(async () => {
  await simulator.close()
  receiver.close()
})

const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, token = simulator.accessToken) => {
  const answer = await request(`${simulator.url}/v25.0/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await answer.body.text()
  // biome-ignore lint/suspicious/noExplicitAny: whatever the simulator answers
  return { status: answer.statusCode, body: (text === '' ? undefined : JSON.parse(text)) as any }
}
const message = (
  to: string,
  template: Record<string, unknown> = { name: 'hello_world', language: { code: 'en_US' } },
  more: Record<string, unknown> = {},
) => ({
  messaging_product: 'whatsapp',
  to,
  type: 'template',
  template,
  ...more,
})
const send = (body: unknown) => call('POST', `${simulator.phoneNumberId}/messages`, body)
const statuses = () =>
  received.flatMap(({ body }) => body.entry.flatMap(({ changes }) => changes.flatMap(({ value }) => value.statuses ?? [])))

test('an accepted message is in the ledger, and its receipts come signed with our callback data', async () => {
  const answer = await send(message('+919876500011', undefined, { biz_opaque_callback_data: 'm_ção/1' }))
  assert.deepEqual([answer.status, answer.body.contacts[0].wa_id], [200, '919876500011'])
  await simulator.idle()
  const own = statuses().filter(({ id }) => id === answer.body.messages[0].id)
  assert.deepEqual(own.map(({ status }) => status).sort(), ['delivered', 'read', 'sent'])
  assert.ok(own.every(({ biz_opaque_callback_data: data }) => data === 'm_ção/1'))
  assert.ok(received.every(({ isSigned }) => isSigned))
  assert.equal(simulator.ledger.summary().accepted, 1)
})

test('bodies are escaped as Meta does it, and the signature is over those bytes', () => {
  assert.equal(escapeBody({ name: 'João/1' }), '{"name":"Jo\\u00e3o\\/1"}')
})

const of = (name: string, ...components: Record<string, unknown>[]) =>
  message('+919876500012', { name, language: { code: 'en_US' }, components })
const text = (value: string) => ({ type: 'text', text: value })
const body = (...values: string[]) => ({ type: 'body', parameters: values.map(text) })
const filled = (more: Record<string, unknown>) => of('hello_world', more)
const banner = (parameter: Record<string, unknown>) => of('sale_banner', { type: 'header', parameters: [parameter] }, body('20%', 'Asha'))
const coupon = (button: Record<string, unknown>) =>
  of('coupon_last_call', { type: 'header', parameters: [text('Asha')] }, body('10'), button)
const cardImage = { type: 'header', parameters: [{ type: 'image', image: { link: 'https://x.example/a.jpg' } }] }
const teapots = (...cards: Record<string, unknown>[]) => of('teapots', ...(cards.length === 0 ? [] : [{ type: 'carousel', cards }]))
const login = (code: string, pressed: string) =>
  of('login_code', body(code), { type: 'button', sub_type: 'url', index: '0', parameters: [text(pressed)] })

for (const [what, body, code] of [
  ['a number that is none', message('12'), 131009],
  ['a template that is not there', message('+919876500012', { name: 'nope', language: { code: 'en_US' } }), 132001],
  ['a language that is not there', message('+919876500012', { name: 'hello_world', language: { code: 'fr' } }), 132001],
  ['a paused template', message('+919876500012', { name: 'paused_offer', language: { code: 'en_US' } }), 132015],
  ['too few parameters', message('+919876500012', { name: 'spring_collection', language: { code: 'en_US' }, components: [] }), 132000],
  [
    'an empty parameter',
    message('+919876500012', {
      name: 'invoice',
      language: { code: 'en_US' },
      components: [
        { type: 'header', parameters: [{ type: 'document', document: { link: 'https://media.example.com/may.pdf' } }] },
        { type: 'body', parameters: [{ type: 'text', text: '' }] },
      ],
    }),
    132018,
  ],
  [
    'a missing media header',
    message('+919876500012', {
      name: 'invoice',
      language: { code: 'en_US' },
      components: [{ type: 'body', parameters: [{ type: 'text', text: 'May' }] }],
    }),
    132012,
  ],
  ['an unknown component', filled({ type: 'banner', parameters: [] }), 132018],
  ['media that was never uploaded', banner({ type: 'image', image: { id: '4711' } }), 131053],
  ['media with a name only', banner({ type: 'image', image: { name: 'x' } }), 131008],
  ['a video where an image belongs', banner({ type: 'video', video: { link: 'https://x.example/a.mp4' } }), 132012],
  ['a parameter for a link without a variable', coupon({ type: 'button', sub_type: 'url', index: '1', parameters: [text('x')] }), 132018],
  [
    'a coupon with a hyphen',
    coupon({ type: 'button', sub_type: 'copy_code', index: '0', parameters: [{ type: 'coupon_code', coupon_code: 'A-1' }] }),
    132018,
  ],
  ['a carousel without its cards', teapots(), 132012],
  ['a carousel with one card too few', teapots({ card_index: 0, components: [cardImage] }), 132000],
  ['a card without its media', teapots({ card_index: 0, components: [cardImage] }, { card_index: 1, components: [] }), 132012],
  ['cards out of order', teapots({ card_index: 1, components: [cardImage] }, { card_index: 0, components: [cardImage] }), 132018],
  ['a one-time code that is not the body’s', login('111111', '222222'), 132018],
  ['no messaging_product', { to: '+919876500012' }, 100],
] as const)
  test(`${what} is refused with ${code}`, async () => {
    const answer = await send(body)
    assert.equal(answer.body.error.code, code)
    assert.equal(answer.body.error.type, 'OAuthException')
  })

test('a wrong token is 190 with HTTP 401', async () => {
  const answer = await call('GET', `${simulator.wabaId}/phone_numbers`, undefined, 'wrong')
  assert.deepEqual([answer.status, answer.body.error.code], [401, 190])
})

test('a quick reply comes back with its payload and the message it answers', async () => {
  const answer = await send(
    message('+919876500013', {
      name: 'spring_collection',
      language: { code: 'en_US' },
      components: [
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Asha' },
            { type: 'text', text: 'Pune' },
          ],
        },
        { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'token' }] },
        { type: 'button', sub_type: 'quick_reply', index: '1', parameters: [{ type: 'payload', payload: 'ours.1' }] },
      ],
    }),
  )
  await simulator.idle()
  const pressed = received
    .flatMap(({ body }) => body.entry.flatMap(({ changes }) => changes.flatMap(({ value }) => value.messages ?? [])))
    .filter(({ type }) => type === 'button')
  assert.deepEqual(
    pressed.map(({ button, context }) => [button?.payload, context?.id]),
    [['ours.1', answer.body.messages[0].id]],
  )
})

test('webhooks are tried again until they are acknowledged', async () => {
  refuse = 2
  const answer = await send(message('+919876500014'))
  await simulator.idle()
  assert.equal(statuses().filter(({ id }) => id === answer.body.messages[0].id).length, 3)
  assert.ok(simulator.ledger.summary().webhooks.retried >= 2)
})

test('faults before acceptance leave nothing accepted, faults after it do, whatever the caller sees', async () => {
  const before = simulator.ledger.summary().accepted
  simulator.setFaults([
    { match: { toSuffix: '1' }, when: 'before-accept', action: { kind: 'reset' } },
    { match: { toSuffix: '2' }, when: 'after-accept', action: { kind: 'reset' } },
    { match: { toSuffix: '3' }, when: 'before-accept', action: { kind: 'html5xx' } },
    { match: { toSuffix: '4' }, when: 'after-accept', action: { kind: 'noId' } },
    { match: { toSuffix: '5' }, when: 'before-accept', action: { kind: 'code', code: 131026 } },
    { match: { toSuffix: '6' }, when: 'after-accept', action: { kind: 'truncate' } },
    { match: { toSuffix: '7' }, when: 'after-accept', action: { kind: 'held' } },
  ])
  await assert.rejects(send(message('+919876500021')))
  await assert.rejects(send(message('+919876500022')))
  const html = await request(`${simulator.url}/v25.0/${simulator.phoneNumberId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${simulator.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(message('+919876500023')),
  })
  assert.equal(html.statusCode, 502)
  await html.body.dump()
  assert.equal((await send(message('+919876500024'))).body.messages[0].id, undefined)
  assert.equal((await send(message('+919876500025'))).body.error.code, 131026)
  await assert.rejects(send(message('+919876500026')))
  assert.equal((await send(message('+919876500027'))).body.messages[0].message_status, 'held_for_quality_assessment')
  simulator.setFaults([])
  assert.equal(simulator.ledger.summary().accepted - before, 4)
})

test('one person twice is a double, by campaign address or by template', async () => {
  const before = simulator.ledger.summary().doubles
  const at = (attempt: number) => ({ biz_opaque_callback_data: `f1.install.campaign.a.${attempt}.mac` })
  await send(message('+919876500031', undefined, at(1)))
  await send(message('+919876500031', undefined, at(2)))
  await send(message('+919876500031', undefined, { biz_opaque_callback_data: 'f1.install.other.a.1.mac' }))
  assert.equal(simulator.ledger.summary().doubles - before, 1)
})

test('templates are listed in pages with the fields asked for', async () => {
  const names: string[] = []
  for (let after: string | undefined, pages = 0; pages < 20; pages++) {
    const { body } = await call(
      'GET',
      `${simulator.wabaId}/message_templates?fields=name,status&limit=5${after === undefined ? '' : `&after=${after}`}`,
    )
    names.push(...body.data.map(({ name }: { name: string }) => name))
    assert.deepEqual(Object.keys(body.data[0]).sort(), ['id', 'name', 'status'])
    if (body.paging.next === undefined) break
    after = body.paging.cursors.after
  }
  assert.equal(names.length, simulator.wabas[0]?.templates.length)
})

test('numbers beyond the throughput are refused with 130429', async () => {
  simulator.changeNumber(simulator.phoneNumberId, { ratePerSecond: 5 })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => send(message(`+9198765010${10 + i}`))))
  simulator.changeNumber(simulator.phoneNumberId, { ratePerSecond: 1_000 })
  assert.ok(answers.some(({ body }) => body.error?.code === 130429))
})

test('WhatsApp’s own writing of Mexican and Brazilian numbers differs for some', () => {
  const numbers = Array.from({ length: 50 }, (_, i) => `+52551234${5000 + i}`)
  assert.ok(numbers.some((number) => waIdOf(number).startsWith('521')))
  assert.ok(numbers.some((number) => waIdOf(number) === number.slice(1)))
})
