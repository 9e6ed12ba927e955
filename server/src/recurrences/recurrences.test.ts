import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sweep } from '../campaigns/scheduler.ts'
import { addContacts, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { makeDueCampaigns } from './occur.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 5, { tag: 'R' })
})
after(() => t.drop())

const DAY_MS = 86_400_000
/** The full minute `days` from now: a daily rule that starts there happens then. */
const minute = (days: number) => new Date(Math.floor(Date.now() / 60_000) * 60_000 + days * DAY_MS).toISOString()
const body = (more: Record<string, unknown> = {}) => ({
  name: 'Digest',
  rule: 'FREQ=DAILY',
  startsAt: minute(-3),
  timeZone: 'UTC',
  campaign: { templateId: world.plainTemplateId, contactFilter: { tags: ['R'] }, ratePerSecond: 7, canary: { share: 0.5, waitMinutes: 3 } },
  ...more,
})
const create = async (more: Record<string, unknown> = {}) => {
  const made = await t.request('POST', 'Recurrence', { body: body(more) })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body
}
const dueAt = (id: string, at: string) => run(t.deps.pool, sql`UPDATE recurrence SET next_at = ${at} WHERE id = ${id}`)
const campaignsOf = (id: string) =>
  many<{ name: string; status: string; scheduled_at: Date; rate_per_second: number; canary: unknown; approved_version: number | null }>(
    t.deps.pool,
    sql`SELECT name, status, scheduled_at, rate_per_second, canary, approved_version FROM campaign WHERE recurrence_id = ${id} ORDER BY occurrence_at`,
  )

test('a due recurrence makes one campaign with its content, however many look at once, and names its next time', async () => {
  const { id, nextAt, upcoming } = await create()
  assert.equal(upcoming.length, 5)
  assert.equal(upcoming[0], nextAt)
  await makeDueCampaigns(t.deps)
  assert.deepEqual(await campaignsOf(id), [], 'it is not due yet')
  const at = minute(0)
  await dueAt(id, at)
  await Promise.all(Array.from({ length: 8 }, () => makeDueCampaigns(t.deps)))
  const [made, ...more] = await campaignsOf(id)
  assert.deepEqual(more, [])
  assert.deepEqual(
    { ...made, scheduled_at: made?.scheduled_at.toISOString() },
    {
      name: `Digest · ${at.slice(0, 10)}`,
      status: 'Scheduled',
      scheduled_at: at,
      rate_per_second: 7,
      canary: { share: 0.5, waitMinutes: 3 },
      approved_version: null,
    },
  )
  const now = await t.request('GET', `Recurrence/${id}`)
  assert.equal(now.body.nextAt, new Date(Date.parse(at) + DAY_MS).toISOString())
  assert.equal(now.body.campaigns, 1)
  const list = await t.request('POST', 'WhatsappCampaign/getall', { body: { recurrenceId: id } })
  assert.deepEqual(
    list.body.items.map((item: { id: string; recurrenceId: string }) => [item.id, item.recurrenceId]),
    [[now.body.lastCampaign.id, id]],
  )
  await sweep(t.deps)
  assert.equal((await campaignsOf(id))[0]?.status, 'Running')
})

test('of several times that passed while nothing ran only the latest is made, and it waits for a person', async () => {
  const { id } = await create()
  await dueAt(id, minute(-3))
  await run(
    t.deps.pool,
    sql`UPDATE recurrence SET starts_at = starts_at - interval '2 hours', next_at = next_at - interval '2 hours' WHERE id = ${id}`,
  )
  await makeDueCampaigns(t.deps)
  const [only, ...more] = await campaignsOf(id)
  assert.equal(more.length, 0)
  assert.equal(only?.scheduled_at.toISOString(), new Date(Date.parse(minute(0)) - 2 * 3_600_000).toISOString())
  await sweep(t.deps)
  const { lastCampaign } = (await t.request('GET', `Recurrence/${id}`)).body
  const campaign = (await t.request('GET', `WhatsappCampaign/${lastCampaign.id}`)).body
  assert.deepEqual([campaign.status, campaign.hold.reason], ['Scheduled', 'missed_schedule'])
})

