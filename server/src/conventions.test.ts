import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestWorld, testWorld } from './campaigns/test-campaign.ts'
import { type TestApp, testApp } from './platform/test-app.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
}
interface Operation {
  readonly operationId?: string
  readonly 'x-permission'?: readonly string[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const ABSENT = '01890a5d-ac96-774b-bcce-b302099a8057'
let t: TestApp
let world: TestWorld
let document: Document
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  document = (await t.request('GET', 'openapi.json')).body
})
after(() => t.drop())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation, url: path.replaceAll(/\{\w+\}/g, ABSENT) })),
  )

/** A small value that fits a schema, as far as the document tells. */
function sample(schema: Schema): unknown {
  if (schema.$ref !== undefined) return sample(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return sample(schema.anyOf[0] ?? {})
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0]
  if (type === 'object') return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {})]))
  if (type === 'array') return schema.items === undefined ? [] : [sample(schema.items)]
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1
  if (type === 'boolean') return true
  if (schema.format === 'uuid') return ABSENT
  if (schema.format === 'email') return 'somebody@example.com'
  if (schema.format === 'uri') return 'https://example.com/'
  if (schema.format === 'date-time') return new Date(Date.now() + 86_400_000).toISOString()
  return '123456'
}

/** Bodies that pass their schema where the document alone does not say how. */
const bodies = (): Record<string, unknown> => ({
  createCampaign: { name: 'C', templateId: world.plainTemplateId, contactFilter: {} },
  createExperiment: {
    name: 'E',
    contactFilter: { everyone: true },
    variants: [{ templateId: world.plainTemplateId }, { templateId: world.plainTemplateId }],
    decide: { by: 'read', afterMinutes: 60 },
  },
  createRecurrence: {
    name: 'R',
    rule: 'FREQ=DAILY',
    startsAt: '2027-01-01T09:00:00Z',
    timeZone: 'UTC',
    campaign: { templateId: world.plainTemplateId, contactFilter: { everyone: true } },
  },
  createContact: { phone: '+919811112222' },
  changeTags: { contactIds: [ABSENT], add: ['Tag'] },
  createRateCard: {
    name: 'R',
    currency: 'USD',
    effectiveFrom: '2026-10-01',
    rates: [{ country: '*', category: 'MARKETING', amount: '0.01' }],
  },
  createTemplate: { name: 'sample', language: 'en_US', category: 'UTILITY', components: [{ type: 'BODY', text: 'Hello.' }] },
})
/** POSTs that only read take no notice of a key; those that no key may call (set-up, invitations, sessions) need none. */
const READS = /(getall|preview|preflight|preview\/excluded|check)$/

test('every POST that changes something minds its Idempotency-Key', async () => {
  let asked = 0
  const heedless: string[] = []
  for (const { path, url, method, operation } of operations()) {
    const content = operation.requestBody?.content ?? {}
    if (
      method !== 'POST' ||
      (operation['x-permission'] ?? []).length === 0 ||
      !operation.security?.some((scheme) => 'apiKey' in scheme) ||
      READS.test(path) ||
      content['multipart/form-data'] !== undefined
    )
      continue
    const schema = content['application/json']?.schema
    const body = bodies()[operation.operationId ?? ''] ?? (schema === undefined ? undefined : sample(schema))
    const answer = await t.request('POST', url, { body, headers: { 'idempotency-key': 'k'.repeat(256) } })
    if (answer.status !== 400 || answer.body.detail !== 'Idempotency-Key must have 1 to 255 characters.')
      heedless.push(`${operation.operationId} with ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`)
    asked++
  }
  assert.deepEqual(heedless, [])
  assert.ok(asked > 20, `only ${asked} routes were asked`)
})

test('every route refuses a query parameter that it does not know, by name', async () => {
  let asked = 0
  for (const { url, method, operation } of operations()) {
    if (!url.startsWith('/api/v1/')) continue
    const answer = await t.request(method, `${url}?nonsense=1`)
    assert.deepEqual([answer.status, answer.body.errors?.[0]?.pointer], [422, '?nonsense'], `${method} ${url} ${operation.operationId}`)
    asked++
  }
  assert.ok(asked > 60, `only ${asked} routes were asked`)
})

