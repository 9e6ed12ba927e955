import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { one, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

test('no key is 401, a wrong one is 401, a key without the permission is 403 and says which', async () => {
  assert.equal((await t.request('GET', 'ApiKey', { key: null })).status, 401)
  assert.equal((await t.request('GET', 'ApiKey', { key: 'ff_wrong' })).status, 401)
  const answer = await t.request('GET', 'ApiKey', { key: await t.keyWith('Contact:View') })
  assert.equal(answer.status, 403)
  assert.match(answer.body.detail, /ApiKey:View/)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
})

test('X-API-Key works like Bearer', async () => {
  assert.equal((await t.request('GET', 'ApiKey', { key: null, headers: { 'x-api-key': t.key } })).status, 200)
})

test('a key is shown once, works, and stops working when revoked', async () => {
  const made = await t.request('POST', 'ApiKey', { body: { name: 'CI', permissions: ['ApiKey:View'] } })
  assert.equal(made.status, 201)
  assert.equal((await t.request('GET', 'ApiKey', { key: made.body.key })).status, 200)
  const listed = await t.request('GET', 'ApiKey')
  assert.ok(!JSON.stringify(listed.body).includes(made.body.key))
  assert.equal((await t.request('DELETE', `ApiKey/${made.body.id}`)).status, 204)
  const { revoked } = await one<{ revoked: boolean }>(
    t.deps.pool,
    sql`SELECT revoked_at IS NOT NULL AS revoked FROM api_key WHERE id = ${made.body.id}`,
  )
  assert.ok(revoked)
})

test('nobody grants what they do not hold', async () => {
  const key = await t.keyWith('ApiKey:Create', 'Contact:View')
  const answer = await t.request('POST', 'ApiKey', { key, body: { name: 'x', permissions: ['Contact:View', 'Contact:Delete'] } })
  assert.equal(answer.status, 403)
  assert.match(answer.body.detail, /Contact:Delete/)
})

test('bad input is one 422 that names every bad field at once', async () => {
  const answer = await t.request('POST', 'ApiKey', {
    body: { name: '', permissions: ['Nope'], expiresAt: '2026-01-01T00:00:00', extra: 1 },
  })
  assert.equal(answer.status, 422)
  assert.deepEqual(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
    '/expiresAt',
    '/extra',
    '/name',
    '/permissions/0',
  ])
})

test('another workspace’s key and workspace answer exactly like absent ones', async () => {
  const foreign = await t.request('POST', 'ApiKey', { key: t.foreign.key, body: { name: 'theirs', permissions: ['ApiKey:View'] } })
  const mine = await t.request('DELETE', `ApiKey/${foreign.body.id}`)
  const absent = await t.request('DELETE', 'ApiKey/01890a5d-ac96-774b-bcce-b302099a8057')
  assert.deepEqual([mine.status, mine.body.detail], [absent.status, absent.body.detail])
  assert.equal((await t.request('GET', `Workspace/${t.foreign.workspaceId}`)).status, 404)
  assert.equal((await t.request('DELETE', 'ApiKey/nonsense')).status, 404)
})

test('unknown query parameters, bad JSON, wrong content type, wrong method and absent routes are refused in one shape', async () => {
  const refusals = [
    [await t.request('GET', 'ApiKey?x=1'), 422, 'invalid-input'],
    [await t.request('POST', 'ApiKey', { raw: '{', headers: { 'content-type': 'application/json' } }), 400, 'bad-request'],
    [await t.request('POST', 'ApiKey', { raw: '{}', headers: { 'content-type': 'text/plain' } }), 415, 'content-type-unsupported'],
    [
      await t.request('POST', 'ApiKey', { raw: '{"name":"\\u0000"}', headers: { 'content-type': 'application/json' } }),
      422,
      'invalid-input',
    ],
    [await t.request('POST', 'ApiKey', { raw: 'x'.repeat(1_048_577), headers: { 'content-type': 'application/json' } }), 413, 'too-large'],
    [await t.request('PATCH', 'ApiKey'), 405, 'method-not-allowed'],
    [await t.request('GET', 'Nothing'), 404, 'not-found'],
  ] as const
  for (const [answer, status, code] of refusals) {
    assert.deepEqual([answer.status, answer.body.code], [status, code])
    assert.equal(answer.body.requestId, answer.headers.get('x-request-id'))
  }
  assert.equal((await t.request('PATCH', 'ApiKey')).headers.get('allow'), 'GET, HEAD, POST')
})

