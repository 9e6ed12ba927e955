import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { insertAccount, TEST_APP_SECRET, TEST_VERIFY_TOKEN } from '../accounts/test-account.ts'
import { frozenCampaign, type TestWorld } from '../campaigns/test-campaign.ts'
import { many, maybeOne, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { processInbox } from './processor.ts'
import { signed } from './test-post.ts'
import { ASHA, bytesOf, FILES, JOAO, OMAR, SIGNATURES, T } from './test-samples.ts'

let t: TestApp
let world: TestWorld
let campaignId: string
const W = {
  [ASHA]: 'wamid.HBgMOTE5ODc2NTAwMDExFQIAERgUM0VCMEM0MzFBN0YyRDlFODRCNjEA',
  [JOAO]: 'wamid.HBgMNTU4NTg3NjU0MzIxFQIAERgUNUYxMEEyQjkzQzRENzc4OEUwMDEA',
  '525512345678': 'wamid.HBgMNTI1NTEyMzQ1Njc4FQIAERgUN0FBMUIwQzJEM0U0RjUwNjE3MjgA',
  [OMAR]: 'wamid.HBgMMjAxMDAxMjM0NTY3FQIAERgUOTFEMkUzRjQwNTE2MjczODQ5QUIA',
}

before(async () => {
  t = await testApp()
  world = await insertAccount(t)
  for (const phone of ['+919876500011', '+5585987654321', '+525512345678', '+201001234567'])
    await t.request('POST', 'Contact', { body: { phone, firstName: 'P', tags: ['W'], marketingOptIn: true } })
  campaignId = await frozenCampaign(t, world, { tag: 'W' })
  await run(t.deps.pool, sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = 4 WHERE campaign_id = ${campaignId}`)
  for (const [digits, wamid] of Object.entries(W))
    await run(
      t.deps.pool,
      sql`INSERT INTO message (workspace_id, campaign_id, seq, state, attempt, wamid, accepted_at)
          SELECT r.workspace_id, r.campaign_id, r.seq, 6, 1, ${wamid}, '2026-05-28T09:00:00Z' FROM recipient r WHERE r.campaign_id = ${campaignId}
             AND r.address IN (${`+${digits}`}, ${digits === JOAO ? '+5585987654321' : ''})`,
    )
  await run(t.deps.pool, sql`UPDATE campaign_slice SET sending = 0, sent = 4 WHERE campaign_id = ${campaignId}`)
  await run(t.deps.pool, sql`UPDATE campaign_counter SET sent = 4 WHERE campaign_id = ${campaignId}`)
})
after(() => t.drop())

const post = (number: string, headers: Record<string, string> = {}) => {
  const file = FILES.find((name) => name.startsWith(number)) ?? ''
  return t.app.request(`/webhooks/meta/${world.accountId}`, {
    method: 'POST',
    headers: { 'x-hub-signature-256': `sha256=${SIGNATURES.signatures[file]}`, ...headers },
    body: new Uint8Array(bytesOf(file)),
  })
}
async function replay(...numbers: string[]): Promise<void> {
  for (const number of numbers) assert.equal((await post(number)).status, 200, number)
  while ((await processInbox(t.deps)) > 0) {
    // until the inbox is empty
  }
}
const message = (digits: string) =>
  one<{ state: number; delivered_at: Date | null; read_at: Date | null; error_code: number | null; pricing_category: string | null }>(
    t.deps.pool,
    sql`SELECT m.* FROM message m WHERE m.campaign_id = ${campaignId} AND m.wamid = ${W[digits as keyof typeof W]}`,
  )
const contact = (phone: string) =>
  one<{ opted_out_at: Date | null; user_id: string | null; wa_id: string | null; last_inbound_at: Date | null; marketing_opt_in: boolean }>(
    t.deps.pool,
    sql`SELECT * FROM contact WHERE workspace_id = ${t.workspaceId} AND phone_e164 = ${phone}`,
  )
const holdReasons = async (scope: string) =>
  (await many<{ reason: string }>(t.deps.pool, sql`SELECT reason FROM hold WHERE scope = ${scope} ORDER BY reason`)).map(
    ({ reason }) => reason,
  )

test('the handshake answers the challenge as bare text; a wrong token is 403, an unknown account 404', async () => {
  const ask = (id: string, token: string) =>
    t.app.request(`/webhooks/meta/${id}?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=4407118823`)
  const answer = await ask(world.accountId, TEST_VERIFY_TOKEN)
  assert.deepEqual([answer.status, await answer.text()], [200, '4407118823'])
  assert.equal((await ask(world.accountId, 'wrong')).status, 403)
  assert.equal((await ask('01890a5d-ac96-774b-bcce-b302099a8057', TEST_VERIFY_TOKEN)).status, 404)
})

test('nothing is stored without the right signature; signed rubbish is set aside and blocks nothing', async () => {
  assert.equal(TEST_APP_SECRET, SIGNATURES.app_secret)
  const count = async () => (await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM webhook_inbox`)).n
  const before = await count()
  for (const signature of ['', 'sha1=abc', `sha256=${'0'.repeat(64)}`])
    assert.equal((await post('01', { 'x-hub-signature-256': signature })).status, 401)
  assert.equal(await count(), before)
  for (const rubbish of ['not json', '\0']) {
    const answer = await t.app.request(`/webhooks/meta/${world.accountId}`, {
      method: 'POST',
      headers: signed(rubbish),
      body: rubbish,
    })
    assert.equal(answer.status, 200)
  }
  await replay('21')
  assert.equal((await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM webhook_set_aside`)).n, 2)
  assert.equal(await count(), 0)
  const big = await t.app.request(`/webhooks/meta/${world.accountId}`, { method: 'POST', body: new Uint8Array(4 * 1_048_576 + 1) })
  assert.equal(big.status, 413)
})

test('receipts in any order and any number of times leave the same row, counters and pricing', async () => {
  await replay('04', '05', '06', '03', '02', '01', '02', '14', '05')
  const asha = await message(ASHA)
  assert.deepEqual([asha.state, asha.pricing_category, asha.read_at?.getTime()], [9, 'marketing', (T + 95) * 1_000])
  const joao = await message(JOAO)
  assert.deepEqual([joao.state, joao.delivered_at?.getTime()], [9, (T + 6) * 1_000])
  const seen = (await t.request('GET', `WhatsappCampaign/${campaignId}`)).body
  assert.deepEqual([seen.counts.read, seen.counts.sent, seen.counts.pending], [2, 2, 0])
  assert.equal((await contact('+919876500011')).user_id, 'IN.9042718835561207744')
  assert.equal((await contact('+5585987654321')).wa_id, JOAO)
})

test('a number that WhatsApp writes differently is the same contact', async () => {
  const before = (await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM contact`)).n
  await replay('24')
  assert.equal((await message('525512345678')).state, 8)
  assert.equal((await contact('+525512345678')).wa_id, '5215512345678')
  assert.equal((await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM contact`)).n, before)
})

test('failures are kept with their code; trouble of number and account holds; the failures report has words for them', async () => {
  await replay('08', '07', '11', '12')
  const omar = await message(OMAR)
  assert.equal(omar.state, 7)
  assert.deepEqual([await holdReasons('number'), await holdReasons('account')], [['account_restricted'], ['payment']])
  const failures = (await t.request('GET', `WhatsappCampaign/${campaignId}/failures`)).body
  assert.equal(
    [...failures.failures, ...failures.metaLimits].reduce((sum: number, { count }: { count: number }) => sum + count, 0),
    1,
  )
  await run(t.deps.pool, sql`DELETE FROM hold`)
})

test('a press counts once however often it is told; a stop button is a press and an opt-out', async () => {
  await replay('26', '26', '28')
  const clicks = (await t.request('GET', `WhatsappCampaign/${campaignId}/button-clicks`)).body
  assert.deepEqual(
    clicks.buttons.map(({ clicks, uniqueContacts }: { clicks: number; uniqueContacts: number }) => [clicks, uniqueContacts]),
    [
      [0, 0],
      [1, 1],
      [1, 1],
    ],
  )
  const seen = (await t.request('GET', `WhatsappCampaign/${campaignId}`)).body
  assert.deepEqual([seen.funnel.clicked, seen.funnel.optedOut], [1, 1])
  assert.ok((await contact('+5585987654321')).opted_out_at)
  const who = (await t.request('GET', `WhatsappCampaign/${campaignId}/button-clicks?button=1`)).body.contacts
  assert.equal(who.totalCount, 1)
})

test('a reply that quotes our message belongs to its campaign and is no opt-out', async () => {
  await replay('31', '31', '34', '35', '36')
  const replies = (await t.request('GET', `WhatsappCampaign/${campaignId}/replies`)).body
  assert.equal(replies.items.filter(({ type }: { type: string }) => type === 'text').length, 1)
  assert.equal((await contact('+919876500011')).opted_out_at, null)
  assert.ok((await contact('+919876500011')).last_inbound_at)
})

test('a STOP word opts out, before it is even processed', async () => {
  assert.equal((await post('32')).status, 200)
  const fact = await maybeOne(t.deps.pool, sql`SELECT 1 FROM opt_out_fact WHERE key = ${OMAR}`)
  assert.ok(fact)
  await replay()
  assert.ok((await contact('+201001234567')).opted_out_at)
  assert.equal(await maybeOne(t.deps.pool, sql`SELECT 1 FROM opt_out_fact WHERE key = ${OMAR}`), undefined)
})

test('WhatsApp’s own stop and resume are one source, sign-up is an opt-in', async () => {
  await replay('40')
  assert.ok((await contact('+919876500011')).opted_out_at)
  await replay('41', '40')
  assert.equal((await contact('+919876500011')).opted_out_at, null)
  await replay('42')
  assert.equal((await contact('+525512345678')).marketing_opt_in, true)
})

test('a changed number and user id move the contact with its opt-out', async () => {
  await replay('37', '38', '37')
  const moved = await contact('+201119876543')
  assert.deepEqual([moved.user_id, moved.opted_out_at !== null], ['EG.8812309954471120066', true])
})

test('somebody without a phone number becomes a contact by user id', async () => {
  await replay('39', '23')
  const row = await one<{ phone_e164: string | null; first_name: string }>(
    t.deps.pool,
    sql`SELECT * FROM contact WHERE user_id = 'GB.1189027745520938416'`,
  )
  assert.deepEqual([row.phone_e164, row.first_name], [null, 'Nell'])
})

test('template events change the template and hold its campaigns until it is approved again', async () => {
  const template = () =>
    one<{ status: string; quality: string; category: string }>(t.deps.pool, sql`SELECT * FROM template WHERE id = ${world.templateId}`)
  await replay('45', '47')
  assert.deepEqual(
    [(await template()).status, (await template()).quality, await holdReasons('template')],
    ['PAUSED', 'YELLOW', ['template_paused']],
  )
  await replay('43')
  assert.deepEqual([(await template()).status, await holdReasons('template')], ['APPROVED', []])
  await replay('46', '44', '50', '48', '49')
  assert.equal((await template()).status, 'REJECTED')
})

test('number and account events: throughput, limit, restriction with its end, ban and reinstatement in the order they happened', async () => {
  const number = () =>
    one<{ throughput_per_second: number; messaging_limit: string }>(
      t.deps.pool,
      sql`SELECT * FROM phone_number WHERE id = ${world.numberId}`,
    )
  await replay('51')
  assert.deepEqual([(await number()).throughput_per_second, (await number()).messaging_limit], [1_000, 'TIER_UNLIMITED'])
  await replay('52')
  assert.equal((await number()).messaging_limit, 'TIER_10K')
  await replay('54')
  await replay('53')
  const hold = await one<{ reason: string; auto_resume_at: Date | null }>(t.deps.pool, sql`SELECT * FROM hold WHERE scope = 'account'`)
  assert.deepEqual([hold.reason, hold.auto_resume_at?.getTime()], ['account_restricted', 1_780_563_600_000])
})

test('what remains is stored or ignored, never refused, and nothing waits', async () => {
  await replay(
    '09',
    '10',
    '13',
    '15',
    '16',
    '17',
    '18',
    '19',
    '20',
    '21',
    '22',
    '25',
    '27',
    '29',
    '30',
    '33',
    '55',
    '56',
    '57',
    '58',
    '59',
    '60',
  )
  assert.equal((await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM webhook_inbox`)).n, 0)
  const seen = (await t.request('GET', `WhatsappCampaign/${campaignId}`)).body.counts
  assert.equal(
    seen.audience,
    Object.entries(seen).reduce((sum, [name, n]) => sum + (name === 'audience' ? 0 : (n as number)), 0),
  )
})
