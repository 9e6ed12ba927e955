import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, one, run, sql } from '../platform/db.ts'
import { makePool } from '../platform/pool.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { freezeCampaign } from './freeze.ts'
import { sweep } from './scheduler.ts'
import { nextStatus } from './status.ts'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 30, { tag: 'Base' })
})
after(() => t.drop())
const plain = (more: Record<string, unknown> = {}) => ({
  name: 'Plain',
  templateId: world.plainTemplateId,
  contactFilter: { tags: ['Base'] },
  ...more,
})
const create = async (more: Record<string, unknown> = {}) => (await t.request('POST', 'WhatsappCampaign', { body: plain(more) })).body
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const due = (id: string) => run(t.deps.pool, sql`UPDATE campaign SET scheduled_at = now() - interval '1 second' WHERE id = ${id}`)

for (const [from, event, to] of [
  ['Draft', 'start', 'Running'],
  ['Scheduled', 'unschedule', 'Draft'],
  ['Scheduled', 'fail', 'Failed'],
  ['Running', 'complete', 'Completed'],
  ['Running', 'start', undefined],
  ['Completed', 'cancel', undefined],
  ['Cancelled', 'start', undefined],
] as const)
  test(`${from} + ${event} → ${to ?? 'refused'}`, () => assert.equal(nextStatus(from, event), to))

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

test('steps that the state forbids are 409 with the state, and change nothing', async () => {
  const { id } = await create()
  for (const [verb, code] of [
    ['resume', 'campaign-not-resumable'],
    ['pause', 'campaign-not-pausable'],
    ['unschedule', 'campaign-not-scheduled'],
  ] as const) {
    const answer = await t.request('POST', `WhatsappCampaign/${id}/${verb}`)
    assert.deepEqual([answer.status, answer.body.code], [409, code])
    if (verb !== 'resume') assert.match(answer.body.detail, /Draft/)
  }
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/cancel`)).body.status, 'Cancelled')
  for (const verb of ['cancel', 'quick-run']) assert.equal((await t.request('POST', `WhatsappCampaign/${id}/${verb}`)).status, 409)
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/schedule`, { body: { scheduledAt: tomorrow() } })).status, 409)
})

test('schedule, pause, resume, unschedule, duplicate', async () => {
  const { id } = await create()
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/schedule`, { body: { scheduledAt: tomorrow() } })).body.status, 'Scheduled')
  const paused = (await t.request('POST', `WhatsappCampaign/${id}/pause`)).body
  assert.deepEqual([paused.status, paused.hold.reason], ['Scheduled', 'operator'])
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/resume`)).body.hold, null)
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/unschedule`)).body.status, 'Draft')
  const copy = await t.request('POST', `WhatsappCampaign/${id}/duplicate`)
  assert.deepEqual([copy.status, copy.body.status, copy.body.name], [201, 'Draft', 'Plain (copy)'])
})

test('fifty simultaneous quick-runs start it once', async () => {
  const { id } = await create()
  const answers = await Promise.all(Array.from({ length: 50 }, () => t.request('POST', `WhatsappCampaign/${id}/quick-run`)))
  assert.equal(answers.filter(({ status }) => status === 202).length, 1)
  assert.ok(answers.every(({ status, body }) => status === 202 || (status === 409 && body.code === 'campaign-not-runnable')))
  const { n } = await one<{ n: number }>(
    t.deps.pool,
    sql`SELECT count(*) AS n FROM audit_entry WHERE action = 'campaign.run' AND object_id = ${id}`,
  )
  assert.equal(n, 1)
})

test('nobody eligible: quick-run is 422 and the state stays', async () => {
  const { id } = await create({ contactFilter: { tags: ['Nobody'] } })
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/quick-run`)).body.code, 'empty-audience')
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}`)).body.status, 'Draft')
})

test('the freeze gives everybody one sequence number, skips with reasons, and knows one person by two numbers as one', async () => {
  const phones = ['+5585987654321', '+525512345678', '+919811111111', '+919811111112']
  for (const phone of phones) await t.request('POST', 'Contact', { body: { phone, tags: ['Freeze'], firstName: 'X' } })
  await run(
    t.deps.pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, tags)
        SELECT workspace_id, gen_random_uuid(), '+558587654321', send_key, tags FROM contact WHERE phone_e164 = '+5585987654321'`,
  )
  await run(t.deps.pool, sql`UPDATE contact SET is_active = false WHERE phone_e164 = '+919811111111'`)
  const id = await frozenCampaign(t, world, { tag: 'Freeze', plain: true })
  const rows = await many<{ seq: number; reason: string | null; address: string | null }>(
    t.deps.pool,
    sql`SELECT r.seq, m.skip_reason AS reason, r.address FROM recipient r LEFT JOIN message m ON m.campaign_id = r.campaign_id AND m.seq = r.seq
         WHERE r.campaign_id = ${id} ORDER BY r.seq`,
  )
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    rows.map((_, i) => i + 1),
  )
  assert.deepEqual(
    rows
      .map(({ reason }) => reason)
      .filter(Boolean)
      .sort(),
    ['duplicate_phone', 'inactive'],
  )
  assert.ok(rows.every(({ reason, address }) => (reason === null) === (address !== null)))
  const seen = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([seen.counts.audience, seen.counts.skipped + seen.counts.pending], [rows.length, rows.length])
  assert.ok(seen.frozenAt)
})

