import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { awakeZones, isQuiet, type Quiet, type QuietHours } from '../campaigns/quiet-hours.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { applyProofs } from './settle.ts'
import { nextSlice } from './slices.ts'
import { STATE } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'

let n: TestNumber
const quietOf = new Map<string, Quiet | null>()
before(async () => {
  n = await testNumber()
  const { campaign } = n
  n.campaign = (id) => ({ ...campaign(id), quiet: quietOf.get(id) ?? null })
})
after(() => n.t.drop())
beforeEach(async () => {
  for (const table of [
    'message_retry',
    'message',
    'recipient',
    'campaign_slice',
    'campaign_counter',
    'campaign_failure',
    'contact',
    'hold',
  ])
    await run(n.t.deps.pool, sql`DELETE FROM ${{ strings: [table], values: [], isSql: true }}`)
})

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16)
/** A night that it now is at UTC + `hours`, two hours before to two after, and nowhere six hours from there. */
const nightAt = (hours: number): QuietHours => {
  const there = Date.now() + hours * 3_600_000
  return { from: clock(there - 7_200_000), to: clock(there + 7_200_000) }
}
/** Fixed zones: no change of the clock during the test. `Etc/GMT-5` is five hours ahead. */
const zoneAt = (hours: number) => `Etc/GMT${hours <= 0 ? '+' : '-'}${Math.abs(hours)}`

async function addPeople(groups: readonly { readonly zone: string | null; readonly country?: string; readonly people: number }[]) {
  let first = 9_800_000_000
  for (const { zone, country, people } of groups) {
    await run(
      n.t.deps.pool,
      sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, country, time_zone, tags)
          SELECT ${n.t.workspaceId}, gen_random_uuid(), '+91' || i, '91' || i, decode(md5(i::text), 'hex'), ${country ?? 'IN'}, ${zone}, ARRAY['Q']
            FROM generate_series(${first}::bigint, ${first + people - 1}::bigint) AS i`,
    )
    first += people
  }
}
async function started(quietHours: QuietHours | null, more: Record<string, unknown> = {}): Promise<{ id: string; quiet: Quiet | null }> {
  const made = await n.t.request('POST', 'WhatsappCampaign', {
    body: { name: 'Night', templateId: n.world.plainTemplateId, contactFilter: { tags: ['Q'] }, quietHours, ...more },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${made.body.id}/quick-run`)).status, 202)
  assert.equal(await freezeCampaign(n.t.deps, n.t.workspaceId, made.body.id), 'frozen')
  const { quiet } = await one<{ quiet: Quiet | null }>(
    n.t.deps.pool,
    sql`SELECT frozen_quiet AS quiet FROM campaign WHERE id = ${made.body.id}`,
  )
  quietOf.set(made.body.id, quiet)
  return { id: made.body.id, quiet }
}
const zonesOf = (id: string) =>
  many<{ seq: number; zone_no: number; time_zone: string | null }>(
    n.t.deps.pool,
    sql`SELECT r.seq, r.zone_no, c.time_zone FROM recipient r JOIN contact c ON c.id = r.contact_id WHERE r.campaign_id = ${id} ORDER BY r.seq`,
  )
const putOff = (id: string) =>
  many<{ seq: number; attempt: number; due_at: Date }>(
    n.t.deps.pool,
    sql`SELECT seq, attempt, due_at FROM message_retry WHERE campaign_id = ${id} ORDER BY seq`,
  )
/** Makes it morning: the night of the frozen campaign moves away, and who was put off is due. */
const wakeAll = async (id: string) => {
  await run(n.t.deps.pool, sql`UPDATE message_retry SET due_at = now() WHERE campaign_id = ${id}`)
  quietOf.delete(id)
}

test('the audience stands by zone from east to west, everybody once, and without quiet hours nobody has a zone', async () => {
  await addPeople([
    { zone: zoneAt(-6), people: 3 },
    { zone: zoneAt(9), people: 2 },
    { zone: null, country: 'IN', people: 2 },
  ])
  const { id, quiet } = await started(nightAt(9))
  const rows = await zonesOf(id)
  assert.deepEqual(
    rows.map(({ seq, zone_no }) => [seq, zone_no]),
    [1, 2, 3, 4, 5, 6, 7].map((seq) => [seq, seq <= 2 ? 0 : seq <= 4 ? 1 : 2]),
  )
  assert.deepEqual(
    quiet?.zones.map((zones) => zones[0]),
    [zoneAt(9), 'Asia/Calcutta', zoneAt(-6)],
  )
  const plain = await started(null)
  assert.ok((await zonesOf(plain.id)).every(({ zone_no }) => zone_no === null))
  assert.deepEqual(await n.seqs(plain.id, 0, 7), [1, 2, 3, 4, 5, 6, 7])
})

