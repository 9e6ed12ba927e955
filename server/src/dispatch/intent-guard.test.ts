import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addContacts, frozenCampaign } from '../campaigns/test-campaign.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { setHold } from './holds.ts'
import { intendRetries } from './intent.ts'
import { registerWorker, takeLease, watchOwners } from './lease.ts'
import { rescueEarlierOwners } from './rescuer.ts'
import { recordResults } from './settle.ts'
import { STATE } from './state.ts'
import { accept, infer, settleWorld } from './test-settle.ts'

const { n, t, world, frozen, step, inTx, stateOf, assertConsistent } = await settleWorld()
after(() => t.drop())

test('of two owners that advance the same cursor at once, one does; the cursor never goes back or past the end', async () => {
  const id = await frozen()
  const results = await Promise.all(Array.from({ length: 8 }, () => step(id, 0, 10)))
  assert.equal(results.filter(({ kind }) => kind === 'intended').length, 1)
  assert.equal((await step(id, 0, 20)).kind, 'refused')
  assert.equal((await step(id, 10, 5)).kind, 'refused')
  assert.equal((await step(id, 10, 501, n.lease, 0)).kind, 'refused')
})

test('without a valid lease, on hold, or after a cancel, nothing is intended', async () => {
  const id = await frozen()
  assert.equal((await step(id, 0, 5, { ...n.lease, token: n.lease.token - 1 })).kind, 'refused')
  assert.equal((await step(id, 0, 5, { ...n.lease, workerKey: n.lease.workerKey + 1 })).kind, 'refused')
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
  const former = n.lease
  const next = await n.takeOver()
  assert.equal((await step(id, 40, 50, next)).kind, 'refused', 'unsettled intents of another owner')
  assert.equal((await step(id, 40, 50, former)).kind, 'refused', 'the old owner is fenced')
  await rescueEarlierOwners(t.deps.pool, next)
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
  assert.ok(taken && taken.token > n.lease.token)
  n.lease = taken
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
  const both = () => intendRetries(t.deps.pool, n.campaign(id), n.lease, 2)
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
