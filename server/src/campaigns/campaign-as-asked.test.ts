import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { run, sql } from '../platform/db.ts'
import { plainCampaigns } from './test-plain-campaigns.ts'

const { t, world, plain, create, tomorrow } = await plainCampaigns()
after(() => t.drop())

test('the user’s example body is complete and valid: with a future time it is Scheduled', async () => {
  const body = {
    name: 'May Promo',
    templateId: world.plainTemplateId,
    scheduledAt: tomorrow(),
    contactFilter: { tags: ['VIP', 'Returning'], isActive: true },
  }
  const made = await t.request('POST', 'WhatsappCampaign', { body })
  assert.deepEqual([made.status, made.body.status, made.body.scheduledAt, made.body.hold], [201, 'Scheduled', body.scheduledAt, null])
  const list = await t.request('POST', 'WhatsappCampaign/getall', {
    body: { pageNumber: 1, pageSize: 10, sortBy: 'createddate desc', status: 'Scheduled', nameFilter: 'promo' },
  })
  assert.deepEqual(
    [list.status, list.body.totalCount, list.body.items[0].name, 'variables' in list.body.items[0]],
    [200, 1, 'May Promo', false],
  )
})

test('without a time it is a draft with an estimate, and what may be done follows state and permissions', async () => {
  const made = await create()
  assert.deepEqual([made.status, made.estimatedAudience, made.counts.audience], ['Draft', 30, 0])
  assert.deepEqual(made.actions, ['edit', 'run', 'schedule', 'cancel', 'testSend', 'duplicate', 'delete'])
  const viewer = await t.keyWith('WhatsappCampaign:View')
  assert.deepEqual((await t.request('GET', `WhatsappCampaign/${made.id}`, { key: viewer })).body.actions, [])
})

test('every bad field is named at once', async () => {
  const answer = await t.request('POST', 'WhatsappCampaign', {
    body: {
      name: ' ',
      templateId: 'x',
      scheduledAt: '2026-12-24T09:00:00',
      contactFilter: { tags: [''], nope: 1 },
      ratePerSecond: 0,
      unknownPolicy: 'guess',
      extra: true,
    },
  })
  assert.equal(answer.status, 422)
  assert.deepEqual(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
    '/contactFilter/nope',
    '/contactFilter/tags/0',
    '/extra',
    '/name',
    '/ratePerSecond',
    '/scheduledAt',
    '/templateId',
    '/unknownPolicy',
  ])
})