test('an intent gives only people who are awake, and puts the others off to the minute they wake', async () => {
  await addPeople([
    { zone: zoneAt(5), people: 3 },
    { zone: zoneAt(-3), people: 4 },
  ])
  const { id, quiet } = await started(nightAt(5))
  assert.ok(quiet)
  assert.deepEqual(await n.seqs(id, 0, 7), [4, 5, 6, 7])
  const late = await putOff(id)
  assert.deepEqual(
    late.map(({ seq, attempt }) => [seq, attempt]),
    [
      [1, 0],
      [2, 0],
      [3, 0],
    ],
  )
  for (const { due_at } of late) assert.equal(clock(due_at.getTime() + 5 * 3_600_000), quiet.to)
  assert.deepEqual(await n.retries(id, 10), [], 'not before they wake')
  await n.assertConsistent(id)
  await wakeAll(id)
  assert.deepEqual(await n.retries(id, 10), [1, 2, 3])
  const { attempt, tries } = await one<{ attempt: number; tries: number }>(
    n.t.deps.pool,
    sql`SELECT attempt, tries FROM message WHERE campaign_id = ${id} AND seq = 1`,
  )
  assert.deepEqual([attempt, tries], [1, 0], 'their first attempt')
  await n.record([1, 2, 3, 4, 5, 6, 7].map((seq) => acceptance(id, seq)))
  await n.assertConsistent(id)
})

test('a retry that falls due at night waits for the morning', async () => {
  await addPeople([{ zone: zoneAt(-3), people: 1 }])
  const { id } = await started(nightAt(5)) // awake
  assert.deepEqual(await n.seqs(id, 0, 1), [1])
  await n.record([], [inference(id, 1, STATE.pending)])
  const night = nightAt(-3)
  quietOf.set(id, { ...night, zones: [[zoneAt(-3)]] })
  await run(n.t.deps.pool, sql`UPDATE message_retry SET due_at = now()`)
  assert.deepEqual(await n.retries(id, 10), [])
  const [waiting] = await putOff(id)
  assert.equal(clock((waiting?.due_at.getTime() ?? 0) - 3 * 3_600_000), night.to)
  await wakeAll(id)
  assert.deepEqual(await n.retries(id, 10), [1])
})

test('whoever opts out while put off is skipped in the morning; a cancel takes the others back', async () => {
  await addPeople([
    { zone: zoneAt(5), people: 3 },
    { zone: zoneAt(-3), people: 1 },
  ])
  const { id } = await started(nightAt(5))
  assert.deepEqual(await n.seqs(id, 0, 4), [4])
  await run(
    n.t.deps.pool,
    sql`UPDATE contact SET opted_out_at = now() WHERE id = (SELECT contact_id FROM recipient WHERE campaign_id = ${id} AND seq = 2)`,
  )
  await wakeAll(id)
  assert.deepEqual(await n.retries(id, 1), [1])
  assert.deepEqual(await n.retries(id, 1), [], 'the one who opted out')
  await n.t.request('POST', `WhatsappCampaign/${id}/cancel`)
  const states = await many<{ seq: number; state: number; skip_reason: string | null }>(
    n.t.deps.pool,
    sql`SELECT seq, state, skip_reason FROM message WHERE campaign_id = ${id} ORDER BY seq`,
  )
  assert.deepEqual(
    states.map(({ seq, state, skip_reason }) => [seq, state, skip_reason]),
    [
      [1, STATE.sending, null],
      [2, STATE.skipped, 'opted_out'],
      [3, STATE.cancelled, null],
    ],
  )
  assert.deepEqual(await putOff(id), [])
  await n.record([acceptance(id, 1), acceptance(id, 4)])
  await n.assertConsistent(id)
})