test('what can be read, and then changed or deleted, says 412 to whoever saw an older state', async () => {
  const contact = (await t.request('POST', 'Contact', { body: { phone: '+919811113333' } })).body
  const campaign = (await t.request('POST', 'WhatsappCampaign', { body: bodies().createCampaign })).body
  const objects = {
    [`Contact/${contact.id}`]: { phone: '+919811113333' },
    [`WhatsappCampaign/${campaign.id}`]: bodies().createCampaign,
    [`WhatsappAccount/${world.accountId}`]: { name: 'Test', wabaId: '215589313241560' },
    [`PhoneNumber/${world.numberId}`]: {},
    [`WhatsappTemplate/${world.templateId}`]: { components: [{ type: 'BODY', text: 'Hello.' }] },
  }
  for (const [path, body] of Object.entries(objects)) {
    const { status, headers } = await t.request('GET', path)
    assert.equal(status, 200, path)
    assert.match(headers.get('etag') ?? '', /^".+"$/, path)
    const declared = document.paths[`/api/v1/${path.split('/')[0]}/{id}`] ?? {}
    for (const method of ['PUT', 'DELETE']) {
      if (declared[method.toLowerCase()] === undefined) continue
      assert.ok(declared[method.toLowerCase()]?.responses['412'], `${method} ${path} declares 412`)
      const answer = await t.request(method, path, { ...(method === 'PUT' ? { body } : {}), headers: { 'if-match': '"older"' } })
      assert.deepEqual([answer.status, answer.body.code], [412, 'precondition-failed'], `${method} ${path}`)
    }
  }
})

for (const [method, path, allow] of [
  ['DELETE', `/webhooks/meta/${ABSENT}`, 'GET, HEAD, POST'],
  ['POST', '/r/token', 'GET, HEAD'],
  ['POST', '/healthz', 'GET, HEAD'],
  ['PUT', '/docs', 'GET, HEAD'],
  ['DELETE', '/api/v1/openapi.json', 'GET, HEAD'],
  ['DELETE', '/api/v1/WhatsappCampaign/status-counts', 'GET, HEAD'],
] as const)
  test(`${method} ${path} is 405 and says what is allowed`, async () => {
    const answer = await t.request(method, path)
    assert.deepEqual([answer.status, answer.headers.get('allow'), answer.body.code], [405, allow, 'method-not-allowed'])
  })

test('what is wrong with a field is said in plain words', async () => {
  const { body } = await t.request('POST', 'WhatsappCampaign', {
    body: { name: '', templateId: 5, contactFilter: { tagsMatch: 'some' }, ratePerSecond: 0, unknownPolicy: 'guess', timeZone: 'Mars/X' },
  })
  assert.deepEqual(Object.fromEntries(body.errors.map(({ pointer, detail }: { pointer: string; detail: string }) => [pointer, detail])), {
    '/name': 'must not be empty.',
    '/templateId': 'must be text.',
    '/contactFilter/tagsMatch': 'must be one of any, all.',
    '/ratePerSecond': 'must be at least 1.',
    '/unknownPolicy': 'must be one of hold, confident, resend.',
    '/timeZone': 'is not a time zone, such as Asia/Kolkata',
  })
  const absent = await t.request('POST', 'Contact', { body: {} })
  assert.equal(absent.body.detail, '/phone is needed.')
})

for (const [name, path, body, pointer] of [
  ['an empty filter', 'Contact/bulk-delete', { contactFilter: {}, confirmCount: 0 }, '/contactFilter'],
  ['an empty filter', 'Contact/bulk-tags', { contactFilter: { tags: [] }, add: ['A'] }, '/contactFilter'],
] as const)
  test(`${path} refuses ${name} by the name of its field`, async () => {
    const answer = await t.request('POST', path, { body })
    assert.deepEqual([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer], [422, 'filter-empty', pointer])
  })

test('launch refusals name the field that stands in the way', async () => {
  const scheduledAt = new Date(Date.now() + 86_400_000).toISOString()
  const made = (more: object) =>
    t.request('POST', 'WhatsappCampaign', {
      body: { name: 'C', templateId: world.plainTemplateId, contactFilter: {}, scheduledAt, ...more },
    })
  const told = (answer: { status: number; body: { code: string; errors?: { pointer: string }[] } }) => [
    answer.status,
    answer.body.code,
    answer.body.errors?.map(({ pointer }) => pointer),
  ]
  assert.deepEqual(told(await made({})), [422, 'filter-empty', ['/contactFilter']])
  assert.deepEqual(told(await made({ contactFilter: { everyone: true }, senderId: ABSENT })), [422, 'sender-missing', ['/senderId']])
  const { body } = await t.request('POST', 'WhatsappCampaign', {
    body: { name: 'C', templateId: world.plainTemplateId, contactFilter: { tags: ['Nobody'] } },
  })
  assert.deepEqual(told(await t.request('POST', `WhatsappCampaign/${body.id}/quick-run`)), [422, 'empty-audience', ['/contactFilter']])
})

for (const [path, filter] of [
  ['Contact/getall', { contactFilter: { tags: ['A'] } }],
  ['WhatsappCampaign/getall', { status: 'Draft' }],
] as const)
  test(`${path} has pages without end, but not when it is filtered`, async () => {
    const page = { pageNumber: 1_001, pageSize: 100 }
    const all = await t.request('POST', path, { body: page })
    assert.deepEqual([all.status, all.body.items], [200, []])
    const filtered = await t.request('POST', path, { body: { ...page, ...filter } })
    assert.deepEqual([filtered.status, filtered.body.code, filtered.body.errors[0].pointer], [422, 'page-too-deep', '/pageNumber'])
  })
