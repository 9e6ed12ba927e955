import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { addContacts } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { watchSafety } from './safety-watch.ts'
import { applyProofs } from './settle.ts'
import { nextSlice } from './slices.ts'
import { STATE } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'

let n: TestNumber
before(async () => {
  n = await testNumber()
})
after(() => n.t.drop())

let tags = 0
/** A frozen campaign to `people` new contacts of which the first `optedOut` may not be messaged. */
async function started(people: number, options: Record<string, unknown>, optedOut = 0): Promise<string> {
  const tag = `Safety ${++tags}`
  await addContacts(n.t, people, { tag, from: tags * 1_000 })
  if (optedOut > 0)
    await run(
      n.t.deps.pool,
      sql`UPDATE contact SET is_active = false WHERE id IN (SELECT id FROM contact WHERE tags = ARRAY[${tag}] ORDER BY id LIMIT ${optedOut})`,
    )
  const made = await n.t.request('POST', 'WhatsappCampaign', {
    body: { name: tag, templateId: n.world.plainTemplateId, contactFilter: { tags: [tag] }, ...options },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${made.body.id}/quick-run`)).status, 202)
  assert.equal(await freezeCampaign(n.t.deps, n.t.workspaceId, made.body.id), 'frozen')
  return made.body.id
}
const canarySeq = async (id: string) =>
  (await one<{ n: number | null }>(n.t.deps.pool, sql`SELECT canary_seq AS n FROM campaign WHERE id = ${id}`)).n
const campaignNow = async (id: string) => ({ ...n.campaign(id), canarySeq: await canarySeq(id) })
const next = async (id: string) => nextSlice(n.t.deps.pool, await campaignNow(id), 0, [])
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
/** Sends to (from, to] and has Meta accept each. */
async function send(id: string, from: number, to: number): Promise<number[]> {
  const seqs = await n.seqs(id, from, to)
  assert.ok(seqs !== 'refused')
  await n.record(seqs.map((seq) => acceptance(id, seq)))
  return seqs
}
const deliver = (id: string, seqs: readonly number[]) =>
  inTransaction(n.t.deps.pool, (tx) =>
    applyProofs(
      tx,
      n.t.workspaceId,
      seqs.map((seq) => ({ campaignId: id, seq, attempt: 1, state: STATE.delivered, wamid: `wamid.${seq}`, at: new Date() })),
    ),
  )
const look = async (id: string) => (await n.t.request('GET', `WhatsappCampaign/${id}`)).body
const failAll = (id: string, seqs: readonly number[]) =>
  n.record(
    [],
    seqs.map((seq) => inference(id, seq, STATE.rejected, { code: 131026, title: 'Undeliverable', isRetryable: false })),
  )

test('nobody past the canary is read or intended until half of it is delivered; then all go, by themselves', async () => {
  const id = await started(60, { canary: { share: 0.2, waitMinutes: 5 } }, 5)
  assert.equal(await canarySeq(id), 16, '11 of the 55 eligible, behind five who are skipped')
  assert.deepEqual(await next(id), { sliceNo: 0, cursorSeq: 0, lastSeq: 16 })
  assert.equal(await n.seqs(id, 0, 17), 'refused', 'the intent itself looks too')
  assert.deepEqual(await send(id, 0, 10), range(6, 10))
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold, null, 'it is still being sent to')
  await send(id, 10, 16)
  assert.equal(await next(id), undefined)
  await watchSafety(n.t.deps.pool)
  const waiting = await look(id)
  assert.equal(waiting.hold.reason, 'canary')
  assert.match(waiting.hold.detail, /first 11 people/)
  await deliver(id, range(6, 10))
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold.reason, 'canary', 'five of eleven are not half')
  await deliver(id, [11])
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold, null)
  assert.deepEqual(await next(id), { sliceNo: 0, cursorSeq: 16, lastSeq: 60 })
  assert.deepEqual(await send(id, 16, 60), range(17, 60))
  await n.assertConsistent(id)
  const told = await many<{ detail: unknown }>(
    n.t.deps.pool,
    sql`SELECT detail FROM audit_entry WHERE action = 'campaign.canary.passed' AND object_id = ${id}`,
  )
  assert.deepEqual(told, [{ detail: { asked: 11, delivered: 6, failed: 0 } }])
})

test('a canary that fails stays held, however many receipts follow, until a person resumes', async () => {
  const id = await started(40, { canary: { share: 0.25, waitMinutes: 5 } })
  await send(id, 0, 8)
  assert.deepEqual(await n.seqs(id, 8, 10), [9, 10])
  await failAll(id, [9, 10])
  await watchSafety(n.t.deps.pool)
  const held = await look(id)
  assert.equal(held.hold.reason, 'canary')
  assert.match(held.hold.detail, /2 of the first 10 failed/)
  await deliver(id, range(1, 8))
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold.reason, 'canary')
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${id}/resume`)).status, 200)
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold, null)
  assert.deepEqual(await send(id, 10, 40), range(11, 40))
})