test('a slice that sleeps as a whole is passed over without a word about its people', async () => {
  await addPeople([
    { zone: zoneAt(5), people: 1_200 },
    { zone: zoneAt(-3), people: 800 },
  ])
  const { id, quiet } = await started(nightAt(5))
  assert.ok(quiet)
  const { pool } = n.t.deps
  const awake = awakeZones(quiet, new Date())
  assert.deepEqual(awake, [1])
  const reached: number[] = []
  for (let from = 0; ; ) {
    const slice = await nextSlice(pool, n.campaign(id), from, awake)
    if (slice === undefined) break
    reached.push(slice.sliceNo)
    await n.seqs(id, slice.cursorSeq, slice.lastSeq)
    from = slice.sliceNo + 1
  }
  assert.deepEqual(reached, [2, 3], 'slices 0 and 1 sleep, slice 2 is half awake')
  assert.equal((await putOff(id)).length, 200)
  const answer = await n.t.request('GET', `WhatsappCampaign/${id}`)
  assert.deepEqual([answer.body.quiet.waiting, answer.body.quiet.to], [1_200, quiet.to])
  assert.equal(clock(Date.parse(answer.body.quiet.nextAt) + 5 * 3_600_000), quiet.to)
  assert.ok(Date.parse(answer.body.finish.expectedAt) > Date.parse(answer.body.quiet.nextAt))
  assert.equal(answer.body.progress.etaAt, answer.body.finish.expectedAt)
  await n.assertConsistent(id)
})

test('a receipt for somebody who was only put off tells of a rewound database', async () => {
  await addPeople([
    { zone: zoneAt(5), people: 1 },
    { zone: zoneAt(-3), people: 1 },
  ])
  const { id } = await started(nightAt(5))
  assert.deepEqual(await n.seqs(id, 0, 2), [2])
  const receipt = (seq: number) =>
    inTransaction(n.t.deps.pool, (tx) =>
      applyProofs(tx, n.t.workspaceId, [
        { campaignId: id, seq, attempt: 1, state: STATE.delivered, at: new Date(), wamid: `wamid.${seq}` },
      ]),
    )
  const holds = async () => (await many<{ reason: string }>(n.t.deps.pool, sql`SELECT reason FROM hold`)).map(({ reason }) => reason)
  await receipt(2)
  assert.deepEqual(await holds(), [])
  await receipt(1)
  assert.deepEqual(await holds(), ['restored'])
  assert.deepEqual(await putOff(id), [], 'and their own attempt is withdrawn')
  await n.assertConsistent(id)
})

test('whatever the zones, windows and order of steps: nobody is intended at night, everybody is intended once, and the numbers add up', async () => {
  const groups = fc.array(fc.record({ hours: fc.integer({ min: -11, max: 12 }), people: fc.integer({ min: 1, max: 6 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(groups, fc.integer({ min: -11, max: 12 }), fc.integer({ min: 1, max: 7 }), async (all, night, window) => {
      await run(n.t.deps.pool, sql`DELETE FROM message_retry`)
      await run(n.t.deps.pool, sql`DELETE FROM contact`)
      await addPeople(all.map(({ hours, people }) => ({ zone: zoneAt(hours), people })))
      const total = all.reduce((sum, { people }) => sum + people, 0)
      const { id, quiet } = await started(nightAt(night))
      assert.ok(quiet)
      const zone = new Map((await zonesOf(id)).map(({ seq, time_zone }) => [seq, time_zone ?? '']))
      const got: number[] = []
      for (let from = 0; from < total; ) {
        const result = await n.step(id, from, Math.min(total, from + window), window)
        assert.ok(result.kind === 'intended')
        for (const { seq } of result.intended) assert.equal(isQuiet([zone.get(seq) ?? ''], quiet, new Date()), false)
        await n.record(result.intended.map(({ seq }) => acceptance(id, seq)))
        got.push(...result.intended.map(({ seq }) => seq))
        from = result.upToSeq
        await n.assertConsistent(id)
      }
      const asleep = [...zone].filter(([, where]) => isQuiet([where], quiet, new Date())).map(([seq]) => seq)
      assert.deepEqual(
        (await putOff(id)).map(({ seq }) => seq),
        asleep,
      )
      await wakeAll(id)
      for (let more = await n.retries(id, window); more !== 'refused' && more.length > 0; more = await n.retries(id, window)) {
        await n.record(more.map((seq) => acceptance(id, seq)))
        got.push(...more)
      }
      assert.deepEqual(
        got.sort((a, b) => a - b),
        Array.from({ length: total }, (_, i) => i + 1),
      )
      await n.assertConsistent(id)
    }),
    { numRuns: 25 },
  )
})