test('freezing twice, or by many workers at once, happens once', async () => {
  const { id } = await create()
  await t.request('POST', `WhatsappCampaign/${id}/quick-run`)
  const pools = [makePool(t.deps.config.DATABASE_URL ?? ''), makePool(t.deps.config.DATABASE_URL ?? '')]
  const results = await Promise.all([...pools, ...pools].map((pool) => freezeCampaign({ ...t.deps, pool }, t.workspaceId, id)))
  await Promise.all(pools.map((pool) => pool.end()))
  assert.equal(results.filter((result) => result === 'frozen').length, 1)
})

test('a due campaign starts exactly once however many schedulers look', async () => {
  const { id } = await create({ scheduledAt: tomorrow() })
  await due(id)
  const pools = Array.from({ length: 4 }, () => makePool(t.deps.config.DATABASE_URL ?? ''))
  await Promise.all([...pools, ...pools].map((pool) => sweep({ ...t.deps, pool })))
  await Promise.all(pools.map((pool) => pool.end()))
  const seen = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([seen.status, seen.counts.audience], ['Running', 30])
})

test('a schedule missed by more than the grace waits for a person; running it clears the hold', async () => {
  const { id } = await create({ scheduledAt: tomorrow() })
  await run(t.deps.pool, sql`UPDATE campaign SET scheduled_at = now() - interval '2 hours' WHERE id = ${id}`)
  await sweep(t.deps)
  const held = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([held.status, held.hold.reason], ['Scheduled', 'missed_schedule'])
  const ran = (await t.request('POST', `WhatsappCampaign/${id}/quick-run`)).body
  assert.deepEqual([ran.status, ran.hold], ['Running', null])
})

test('where approval is required a due campaign waits for the approval of its exact content', async () => {
  await run(t.deps.pool, sql`UPDATE workspace SET approval_required = true WHERE id = ${t.workspaceId}`)
  const { id } = await create({ scheduledAt: tomorrow() })
  const seen = async () => (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/approve`)).status, 200)
  await t.request('PUT', `WhatsappCampaign/${id}`, { body: plain({ name: 'Changed', scheduledAt: tomorrow() }) })
  await due(id)
  await sweep(t.deps)
  assert.deepEqual([(await seen()).status, (await seen()).hold.reason], ['Scheduled', 'awaiting_approval'])
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/approve`)).body.hold, null)
  await sweep(t.deps)
  assert.equal((await seen()).status, 'Running')
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/approve`)).body.code, 'campaign-not-approvable')
  await run(t.deps.pool, sql`UPDATE workspace SET approval_required = false WHERE id = ${t.workspaceId}`)
})

test('a paused campaign does not start when it is due', async () => {
  const { id } = await create({ scheduledAt: tomorrow() })
  await t.request('POST', `WhatsappCampaign/${id}/pause`)
  await due(id)
  await sweep(t.deps)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}`)).body.status, 'Scheduled')
})

test('a template that is no longer approved at the due time holds, an audience that became empty fails', async () => {
  const held = await create({ scheduledAt: tomorrow() })
  const failed = await create({ scheduledAt: tomorrow(), contactFilter: { tags: ['Nobody'] } })
  await due(failed.id)
  await sweep(t.deps)
  const seen = (await t.request('GET', `WhatsappCampaign/${failed.id}`)).body
  assert.deepEqual([seen.status, seen.failureReason.code], ['Failed', 'empty-audience'])
  await run(t.deps.pool, sql`UPDATE template SET status = 'PAUSED' WHERE id = ${world.plainTemplateId}`)
  await due(held.id)
  await sweep(t.deps)
  await run(t.deps.pool, sql`UPDATE template SET status = 'APPROVED' WHERE id = ${world.plainTemplateId}`)
  assert.equal((await t.request('GET', `WhatsappCampaign/${held.id}`)).body.hold.reason, 'template_paused')
})

test('cancel after the freeze settles everybody as Cancelled', async () => {
  const id = await frozenCampaign(t, world, { tag: 'Base', plain: true })
  const cancelled = (await t.request('POST', `WhatsappCampaign/${id}/cancel`)).body
  assert.deepEqual([cancelled.status, cancelled.counts.cancelled, cancelled.counts.pending], ['Cancelled', 30, 0])
  const list = (await t.request('GET', `WhatsappCampaign/${id}/contacts?statusFilter=cancelled`)).body
  assert.deepEqual([list.totalCount, list.items[0].status], [30, 'Cancelled'])
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
