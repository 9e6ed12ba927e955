import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { completeIfSettled } from './completion.ts'
import { setHold } from './holds.ts'
import { intend, intendRetries, type RunningCampaign } from './intent.ts'
import { type Lease, registerWorker, takeLease, watchOwners } from './lease.ts'
import { foldProofs, type Proof } from './proof.ts'
import { rescueEarlierOwners } from './rescuer.ts'
import { applyProofs, type Inference, recordResults } from './settle.ts'
import { mergeState, STATE, type State } from './state.ts'

let t: TestApp
let world: TestWorld
let lease: Lease
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 1_200, { tag: 'All' })
  lease = await freshLease()
})
after(() => t.drop())

/** Takes the number as a worker would after its owner gave it back. */
async function freshLease(): Promise<Lease> {
  await run(t.deps.pool, sql`UPDATE number_lease SET worker_key = NULL`)
  const taken = await takeLease(
    t.deps.pool,
    { workspaceId: t.workspaceId, numberId: world.numberId },
    Math.floor(Math.random() * 1e6),
    1_000,
  )
  assert.ok(taken)
  return taken
}
const campaignOf = (id: string): RunningCampaign => ({
  workspaceId: t.workspaceId,
  id,
  numberId: world.numberId,
  accountId: world.accountId,
  templateId: world.plainTemplateId,
  category: 'UTILITY',
  ratePerSecond: null,
  requireMarketingOptIn: false,
  utilityThroughOptOut: false,
  topicId: null,
  quiet: null,
  canarySeq: null,
  hasRetryDue: false,
})
const frozen = () => frozenCampaign(t, world, { tag: 'All', plain: true })
const step = (id: string, fromSeq: number, upToSeq: number, own = lease, sliceNo = Math.floor(fromSeq / 500)) =>
  intend(t.deps.pool, campaignOf(id), own, { sliceNo, fromSeq, upToSeq, unsendable: [] })
const inTx = <T>(work: (tx: Db) => Promise<T>) => inTransaction(t.deps.pool, work)
const accept = (campaignId: string, seq: number, attempt = 1) => ({
  campaignId,
  seq,
  attempt,
  wamid: `wamid.${seq}.${attempt}`,
  acceptedAt: new Date(),
  intendedAt: new Date(),
  isHeld: false,
})
const infer = (campaignId: string, seq: number, state: Inference['state'], attempt = 1): Inference => ({
  campaignId,
  seq,
  attempt,
  state,
  tries: attempt,
  code: null,
  title: null,
  isRetryable: null,
  intendedAt: null,
  retryAfterSeconds: 0,
  event: { kind: 'test', detail: '' },
})
const stateOf = async (id: string, seq: number) =>
  (
    await one<{ state: State; attempt: number; wamid: string | null }>(
      t.deps.pool,
      sql`SELECT state, attempt, wamid FROM message WHERE campaign_id = ${id} AND seq = ${seq}`,
    )
  ).state

