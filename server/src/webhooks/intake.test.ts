import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { insertAccount } from '../accounts/test-account.ts'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { addressesOf } from '../dispatch/address.ts'
import { recordResults } from '../dispatch/settle.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { processInbox } from './processor.ts'
import { postMessages, signed } from './test-post.ts'
import { retryUnmatched } from './unmatched.ts'

let t: TestApp
let world: TestWorld
let campaignId: string
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 3, { tag: 'W' })
  campaignId = await frozenCampaign(t, world, { tag: 'W' })
  await run(t.deps.pool, sql`UPDATE campaign SET variables = variables || '{"button.1":"optOut"}' WHERE id = ${campaignId}`)
})
after(() => t.drop())

const post = (value: Record<string, unknown>, ids?: { wabaId: string; phoneNumberId: string }) =>
  postMessages(t, world.accountId, [value], ids)
const now = () => String(Math.floor(Date.now() / 1_000))
const press = (from: string, payload: string, text: string) => ({
  contacts: [{ wa_id: from, profile: { name: 'A' } }],
  messages: [{ from, id: `wamid.${payload.length}.${text}`, timestamp: now(), type: 'button', button: { payload, text } }],
})
const facts = async () => (await many<{ key: string }>(t.deps.pool, sql`SELECT key FROM opt_out_fact ORDER BY key`)).map(({ key }) => key)
const contactOf = async (seq: number) =>
  (await one<{ id: string }>(t.deps.pool, sql`SELECT contact_id AS id FROM recipient WHERE campaign_id = ${campaignId} AND seq = ${seq}`))
    .id
const isOut = async (id: string) =>
  (await one<{ out: boolean }>(t.deps.pool, sql`SELECT opted_out_at IS NOT NULL AS out FROM contact WHERE id = ${id}`)).out

test('a press of the button its campaign marked as opt-out stops the person with our 200, whatever number WhatsApp writes', async () => {
  const payload = addressesOf(t.deps).quickReply(campaignId, 1, 1, 1)
  assert.equal((await post(press('15550009999', payload, 'Yes, tell me more'))).status, 200)
  assert.deepEqual(await facts(), [await contactOf(1)])
  while ((await processInbox(t.deps)) > 0);
  assert.deepEqual(await facts(), [])
  assert.equal(await isOut(await contactOf(1)), true)
})

test('a press of another button stops nobody', async () => {
  const payload = addressesOf(t.deps).quickReply(campaignId, 2, 1, 0)
  await post(press('919700000001', payload, 'Shop'))
  assert.deepEqual(await facts(), [])
  while ((await processInbox(t.deps)) > 0);
  assert.equal(await isOut(await contactOf(2)), false)
})

test('error 131050 with our echoed address stops the contact of that message at once', async () => {
  const address = addressesOf(t.deps).message(campaignId, 3, 1)
  await post({
    statuses: [
      {
        id: 'wamid.x',
        status: 'failed',
        timestamp: now(),
        recipient_id: '15550008888',
        biz_opaque_callback_data: address,
        errors: [{ code: 131050, title: 'Stopped' }],
      },
    ],
  })
  assert.ok((await facts()).includes(await contactOf(3)))
  while ((await processInbox(t.deps)) > 0);
  assert.equal(await isOut(await contactOf(3)), true)
})

test('an entry of an account that is not ours keeps nobody out', async () => {
  await post(
    { messages: [{ from: '919700000001', id: 'wamid.f', timestamp: now(), type: 'text', text: { body: 'STOP' } }] },
    { wabaId: '999', phoneNumberId: '888' },
  )
  while ((await processInbox(t.deps)) > 0);
  assert.deepEqual(
    (await facts()).filter((key) => key === '919700000001'),
    [],
  )
  assert.equal(await isOut(await contactOf(2)), false)
})