test('a schedule must pass the launch checks, each refusal by its name', async () => {
  const refuse = async (more: Record<string, unknown>) => {
    const answer = await t.request('POST', 'WhatsappCampaign', { body: plain({ scheduledAt: tomorrow(), ...more }) })
    return `${answer.status} ${answer.body.code}`
  }
  await run(
    t.deps.pool,
    sql`INSERT INTO template (workspace_id, id, account_id, name, language, category, status, components, parameters)
        VALUES (${t.workspaceId}, '01890a5d-ac96-774b-bcce-b302099a8001', ${world.accountId}, 'waiting', 'en_US', 'UTILITY', 'PENDING', '[{"type":"BODY","text":"x"}]', '[]')`,
  )
  assert.equal(await refuse({ templateId: '01890a5d-ac96-774b-bcce-b302099a8001' }), '422 template-not-approved')
  assert.equal(await refuse({ templateId: world.templateId }), '422 parameters-unmapped')
  assert.equal(await refuse({ contactFilter: {} }), '422 filter-empty')
  assert.equal(await refuse({ contactFilter: { tags: [] } }), '422 filter-empty')
  assert.equal(await refuse({ scheduledAt: '2020-01-01T00:00:00Z' }), '422 scheduled-in-past')
  assert.equal(await refuse({ senderId: '01890a5d-ac96-774b-bcce-b302099a8057' }), '422 sender-missing')
  assert.equal(await refuse({ contactFilter: { segmentId: '01890a5d-ac96-774b-bcce-b302099a8057' } }), '422 invalid-input')
  assert.equal(await refuse({ templateId: '01890a5d-ac96-774b-bcce-b302099a8057' }), '422 invalid-input')
  const products = '01890a5d-ac96-774b-bcce-b302099a8002'
  await run(
    t.deps.pool,
    sql`INSERT INTO template (workspace_id, id, account_id, name, language, category, status, components, parameters)
        VALUES (${t.workspaceId}, ${products}, ${world.accountId}, 'products', 'en_US', 'MARKETING', 'APPROVED',
                '[{"type":"BODY","text":"x"},{"type":"BUTTONS","buttons":[{"type":"MPM","text":"View"}]}]', '[]')`,
  )
  assert.equal(await refuse({ templateId: products }), '422 template-not-sendable')
  const draft = await t.request('POST', 'WhatsappCampaign', { body: plain({ templateId: products }) })
  assert.equal(draft.body.code, 'template-not-sendable', 'not even a draft: no edit of the campaign mends it')
  assert.match(draft.body.detail, /A button of type MPM cannot be sent/)
  const unmapped = await t.request('POST', 'WhatsappCampaign', { body: plain({ scheduledAt: tomorrow(), templateId: world.templateId }) })
  assert.deepEqual(
    unmapped.body.errors.map(({ pointer }: { pointer: string }) => pointer),
    ['/variables/body.1', '/variables/button.0'],
  )
})

test('PUT replaces the whole body, only by whoever saw the latest state, and only before it runs', async () => {
  const made = await create({ scheduledAt: tomorrow() })
  const seen = await t.request('GET', `WhatsappCampaign/${made.id}`)
  const put = await t.request('PUT', `WhatsappCampaign/${made.id}`, {
    body: plain({ name: 'Renamed' }),
    headers: { 'if-match': seen.headers.get('etag') ?? '' },
  })
  assert.deepEqual([put.status, put.body.name, put.body.status], [200, 'Renamed', 'Draft'])
  assert.equal(
    (await t.request('PUT', `WhatsappCampaign/${made.id}`, { body: plain(), headers: { 'if-match': seen.headers.get('etag') ?? '' } }))
      .status,
    412,
  )
  await t.request('POST', `WhatsappCampaign/${made.id}/quick-run`)
  assert.equal((await t.request('PUT', `WhatsappCampaign/${made.id}`, { body: plain() })).body.code, 'campaign-not-editable')
})

test('delete is soft, refused while running, and the campaign is gone afterwards', async () => {
  const { id } = await create()
  await t.request('POST', `WhatsappCampaign/${id}/quick-run`)
  assert.equal((await t.request('DELETE', `WhatsappCampaign/${id}`)).status, 409)
  await t.request('POST', `WhatsappCampaign/${id}/cancel`)
  assert.equal((await t.request('DELETE', `WhatsappCampaign/${id}`)).status, 204)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}`)).status, 404)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/contacts`)).status, 404)
})

test('tabs count by status and follow the name filter; names are compared literally', async () => {
  await create({ name: '100% off_now' })
  const counts = (await t.request('GET', 'WhatsappCampaign/status-counts?nameFilter=100%25')).body
  assert.deepEqual(counts, { All: 1, Draft: 1, Scheduled: 0, Running: 0, Completed: 0, Failed: 0, Cancelled: 0 })
  assert.equal((await t.request('POST', 'WhatsappCampaign/getall', { body: { nameFilter: 'off_n' } })).body.totalCount, 1)
  assert.equal((await t.request('POST', 'WhatsappCampaign/getall', { body: { nameFilter: 'offXn' } })).body.totalCount, 0)
  for (const sortBy of ['createddate desc', 'UpdatedDate', 'scheduledat asc', 'NAME desc', 'status'])
    assert.equal((await t.request('POST', 'WhatsappCampaign/getall', { body: { sortBy } })).status, 200, sortBy)
  assert.equal((await t.request('POST', 'WhatsappCampaign/getall', { body: { sortBy: 'id; drop table' } })).status, 422)
})