/** Counters, slice counts and rows must tell the same story. */
async function assertConsistent(id: string): Promise<void> {
  const rows = await one<Record<string, number>>(
    t.deps.pool,
    sql`SELECT count(*) FILTER (WHERE state = 6) AS sent, count(*) FILTER (WHERE state = 8) AS delivered, count(*) FILTER (WHERE state = 9) AS read,
               count(*) FILTER (WHERE state = 5) AS rejected, count(*) FILTER (WHERE state = 7) AS undelivered, count(*) FILTER (WHERE state = 3) AS skipped,
               count(*) FILTER (WHERE state = 2) AS unknown FROM message WHERE campaign_id = ${id}`,
  )
  const counters = await one<Record<string, number>>(
    t.deps.pool,
    sql`SELECT sent, delivered, read, rejected, undelivered, skipped, unknown FROM campaign_counter WHERE campaign_id = ${id}`,
  )
  assert.deepEqual(counters, rows)
  const slices = await one<Record<string, number>>(
    t.deps.pool,
    sql`SELECT sum(sent) AS sent, sum(delivered) AS delivered, sum(read) AS read, sum(failed) AS failed, sum(unknown) AS unknown, sum(sending) AS sending FROM campaign_slice WHERE campaign_id = ${id}`,
  )
  const { sending } = await one<{ sending: number }>(
    t.deps.pool,
    sql`SELECT count(*) AS sending FROM recipient r JOIN campaign_slice s ON s.campaign_id = r.campaign_id AND s.slice_no = (r.seq - 1) / 500
          LEFT JOIN message m ON m.campaign_id = r.campaign_id AND m.seq = r.seq
         WHERE r.campaign_id = ${id} AND ((m.seq IS NULL AND r.seq <= s.cursor_seq) OR m.state = 1)`,
  )
  assert.deepEqual(slices, {
    sent: rows.sent,
    delivered: rows.delivered,
    read: rows.read,
    failed: (rows.rejected ?? 0) + (rows.undelivered ?? 0),
    unknown: rows.unknown,
    sending,
  })
}

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
  assert.equal((await intendRetries(t.deps.pool, campaignOf(id), lease, 10)).kind, 'intended')
  assert.equal((await many(t.deps.pool, sql`SELECT 1 FROM message WHERE campaign_id = ${id} AND state = 1`)).length, 0)
  await assertConsistent(id)
})

test('late news of an earlier attempt moves nothing while a later attempt is in flight', async () => {
  const id = await frozen()
  await step(id, 0, 1)
  await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, 1, STATE.pending)]))
  const again = await intendRetries(t.deps.pool, campaignOf(id), lease, 1)
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

test('of two owners that advance the same cursor at once, one does; the cursor never goes back or past the end', async () => {
  const id = await frozen()
  const results = await Promise.all(Array.from({ length: 8 }, () => step(id, 0, 10)))
  assert.equal(results.filter(({ kind }) => kind === 'intended').length, 1)
  assert.equal((await step(id, 0, 20)).kind, 'refused')
  assert.equal((await step(id, 10, 5)).kind, 'refused')
  assert.equal((await step(id, 10, 501, lease, 0)).kind, 'refused')
})

test('without a valid lease, on hold, or after a cancel, nothing is intended', async () => {
  const id = await frozen()
  assert.equal((await step(id, 0, 5, { ...lease, token: lease.token - 1 })).kind, 'refused')
  assert.equal((await step(id, 0, 5, { ...lease, workerKey: lease.workerKey + 1 })).kind, 'refused')
  await setHold(t.deps.pool as Db, {
    workspaceId: t.workspaceId,
    scope: 'account',
    scopeId: world.accountId,
    reason: 'payment',
    detail: '',
  })
  assert.equal((await step(id, 0, 5)).kind, 'refused')
  await run(t.deps.pool, sql`DELETE FROM hold`)
  await t.request('POST', `WhatsappCampaign/${id}/cancel`)
  assert.equal((await step(id, 0, 5)).kind, 'refused')
})