test('an entry speaks for another account of the workspace only when the same app secret signs for both', async () => {
  const other = await insertAccount(t, '300000000000001', '300000000000002', '15550001234')
  const stop = (from: string) =>
    post(
      { messages: [{ from, id: `wamid.${from}`, timestamp: now(), type: 'text', text: { body: 'STOP' } }] },
      { wabaId: '300000000000001', phoneNumberId: '300000000000002' },
    )
  const isKnown = async (from: string) =>
    (await many(t.deps.pool, sql`SELECT 1 FROM contact WHERE wa_id = ${from} AND opted_out_at IS NOT NULL`)).length === 1
  await stop('919711111111')
  while ((await processInbox(t.deps)) > 0);
  assert.equal(await isKnown('919711111111'), true)
  await run(t.deps.pool, sql`UPDATE whatsapp_account SET app_secret_mark = '\\x01' WHERE id = ${other.accountId}`)
  await stop('919722222222')
  while ((await processInbox(t.deps)) > 0);
  assert.equal(await isKnown('919722222222'), false)
})

test('a receipt that matched nothing is tried again: applied once its message is known, else kept for later, filed after eight days', async () => {
  const people = await many<{ seq: number; address: string }>(
    t.deps.pool,
    sql`SELECT seq, address FROM recipient WHERE campaign_id = ${campaignId} AND seq <= 2 ORDER BY seq DESC`,
  )
  for (const { seq, address } of people)
    await post({ statuses: [{ id: `wamid.late.${seq}`, status: 'delivered', timestamp: now(), recipient_id: address.replace('+', '') }] })
  while ((await processInbox(t.deps)) > 0);
  const waiting = () =>
    many<{ wamid: string; filed_as: string | null }>(
      t.deps.pool,
      sql`SELECT receipt->>'wamid' AS wamid, filed_as FROM unmatched_receipt WHERE receipt->>'wamid' LIKE 'wamid.late.%' ORDER BY 1`,
    )
  assert.equal((await waiting()).length, 2)
  await run(
    t.deps.pool,
    sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = last_seq - first_seq + 1 WHERE campaign_id = ${campaignId}`,
  )
  await inTransaction(t.deps.pool, (tx) =>
    recordResults(
      tx,
      t.workspaceId,
      [{ campaignId, seq: 1, attempt: 1, wamid: 'wamid.late.1', acceptedAt: new Date(), intendedAt: new Date(), isHeld: false }],
      [],
    ),
  )
  await run(t.deps.pool, sql`UPDATE unmatched_receipt SET next_try_at = now(), first_at = now() - interval '9 days'`)
  await retryUnmatched(t.deps)
  assert.deepEqual(await waiting(), [{ wamid: 'wamid.late.2', filed_as: 'foreign' }])
  const { state } = await one<{ state: number }>(t.deps.pool, sql`SELECT state FROM message WHERE campaign_id = ${campaignId} AND seq = 1`)
  assert.equal(state, 8)
})

test('a batch takes bodies until four megabytes are together, and the rest with the next', async () => {
  while ((await processInbox(t.deps)) > 0);
  for (let i = 0; i < 3; i++) assert.equal((await post({ note: 'x'.repeat(2_200_000) })).status, 200)
  assert.deepEqual([await processInbox(t.deps), await processInbox(t.deps), await processInbox(t.deps)], [2, 1, 0])
})

test('a body in plain UTF-8 is read as it is; one with a zero byte, which no JSON has, is set aside and blocks nobody', async () => {
  const wrote = { from: '919700000003', id: 'wamid.utf8', timestamp: now(), type: 'text', text: { body: 'आपका धन्यवाद 🙏 où' } }
  const broken = Buffer.from('{"object":"whatsapp_business_account","entry":[\0]}')
  const headers = signed(broken)
  assert.equal((await t.app.request(`/webhooks/meta/${world.accountId}`, { method: 'POST', headers, body: broken })).status, 200)
  assert.equal((await post({ messages: [wrote] })).status, 200)
  while ((await processInbox(t.deps)) > 0);
  const { text } = await one<{ text: string }>(t.deps.pool, sql`SELECT text FROM reply WHERE inbound_id = 'wamid.utf8'`)
  assert.equal(text, wrote.text.body)
  const { body } = await one<{ body: Buffer }>(t.deps.pool, sql`SELECT body FROM webhook_set_aside`)
  assert.deepEqual(body, broken)
})

test('the ids that a receipt tells are learnt from it, and not looked for again with the next receipt of that message', async () => {
  const told = (status: string, attempt: number) => ({
    id: `wamid.learnt.${attempt}`,
    status,
    timestamp: now(),
    recipient_id: '919700000777',
    recipient_user_id: 'IN.777',
    biz_opaque_callback_data: addressesOf(t.deps).message(campaignId, 2, attempt),
  })
  const receive = async (status: string, attempt: number) => {
    await run(t.deps.pool, sql`UPDATE contact SET user_id = NULL, wa_id = NULL WHERE id = ${await contactOf(2)}`)
    await post({ statuses: [told(status, attempt)] })
    while ((await processInbox(t.deps)) > 0);
    return (await one<{ id: string | null }>(t.deps.pool, sql`SELECT user_id AS id FROM contact WHERE id = ${await contactOf(2)}`)).id
  }
  assert.deepEqual([await receive('sent', 1), await receive('delivered', 1), await receive('delivered', 2)], ['IN.777', null, 'IN.777'])
})

test('a receipt that reached nobody taught nothing: told again, once its message is known, its ids are learnt', async () => {
  const told = { id: 'wamid.nobody', status: 'delivered', timestamp: now(), recipient_id: '919700000888', recipient_user_id: 'IN.888' }
  const statuses = [{ ...told, biz_opaque_callback_data: addressesOf(t.deps).message(campaignId, 501, 1) }]
  await post({ statuses })
  while ((await processInbox(t.deps)) > 0);
  await run(
    t.deps.pool,
    sql`INSERT INTO campaign_slice (workspace_id, campaign_id, slice_no, first_seq, last_seq, cursor_seq, sending) VALUES (${t.workspaceId}, ${campaignId}, 1, 501, 501, 501, 1)`,
  )
  const { id } = await one<{ id: string }>(
    t.deps.pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key) VALUES (${t.workspaceId}, gen_random_uuid(), '+919700000888', '919700000888') RETURNING id`,
  )
  await run(
    t.deps.pool,
    sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id, send_key, address) VALUES (${t.workspaceId}, ${campaignId}, 501, ${id}, '919700000888', '+919700000888')`,
  )
  await post({ statuses })
  while ((await processInbox(t.deps)) > 0);
  assert.equal((await one<{ user_id: string | null }>(t.deps.pool, sql`SELECT user_id FROM contact WHERE id = ${id}`)).user_id, 'IN.888')
})

test('an error code that no column holds is no code, and holds up nobody', async () => {
  const failed = (seq: number, code: unknown) => ({
    id: `wamid.code.${seq}`,
    status: 'failed',
    timestamp: now(),
    recipient_id: '919700000000',
    biz_opaque_callback_data: addressesOf(t.deps).message(campaignId, seq, 1),
    errors: [{ code, title: 'Odd' }],
  })
  await post({ statuses: [failed(1, 3_000_000_000), failed(2, 'Infinity'), failed(3, 1.5)] })
  await post({ statuses: [{ ...failed(3, undefined), id: 'wamid.code.3', status: 'read', errors: undefined }] })
  while ((await processInbox(t.deps)) > 0);
  const rows = await many<{ seq: number; state: number }>(
    t.deps.pool,
    sql`SELECT seq, state FROM message WHERE campaign_id = ${campaignId} AND seq = 3`,
  )
  assert.deepEqual(rows, [{ seq: 3, state: 9 }])
})
