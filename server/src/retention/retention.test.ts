import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { addressesOf } from '../dispatch/address.ts'
import { makeTally } from '../dispatch/counters.ts'
import { applyProofs } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { acceptance, type TestNumber, testNumber } from '../dispatch/test-number.ts'
import { many, maybeOne, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { recordClick } from '../webhooks/clicks.ts'
import { processInbox } from '../webhooks/processor.ts'
import { deleteSome } from './people.ts'

/** Three steps of slices. */
const PEOPLE = 4_500
const DAYS = 90
/** Tables with a row for each person of a campaign, or for what one did. */
const OF_PEOPLE = [
  'recipient', 'message', 'message_event', 'message_retry', 'button_click', 'button_presser', 'recipient_act', 'reply', 'campaign_slice', 'test_send',
] // biome-ignore format: one list

let n: TestNumber
let old: string
let recent: string
let contactId: string
before(async () => {
  n = await testNumber()
  await addContacts(n.t, PEOPLE, { tag: 'Old' })
  await addContacts(n.t, 600, { tag: 'Recent', from: 10_000 })
  old = await ended('Old', PEOPLE, 91)
  recent = await ended('Recent', 600, 89)
  contactId = (await one<{ id: string }>(db(), sql`SELECT contact_id AS id FROM recipient WHERE campaign_id = ${old} AND seq = 1`)).id
})
after(() => n.t.drop())

const db = () => n.t.deps.pool
const rows = async (table: string, id: string): Promise<number> =>
  Number((await db().query(`SELECT count(*) AS n FROM ${table} WHERE campaign_id = $1`, [id])).rows[0].n)
const everything = async (id: string) =>
  Object.fromEntries(await Promise.all(OF_PEOPLE.map(async (table) => [table, await rows(table, id)])))
const get = (path: string) => n.t.request('GET', `WhatsappCampaign/${path}`)

/** A campaign that was sent, delivered to all but the last, pressed and answered by the first two, and ended so many days ago. */
async function ended(tag: string, people: number, days: number): Promise<string> {
  const id = await n.frozen(tag)
  const { t } = n
  await run(db(), sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = last_seq - first_seq + 1 WHERE campaign_id = ${id}`)
  await n.record(Array.from({ length: people }, (_, i) => acceptance(id, i + 1)))
  await inTransaction(db(), (tx) =>
    applyProofs(
      tx,
      t.workspaceId,
      Array.from({ length: people - 1 }, (_, i) => ({ campaignId: id, seq: i + 1, attempt: 1, state: STATE.delivered, at: new Date(), wamid: `wamid.${i + 1}` })),
    ),
  ) // biome-ignore format: one proof a line
  await inTransaction(db(), async (tx) => {
    const tally = makeTally()
    for (const seq of [1, 2])
      await recordClick(tx, { workspaceId: t.workspaceId, campaignId: id, seq, button: 0, clickId: `${id}.${seq}`, kind: 'quick_reply', isStop: false, text: 'Yes', at: new Date() }, tally)
    await tally.flush(tx, t.workspaceId)
  }) // biome-ignore format: one press a line
  await run(
    db(),
    sql`INSERT INTO reply (workspace_id, id, inbound_id, contact_id, campaign_id, seq, type, text, at)
        SELECT workspace_id, gen_random_uuid(), 'in.' || campaign_id || seq, contact_id, campaign_id, seq, 'text', 'Hello', now() FROM recipient WHERE campaign_id = ${id} AND seq < 3`,
  )
  await run(
    db(),
    sql`INSERT INTO message_event (workspace_id, campaign_id, seq, id, kind) VALUES (${t.workspaceId}, ${id}, 7, gen_random_uuid(), 'unknown')`,
  )
  await run(
    db(),
    sql`INSERT INTO test_send (workspace_id, id, campaign_id, number_id, phone_e164, send_key, key_hash, request, state)
        VALUES (${t.workspaceId}, gen_random_uuid(), ${id}, ${n.world.numberId}, '+919700000001', '919700000001', '\\x00', '{}', 'Sent')`,
  )
  await run(
    db(),
    sql`UPDATE campaign SET status = 'Completed', completed_at = now() - ${days} * interval '1 day', receipts_due = false WHERE id = ${id}`,
  )
  return id
}

/** A webhook of Meta about or from the first person of the old campaign, stored and applied. */
async function told(value: Record<string, unknown>): Promise<void> {
  const metadata = { display_phone_number: '15550047120', phone_number_id: '441785372345678' }
  const contacts = [{ profile: { name: 'P' }, wa_id: '919700000000' }]
  const changes = [{ field: 'messages', value: { messaging_product: 'whatsapp', metadata, contacts, ...value } }]
  const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '215589313241560', changes }] }))
  await run(
    db(),
    sql`INSERT INTO webhook_inbox (account_id, workspace_id, body) VALUES (${n.world.accountId}, ${n.t.workspaceId}, ${body})`,
  )
  assert.equal(await processInbox(n.t.deps), 1)
}
const seconds = () => String(Math.floor(Date.now() / 1_000))

test('without RETENTION_DAYS nothing is deleted', async () => {
  assert.equal(await deleteSome(db(), undefined), 'idle')
  assert.equal(await rows('recipient', old), PEOPLE)
})

test('people go in small steps, one process at a time, from the first step on refused; what is counted and others’ people stay', async () => {
  const kept = ['', '/failures', '/button-clicks', '/timeline', '/cost'].map((part) => `${old}${part}`)
  const before = await Promise.all(kept.map(get))
  const others = await everything(recent)
  const whole = await everything(old)
  assert.deepEqual([whole.recipient, whole.message, whole.campaign_slice, whole.reply, whole.button_presser], [PEOPLE, PEOPLE, 9, 2, 2])
  assert.equal((await get(`${old}/contacts`)).status, 200)

  assert.equal(await deleteSome(db(), DAYS), 'deleted', 'begun')
  assert.deepEqual(await everything(old), whole)
  for (const path of ['contacts', `contacts/${contactId}`, 'export', 'replies', 'button-clicks?button=0'])
    assert.deepEqual(codeOf(await get(`${old}/${path}`)), [409, 'people-not-kept'], path)
  await inTransaction(db(), async (tx) => {
    await tx.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [0x66616e72] })
    assert.equal(await deleteSome(db(), DAYS), 'busy', 'another process is at it')
  })
  assert.equal(await deleteSome(db(), DAYS), 'deleted')
  assert.deepEqual([await rows('recipient', old), await rows('message', old), await rows('campaign_slice', old)], [2_500, 2_500, 5])
  let steps = 2
  while ((await deleteSome(db(), undefined)) !== 'idle') steps++ // what was begun is finished, whatever the setting says now
  assert.equal(steps, 6, 'begun, three of slices, the rest, done')
  assert.deepEqual(await everything(old), Object.fromEntries(OF_PEOPLE.map((table) => [table, 0])))
  assert.deepEqual(await everything(recent), others)
  assert.equal(await deleteSome(db(), DAYS), 'idle', 'the other ended a day less ago')

  const now = await Promise.all(kept.map(get))
  for (const [i, path] of kept.entries()) {
    if (i === 0) {
      const { peopleDeletedAt, actions, ...figures } = now[0]?.body ?? {}
      const { peopleDeletedAt: wasKept, actions: formerly, ...formerFigures } = before[0]?.body ?? {}
      assert.deepEqual(figures, formerFigures)
      assert.ok(wasKept === null && !Number.isNaN(Date.parse(peopleDeletedAt)))
      assert.ok(formerly.includes('resend') && !actions.includes('resend'))
    } else if (path.endsWith('/timeline')) {
      assert.deepEqual(now[i]?.body.minutes, before[i]?.body.minutes)
      assert.ok(JSON.stringify(now[i]?.body).includes('campaign.deletePeople'), 'the timeline says it')
    } else assert.deepEqual(now[i], { ...before[i], headers: now[i]?.headers }, path)
  }
  const reads = (await get(`${recent}/contacts`)).body
  assert.equal(reads.totalCount, 600)
})

const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code]

test('nothing can be made of people who are gone: resend, a decision about the Unknown, a filter', async () => {
  const post = (path: string, body: unknown) => n.t.request('POST', path, { body })
  assert.deepEqual(codeOf(await post(`WhatsappCampaign/${old}/resend`, { outcome: 'NotRead' })), [409, 'people-not-kept'])
  assert.deepEqual(codeOf(await post(`WhatsappCampaign/${old}/unknown`, { action: 'giveUp' })), [409, 'people-not-kept'])
  const child = { name: 'Child', templateId: n.world.plainTemplateId, contactFilter: { campaign: { id: old, outcome: 'Read' } } }
  const refused = await post('WhatsappCampaign', { ...child, scheduledAt: new Date(Date.now() + 3_600_000).toISOString() })
  assert.equal(refused.status, 422)
  assert.deepEqual(refused.body.errors, [
    { pointer: '/contactFilter/campaign/id', detail: 'The people of this campaign are no longer kept.' },
  ])
  assert.equal((await post(`WhatsappCampaign/${old}/duplicate`, undefined)).status, 201, 'its content is kept')
})

test('a late receipt is filed as expired and holds nothing; a late press and a late reply count nobody twice', async () => {
  const counters = () => maybeOne(db(), sql`SELECT * FROM campaign_counter WHERE campaign_id = ${old}`)
  const before = await counters()
  const addresses = addressesOf(n.t.deps)
  const status = { id: 'wamid.1', status: 'read', timestamp: seconds(), recipient_id: '919700000000' }
  await told({ statuses: [{ ...status, biz_opaque_callback_data: addresses.message(old, 1, 1) }] })
  assert.deepEqual(await many(db(), sql`SELECT filed_as FROM unmatched_receipt`), [{ filed_as: 'expired' }])
  assert.deepEqual(await many(db(), sql`SELECT reason FROM hold`), [])
  const payload = addresses.quickReply(old, 1, 1, 0)
  const message = { from: '919700000000', timestamp: seconds(), context: { from: '15550047120', id: 'wamid.1' } }
  await told({ messages: [{ ...message, id: 'wamid.late1', type: 'button', button: { payload, text: 'Yes' } }] })
  await told({ messages: [{ ...message, id: 'wamid.late2', type: 'text', text: { body: 'Hello again' } }] })
  assert.deepEqual(await counters(), before)
  assert.deepEqual(await everything(old), Object.fromEntries(OF_PEOPLE.map((table) => [table, 0])), 'nothing of theirs comes back')
  assert.equal(
    (await one<{ n: number }>(db(), sql`SELECT count(*) AS n FROM reply WHERE text = 'Hello again'`)).n,
    1,
    'what was written is kept',
  )
})

test('receipts filed long ago go too, those that wait and those filed lately stay', async () => {
  await run(db(), sql`UPDATE unmatched_receipt SET first_at = now() - interval '91 days'`)
  await run(
    db(),
    sql`INSERT INTO unmatched_receipt (workspace_id, id, receipt, next_try_at, first_at, filed_as)
        SELECT ${n.t.workspaceId}, gen_random_uuid(), '{}', now(), now() - k.age * interval '1 day', k.filed FROM (VALUES (89, 'foreign'), (91, NULL)) AS k (age, filed)`,
  )
  assert.equal(await deleteSome(db(), DAYS), 'deleted')
  assert.equal(await deleteSome(db(), DAYS), 'idle')
  assert.equal((await one<{ n: number }>(db(), sql`SELECT count(*) AS n FROM unmatched_receipt`)).n, 2)
})

test('a tracked link of somebody who is gone still leads where it leads everybody, uncounted', async () => {
  const made = async (destination: string) => {
    const { frozenCampaign } = await import('../campaigns/test-campaign.ts')
    const id = await frozenCampaign(n.t, n.world, { tag: 'Recent' })
    await run(db(), sql`UPDATE campaign SET variables = variables || ${JSON.stringify({ 'button.0': destination })}::jsonb,
                               status = 'Completed', completed_at = now() - interval '100 days' WHERE id = ${id}`) // biome-ignore format: one statement
    return id
  }
  const same = await made('https://example.com/x')
  const personal = await made('https://example.com/{{ contact.firstName }}')
  while ((await deleteSome(db(), DAYS)) !== 'idle');
  const open = (id: string) =>
    n.t.app.request(`/r/${addressesOf(n.t.deps).linkToken(id, 1, 0)}`, { headers: { 'user-agent': 'Mozilla/5.0' } })
  const answer = await open(same)
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'https://example.com/x'])
  assert.equal((await open(personal)).status, 404)
  assert.equal(await rows('button_click', same), 0)
})

test('a frequency cap that looks back further keeps people longer', async () => {
  await run(db(), sql`DELETE FROM unmatched_receipt`)
  await run(db(), sql`UPDATE workspace SET cap_messages = 5, cap_days = 90 WHERE id = ${n.t.workspaceId}`)
  assert.equal(await deleteSome(db(), 30), 'idle', 'a message of 89 days ago still counts for the cap')
  assert.equal((await get(`${recent}/contacts`)).status, 200)
  await run(db(), sql`UPDATE workspace SET cap_messages = NULL, cap_days = NULL WHERE id = ${n.t.workspaceId}`)
  assert.equal(await deleteSome(db(), 30), 'deleted')
  assert.equal((await get(`${recent}/contacts`)).status, 409)
})