test('who opted out, was suppressed, deactivated or deleted after the freeze is Skipped by the intent itself', async () => {
  await addContacts(t, 6, { from: 50_000, tag: 'Guard' })
  const id = await frozenCampaign(t, world, { tag: 'Guard', plain: true })
  const people = await many<{ seq: number; contact_id: string }>(
    t.deps.pool,
    sql`SELECT seq, contact_id FROM recipient WHERE campaign_id = ${id} AND seq <= 6 ORDER BY seq`,
  )
  const at = (seq: number) => people[seq - 1]?.contact_id ?? ''
  await t.request('POST', `Contact/${at(1)}/opt-out`)
  await run(t.deps.pool, sql`UPDATE contact SET is_active = false WHERE id = ${at(2)}`)
  await run(
    t.deps.pool,
    sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at) SELECT workspace_id, send_key, 7, 'word', now() FROM contact WHERE id = ${at(3)}`,
  )
  await run(t.deps.pool, sql`DELETE FROM contact WHERE id = ${at(4)}`)
  assert.equal((await t.request('PUT', `Contact/${at(5)}`, { body: { phone: '+919811111111', tags: ['Guard'] } })).status, 200)
  const result = await step(id, 0, 6)
  assert.deepEqual(result.kind === 'intended' && result.intended.map(({ seq }) => seq), [6])
  const reasons = await many<{ skip_reason: string }>(
    t.deps.pool,
    sql`SELECT skip_reason FROM message WHERE campaign_id = ${id} AND seq <= 5 ORDER BY seq`,
  )
  assert.deepEqual(
    reasons.map(({ skip_reason }) => skip_reason),
    ['opted_out', 'inactive', 'opted_out', 'contact_deleted', 'invalid_phone'],
  )
  await assertConsistent(id)
  await run(t.deps.pool, sql`DELETE FROM opt_out_fact`)
})

test('a new owner makes earlier intents Unknown, and only those; it may not advance their slice before', async () => {
  const id = await frozen()
  await step(id, 0, 40)
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 1)], [infer(id, 2, STATE.pending)]))
  const next = await freshLease()
  assert.equal((await step(id, 40, 50, next)).kind, 'refused', 'unsettled intents of another owner')
  assert.equal((await step(id, 40, 50)).kind, 'refused', 'the old owner is fenced')
  await rescueEarlierOwners(t.deps.pool, next)
  lease = next
  const { counts } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([counts.unknown, counts.sent], [38, 1])
  assert.equal(await stateOf(id, 2), STATE.pending)
  assert.equal((await step(id, 40, 50, next)).kind, 'intended')
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 30)], []))
  assert.equal(await stateOf(id, 30), STATE.sent, 'the old owner’s late answer still counts')
  await assertConsistent(id)
})

test('a live session keeps its number; when it is gone for the lease time another worker takes it, with a higher token', async () => {
  const session = await t.deps.pool.connect()
  const key = await registerWorker(session as Db)
  await run(t.deps.pool, sql`UPDATE number_lease SET worker_key = ${key}, owner_gone_since = NULL`)
  await watchOwners(t.deps.pool)
  const target = { workspaceId: t.workspaceId, numberId: world.numberId }
  assert.equal(await takeLease(t.deps.pool, target, 1, 0), undefined)
  session.release(true) // ends the connection, and its lock with it
  for (let gone = 0; gone === 0; ) {
    await watchOwners(t.deps.pool)
    gone = (await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM number_lease WHERE owner_gone_since IS NOT NULL`)).n
  }
  assert.equal(await takeLease(t.deps.pool, target, 1, 60_000), undefined, 'not before the lease time')
  const taken = await takeLease(t.deps.pool, target, 1, 0)
  assert.ok(taken && taken.token > lease.token)
  lease = taken
})

test('a retry is intended once with a new attempt number, and a cancel takes it back', async () => {
  const id = await frozen()
  await step(id, 0, 3)
  await inTx((tx) =>
    recordResults(
      tx,
      t.workspaceId,
      [],
      [1, 2, 3].map((seq) => infer(id, seq, STATE.pending)),
    ),
  )
  const both = () => intendRetries(t.deps.pool, campaignOf(id), lease, 2)
  const results = [...(await Promise.all([both(), both(), both()])), await both()]
  const intended = results.flatMap((result) => (result.kind === 'intended' ? result.intended : []))
  assert.deepEqual(intended.map(({ seq, attempt }) => [seq, attempt]).sort(), [
    [1, 2],
    [2, 2],
    [3, 2],
  ])
  await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, 1, STATE.pending, 2)]))
  await t.request('POST', `WhatsappCampaign/${id}/cancel`)
  assert.equal(await stateOf(id, 1), STATE.cancelled)
  await inTx((tx) => recordResults(tx, t.workspaceId, [], [infer(id, 2, STATE.pending, 2)]))
  assert.equal(await stateOf(id, 2), STATE.cancelled, 'a retry in a cancelled campaign is Cancelled')
  await inTx((tx) => recordResults(tx, t.workspaceId, [accept(id, 3, 2)], []))
  assert.equal(await stateOf(id, 3), STATE.sent, 'what was accepted stays sent')
  const { counts } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([counts.cancelled, counts.sent, counts.pending], [counts.audience - 1 - counts.skipped, 1, 0])
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