test('fixed path segments match in any letter case', async () => {
  assert.equal((await t.request('GET', '/api/v1/APIKEY')).status, 200)
  assert.equal((await t.request('POST', '/api/v1/auditlog/GetAll')).status, 200)
})

test('the same idempotency key and body get the same answer once; another body is refused; secrets are not remembered', async () => {
  const headers = { 'idempotency-key': 'k-1' }
  const body = { name: 'once', permissions: ['ApiKey:View'] }
  const first = await t.request('POST', 'ApiKey', { body, headers })
  const second = await t.request('POST', 'ApiKey', { body, headers })
  assert.deepEqual([first.status, second.status, second.body.id], [201, 201, first.body.id])
  assert.ok(!JSON.stringify(second.body).includes(first.body.key))
  const other = await t.request('POST', 'ApiKey', { body: { ...body, name: 'other' }, headers })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency-key-reused'])
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM api_key WHERE name = 'once'`)
  assert.equal(n, 1)
})

test('twenty requests at once with one idempotency key write once', async () => {
  const body = { name: 'race', permissions: ['ApiKey:View'] }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => t.request('POST', 'ApiKey', { body, headers: { 'idempotency-key': 'race' } })),
  )
  assert.ok(answers.every(({ status }) => status === 201 || status === 409))
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM api_key WHERE name = 'race'`)
  assert.equal(n, 1)
})

test('a workspace is changed only by whoever saw its latest state, and the change is audited', async () => {
  const seen = await t.request('GET', `Workspace/${t.workspaceId}`)
  const etag = seen.headers.get('etag') ?? ''
  const body = { name: 'Renamed', timeZone: 'Asia/Kolkata' }
  const changed = await t.request('PUT', `Workspace/${t.workspaceId}`, { body, headers: { 'if-match': etag } })
  assert.deepEqual([changed.status, changed.body.name, changed.body.timeZone], [200, 'Renamed', 'Asia/Kolkata'])
  assert.equal((await t.request('PUT', `Workspace/${t.workspaceId}`, { body, headers: { 'if-match': etag } })).status, 412)
  const log = await t.request('POST', 'AuditLog/getall', { body: { action: 'workspace.update' } })
  assert.deepEqual([log.body.totalCount, log.body.items[0].objectId, log.body.items[0].actor.type], [1, t.workspaceId, 'apiKey'])
})

test('the document names every route with operation id, summary, tag and permission', async () => {
  const { body: document } = await t.request('GET', '/api/v1/openapi.json', { key: null })
  assert.equal(document.openapi, '3.1.0')
  const operations = Object.entries(document.paths as Record<string, Record<string, Record<string, unknown>>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  assert.ok(operations.length > 5)
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { path, method, operation } of operations) {
    assert.ok(operation.operationId && operation.summary && operation.tags, `${method} ${path}`)
    if (path.startsWith('/api/v1/')) assert.ok(Array.isArray(operation['x-permission']), `${method} ${path} declares its permission`)
  }
})

test('the API page and its script come from here', async () => {
  const page = await t.request('GET', '/docs', { key: null })
  assert.equal(page.status, 200)
  assert.doesNotMatch(page.body, /https?:\/\//)
  assert.equal((await t.app.request('/docs/assets/scalar.js')).status, 200)
})

test('alive and ready', async () => {
  assert.equal((await t.request('GET', '/healthz', { key: null })).status, 200)
  assert.equal((await t.request('GET', '/readyz', { key: null })).status, 200)
  assert.match((await t.request('GET', '/metrics', { key: null })).body, /process_cpu/)
})
