import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from './campaigns/test-campaign.ts'
import { readInstant } from './platform/http.ts'
import { type TestApp, testApp } from './platform/test-app.ts'

interface Document {
  readonly paths: Record<string, Record<string, { readonly requestBody?: unknown }>>
}

let t: TestApp
before(async () => {
  t = await testApp()
  await addContacts(t, 1)
})
after(() => t.drop())

const headers = (more: Record<string, string> = {}) => ({ 'X-API-Key': t.key, ...more })
const at = (path: string) => path.replaceAll(/\{\w+\}/g, '01890a5d-ac96-774b-bcce-b302099a8057')

test('no route answers 5xx, whatever the body and its content type', async () => {
  const { paths } = (await (await t.app.request('/api/v1/openapi.json')).json()) as Document
  const bodies: [Record<string, string>, string | undefined][] = [
    [{}, undefined],
    [{ 'content-type': 'application/json ; charset=utf-8' }, '{}'],
    [{ 'content-type': 'application/json;' }, '{}'],
    [{ 'content-type': 'application/vnd.api2+json' }, '{}'],
    [{ 'content-type': 'application/json' }, '[]'],
    [{ 'content-type': 'application/json' }, 'null'],
    [{ 'content-type': 'application/json' }, '{"a":'],
    [{ 'content-type': 'application/json' }, '{"name":"a\\u0000b"}'],
    [{ 'content-type': 'text/plain' }, 'hello'],
    [{ 'content-type': 'multipart/form-data; boundary=x' }, '--x\r\n'],
  ]
  let asked = 0
  for (const [path, operations] of Object.entries(paths))
    for (const method of Object.keys(operations).filter((name) => name !== 'parameters'))
      for (const [type, body] of method === 'get' ? bodies.slice(0, 1) : bodies) {
        if (path.endsWith('/events')) continue // a stream
        const answer = await t.app.request(at(path), {
          method: method.toUpperCase(),
          headers: headers(type),
          ...(body === undefined ? {} : { body }),
        })
        asked++
        assert.ok(answer.status < 500, `${method} ${path} with ${JSON.stringify([type, body])}: ${answer.status} ${await answer.text()}`)
      }
  assert.ok(asked > 300, `only ${asked} requests were made`)
})

test('a list needs no body at all, and a JSON type may be written in many ways', async () => {
  for (const type of [undefined, 'application/json ; charset=utf-8', 'APPLICATION/JSON'])
    assert.equal(
      (
        await t.app.request('/api/v1/Contact/getall', {
          method: 'POST',
          headers: headers(type ? { 'content-type': type } : {}),
          ...(type ? { body: '{}' } : {}),
        })
      ).status,
      200,
    )
})

test('a route that takes no body refuses fields by name', async () => {
  const answer = await t.request('POST', 'WhatsappCampaign/01890a5d-ac96-774b-bcce-b302099a8057/duplicate', { body: { x: 1 } })
  assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, '/x'])
})

test('a NUL is refused by the name of its field', async () => {
  const answer = await t.request('POST', 'Contact', { body: { phone: '+919822222222', attributes: { a: 'x\0y' } } })
  assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, '/attributes/a'])
})

test('a repeated write answers with the same status and body as the first', async () => {
  const contact = { phone: '(+91) 98222 22223', firstName: 'Asha' }
  const made = (await t.request('POST', 'Contact', { body: { phone: '+919822222224' } })).body.id
  for (const [path, body] of [
    ['Contact', contact],
    ['Contact?upsert=true', { ...contact, phone: '+919822222225' }],
    ['Contact?upsert=true', contact],
    [`Contact/${made}/opt-out`, { source: 'phone call' }],
    [`Contact/${made}/opt-in`, { source: 'mail' }],
    ['Contact/bulk-tags', { contactFilter: { everyone: true }, add: ['New'] }],
    ['Suppression', { phone: '+919822222226' }],
    ['ApiKey', { name: 'Other', permissions: ['Contact:View'] }],
  ] as const) {
    const send = () => t.request('POST', path, { body, headers: { 'idempotency-key': `${path} ${JSON.stringify(body)}` } })
    const first = await send()
    const second = await send()
    assert.ok(first.status < 300, JSON.stringify(first.body))
    if (path === 'ApiKey') delete first.body.key
    if (path === 'ApiKey') delete second.body.key
    assert.deepEqual([second.status, second.body], [first.status, first.body], path)
  }
})

test('a key used for another query is another request', async () => {
  const send = (path: string) => t.request('POST', path, { body: { phone: '+919822222227' }, headers: { 'idempotency-key': 'query' } })
  assert.equal((await send('Contact')).status, 201)
  assert.equal((await send('Contact?upsert=true')).body.code, 'idempotency-key-reused')
})

for (const [text, instant] of [
  ['2026-12-24T09:00Z', '2026-12-24T09:00:00.000Z'],
  ['2026-12-24T09:00:00+0530', '2026-12-24T03:30:00.000Z'],
  ['2026-12-24 09:00:00.5+05:30', '2026-12-24T03:30:00.500Z'],
  ['2026-12-24T09:00:00-03', '2026-12-24T12:00:00.000Z'],
  ['2026-02-29T09:00:00Z', undefined],
  ['2026-12-31T23:59:60Z', undefined],
  ['2026-12-24T09:00:00', undefined],
  ['2026-12-24', undefined],
  ['z', undefined],
] as const)
  test(`${text} is ${instant ?? 'no instant'}`, () => assert.equal(readInstant(text)?.toISOString(), instant))

for (const [query, pointer] of [
  ['page=abc', '?page'],
  ['page=0x10', '?page'],
  ['page=0', '?page'],
  ['pageSize=1e1', '?pageSize'],
  ['pageSize=201', '?pageSize'],
  ['page=99999999999999999999', '?page'],
] as const)
  test(`?${query} is one bad field`, async () => {
    const answer = await t.request('GET', `Suppression?${query}`)
    assert.deepEqual([answer.status, answer.body.errors.map((error: { pointer: string }) => error.pointer)], [422, [pointer]])
  })

test('a country that does not exist, and a change of no tags, are refused by name', async () => {
  const workspace = await t.request('PUT', `Workspace/${t.workspaceId}`, { body: { name: 'W', defaultCountry: 'XX' } })
  assert.deepEqual([workspace.status, workspace.body.errors[0].pointer], [422, '/defaultCountry'])
  const tags = await t.request('POST', 'Contact/bulk-tags', { body: { contactFilter: { everyone: true } } })
  assert.deepEqual([tags.status, tags.body.errors[0].pointer], [422, '/add'])
})