test('the preview’s waterfall adds up, shows real people and stores nothing', async () => {
  await run(t.deps.pool, sql`UPDATE contact SET opted_out_at = now() WHERE phone_e164 IN ('+919700000000', '+919700000001')`)
  await run(t.deps.pool, sql`UPDATE contact SET first_name = NULL WHERE phone_e164 = '+919700000002'`)
  const answer = await t.request('POST', 'WhatsappCampaign/preview', {
    body: {
      templateId: world.templateId,
      contactFilter: { tags: ['Base'] },
      variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' },
    },
  })
  assert.equal(answer.status, 200)
  const { matched, eligible, excluded, samples, approximate } = answer.body
  assert.deepEqual([matched, eligible, approximate], [30, 27, false])
  assert.equal(matched, eligible + excluded.reduce((sum: number, { count }: { count: number }) => sum + count, 0))
  assert.match(samples.find(({ text }: { text: unknown }) => text !== null).text.body, /^Hi Person \d+, see this\.$/)
  await run(t.deps.pool, sql`UPDATE contact SET opted_out_at = NULL, first_name = 'Back' WHERE workspace_id = ${t.workspaceId}`)
})

test('every route refuses no key, the wrong permission and another workspace’s campaign', async () => {
  const { id } = await create()
  const routes: [string, string, unknown?][] = [
    ['GET', `WhatsappCampaign/${id}`],
    ['PUT', `WhatsappCampaign/${id}`, plain()],
    ['DELETE', `WhatsappCampaign/${id}`],
    ...['quick-run', 'cancel', 'pause', 'resume', 'approve', 'unschedule', 'duplicate'].map(
      (verb) => ['POST', `WhatsappCampaign/${id}/${verb}`] as [string, string],
    ),
    ['POST', `WhatsappCampaign/${id}/schedule`, { scheduledAt: tomorrow() }],
    ['POST', `WhatsappCampaign/${id}/resend`, { outcome: 'Failed' }],
    ['POST', `WhatsappCampaign/${id}/unknown`, { action: 'giveUp' }],
    ['POST', `WhatsappCampaign/${id}/test-send`, { phones: ['+919876500011'] }],
    ...['contacts', 'button-clicks', 'failures', 'replies', 'timeline', 'export', 'events'].map(
      (name) => ['GET', `WhatsappCampaign/${id}/${name}`] as [string, string],
    ),
    ['GET', `WhatsappCampaign/${id}/contacts/${id}`],
  ]
  const weak = await t.keyWith('ApiKey:View')
  for (const [method, path, body] of routes) {
    const options = body === undefined ? {} : { body }
    assert.equal((await t.request(method, path, { ...options, key: null })).status, 401, path)
    assert.equal((await t.request(method, path, { ...options, key: weak })).status, 403, path)
    if (method !== 'PUT') assert.equal((await t.request(method, path, { ...options, key: t.foreign.key })).status, 404, `${method} ${path}`)
  }
  for (const [method, path, body] of [
    ['POST', 'WhatsappCampaign', plain()],
    ['POST', 'WhatsappCampaign/getall', {}],
    ['POST', 'WhatsappCampaign/preview', {}],
    ['GET', 'WhatsappCampaign/status-counts'],
    ['GET', 'WhatsappCampaign/dashboard/main'],
  ] as [string, string, unknown?][]) {
    const options = body === undefined ? {} : { body }
    assert.equal((await t.request(method, path, { ...options, key: null })).status, 401, path)
    assert.equal((await t.request(method, path, { ...options, key: weak })).status, 403, path)
  }
  const theirs = await t.request('POST', 'WhatsappCampaign', { body: plain(), key: t.foreign.key })
  assert.equal(theirs.status, 422)
})
