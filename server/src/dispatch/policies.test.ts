import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { beat, intakeBroke } from '../webhooks/intake-watch.ts'
import { completeIfSettled, settledCampaigns } from './completion.ts'
import { flagWithoutReceipt } from './no-receipt.ts'
import { applyUnknownPolicies } from './policies.ts'
import { liftAssessed } from './quality.ts'
import { recordBatch } from './record.ts'
import { applyProofs } from './settle.ts'
import { STATE } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'

let n: TestNumber
let id: string
before(async () => {
  n = await testNumber()
  await addContacts(n.t, 120, { tag: 'P' })
  await run(n.t.deps.pool, sql`INSERT INTO install (id) VALUES (${n.t.deps.install.id})`)
})
after(() => n.t.drop())

const db = () => n.t.deps.pool
const minutes = (count: number) => new Date(Date.now() - count * 60_000)
const unknown = async () => (await one<{ n: number }>(db(), sql`SELECT unknown AS n FROM campaign_counter WHERE campaign_id = ${id}`)).n

/** Seq 1 in doubt since 90 minutes; `confirmed` later messages accepted and told delivered; receipts came every minute since. */
async function doubt(confirmed: number): Promise<void> {
  id = await n.frozen('P')
  await run(db(), sql`UPDATE campaign SET unknown_policy = 'confident' WHERE id = ${id}`)
  await n.step(id, 0, 120)
  const later = Array.from({ length: confirmed }, (_, i) => i + 2)
  await n.record(
    later.map((seq) => acceptance(id, seq, { intendedAt: minutes(80), acceptedAt: minutes(80) })),
    [inference(id, 1, STATE.unknown, { intendedAt: minutes(90) })],
  )
  await inTransaction(db(), (tx) =>
    applyProofs(
      tx,
      n.t.workspaceId,
      later.map((seq) => ({ campaignId: id, seq, attempt: 1, state: STATE.delivered, at: minutes(79), wamid: `wamid.${seq}` })),
    ),
  )
  await run(
    db(),
    sql`INSERT INTO receipt_minute (workspace_id, number_id, minute, receipts)
        SELECT ${n.t.workspaceId}, ${n.world.numberId}, date_trunc('minute', now()) - i * interval '1 minute', 1 FROM generate_series(0, 100) AS i`,
  )
  await run(db(), sql`UPDATE install SET intake_unbroken_since = now() - interval '1 day', intake_seen_at = now()`)
}
beforeEach(async () => {
  await run(db(), sql`DELETE FROM receipt_minute`)
  await run(db(), sql`DELETE FROM hold`)
  await run(db(), sql`UPDATE message SET intended_at = now() - interval '20 days'`) // earlier tests' receipts confirm nothing here
  await run(db(), sql`UPDATE campaign SET status = 'Cancelled', completed_at = now() WHERE status = 'Running'`)
})

test('confident sends again after an hour, once fifty later messages have receipts and none were missed; the audit names the count', async () => {
  await doubt(50)
  assert.equal(await applyUnknownPolicies(db()), 1)
  assert.equal(await unknown(), 0)
  assert.deepEqual(await n.retries(id, 10), [1])
  const audit = await many<{ detail: unknown }>(
    db(),
    sql`SELECT detail FROM audit_entry WHERE action = 'campaign.unknown.resend' AND object_id = ${id}`,
  )
  assert.deepEqual(audit, [{ detail: { count: 1, policy: 'confident' } }])
})

test('confident waits while fewer than fifty later messages have receipts', async () => {
  await doubt(49)
  assert.equal(await applyUnknownPolicies(db()), 0)
})

test('confident waits for the hour', async () => {
  await doubt(50)
  await run(db(), sql`UPDATE message SET intended_at = now() - interval '59 minutes' WHERE campaign_id = ${id} AND seq = 1`)
  await run(db(), sql`UPDATE message SET intended_at = now() - interval '30 minutes' WHERE campaign_id = ${id} AND seq > 1`)
  assert.equal(await applyUnknownPolicies(db()), 0)
})

test('messages intended before the one in doubt confirm nothing', async () => {
  await doubt(50)
  await run(db(), sql`UPDATE message SET intended_at = now() - interval '100 minutes' WHERE campaign_id = ${id} AND seq > 1`)
  assert.equal(await applyUnknownPolicies(db()), 0)
})

test('confident waits when minutes with accepted messages brought no receipts: intake had a gap', async () => {
  await doubt(50)
  await run(db(), sql`DELETE FROM receipt_minute WHERE minute < now() - interval '60 minutes'`)
  assert.equal(await applyUnknownPolicies(db()), 0)
})

test('confident waits when our own intake refused a body or was away since', async () => {
  await doubt(50)
  intakeBroke(db())
  await beat(db())
  assert.equal(await applyUnknownPolicies(db()), 0)
  await run(db(), sql`UPDATE install SET intake_unbroken_since = now() - interval '1 day', intake_seen_at = now() - interval '31 seconds'`)
  await beat(db())
  assert.equal(await applyUnknownPolicies(db()), 0)
  await run(db(), sql`UPDATE install SET intake_unbroken_since = now() - interval '1 day', intake_seen_at = now() - interval '20 seconds'`)
  await beat(db())
  assert.equal(await applyUnknownPolicies(db()), 1)
})

