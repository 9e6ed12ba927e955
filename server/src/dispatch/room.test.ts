import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { addContacts } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { firstThatFit, liftFullRooms, tierLimit } from './room.ts'
import { STATE } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'
import { intendTests, recordTests } from './test-sends.ts'

let n: TestNumber
before(async () => {
  n = await testNumber()
  await addContacts(n.t, 12, { tag: 'Room' })
})
after(() => n.t.drop())
beforeEach(async () => {
  const { pool } = n.t.deps
  await run(pool, sql`DELETE FROM daily_person`)
  await run(pool, sql`DELETE FROM daily_room`)
  await run(pool, sql`DELETE FROM hold`)
  await run(pool, sql`UPDATE contact SET last_inbound_at = NULL`)
  await run(pool, sql`UPDATE phone_number SET messaging_limit = 'TIER_5', daily_limit = NULL`)
})

const people = async (room = 'portfolio:215589313241560') =>
  (await one<{ n: number }>(n.t.deps.pool, sql`SELECT coalesce((SELECT people FROM daily_room WHERE room_id = ${room}), 0) AS n`)).n
const rows = async () => (await one<{ n: number }>(n.t.deps.pool, sql`SELECT count(*) AS n FROM daily_person`)).n
const hold = async () =>
  (
    await many<{ scope: string; reason: string; auto_resume_at: Date | null }>(
      n.t.deps.pool,
      sql`SELECT scope, reason, auto_resume_at FROM hold WHERE auto_resume_at IS NULL OR auto_resume_at > now()`,
    )
  )[0]
const age = (hours: number) => run(n.t.deps.pool, sql`UPDATE daily_person SET last_at = last_at - ${hours} * interval '1 hour'`)
const lift = () => inTransaction(n.t.deps.pool, (tx) => liftFullRooms(tx, n.t.workspaceId, n.world.numberId))
const intendedAt = async (result: Awaited<ReturnType<TestNumber['step']>>) => {
  assert.ok(result.kind === 'intended')
  return result.intended[0]?.intendedAt ?? null
}

test('tiers are read as numbers of people; unlimited, unset and unknown ones limit nothing', () => {
  assert.deepEqual(
    ['TIER_50', 'TIER_250', 'TIER_1K', 'TIER_2K', 'TIER_100K', 'TIER_1M', 'TIER_UNLIMITED', 'TIER_NOT_SET', 'GOLD'].map(tierLimit),
    [50, 250, 1_000, 2_000, 100_000, 1_000_000, null, null, null],
  )
})

test('of people in their order, those who fit are the longest start that takes no more places than there are', () => {
  const person = fc.record({ sendKey: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), needsRoom: fc.boolean() })
  fc.assert(
    fc.property(fc.array(person), fc.subarray(['a', 'b', 'c']), fc.integer({ min: -1, max: 6 }), (all, counted, places) => {
      const known = new Set(counted)
      const taken = (upTo: number) =>
        new Set(all.slice(0, upTo).flatMap(({ sendKey, needsRoom }) => (needsRoom && !known.has(sendKey) ? [sendKey] : []))).size
      const fits = firstThatFit(all, known, places)
      assert.ok(taken(fits) <= Math.max(0, places))
      assert.ok(fits === all.length || taken(fits + 1) > places)
    }),
  )
})

