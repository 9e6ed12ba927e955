import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { addContacts } from '../campaigns/test-campaign.ts'
import { applyProofs } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { acceptance, type TestNumber, testNumber } from '../dispatch/test-number.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { driveExperiments } from './drive.ts'
import type { Experiment } from './schema.ts'

let n: TestNumber
before(async () => {
  n = await testNumber()
})
after(() => n.t.drop())

let tags = 0
const body = (tag: string, more: Record<string, unknown> = {}) => ({
  name: 'Which words',
  contactFilter: { tags: [tag] },
  variants: [{ templateId: n.world.plainTemplateId }, { templateId: n.world.plainTemplateId, ratePerSecond: 7 }],
  testShare: 0.5,
  holdOutShare: 0.1,
  decide: { by: 'read', afterMinutes: 60 },
  ...more,
})
async function planned(people: number, more: Record<string, unknown> = {}): Promise<string> {
  const tag = `Experiment ${++tags}`
  await addContacts(n.t, people, { tag, from: tags * 10_000 })
  const made = await n.t.request('POST', 'Experiment', { body: body(tag, more) })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal(made.body.status, 'Draft')
  return made.body.id
}
const look = async (id: string): Promise<Experiment> => (await n.t.request('GET', `Experiment/${id}`)).body
const step = (id: string, verb: string, given?: unknown) => n.t.request('POST', `Experiment/${id}/${verb}`, { body: given })
const drive = () => driveExperiments(n.t.deps)
const groupOf = (experiment: Experiment, group: string) => {
  const found = experiment.groups.find((one) => one.group === group)
  assert.ok(found)
  return found
}
/** Started, drawn, and each variant sent to everybody and delivered; the first `reads[i]` of variant i have read it. */
async function tested(people: number, reads: readonly number[], more: Record<string, unknown> = {}): Promise<string> {
  const id = await planned(people, more)
  assert.equal((await step(id, 'start')).body.status, 'Starting')
  await drive()
  for (const [i, read] of reads.entries()) {
    const { campaign, people: drawn } = groupOf(await look(id), 'ABCD'[i] ?? '')
    await sendAll(campaign?.id ?? '', drawn, read)
  }
  return id
}
async function sendAll(campaignId: string, people: number, read: number): Promise<void> {
  assert.equal(await freezeCampaign(n.t.deps, n.t.workspaceId, campaignId), 'frozen')
  const seqs: number[] = []
  for (let from = 0; from < people; from += 500) {
    const part = await n.seqs(campaignId, from, Math.min(people, from + 500))
    assert.ok(part !== 'refused')
    seqs.push(...part)
    await n.record(part.map((seq) => acceptance(campaignId, seq)))
  }
  await inTransaction(n.t.deps.pool, (tx) =>
    applyProofs(
      tx,
      n.t.workspaceId,
      seqs.map((seq, i) => ({
        campaignId,
        seq,
        attempt: 1,
        state: i < read ? STATE.read : STATE.delivered,
        wamid: `wamid.${seq}`,
        at: new Date(),
      })),
    ),
  )
  await run(n.t.deps.pool, sql`UPDATE campaign SET status = 'Completed', completed_at = now() WHERE id = ${campaignId}`)
}
const timeIsUp = (id: string) => run(n.t.deps.pool, sql`UPDATE experiment SET decide_at = now() WHERE id = ${id}`)