test('confident waits while anything of the campaign is held for quality assessment', async () => {
  await doubt(50)
  await n.record([acceptance(id, 100, { isHeld: true })])
  assert.equal(await applyUnknownPolicies(db()), 0)
  await inTransaction(db(), (tx) =>
    applyProofs(tx, n.t.workspaceId, [{ campaignId: id, seq: 100, attempt: 1, state: STATE.sent, at: new Date(), wamid: 'wamid.100' }]),
  )
  assert.equal(await applyUnknownPolicies(db()), 1)
  await n.assertConsistent(id)
})

test('doubt keeps a confident campaign running for eight days and then is settled as under hold', async () => {
  await doubt(119)
  const isSettled = async () => (await settledCampaigns(db())).some((campaign) => campaign.id === id)
  assert.equal(await isSettled(), false)
  assert.equal(await completeIfSettled(db(), n.t.workspaceId, id), false)
  await run(db(), sql`UPDATE message SET intended_at = now() - interval '8 days 1 minute' WHERE campaign_id = ${id} AND seq = 1`)
  assert.equal(await applyUnknownPolicies(db()), 0, 'nothing is sent again after eight days')
  assert.equal(await isSettled(), true)
  assert.equal(await completeIfSettled(db(), n.t.workspaceId, id), true)
  assert.equal(await unknown(), 1)
})

test('messages held for quality assessment hold the campaign, are shown as such, and let it go on once released', async () => {
  id = await n.frozen('P')
  await n.step(id, 0, 2)
  const result = (seq: number) => ({
    attempt: {
      campaign: n.campaign(id),
      intended: { campaignId: id, seq, attempt: 1, tries: 0, intendedAt: new Date() },
      testId: undefined,
      message: { address: '', template: {}, callbackData: '' },
    },
    outcome: { kind: 'accepted', wamid: `wamid.${seq}`, status: 'held_for_quality_assessment', waId: null, userId: null } as const,
    verdict: undefined,
    answeredAt: new Date(),
  })
  await recordBatch(db(), n.lease.workspaceId, [result(1), result(2)], new Map())
  const shown = (await n.t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([shown.status, shown.hold.reason, shown.counts.sent], ['Running', 'quality_pending', 2])
  const people = async () =>
    (await n.t.request('GET', `WhatsappCampaign/${id}/contacts?statusFilter=Sent`)).body.items.map((item: { kind: string }) => item.kind)
  assert.deepEqual(await people(), ['held_for_quality_assessment', 'held_for_quality_assessment'])
  assert.equal((await n.step(id, 2, 3)).kind, 'refused')
  const released = (seq: number) =>
    inTransaction(db(), (tx) =>
      applyProofs(tx, n.t.workspaceId, [{ campaignId: id, seq, attempt: 1, state: STATE.sent, at: new Date(), wamid: `wamid.${seq}` }]),
    )
  await released(1)
  await liftAssessed(db())
  assert.equal((await n.step(id, 2, 3)).kind, 'refused', 'one is still held')
  await released(2)
  await liftAssessed(db())
  assert.equal((await n.step(id, 2, 3)).kind, 'intended')
  await n.assertConsistent(id)
})

test('Sent is shown as "no receipt" once the template’s time to live passed, and not before; a late receipt still counts', async () => {
  id = await n.frozen('P')
  await n.step(id, 0, 3)
  await n.record([1, 2, 3].map((seq) => acceptance(id, seq, { acceptedAt: minutes(120) })))
  await run(db(), sql`UPDATE template SET ttl_seconds = 43200 WHERE id = ${n.world.plainTemplateId}`)
  await n.t.request('POST', `WhatsappCampaign/${id}/cancel`)
  assert.equal(await flagWithoutReceipt(db()), 0)
  await run(db(), sql`UPDATE campaign SET completed_at = now() - interval '14 hours' WHERE id = ${id}`)
  await run(db(), sql`UPDATE message SET accepted_at = now() - interval '14 hours' WHERE campaign_id = ${id}`)
  await inTransaction(db(), (tx) =>
    applyProofs(tx, n.t.workspaceId, [{ campaignId: id, seq: 1, attempt: 1, state: STATE.delivered, at: new Date(), wamid: 'wamid.1' }]),
  )
  assert.equal(await flagWithoutReceipt(db()), 2)
  assert.equal(await flagWithoutReceipt(db()), 0, 'once is enough')
  const items = async () =>
    (await n.t.request('GET', `WhatsappCampaign/${id}/contacts?pageSize=3`)).body.items.map(
      ({ status, kind, reason }: { status: string; kind: string | null; reason: string | null }) => [status, kind, reason],
    )
  assert.deepEqual(await items(), [
    ['Delivered', null, null],
    ['Sent', 'no_receipt', 'no receipt'],
    ['Sent', 'no_receipt', 'no receipt'],
  ])
  await inTransaction(db(), (tx) =>
    applyProofs(tx, n.t.workspaceId, [{ campaignId: id, seq: 2, attempt: 1, state: STATE.read, at: new Date(), wamid: 'wamid.2' }]),
  )
  assert.deepEqual((await items())[1], ['Read', null, null])
})