test('the limit stops before it is passed, says when room frees, and goes on then', async () => {
  const id = await n.frozen('Room')
  assert.deepEqual(await n.seqs(id, 0, 3), [1, 2, 3])
  assert.deepEqual(await n.seqs(id, 3, 9), [4, 5], 'two places are left')
  const full = await hold()
  assert.deepEqual([full?.scope, full?.reason], ['portfolio', 'limit_reached'])
  const first = await one<{ at: Date }>(n.t.deps.pool, sql`SELECT min(last_at) + interval '24 hours' AS at FROM daily_person`)
  assert.deepEqual(full?.auto_resume_at, first.at)
  const shown = (await n.t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([shown.status, shown.hold.reason, shown.hold.autoResumeAt], ['Running', 'limit_reached', first.at.toISOString()])
  assert.equal(await n.step(id, 5, 6).then(({ kind }) => kind), 'refused')
  await lift()
  assert.ok(await hold(), 'there is no room yet')
  await age(25)
  await lift()
  assert.equal(await hold(), undefined)
  assert.deepEqual(await n.seqs(id, 5, 12), [6, 7, 8, 9, 10])
  assert.equal(await people(), 5)
  assert.equal(await rows(), 5, 'those who left the 24 hours are gone')
  await n.assertConsistent(id)
})

test('a person counts once, whichever campaign and number; somebody counted within 24 hours needs no room', async () => {
  const [a, b] = [await n.frozen('Room'), await n.frozen('Room')]
  assert.deepEqual(await n.seqs(a, 0, 5), [1, 2, 3, 4, 5])
  assert.deepEqual(await n.seqs(b, 0, 5), [1, 2, 3, 4, 5])
  assert.equal(await people(), 5)
})

test('two processes that fill the last places at once never pass the limit', async () => {
  const ids = await Promise.all([1, 2, 3, 4].map(() => n.frozen('Room')))
  await run(n.t.deps.pool, sql`UPDATE phone_number SET messaging_limit = 'TIER_7'`)
  await Promise.all(ids.map((id, i) => n.step(id, 0, 3 + 2 * i)))
  const counted = await one<{ n: number }>(
    n.t.deps.pool,
    sql`SELECT count(DISTINCT r.send_key) AS n FROM recipient r JOIN campaign_slice s ON s.campaign_id = r.campaign_id AND s.slice_no = 0
         WHERE r.campaign_id = ANY(${ids}::uuid[]) AND r.seq <= s.cursor_seq`,
  )
  assert.equal(counted.n, 7)
  assert.equal(await people(), 7)
})

test('a refusal surely not accepted gives the room back, doubt keeps it, and an earlier intent within 24 hours still counts', async () => {
  const id = await n.frozen('Room')
  const at = await intendedAt(await n.step(id, 0, 5))
  await n.record(
    [acceptance(id, 1)],
    [
      inference(id, 2, STATE.unknown, { intendedAt: at }),
      inference(id, 3, STATE.rejected, { intendedAt: at }),
      inference(id, 4, STATE.pending, { intendedAt: at }),
    ],
  )
  assert.equal(await people(), 3, 'accepted, in doubt and in flight')
  assert.deepEqual(await n.retries(id, 10), [4])
  assert.equal(await people(), 4)
  const other = await n.frozen('Room')
  const again = await intendedAt(await n.step(other, 0, 1))
  await n.record([], [inference(other, 1, STATE.rejected, { intendedAt: again })])
  assert.equal(await people(), 4, 'the first campaign’s intent for this person still counts')
  await n.record([], [inference(id, 5, STATE.rejected, { intendedAt: at })])
  assert.equal(await people(), 3)
  assert.equal(await rows(), 3)
  await n.assertConsistent(id)
})

test('whoever is Skipped takes no room; whoever is in an open service window needs none', async () => {
  const id = await n.frozen('Room')
  const contact = async (seq: number) =>
    (await one<{ id: string }>(n.t.deps.pool, sql`SELECT contact_id AS id FROM recipient WHERE campaign_id = ${id} AND seq = ${seq}`)).id
  await run(n.t.deps.pool, sql`UPDATE contact SET is_active = false WHERE id = ${await contact(1)}`)
  await run(n.t.deps.pool, sql`UPDATE contact SET last_inbound_at = now() - interval '23 hours' WHERE id = ${await contact(2)}`)
  await run(n.t.deps.pool, sql`UPDATE contact SET last_inbound_at = now() - interval '25 hours' WHERE id = ${await contact(3)}`)
  assert.deepEqual(await n.seqs(id, 0, 9), [2, 3, 4, 5, 6, 7])
  assert.equal(await people(), 5)
  const counted = await many<{ seq: number }>(
    n.t.deps.pool,
    sql`SELECT r.seq FROM daily_person p JOIN recipient r ON r.send_key = p.send_key WHERE r.campaign_id = ${id} ORDER BY r.seq`,
  )
  assert.deepEqual(
    counted.map(({ seq }) => seq),
    [3, 4, 5, 6, 7],
  )
  await run(n.t.deps.pool, sql`UPDATE contact SET is_active = true`)
})

test('an unlimited portfolio writes nothing at all', async () => {
  await run(n.t.deps.pool, sql`UPDATE phone_number SET messaging_limit = 'TIER_UNLIMITED'`)
  const id = await n.frozen('Room')
  assert.equal((await n.step(id, 0, 12)).kind, 'intended')
  assert.deepEqual([await rows(), await people()], [0, 0])
})

test('the number’s own daily limit counts its own people and holds the number', async () => {
  await run(n.t.deps.pool, sql`UPDATE phone_number SET messaging_limit = 'TIER_UNLIMITED', daily_limit = 2`)
  const id = await n.frozen('Room')
  assert.deepEqual(await n.seqs(id, 0, 9), [1, 2])
  assert.equal((await hold())?.scope, 'number')
  assert.equal(await people(`number:${n.world.numberId}`), 2)
  const listed = (await n.t.request('GET', `WhatsappAccount/${n.world.accountId}/phone-numbers`)).body
  assert.equal((listed.items ?? listed)[0].usedLast24h, 2)
  await run(n.t.deps.pool, sql`UPDATE phone_number SET daily_limit = 50`)
  await lift()
  assert.equal(await hold(), undefined, 'a raised limit lifts the hold')
})

test('test sends count, and stop at the limit', async () => {
  const id = await n.frozen('Room')
  await n.step(id, 0, 4)
  for (const phone of ['15550000001', '15550000002'])
    await run(
      n.t.deps.pool,
      sql`INSERT INTO test_send (workspace_id, id, campaign_id, number_id, phone_e164, send_key, key_hash, request)
          VALUES (${n.t.workspaceId}, gen_random_uuid(), ${id}, ${n.world.numberId}, ${`+${phone}`}, ${phone}, '\\x00', '{}')`,
    )
  const tests = await intendTests(n.t.deps.pool, n.lease, 10)
  assert.equal(tests.length, 1)
  assert.equal(await people(), 5)
  const states = await many<{ state: string; error_title: string | null }>(
    n.t.deps.pool,
    sql`SELECT state, error_title FROM test_send ORDER BY created_at, state`,
  )
  assert.deepEqual(states.map(({ state }) => state).sort(), ['Failed', 'Sending'])
  const [sent] = tests
  assert.ok(sent)
  const attempt = {
    campaign: undefined,
    testId: sent.id,
    intended: { campaignId: '', seq: 0, attempt: 1, tries: 0, intendedAt: sent.intendedAt },
    message: { address: '', template: {}, callbackData: '' },
  }
  await recordTests(n.t.deps.pool, n.t.workspaceId, [
    { attempt, outcome: { kind: 'not-written', detail: 'refused' }, verdict: undefined, answeredAt: new Date() },
  ])
  assert.equal(await people(), 4, 'a test surely not accepted gives its room back')
})

test('the preview says how many go now and when the rest begin', async () => {
  const id = await n.frozen('Room')
  await n.step(id, 0, 2)
  const preview = async () =>
    (
      await n.t.request('POST', 'WhatsappCampaign/preview', {
        body: { templateId: n.world.plainTemplateId, contactFilter: { tags: ['Room'] } },
      })
    ).body
  const limited = await preview()
  const first = await one<{ at: Date }>(n.t.deps.pool, sql`SELECT min(last_at) + interval '24 hours' AS at FROM daily_person`)
  assert.deepEqual([limited.eligible, limited.now, limited.restFrom], [12, 5, first.at.toISOString()])
  await run(n.t.deps.pool, sql`UPDATE phone_number SET messaging_limit = 'TIER_1K'`)
  const free = await preview()
  assert.deepEqual([free.eligible, free.now, free.restFrom], [12, 12, null])
})