test('the draw puts everybody into exactly one part, about as large as asked, numbers that stand twice into the same one', async () => {
  const id = await planned(2_000)
  const tag = `Experiment ${tags}`
  await run(
    n.t.deps.pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, country, tags)
        SELECT workspace_id, gen_random_uuid(), phone_e164 || '0', send_key, key_hash, country, tags FROM contact WHERE tags = ARRAY[${tag}] ORDER BY id LIMIT 50`,
  )
  await step(id, 'start')
  await Promise.all([drive(), drive(), drive()])
  const rows = await many<{ part: number; people: number; keys: number }>(
    n.t.deps.pool,
    sql`SELECT p.part, count(*)::int AS people, count(DISTINCT c.send_key)::int AS keys FROM experiment_person p JOIN contact c ON c.id = p.contact_id
         WHERE p.experiment_id = ${id} GROUP BY 1 ORDER BY 1`,
  )
  assert.equal(
    rows.reduce((sum, { people }) => sum + people, 0),
    2_050,
  )
  assert.equal(
    rows.reduce((sum, { keys }) => sum + keys, 0),
    2_000,
    'nobody’s number is in two parts',
  )
  for (const [part, share] of [
    [0, 0.25],
    [1, 0.25],
    [4, 0.4],
    [5, 0.1],
  ] as const) {
    const people = rows.find((row) => row.part === part)?.people ?? 0
    assert.ok(Math.abs(people / 2_050 - share) < 0.06, `part ${part}: ${people}`) // over six standard deviations
  }
  const now = await look(id)
  assert.equal(now.status, 'Testing')
  assert.deepEqual(
    now.groups.map(({ group, campaign }) => [group, campaign?.status ?? null]),
    [
      ['A', 'Running'],
      ['B', 'Running'],
      ['rest', null],
      ['holdOut', null],
    ],
  )
  const { body: b } = await n.t.request('GET', `WhatsappCampaign/${groupOf(now, 'B').campaign?.id}`)
  assert.deepEqual([b.ratePerSecond, b.experimentId], [7, id])
})

test('at its time the better variant goes to the rest, and nobody gets two', async () => {
  const id = await tested(400, [10, 30])
  await drive()
  assert.equal((await look(id)).status, 'Testing', 'it is not time yet')
  await timeIsUp(id)
  await Promise.all([drive(), drive()])
  const decided = await look(id)
  assert.deepEqual([decided.status, decided.winner, decided.decision?.how], ['Decided', 'B', 'time'])
  assert.ok((groupOf(decided, 'B').certainty ?? 0) > 0.95)
  const rest = groupOf(decided, 'rest')
  assert.equal(rest.campaign?.status, 'Running')
  assert.equal(await freezeCampaign(n.t.deps, n.t.workspaceId, rest.campaign?.id ?? ''), 'frozen')
  const { people, contacts } = await one<{ people: number; contacts: number }>(
    n.t.deps.pool,
    sql`SELECT count(*)::int AS people, count(DISTINCT r.contact_id)::int AS contacts FROM recipient r JOIN campaign c ON c.id = r.campaign_id WHERE c.experiment_id = ${id}`,
  )
  assert.equal(people, contacts)
  assert.equal(people, 400 - groupOf(decided, 'holdOut').people)
  await drive()
  assert.equal((await look(id)).status, 'Decided')
})

test('it decides early only when it is certain enough, everything is sent and each was delivered to a hundred', async () => {
  const decide = { by: 'read', afterMinutes: 60, certainty: 0.95 }
  const unclear = await tested(600, [50, 52], { decide, testShare: 0.9 })
  await drive()
  assert.equal((await look(unclear)).status, 'Testing')
  const clear = await tested(600, [20, 90], { decide, testShare: 0.9 })
  await drive()
  const decided = await look(clear)
  assert.deepEqual([decided.status, decided.winner, decided.decision?.how], ['Decided', 'B', 'certainty'])
  const few = await tested(100, [1, 30], { decide, testShare: 0.9 })
  await drive()
  assert.equal((await look(few)).status, 'Testing', 'fewer than a hundred decide nothing early')
})

test('where nobody got anything nothing is decided, until a person does', async () => {
  const id = await planned(60)
  await step(id, 'start')
  await drive()
  await timeIsUp(id)
  await drive()
  assert.equal((await look(id)).status, 'Testing')
  assert.equal((await step(id, 'decide', { winner: 'C' })).status, 422)
  const decided = await step(id, 'decide', { winner: 'A' })
  assert.deepEqual([decided.body.status, decided.body.winner, decided.body.decision.how], ['Decided', 'A', 'person'])
  assert.equal((await step(id, 'decide', { winner: 'B' })).status, 409)
})

test('cancelled, its campaigns are cancelled and no rest follows; an audience too small fails', async () => {
  const id = await planned(80)
  await step(id, 'start')
  await drive()
  assert.equal((await step(id, 'start')).status, 409)
  assert.equal((await n.t.request('DELETE', `Experiment/${id}`)).status, 409)
  const cancelled = await step(id, 'cancel')
  assert.deepEqual(
    cancelled.body.groups.map(({ campaign }: { campaign: { status: string } | null }) => campaign?.status ?? null),
    ['Cancelled', 'Cancelled', null, null],
  )
  await drive()
  assert.equal((await look(id)).status, 'Cancelled')
  assert.equal((await n.t.request('DELETE', `Experiment/${id}`)).status, 204)
  assert.equal((await n.t.request('GET', `Experiment/${id}`)).status, 404)
  const small = await planned(1)
  await step(small, 'start')
  await drive()
  const failed = await look(small)
  assert.equal(failed.status, 'Failed')
  assert.match(failed.failure ?? '', /too small/)
})

test('bad input is named at its variant; a part of an experiment is an audience like any other', async () => {
  for (const [more, pointer] of [
    [{ variants: [{ templateId: n.world.plainTemplateId }] }, '/variants'],
    [{ variants: [{ templateId: n.world.plainTemplateId }, { templateId: n.world.templateId }] }, '/variants/1/variables/body.1'],
    [
      { variants: [{ templateId: n.world.plainTemplateId }, { templateId: n.world.plainTemplateId, contactFilter: {} }] },
      '/variants/1/contactFilter',
    ],
    [{ testShare: 0.8, holdOutShare: 0.3 }, '/holdOutShare'],
    [{ decide: { by: 'delivered', afterMinutes: 60 } }, '/decide/by'],
    [{ contactFilter: {} }, '/contactFilter'],
  ] as const) {
    const answer = await n.t.request('POST', 'Experiment', { body: body('X', more) })
    assert.equal(answer.status, 422, JSON.stringify(more))
    assert.ok(
      answer.body.errors.some((error: { pointer: string }) => error.pointer.startsWith(pointer)),
      JSON.stringify(answer.body.errors),
    )
  }
  const id = await planned(200)
  const changed = await n.t.request('PUT', `Experiment/${id}`, { body: body(`Experiment ${tags}`, { holdOutShare: 0.3 }) })
  assert.equal(changed.body.holdOutShare, 0.3)
  await step(id, 'start')
  await drive()
  const held = groupOf(await look(id), 'holdOut').people
  const preview = await n.t.request('POST', 'Segment/preview', {
    body: { contactFilter: { where: { experiment: { id, group: 'holdOut' } } } },
  })
  assert.equal(preview.body.count, held)
  assert.equal((await n.t.request('PUT', `Experiment/${id}`, { body: body('X') })).status, 409)
  assert.equal((await n.t.request('GET', `Experiment/${id}`, { key: n.t.foreign.key })).status, 404)
})

test('a segment whose people are not drawn yet cannot be deleted, afterwards it can', async () => {
  const tag = `Experiment ${tags + 1}`
  const segment = await n.t.request('POST', 'Segment', { body: { name: 'To be drawn', contactFilter: { tags: [tag] } } })
  const id = await planned(60, { contactFilter: { segmentId: segment.body.id } })
  const refused = await n.t.request('DELETE', `Segment/${segment.body.id}`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'segment-in-use'])
  await step(id, 'start')
  await drive()
  assert.equal((await look(id)).status, 'Testing')
  assert.equal((await n.t.request('DELETE', `Segment/${segment.body.id}`)).status, 204)
})
