import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { frozenCampaign } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { completeIfSettled } from './completion.ts'
import { intendRetries } from './intent.ts'
import { foldProofs, type Proof } from './proof.ts'
import { applyProofs, recordResults } from './settle.ts'
import { mergeState, STATE, type State } from './state.ts'
import { accept, infer, settleWorld } from './test-settle.ts'

const { n, t, world, frozen, step, inTx, stateOf, assertConsistent } = await settleWorld()
after(() => t.drop())

const proofs = fc.array(
  fc.record({
    seq: fc.integer({ min: 1, max: 6 }),
    state: fc.constantFrom(STATE.sent, STATE.undelivered, STATE.delivered, STATE.read),
    minute: fc.nat({ max: 30 }),
    code: fc.constantFrom(131026, 131049),
    priced: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
)
const proofsOf = (
  campaignId: string,
  told: { seq: number; state: Proof['state']; minute: number; code: number; priced: boolean }[],
): Proof[] =>
  told.map(({ seq, state, minute, code, priced }) => ({
    campaignId,
    seq,
    attempt: 1,
    state,
    at: new Date(Date.UTC(2026, 4, 28, 9, minute)),
    wamid: `wamid.${seq}`,
    ...(state === STATE.undelivered ? { code, title: String(code) } : {}),
    ...(priced ? { pricing: { category: `c${minute % 3}`, type: 'regular' } } : {}),
  }))
const finalRows = (id: string) =>
  many(
    t.deps.pool,
    sql`SELECT seq, state, wamid, sent_at, delivered_at, read_at, failed_at, error_code, pricing_category, pricing_state FROM message WHERE campaign_id = ${id} AND seq <= 6 ORDER BY seq`,
  )

test('any order, repetition and batching of receipts leaves the same rows and consistent counts', async () => {
  await fc.assert(
    fc.asyncProperty(proofs, fc.integer({ min: 1, max: 5 }), async (told, size) => {
      const ids = [await frozen(), await frozen()] as const
      for (const id of ids) assert.equal((await step(id, 0, 6)).kind, 'intended')
      await inTx((tx) => applyProofs(tx, t.workspaceId, proofsOf(ids[0], told)))
      const shuffled = [...told.toReversed(), ...told]
      for (let at = 0; at < shuffled.length; at += size)
        await inTx((tx) => applyProofs(tx, t.workspaceId, proofsOf(ids[1], shuffled.slice(at, at + size))))
      assert.deepEqual(await finalRows(ids[1]), await finalRows(ids[0]))
      const expected = new Map<number, State>()
      for (const { seq, state } of told) expected.set(seq, mergeState(expected.get(seq), state))
      for (const [seq, state] of expected) assert.equal(await stateOf(ids[0], seq), state)
      for (const id of ids) await assertConsistent(id)
    }),
    { numRuns: 12 },
  )
})

test('folding a set of proofs does not depend on its order', () => {
  fc.assert(
    fc.property(proofs, (told) => {
      const list = proofsOf('01890a5d-ac96-774b-bcce-b302099a8057', told)
      assert.deepEqual(foldProofs(list.toReversed().concat(list)), foldProofs(list))
    }),
  )
})

test('an inference counts only for its own attempt, and proof beats it whatever comes first', async () => {
  const id = await frozen()
  await step(id, 0, 5)
  await inTx((tx) =>
    recordResults(tx, t.workspaceId, [], [infer(id, 1, STATE.unknown), infer(id, 2, STATE.pending), infer(id, 3, STATE.rejected)]),
  )
  assert.deepEqual([await stateOf(id, 1), await stateOf(id, 2), await stateOf(id, 3)], [STATE.unknown, STATE.pending, STATE.rejected])
  const receipt = (seq: number): Proof => ({ campaignId: id, seq, attempt: 1, state: STATE.delivered, at: new Date(), wamid: `w${seq}` })
  await inTx((tx) => applyProofs(tx, t.workspaceId, [receipt(1), receipt(2), receipt(3), receipt(4)]))
  for (const seq of [1, 2, 3, 4]) assert.equal(await stateOf(id, seq), STATE.delivered)
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 4)], [infer(id, 5, STATE.unknown), infer(id, 1, STATE.rejected)]))
  assert.deepEqual([await stateOf(id, 4), await stateOf(id, 1)], [STATE.delivered, STATE.delivered])
  assert.equal(
    (await many(t.deps.pool, sql`SELECT 1 FROM message_retry WHERE campaign_id = ${id}`)).length,
    0,
    'the waiting retry was withdrawn',
  )
  await assertConsistent(id)
})

test('a late answer of the same attempt heals Unknown; one of an older attempt that was accepted withdraws the retry', async () => {
  const id = await frozen()
  await step(id, 0, 2)
  await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, 1, STATE.unknown), infer(id, 2, STATE.pending)]))
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 1), accept(id, 2)], []))
  assert.deepEqual([await stateOf(id, 1), await stateOf(id, 2)], [STATE.sent, STATE.sent])
  assert.equal((await intendRetries(t.deps.pool, n.campaign(id), n.lease, 10)).kind, 'intended')
  assert.equal((await many(t.deps.pool, sql`SELECT 1 FROM message WHERE campaign_id = ${id} AND state = 1`)).length, 0)
  await assertConsistent(id)
})

