import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { applyProofs, recordResults } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { runImportsOnce } from '../imports/runner.ts'
import { one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { formsOf, found, searchTables } from '../platform/test-dump.ts'
import { inTransaction } from '../platform/transaction.ts'
import { processInbox } from '../webhooks/processor.ts'
import { postMessages } from '../webhooks/test-post.ts'
import { countAll } from './count.ts'
import { eraseLateNews } from './erasure.ts'

const DIGITS = '919876500099'
const PERSON = { phone: '+91 98765 00099', firstName: 'Zebediah', lastName: 'Quillfeather', email: 'zebediah@quillfeather.example' }
const NEEDLES = [DIGITS, '9876500099', PERSON.firstName, PERSON.lastName, PERSON.email, 'Xylographers Lane', 'IN.9182736455', 'crm-77123']
const wamid = (kind: string) => `wamid.${Buffer.from(`..${DIGITS}..${kind}`).toString('base64')}`

let t: TestApp
let world: TestWorld
let campaignId: string
let contactId: string
before(async () => {
  t = await testApp({ environment: { ALLOW_PRIVATE_WEBHOOKS: 'true' } })
  world = await testWorld(t)
  await live()
})
after(() => t.drop())

/** A life in which the person leaves traces everywhere. */
async function live(): Promise<void> {
  const { pool } = t.deps
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await t.request(method, path, { body, headers })
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  await call('POST', 'WebhookEndpoint', { url: 'http://127.0.0.1:9/', events: ['message.sent', 'button.clicked', 'contact.opted_out'] })
  const contact = { ...PERSON, externalId: 'crm-77123', attributes: { street: 'Xylographers Lane 7' }, tags: ['erase'] }
  contactId = (await call('POST', 'Contact', contact, { 'idempotency-key': 'remember me' })).id
  await run(pool, sql`UPDATE contact SET user_id = 'IN.9182736455', wa_id = ${DIGITS} WHERE id = ${contactId}`)
  campaignId = await frozenCampaign(t, world, { tag: 'erase' })
  const filtered = { name: 'To one', templateId: world.plainTemplateId, contactFilter: { phones: [PERSON.phone, `+${DIGITS}`] } }
  await call('POST', 'WhatsappCampaign', filtered)
  await run(pool, sql`UPDATE campaign_slice SET cursor_seq = 1, sending = 1 WHERE campaign_id = ${campaignId}`)
  const at = new Date()
  const acceptance = { campaignId, seq: 1, attempt: 1, wamid: wamid('out'), acceptedAt: at, intendedAt: at, isHeld: false }
  await inTransaction(pool, (tx) => recordResults(tx, t.workspaceId, [acceptance], []))
  await inTransaction(pool, (tx) =>
    applyProofs(tx, t.workspaceId, [{ campaignId, seq: 1, attempt: 1, state: STATE.sent, at, wamid: wamid('double') }] as never),
  )
  const metadata = { display_phone_number: '15550047120', phone_number_id: '441785372345678' }
  const contacts = [{ wa_id: DIGITS, profile: { name: `${PERSON.firstName} ${PERSON.lastName}` } }]
  const seconds = String(Math.floor(Date.now() / 1_000))
  const from = { from: DIGITS, timestamp: seconds, context: { id: wamid('out') } }
  await meta({
    metadata,
    contacts,
    messages: [{ ...from, id: wamid('in'), type: 'text', text: { body: `It is ${PERSON.firstName}, hello` } }],
  })
  await meta({
    metadata,
    contacts,
    messages: [{ ...from, id: wamid('press'), type: 'button', button: { text: 'Yes, tell me more', payload: 'x' } }],
  })
  await meta({ metadata, statuses: [{ id: wamid('stranger'), status: 'delivered', timestamp: seconds, recipient_id: DIGITS }] })
  await processInbox(t.deps)
  await run(
    pool,
    sql`INSERT INTO webhook_set_aside (id, account_id, workspace_id, received_at, reason, body)
        VALUES (1, ${world.accountId}, ${t.workspaceId}, now(), 'test', ${Buffer.from(`{"from":"${DIGITS}"`)})`,
  )
  await call('POST', `Contact/${contactId}/opt-out`, { source: 'phone call', note: `${PERSON.firstName} called` })
  await call('POST', 'Suppression', { phone: PERSON.phone, reason: `asked by ${PERSON.lastName}` })
  const form = new FormData()
  form.append(
    'file',
    new Blob([`phone,firstName,email\n${PERSON.phone},${PERSON.firstName},\n098765 00099,${PERSON.firstName},not-mail\n`]),
    'people.csv',
  )
  form.append('defaultCountry', 'IN')
  assert.equal((await t.request('POST', 'Contact/import', { raw: form })).status, 202)
  await runImportsOnce(t.deps)
  await run(
    pool,
    sql`INSERT INTO test_send (workspace_id, id, campaign_id, number_id, phone_e164, send_key, key_hash, request, state)
        SELECT workspace_id, ${newId()}, ${campaignId}, ${world.numberId}, phone_e164, send_key, key_hash, '{}', 'Sent' FROM contact WHERE id = ${contactId}`,
  )
}

async function meta(value: Record<string, unknown>): Promise<void> {
  assert.equal((await postMessages(t, world.accountId, [value])).status, 200)
}

test('the search finds a text in every writing it is made for', () => {
  for (const prefix of ['', 'a', 'ab'])
    assert.deepEqual(found(Buffer.from(`${prefix}${DIGITS}xyz`).toString('base64'), [DIGITS]), [DIGITS], prefix)
  assert.deepEqual(found(Buffer.from(PERSON.email).toString('hex'), [PERSON.email]), [PERSON.email])
  assert.deepEqual(found(encodeURIComponent(PERSON.email), [PERSON.email]), [PERSON.email])
  assert.ok(formsOf(DIGITS).length >= 5)
})

test('an erased person is in no column of any table, and in no answer; their outcome and the counts stay', async () => {
  const before = await searchTables(t.deps.pool, NEEDLES)
  const tables = new Set(before.map((place) => place.split(':')[0]))
  for (const table of [
    'contact',
    'recipient',
    'message',
    'message_event',
    'reply',
    'button_click',
    'unmatched_receipt',
    'webhook_set_aside',
    'consent',
  ])
    assert.ok(tables.has(`public.${table}`), `the life leaves no trace in ${table}: ${[...tables]}`)
  for (const table of ['contact_import_error', 'contact_import_change', 'idempotency_record', 'suppression', 'test_send', 'campaign'])
    assert.ok(tables.has(`public.${table}`), `the life leaves no trace in ${table}: ${[...tables]}`)
  const counts = (await t.request('GET', `WhatsappCampaign/${campaignId}`)).body.counts

  const people = await countAll(t.deps.pool, t.workspaceId)
  assert.equal((await t.request('DELETE', `Contact/${contactId}?erase=true`)).status, 204)
  assert.equal(await countAll(t.deps.pool, t.workspaceId), people - 1)
  assert.deepEqual(await searchTables(t.deps.pool, NEEDLES), [])
  for (const path of [`WhatsappCampaign/${campaignId}/contacts`, `WhatsappCampaign/${campaignId}/replies`, 'Suppression', 'Contact/tags'])
    assert.deepEqual(found(JSON.stringify((await t.request('GET', path)).body), NEEDLES), [], path)
  assert.deepEqual((await t.request('GET', `WhatsappCampaign/${campaignId}`)).body.counts, counts)
  assert.equal((await t.request('GET', `Contact/${contactId}`)).status, 404)
})

test('late receipts about an erased person still count, and are scrubbed', async () => {
  const proof = { campaignId, seq: 1, attempt: 1, state: STATE.read, at: new Date(), wamid: wamid('out') }
  await inTransaction(t.deps.pool, (tx) => applyProofs(tx, t.workspaceId, [proof] as never))
  assert.notDeepEqual(await searchTables(t.deps.pool, NEEDLES), [])
  await eraseLateNews(t.deps)
  assert.deepEqual(await searchTables(t.deps.pool, NEEDLES), [])
  assert.equal((await t.request('GET', `WhatsappCampaign/${campaignId}`)).body.counts.read, 1)
})

test('an erased person who comes back in a list is not messaged', async () => {
  await t.request('POST', 'Contact', { body: { phone: PERSON.phone, tags: ['back'], marketingOptIn: true } })
  const made = await t.request('POST', 'WhatsappCampaign', {
    body: { name: 'Again', templateId: world.plainTemplateId, contactFilter: { tags: ['back'] } },
  })
  const started = await t.request('POST', `WhatsappCampaign/${made.body.id}/quick-run`)
  assert.deepEqual([started.status, started.body.code], [422, 'empty-audience'])
})

test('a struck-out number in a filter names nobody; it does not make the filter name everybody', async () => {
  const { contact_filter } = await one<{ contact_filter: unknown }>(
    t.deps.pool,
    sql`SELECT contact_filter FROM campaign WHERE name = 'To one'`,
  )
  assert.deepEqual(contact_filter, { phones: ['erased', 'erased'] })
})

test('erasing needs the permission to delete, a contact of the own workspace, and the state the caller saw', async () => {
  const { body: other } = await t.request('POST', 'Contact', { body: { phone: '+919876500100' } })
  const path = `Contact/${other.id}?erase=true`
  assert.equal((await t.request('DELETE', path, { key: null })).status, 401)
  assert.equal((await t.request('DELETE', path, { key: await t.keyWith('Contact:Edit') })).status, 403)
  assert.equal((await t.request('DELETE', path, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('DELETE', path, { headers: { 'if-match': '"0"' } })).status, 412)
  assert.equal((await t.request('DELETE', `Contact/${other.id}?erase=perhaps`)).status, 422)
  assert.equal((await t.request('DELETE', path)).status, 204)
  const { n } = await one<{ n: number }>(
    t.deps.pool,
    sql`SELECT count(*) AS n FROM audit_entry WHERE action = 'contact.erase' AND object_id = ${other.id}`,
  )
  assert.equal(n, 1)
})

test('audit entries can be added and never changed, deleted or truncated, whatever a fault of ours tries', async () => {
  for (const statement of ['UPDATE audit_entry SET action = action', 'DELETE FROM audit_entry', 'TRUNCATE audit_entry'])
    await assert.rejects(t.deps.pool.query(statement), /never changed/, statement)
})
