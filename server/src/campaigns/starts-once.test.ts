import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { many, one, run, sql } from '../platform/db.ts'
import { makePool } from '../platform/pool.ts'
import { freezeCampaign } from './freeze.ts'
import { sweep } from './scheduler.ts'
import { nextStatus } from './status.ts'
import { frozenCampaign } from './test-campaign.ts'
import { plainCampaigns } from './test-plain-campaigns.ts'

const { t, world, plain, create, tomorrow } = await plainCampaigns()
after(() => t.drop())
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
