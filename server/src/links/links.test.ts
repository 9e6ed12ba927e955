import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { addressesOf } from '../dispatch/address.ts'
import { run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'

let t: TestApp
let world: TestWorld
let campaignId: string
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 2, { tag: 'L' })
  campaignId = await frozenCampaign(t, world, { tag: 'L' })
  await run(t.deps.pool, sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = 2 WHERE campaign_id = ${campaignId}`)
})
after(() => t.drop())

const PERSON = { 'user-agent': 'Mozilla/5.0 (Linux; Android 15) Mobile Safari' }
const open = (token: string, headers: Record<string, string> = PERSON, method = 'GET') => t.app.request(`/r/${token}`, { method, headers })
const tokenOf = (seq: number) => addressesOf(t.deps).linkToken(campaignId, seq, 0)
const clicks = async () => (await t.request('GET', `WhatsappCampaign/${campaignId}/button-clicks`)).body

test('a tracked link leads to the campaign’s destination and counts its person once, however fast they press', async () => {
  for (let press = 0; press < 3; press++) {
    const answer = await open(tokenOf(1))
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'https://example.com/x'])
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  await open(tokenOf(2))
  const { totalClicks, uniqueContacts } = await clicks()
  assert.deepEqual([totalClicks, uniqueContacts], [2, 2])
})

test('robots, previews and HEAD are sent on and not counted', async () => {
  const { totalClicks } = await clicks()
  for (const [headers, method] of [
    [{ 'user-agent': 'WhatsApp/2.24' }, 'GET'],
    [{ 'user-agent': 'facebookexternalhit/1.1' }, 'GET'],
    [{ ...PERSON, 'sec-purpose': 'prefetch' }, 'GET'],
    [PERSON, 'HEAD'],
  ] as const)
    assert.equal((await open(tokenOf(1), headers, method)).status, 302)
  assert.equal((await clicks()).totalClicks, totalClicks)
})

test('a token that is not ours leads nowhere, and no parameter changes where one leads', async () => {
  for (const token of [
    'x',
    `${tokenOf(1)}a`,
    tokenOf(1).slice(0, -1),
    addressesOf(t.deps).linkToken(campaignId, 99, 0),
    addressesOf(t.deps).linkToken(campaignId, 1, 9),
  ])
    assert.equal((await open(token)).status, 404, token)
  assert.equal((await open(`${tokenOf(1)}?url=https://evil.example`)).headers.get('location'), 'https://example.com/x')
})
