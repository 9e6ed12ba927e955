import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { one, run, sql } from '../platform/db.ts'
import { processInbox } from '../webhooks/processor.ts'
import { postMessages } from '../webhooks/test-post.ts'
import { addressesOf } from './address.ts'
import { intend } from './intent.ts'
import { type Outcome, refusalOf } from './outcome.ts'
import { recordBatch } from './record.ts'
import { STATE } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'
import { verdictOf } from './verdict.ts'

let n: TestNumber
let id: string
before(async () => {
  n = await testNumber()
  await addContacts(n.t, 3, { tag: 'R' })
  id = await n.frozen('R')
})
after(() => n.t.drop())

const db = () => n.t.deps.pool
const refusal = refusalOf(131049)
const outcome = { kind: 'refused', refusal, code: 131049, title: 'healthy ecosystem' } as Exclude<Outcome, { kind: 'accepted' }>
const refuse = (seq: number, attempt: number, tries: number) =>
  recordBatch(
    db(),
    n.lease.workspaceId,
    [
      {
        attempt: {
          campaign: n.campaign(id),
          intended: { campaignId: id, seq, attempt, tries, intendedAt: new Date() },
          testId: undefined,
          message: { address: '', template: {}, callbackData: '' },
        },
        outcome,
        verdict: verdictOf(outcome, tries, 0),
        answeredAt: new Date(),
      },
    ],
    new Map(),
  )
const hoursOfRest = async (seq: number) =>
  (
    await one<{ hours: number | null }>(
      db(),
      sql`SELECT round(extract(epoch FROM c.marketing_rest_until - now()) / 3600)::int AS hours
            FROM recipient r JOIN contact c ON c.workspace_id = r.workspace_id AND c.id = r.contact_id WHERE r.campaign_id = ${id} AND r.seq = ${seq}`,
    )
  ).hours
const excluded = async (templateId: string, variables: Record<string, string> = {}) =>
  (await n.t.request('POST', 'WhatsappCampaign/preview', { body: { templateId, variables, contactFilter: { tags: ['R'] } } })).body.excluded

test('refused with 131049: once more after a day, then Failed and offered for resend; meanwhile marketing to that person rests', async () => {
  assert.deepEqual(await n.seqs(id, 0, 2), [1, 2])
  await n.record([acceptance(id, 2)])
  await refuse(1, 1, 0)
  assert.equal(await hoursOfRest(1), 24)
  const { hours } = await one<{ hours: number }>(
    db(),
    sql`SELECT extract(epoch FROM due_at - now()) / 3600 AS hours FROM message_retry WHERE campaign_id = ${id} AND seq = 1`,
  )
  assert.ok(hours > 23.99 && hours < 25, String(hours))
  assert.deepEqual(await n.retries(id, 10), [])

  await run(db(), sql`UPDATE message_retry SET due_at = now() WHERE campaign_id = ${id}`)
  await run(db(), sql`UPDATE contact SET marketing_rest_until = now() - interval '1 second' WHERE marketing_rest_until IS NOT NULL`)
  assert.deepEqual(await n.retries(id, 10), [1])
  await refuse(1, 2, 1)
  assert.equal(await hoursOfRest(1), 24)
  assert.equal(
    (await one<{ is_retryable: boolean }>(db(), sql`SELECT is_retryable FROM message WHERE campaign_id = ${id} AND seq = 1`)).is_retryable,
    true,
  )
  await n.assertConsistent(id)
})

test('a second try that a pause kept from going within seven days is given up', async () => {
  await addContacts(n.t, 2, { tag: 'Late', from: 500 })
  const late = await n.frozen('Late')
  assert.deepEqual(await n.seqs(late, 0, 2), [1, 2])
  await n.record(
    [],
    [1, 2].map((seq) => inference(late, seq, STATE.pending, { code: 131049, title: 'healthy ecosystem' })),
  )
  await run(
    db(),
    sql`UPDATE message SET intended_at = now() - CASE seq WHEN 1 THEN interval '6 days 23 hours' ELSE interval '7 days 1 minute' END WHERE campaign_id = ${late}`,
  )
  assert.deepEqual(await n.retries(late, 10), [1])
  assert.deepEqual(await one(db(), sql`SELECT state, skip_reason FROM message WHERE campaign_id = ${late} AND seq = 2`), {
    state: STATE.skipped,
    skip_reason: 'cooling_down',
  })
  await n.record([acceptance(late, 1, { attempt: 2 })])
  await n.assertConsistent(late)
})

test('held back by a receipt: marketing to that person rests in every campaign, other messages do not', async () => {
  const { address } = await one<{ address: string }>(db(), sql`SELECT address FROM recipient WHERE campaign_id = ${id} AND seq = 2`)
  const status = {
    id: 'wamid.2',
    status: 'failed',
    timestamp: String(Math.floor(Date.now() / 1_000)),
    recipient_id: address.replace('+', ''),
    biz_opaque_callback_data: addressesOf(n.t.deps).message(id, 2, 1),
    errors: [{ code: 131049, title: 'This message was not delivered to maintain healthy ecosystem engagement.' }],
  }
  assert.equal((await postMessages(n.t, n.world.accountId, [{ statuses: [status] }])).status, 200)
  while ((await processInbox(n.t.deps)) > 0);
  assert.equal(await hoursOfRest(2), 24)
  assert.equal(await hoursOfRest(3), null)
  const variables = { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' }
  assert.deepEqual(await excluded(n.world.templateId, variables), [{ reason: 'cooling_down', count: 2 }])
  assert.deepEqual(await excluded(n.world.plainTemplateId), [])
})

test('somebody who rests is Skipped by an intent, with that reason', async () => {
  await run(db(), sql`UPDATE contact SET marketing_rest_until = now() + interval '1 hour'`)
  const advance = { sliceNo: 0, fromSeq: 2, upToSeq: 3, unsendable: [] }
  const result = await intend(db(), { ...n.campaign(id), category: 'MARKETING' }, n.lease, advance)
  assert.deepEqual(result.kind === 'intended' && [result.intended.length, result.skipped], [0, 1])
  assert.deepEqual(await one(db(), sql`SELECT state, skip_reason FROM message WHERE campaign_id = ${id} AND seq = 3`), {
    state: STATE.skipped,
    skip_reason: 'cooling_down',
  })
})