test('resuming a pause leaves the canary closed', async () => {
  const id = await started(30, { canary: { share: 0.1, waitMinutes: 5 } })
  await send(id, 0, 10)
  await watchSafety(n.t.deps.pool)
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${id}/resume`)).status, 200, 'seeing the canary’s hold they do not wait')
  const paused = await started(30, { canary: { share: 0.1, waitMinutes: 5 } })
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${paused}/pause`)).status, 200)
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${paused}/resume`)).status, 200)
  assert.equal(await canarySeq(paused), 10)
  assert.equal(await canarySeq(id), null)
})

test('an audience that is not larger than a canary waits for nothing', async () => {
  assert.equal(await canarySeq(await started(10, { canary: { share: 0.01, waitMinutes: 1 } })), null)
})

test('the circuit breaker holds at its share; who resumes accepts the failures so far, not those to come', async () => {
  const id = await started(90, { circuitBreaker: { failureShare: 0.2, afterMessages: 20 } })
  await send(id, 0, 15)
  assert.notEqual(await n.seqs(id, 15, 19), 'refused')
  await failAll(id, range(16, 19))
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold, null, 'nineteen are too few to judge by')
  assert.notEqual(await n.seqs(id, 19, 20), 'refused')
  await failAll(id, [20])
  await watchSafety(n.t.deps.pool)
  const held = await look(id)
  assert.equal(held.hold.reason, 'circuit_breaker')
  assert.match(held.hold.detail, /^5 of the last 20 messages failed, more than 20 %/)
  assert.equal(await n.seqs(id, 20, 30), 'refused')
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${id}/resume`)).status, 200)
  await watchSafety(n.t.deps.pool)
  assert.equal((await look(id)).hold, null)
  await send(id, 20, 35)
  assert.notEqual(await n.seqs(id, 35, 40), 'refused')
  await failAll(id, range(36, 40))
  await watchSafety(n.t.deps.pool)
  assert.match((await look(id)).hold.detail, /^5 of the last 20/)
})

test('options out of range are named, and a copy keeps what was chosen', async () => {
  const body = { name: 'Safe', templateId: n.world.plainTemplateId, contactFilter: { everyone: true } }
  const bad = await n.t.request('POST', 'WhatsappCampaign', {
    body: { ...body, canary: { share: 0.6, waitMinutes: 0 }, circuitBreaker: { failureShare: 0, afterMessages: 9, more: 1 } },
  })
  assert.equal(bad.status, 422)
  const pointers = bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()
  for (const pointer of ['/canary/share', '/canary/waitMinutes', '/circuitBreaker/failureShare', '/circuitBreaker/afterMessages'])
    assert.ok(pointers.includes(pointer), pointer)
  const options = { canary: { share: 0.05, waitMinutes: 15 }, circuitBreaker: { failureShare: 0.3, afterMessages: 50 } }
  const made = await n.t.request('POST', 'WhatsappCampaign', { body: { ...body, ...options } })
  const copy = await n.t.request('POST', `WhatsappCampaign/${made.body.id}/duplicate`)
  for (const { canary, circuitBreaker } of [made.body, copy.body]) assert.deepEqual({ canary, circuitBreaker }, options)
  const plain = await n.t.request('PUT', `WhatsappCampaign/${made.body.id}`, { body: { ...body, canary: {} } })
  assert.deepEqual([plain.body.canary, plain.body.circuitBreaker], [{ share: 0.01, waitMinutes: 30 }, null])
})