test('late news of an earlier attempt moves nothing while a later attempt is in flight', async () => {
  const id = await frozen()
  await step(id, 0, 1)
  await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, 1, STATE.pending)]))
  const again = await intendRetries(t.deps.pool, n.campaign(id), n.lease, 1)
  assert.deepEqual(again.kind === 'intended' && again.intended.map(({ seq, attempt }) => [seq, attempt]), [[1, 2]])
  for (const state of [STATE.pending, STATE.unknown, STATE.rejected] as const) {
    await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, 1, state, 1)]))
    assert.equal(await stateOf(id, 1), STATE.sending)
  }
  assert.equal((await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM message_retry WHERE campaign_id = ${id}`)).n, 0)
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 1, 2)], []))
  await assertConsistent(id)
})

test('a second message id for one recipient leaves one entry in the trail, however often it is told', async () => {
  const id = await frozen()
  await step(id, 0, 1)
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 1)], []))
  for (let copy = 0; copy < 3; copy++)
    await inTx((tx) =>
      applyProofs(tx, t.workspaceId, [{ campaignId: id, seq: 1, attempt: 1, state: STATE.sent, at: new Date(), wamid: 'wamid.other' }]),
    )
  const events = await many<{ kind: string }>(
    t.deps.pool,
    sql`SELECT kind FROM message_event WHERE campaign_id = ${id} AND kind = 'double'`,
  )
  assert.equal(events.length, 1)
})

test('two attempts of one recipient that end in the same batch are both recorded', async () => {
  const id = await frozen()
  await step(id, 0, 3)
  await inTx((tx) =>
    recordResults(
      tx,
      t.workspaceId,
      [accept(id, 2), accept(id, 1), accept(id, 1, 2)],
      [infer(id, 3, STATE.unknown), infer(id, 3, STATE.unknown)],
    ),
  )
  assert.deepEqual([await stateOf(id, 1), await stateOf(id, 2), await stateOf(id, 3)], [STATE.sent, STATE.sent, STATE.unknown])
  const told = await many(t.deps.pool, sql`SELECT 1 FROM message_event WHERE campaign_id = ${id} AND seq = 1 AND kind = 'double'`)
  assert.equal(told.length, 1, 'the second id is an alarm')
  await assertConsistent(id)
})

test('receipts of people this campaign does not have come back unmatched', async () => {
  const id = await frozen()
  const stranger: Proof = {
    campaignId: '01890a5d-ac96-774b-bcce-b302099a8057',
    seq: 1,
    attempt: 1,
    state: STATE.sent,
    at: new Date(),
    wamid: 'w',
  }
  const beyond: Proof = { ...stranger, campaignId: id, seq: 99_999 }
  assert.deepEqual(await inTx((tx) => applyProofs(tx, t.workspaceId, [stranger, beyond])), [stranger, beyond])
})

test('a receipt for somebody not sent to yet means a rewound database: the number is held', async () => {
  const id = await frozen()
  await inTx((tx) =>
    applyProofs(tx, t.workspaceId, [{ campaignId: id, seq: 700, attempt: 1, state: STATE.sent, at: new Date(), wamid: 'w' }]),
  )
  const holds = await many<{ reason: string }>(t.deps.pool, sql`SELECT reason FROM hold WHERE scope = 'number'`)
  assert.deepEqual(holds, [{ reason: 'restored' }])
  assert.equal((await step(id, 0, 5)).kind, 'refused')
  await run(t.deps.pool, sql`DELETE FROM hold`)
})

test('a campaign completes when, and only when, nobody is left to dispatch', async () => {
  const id = await frozenCampaign(t, world, { tag: 'All', plain: true })
  await run(
    t.deps.pool,
    sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = last_seq - first_seq + 1 - skipped WHERE campaign_id = ${id}`,
  )
  const open = await many<{ seq: number }>(
    t.deps.pool,
    sql`SELECT r.seq FROM recipient r LEFT JOIN message m ON m.campaign_id = r.campaign_id AND m.seq = r.seq WHERE r.campaign_id = ${id} AND m.seq IS NULL ORDER BY r.seq`,
  )
  await inTx((tx) =>
    recordResults(
      tx,
      t.workspaceId,
      open.slice(1).map(({ seq }) => accept(id, seq)),
      [],
    ),
  )
  assert.equal(await completeIfSettled(t.deps.pool, t.workspaceId, id), false)
  await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, open[0]?.seq ?? 0, STATE.unknown)]))
  assert.equal(await completeIfSettled(t.deps.pool, t.workspaceId, id), true)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}`)).body.status, 'Completed')
  await assertConsistent(id)
})