test('paused it makes nothing; resumed it goes on with the next time from now; ended it says so', async () => {
  const { id } = await create({ rule: 'FREQ=DAILY;COUNT=5' })
  const paused = await t.request('POST', `Recurrence/${id}/pause`)
  assert.deepEqual([paused.status, paused.body.status, paused.body.nextAt], [200, 'Paused', null])
  assert.equal((await t.request('POST', `Recurrence/${id}/pause`)).status, 409)
  await dueAt(id, minute(-1))
  await makeDueCampaigns(t.deps)
  assert.deepEqual(await campaignsOf(id), [])
  const resumed = await t.request('POST', `Recurrence/${id}/resume`)
  assert.ok(Date.parse(resumed.body.nextAt) > Date.now())
  assert.equal((await t.request('POST', `Recurrence/${id}/resume`)).status, 409)
  await run(t.deps.pool, sql`UPDATE recurrence SET starts_at = ${minute(-4)}, next_at = ${minute(0)} WHERE id = ${id}`)
  await makeDueCampaigns(t.deps)
  assert.equal((await campaignsOf(id)).length, 1)
  assert.deepEqual((await t.request('GET', `Recurrence/${id}`)).body.status, 'Ended', 'the fifth of five')
})

test('where approval is required, an approved recurrence’s campaigns start, and a changed one’s wait', async () => {
  await run(t.deps.pool, sql`UPDATE workspace SET approval_required = true WHERE id = ${t.workspaceId}`)
  try {
    const { id } = await create()
    assert.equal((await t.request('POST', `Recurrence/${id}/approve`)).body.isApproved, true)
    await dueAt(id, minute(0))
    await makeDueCampaigns(t.deps)
    await sweep(t.deps)
    assert.equal((await campaignsOf(id)).at(-1)?.status, 'Running')
    const changed = await t.request('PUT', `Recurrence/${id}`, { body: body({ name: 'Other digest' }) })
    assert.equal(changed.body.isApproved, false)
    await run(t.deps.pool, sql`DELETE FROM campaign WHERE recurrence_id = ${id}`)
    await dueAt(id, minute(0))
    await makeDueCampaigns(t.deps)
    await sweep(t.deps)
    const { lastCampaign } = (await t.request('GET', `Recurrence/${id}`)).body
    assert.equal((await t.request('GET', `WhatsappCampaign/${lastCampaign.id}`)).body.hold.reason, 'awaiting_approval')
  } finally {
    await run(t.deps.pool, sql`UPDATE workspace SET approval_required = false WHERE id = ${t.workspaceId}`)
  }
})

test('bad input is named: rule, time, zone, content; a rule that never happens again is refused', async () => {
  for (const [more, pointer] of [
    [{ rule: 'FREQ=HOURLY' }, '/rule'],
    [{ rule: 'FREQ=DAILY;COUNT=1' }, '/rule'],
    [{ startsAt: '2027-01-01T09:00:00' }, '/startsAt'],
    [{ timeZone: 'Mars/Base' }, '/timeZone'],
    [{ name: ' ' }, '/name'],
    [{ campaign: { templateId: world.plainTemplateId, contactFilter: {} } }, '/contactFilter'],
    [{ campaign: { templateId: world.plainTemplateId, contactFilter: { everyone: true }, scheduledAt: null } }, '/campaign/scheduledAt'],
  ] as const) {
    const answer = await t.request('POST', 'Recurrence', { body: body(more) })
    assert.equal(answer.status, 422, JSON.stringify(more))
    assert.ok(
      answer.body.errors.some((error: { pointer: string }) => error.pointer.endsWith(pointer)),
      JSON.stringify(answer.body.errors),
    )
  }
  const preview = await t.request('POST', 'Recurrence/preview', {
    body: { rule: 'FREQ=WEEKLY', startsAt: minute(1), timeZone: 'Asia/Kolkata' },
  })
  assert.equal(preview.body.items.length, 10)
  assert.equal(preview.body.items[0], minute(1))
})

test('another workspace sees none of it, a key without the permission is told which, a changed one is not overwritten, deleting keeps campaigns', async () => {
  const { id } = await create()
  await dueAt(id, minute(0))
  await makeDueCampaigns(t.deps)
  const old = await t.request('GET', `Recurrence/${id}`)
  await t.request('PUT', `Recurrence/${id}`, { body: body({ name: 'Changed' }) })
  const stale = { 'if-match': old.headers.get('etag') ?? '' }
  assert.equal((await t.request('PUT', `Recurrence/${id}`, { body: body(), headers: stale })).status, 412)
  assert.equal((await t.request('GET', `Recurrence/${id}`, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('DELETE', `Recurrence/${id}`, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('DELETE', `Recurrence/${id}`)).status, 204)
  assert.equal((await t.request('GET', `Recurrence/${id}`)).status, 404)
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM campaign WHERE recurrence_id = ${id}`)
  assert.equal(n, 1)
})
