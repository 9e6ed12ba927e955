import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { completeIfSettled } from '../dispatch/completion.ts'
import { applyUnknownPolicies } from '../dispatch/policies.ts'
import { applyProofs, type Inference, recordResults } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { freezeCampaign } from './freeze.ts'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 6, { tag: 'R' })
})
after(() => t.drop())

const infer = (campaignId: string, seq: number, state: Inference['state']): Inference => ({
  campaignId,
  seq,
  attempt: 1,
  state,
  tries: 1,
  code: state === STATE.rejected ? 131026 : null,
  title: null,
  isRetryable: state === STATE.rejected ? true : null,
  intendedAt: new Date(),
  event: { kind: 'test', detail: '' },
})
const sent = (campaignId: string, seq: number) => ({
  campaignId,
  seq,
  attempt: 1,
  wamid: `w${seq}`,
  acceptedAt: new Date(),
  intendedAt: new Date(),
  isHeld: false,
})

/** Six people: 1 and 2 Sent, 3 Failed, 4 and 5 Unknown, 6 still in flight. */
async function running(): Promise<string> {
  const id = await frozenCampaign(t, world, { tag: 'R', plain: true })
  await run(t.deps.pool, sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = 6 WHERE campaign_id = ${id}`)
  await inTransaction(t.deps.pool, (tx) =>
    recordResults(
      tx,
      t.workspaceId,
      [sent(id, 1), sent(id, 2)],
      [infer(id, 3, STATE.rejected), infer(id, 4, STATE.unknown), infer(id, 5, STATE.unknown)],
    ),
  )
  return id
}
async function completed(): Promise<string> {
  const id = await running()
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, [sent(id, 6)], []))
  assert.equal(await completeIfSettled(t.deps.pool, t.workspaceId, id), true)
  return id
}
const countsOf = async (id: string) => (await t.request('GET', `WhatsappCampaign/${id}`)).body.counts
const audienceOf = async (id: string) => {
  await freezeCampaign(t.deps, t.workspaceId, id)
  const rows = await many<{ seq: number }>(
    t.deps.pool,
    sql`SELECT p.seq FROM recipient r JOIN campaign c ON c.id = r.campaign_id JOIN recipient p ON p.campaign_id = c.parent_id AND p.contact_id = r.contact_id
         WHERE r.campaign_id = ${id} ORDER BY p.seq`,
  )
  return rows.map(({ seq }) => seq)
}
const resend = (id: string, body: Record<string, unknown>) => t.request('POST', `WhatsappCampaign/${id}/resend`, { body })
const decide = (id: string, action: string) => t.request('POST', `WhatsappCampaign/${id}/unknown`, { body: { action } })

for (const [outcome, acceptDoubles, seqs] of [
  ['Failed', undefined, [3]],
  ['Failed', true, [3, 4, 5]],
  ['NotDelivered', false, [1, 2, 6]],
  ['NotDelivered', true, [1, 2, 4, 5, 6]],
  ['Unknown', undefined, [4, 5]],
] as const)
  test(`resend to ${outcome}${acceptDoubles ? ' accepting doubles' : ''} is a linked draft to exactly those people`, async () => {
    const id = await completed()
    const child = await resend(id, { outcome, ...(acceptDoubles === undefined ? {} : { acceptDoubles }) })
    assert.deepEqual([child.status, child.body.status, child.body.parentId], [201, 'Draft', id])
    assert.equal((await t.request('POST', `WhatsappCampaign/${child.body.id}/quick-run`)).status, 202)
    assert.deepEqual(await audienceOf(child.body.id), seqs)
  })

test('a receipt that comes before the resend starts takes that person out of it', async () => {
  const id = await completed()
  const child = (await resend(id, { outcome: 'Unknown' })).body.id
  await inTransaction(t.deps.pool, (tx) =>
    applyProofs(tx, t.workspaceId, [{ campaignId: id, seq: 4, attempt: 1, state: STATE.delivered, at: new Date(), wamid: 'late' }]),
  )
  await t.request('POST', `WhatsappCampaign/${child}/quick-run`)
  assert.deepEqual(await audienceOf(child), [5])
})

test('a running campaign is not resent, an outcome nobody has is refused, and so is rubbish', async () => {
  const id = await running()
  assert.deepEqual(
    [(await resend(id, { outcome: 'Failed' })).status, (await resend(id, { outcome: 'Failed' })).body.code],
    [409, 'campaign-not-resendable'],
  )
  assert.equal((await resend(await completed(), { outcome: 'NotRead' })).body.code, 'empty-audience')
  assert.equal((await resend(id, { outcome: 'Everybody' })).status, 422)
  assert.equal((await decide(id, 'pray')).status, 422)
})

test('resending the Unknown of a running campaign makes them Pending with a retry due; a late acceptance takes the retry back', async () => {
  const id = await running()
  const answer = await decide(id, 'resend')
  assert.deepEqual([answer.status, answer.body.counts.unknown, answer.body.counts.pending], [200, 0, 3])
  const retries = () => one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM message_retry WHERE campaign_id = ${id}`)
  assert.equal((await retries()).n, 2)
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, [sent(id, 4)], []))
  assert.equal((await retries()).n, 1)
  const { counts } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([counts.sent, counts.pending, counts.unknown, counts.failed], [3, 2, 0, 1])
  const entry = await one<{ detail: { count: number } }>(
    t.deps.pool,
    sql`SELECT detail FROM audit_entry WHERE action = 'campaign.unknown.resend' AND object_id = ${id}`,
  )
  assert.equal(entry.detail.count, 2)
})

test('resending the Unknown of a completed campaign starts a linked child at once; nobody left to decide about is 409', async () => {
  const id = await completed()
  const answer = await decide(id, 'resend')
  assert.deepEqual([answer.status, answer.body.parentId, answer.body.status], [200, id, 'Running'])
  assert.deepEqual(await audienceOf(answer.body.id), [4, 5])
  assert.equal((await decide(id, 'giveUp')).body.counts.unknown, 2)
  assert.equal((await decide(id, 'giveUp')).body.code, 'nothing-unknown')
  assert.equal((await decide(id, 'resend')).body.code, 'empty-audience')
})

test('under policy resend doubt goes back to Pending after 20 minutes, not before, and the campaign waits for it for 8 days at most', async () => {
  const id = await running()
  await run(t.deps.pool, sql`UPDATE campaign SET unknown_policy = 'resend' WHERE id = ${id}`)
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, [sent(id, 6)], []))
  assert.equal(await applyUnknownPolicies(t.deps.pool), 0)
  assert.equal(await completeIfSettled(t.deps.pool, t.workspaceId, id), false)
  await run(t.deps.pool, sql`UPDATE message SET intended_at = now() - interval '21 minutes' WHERE campaign_id = ${id} AND seq = 4`)
  await run(t.deps.pool, sql`UPDATE message SET intended_at = now() - interval '9 days' WHERE campaign_id = ${id} AND seq = 5`)
  assert.equal(await applyUnknownPolicies(t.deps.pool), 1)
  assert.deepEqual([(await countsOf(id)).pending, (await countsOf(id)).unknown], [1, 1])
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, [sent(id, 4)], []))
  assert.equal(await completeIfSettled(t.deps.pool, t.workspaceId, id), true)
})

test('a late proof that nothing was written, in a completed campaign, is a failure offered for resend', async () => {
  const id = await completed()
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, [], [infer(id, 4, STATE.pending)]))
  const { counts } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([counts.failed, counts.unknown, counts.cancelled], [2, 1, 0])
})
