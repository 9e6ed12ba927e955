import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestMeta, testMeta } from '../accounts/test-meta.ts'
import { clearHolds, setHold } from '../dispatch/holds.ts'
import { one, run, sql } from '../platform/db.ts'
import { freezeCampaign } from './freeze.ts'
import { addContacts } from './test-campaign.ts'

let meta: TestMeta
let accountId: string
let templateId: string
let numberId: string
before(async () => {
  meta = await testMeta()
  accountId = (await meta.connect()).id
  templateId = (await one<{ id: string }>(meta.t.deps.pool, sql`SELECT id FROM template WHERE name = 'hello_world'`)).id
  numberId = (await one<{ id: string }>(meta.t.deps.pool, sql`SELECT id FROM phone_number WHERE is_default`)).id
  await addContacts(meta.t, 5, { tag: 'Base' })
})
after(() => meta.close())

/** A Running, frozen campaign. */
async function running(): Promise<string> {
  const made = await meta.t.request('POST', 'WhatsappCampaign', { body: { name: 'Held', templateId, contactFilter: { tags: ['Base'] } } })
  await meta.t.request('POST', `WhatsappCampaign/${made.body.id}/quick-run`)
  assert.equal(await freezeCampaign(meta.t.deps, meta.t.workspaceId, made.body.id), 'frozen')
  return made.body.id
}
const resume = (id: string) => meta.t.request('POST', `WhatsappCampaign/${id}/resume`)
const holdAt = (scope: 'account' | 'number' | 'template', reason: Parameters<typeof setHold>[1]['reason']) =>
  setHold(meta.t.deps.pool, {
    workspaceId: meta.t.workspaceId,
    scope,
    scopeId: { account: accountId, number: numberId, template: templateId }[scope],
    reason,
    detail: 'Something happened.',
  })
const hasHold = async () => (await one<{ n: number }>(meta.t.deps.pool, sql`SELECT count(*) AS n FROM hold`)).n > 0

for (const [scope, reason] of [
  ['account', 'token_invalid'],
  ['account', 'payment'],
  ['account', 'account_restricted'],
  ['number', 'account_restricted'],
  ['number', 'provider_outage'],
  ['number', 'restored'],
  ['template', 'template_paused'],
] as const)
  test(`resuming asks Meta about ${reason} of the ${scope}, and goes on when it is mended`, async () => {
    const id = await running()
    await holdAt(scope, reason)
    assert.equal((await meta.t.request('GET', `WhatsappCampaign/${id}`)).body.hold.reason, reason)
    const answer = await resume(id)
    assert.deepEqual([answer.status, answer.body.hold], [200, null])
    assert.equal(await hasHold(), false)
  })

test('a token that Meta refuses keeps its hold: 409, and nothing is cleared', async () => {
  const id = await running()
  await holdAt('account', 'token_invalid')
  await meta.t.request('POST', `WhatsappCampaign/${id}/pause`)
  await meta.t.request('PUT', `WhatsappAccount/${accountId}`, {
    body: { name: 'Store', wabaId: meta.simulator.wabaId, accessToken: 'revoked' },
  })
  const answer = await resume(id)
  assert.deepEqual([answer.status, answer.body.code], [409, 'hold-stands'])
  const { n } = await one<{ n: number }>(meta.t.deps.pool, sql`SELECT count(*) AS n FROM hold`)
  assert.equal(n, 2)
  await meta.t.request('PUT', `WhatsappAccount/${accountId}`, {
    body: { name: 'Store', wabaId: meta.simulator.wabaId, accessToken: meta.simulator.accessToken },
  })
  assert.equal((await resume(id)).status, 200)
})

test('a template that Meta still pauses keeps its hold', async () => {
  const id = await running()
  const template = meta.simulator.wabas[0]?.templates.find(({ name }) => name === 'hello_world')
  assert.ok(template)
  template.status = 'PAUSED'
  await holdAt('template', 'template_paused')
  assert.equal((await resume(id)).body.code, 'hold-stands')
  template.status = 'APPROVED'
  assert.equal((await resume(id)).status, 200)
})

test('a template paused between start and freeze holds the campaign; it freezes once approved', async () => {
  const { t } = meta
  const { body } = await t.request('POST', 'WhatsappCampaign', { body: { name: 'Late', templateId, contactFilter: { tags: ['Base'] } } })
  await t.request('POST', `WhatsappCampaign/${body.id}/quick-run`)
  await run(t.deps.pool, sql`UPDATE template SET status = 'PAUSED' WHERE id = ${templateId}`)
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, body.id), 'held')
  const seen = (await t.request('GET', `WhatsappCampaign/${body.id}`)).body
  assert.deepEqual([seen.status, seen.hold.reason], ['Running', 'template_paused'])
  assert.equal((await resume(body.id)).status, 200)
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, body.id), 'frozen')
})

test('a cancel while the audience is being written wins: it answers at once, and nothing of the audience stays', async () => {
  const { t } = meta
  const { body } = await t.request('POST', 'WhatsappCampaign', { body: { name: 'Cut', templateId, contactFilter: { tags: ['Base'] } } })
  await t.request('POST', `WhatsappCampaign/${body.id}/quick-run`)
  const blocker = await t.deps.pool.connect()
  try {
    await blocker.query('BEGIN; LOCK TABLE campaign_slice IN ACCESS EXCLUSIVE MODE') // the freeze waits here, its people already written
    const freezing = freezeCampaign(t.deps, t.workspaceId, body.id)
    assert.equal((await t.request('POST', `WhatsappCampaign/${body.id}/cancel`)).body.status, 'Cancelled')
    await blocker.query('COMMIT')
    assert.equal(await freezing, 'gone')
  } finally {
    blocker.release()
  }
  const left = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM recipient WHERE campaign_id = ${body.id}`)
  assert.equal(left.n, 0)
})

test('news from before a hold was cleared does not set it again; later news does', async () => {
  const { deps, workspaceId } = meta.t
  const hold = { workspaceId, scope: 'account', scopeId: accountId, reason: 'payment', detail: '' } as const
  const before = new Date(Date.now() - 1_000)
  await setHold(deps.pool, hold)
  assert.equal(await hasHold(), true)
  assert.equal(await clearHolds(deps.pool, { workspaceId, scope: 'account', scopeId: accountId }), 1)
  await setHold(deps.pool, { ...hold, happenedAt: before })
  assert.equal(await hasHold(), false)
  await setHold(deps.pool, { ...hold, happenedAt: new Date(Date.now() + 1_000) })
  assert.equal(await hasHold(), true)
  await clearHolds(deps.pool, { workspaceId, scope: 'account', scopeId: accountId })
})
