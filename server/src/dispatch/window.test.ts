import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { rescueEarlierOwners, rescueStale } from './rescuer.ts'
import { inFlightSql } from './slices.ts'
import { STATE } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'
import { intendTests } from './test-sends.ts'

let n: TestNumber
before(async () => {
  n = await testNumber()
  await addContacts(n.t, 1_100, { tag: 'W' })
})
after(() => n.t.drop())

const W = 10
const inFlight = async () => (await one<{ n: number }>(n.t.deps.pool, sql`SELECT ${inFlightSql(n.t.workspaceId, n.world.numberId)} AS n`)).n
const settle = async () => {
  for (const { id } of await many<{ id: string }>(n.t.deps.pool, sql`SELECT id FROM campaign`))
    await n.t.request('POST', `WhatsappCampaign/${id}/cancel`)
  await n.takeOver()
  await rescueEarlierOwners(n.t.deps.pool, n.lease)
  assert.equal(await inFlight(), 0)
}

test('never more than W intents of a number are without a result: campaigns, retries and test sends together', async () => {
  const [a, b] = [await n.frozen('W'), await n.frozen('W')]
  assert.equal((await n.seqs(a, 0, 6, W)).length, 6)
  const cut = await n.step(b, 0, 500, W)
  assert.deepEqual(cut.kind === 'intended' && [cut.intended.length, cut.upToSeq, cut.isFull], [4, 4, true])
  assert.equal(await inFlight(), W)
  await n.record([], [inference(a, 1, STATE.pending), inference(a, 2, STATE.pending), inference(a, 3, STATE.pending)])
  await run(
    n.t.deps.pool,
    sql`INSERT INTO test_send (workspace_id, id, campaign_id, number_id, phone_e164, send_key, key_hash, request)
        SELECT ${n.t.workspaceId}, gen_random_uuid(), ${a}, ${n.world.numberId}, '+1555000000' || i, '1555000000' || i, '\\x00', '{}' FROM generate_series(1, 2) AS i`,
  )
  assert.equal((await intendTests(n.t.deps.pool, n.lease, 10, W)).length, 2)
  assert.deepEqual(await n.retries(a, 10, W), [1], 'one place is left for three retries')
  assert.equal(await inFlight(), W)
  assert.deepEqual(await n.seqs(b, 4, 20, W), [])
  await n.record([acceptance(b, 1), acceptance(b, 2)])
  assert.deepEqual(await n.seqs(b, 4, 20, W), [5, 6])
  await n.assertConsistent(a)
  await n.assertConsistent(b)
  await settle()
})

test('W holds across a take-over: what the earlier owner left counts until it is settled', async () => {
  const [a, b] = [await n.frozen('W'), await n.frozen('W')]
  await n.step(a, 0, 8, W)
  await n.takeOver()
  assert.equal((await n.seqs(b, 0, 20, W)).length, 2, 'eight are still open')
  assert.equal((await n.step(a, 8, 9, W)).kind, 'refused', 'not before the rescuer settled that slice')
  assert.equal(await rescueEarlierOwners(n.t.deps.pool, n.lease), 8)
  assert.equal(await inFlight(), 2)
  assert.equal((await n.seqs(a, 8, 20, W)).length, 8)
  await settle()
})

test('the rescuer finds open slices by their index, in ended campaigns too, and only those', async () => {
  const id = await n.frozen('W')
  await n.step(id, 0, 3)
  await n.step(id, 500, 502)
  await n.t.request('POST', `WhatsappCampaign/${id}/cancel`)
  await run(n.t.deps.pool, sql`UPDATE campaign_slice SET advanced_at = now() - interval '1 hour' WHERE campaign_id = ${id}`)
  await run(n.t.deps.pool, sql`UPDATE campaign SET completed_at = now() - interval '30 days' WHERE id = ${id}`)
  assert.equal(await rescueStale(n.t.deps.pool, 7_200_000), 0)
  assert.equal(await rescueStale(n.t.deps.pool, 60_000), 5)
  assert.equal(await rescueStale(n.t.deps.pool, 60_000), 0)
  await n.assertConsistent(id)
  const client = await n.t.deps.pool.connect()
  try {
    await client.query('SET enable_seqscan = off')
    const plan = await client.query(`EXPLAIN SELECT campaign_id FROM campaign_slice s WHERE s.sending > 0 AND s.advanced_at < now()`)
    assert.match(JSON.stringify(plan.rows), /campaign_slice_open/)
  } finally {
    client.release(true)
  }
})
