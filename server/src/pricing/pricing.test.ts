import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { applyProofs, type Proof } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { countryOfAddress } from './country.ts'
import { readRateCsv } from './csv.ts'
import { countriesOfMarket } from './markets.ts'
import { varianceOf } from './report.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 20, { tag: 'Cost' })
})
after(() => t.drop())

const card = (effectiveFrom: string, rates: { country: string; category: string; amount: string }[], currency = 'USD') => ({
  name: `From ${effectiveFrom}`,
  currency,
  effectiveFrom,
  rates,
})
const forget = () => run(t.deps.pool, sql`DELETE FROM rate_card WHERE workspace_id = ${t.workspaceId}`)

for (const [address, country] of [
  ['+919876500011', 'IN'],
  ['+12025550123', 'US'],
  ['+14165550123', 'CA'],
  ['+18095550123', 'DO'],
  ['+447400123456', 'GB'],
  ['+77012345678', 'KZ'],
  ['+5215512345678', 'MX'],
  ['US.4471180923356201177', 'US'],
  ['+999123456', '??'],
  [null, '??'],
] as const)
  test(`a message to ${address ?? 'nowhere'} is priced for ${country}`, () => assert.equal(countryOfAddress(address), country))

test('a market is a country, a group of Meta’s, or all the rest', () => {
  assert.deepEqual(countriesOfMarket('India'), ['IN'])
  assert.deepEqual(countriesOfMarket('in'), ['IN'])
  assert.deepEqual([...(countriesOfMarket('North America') ?? [])].sort(), ['CA', 'US'])
  assert.ok(countriesOfMarket('Rest of Africa')?.includes('KE'))
  assert.ok(countriesOfMarket('United Kingdom')?.includes('JE'))
  assert.deepEqual(countriesOfMarket('Other'), ['*'])
  assert.equal(countriesOfMarket('Atlantis'), undefined)
})

test('a rate card file is read by day; a country’s own line beats its group, tiers are counted, every bad line is named', () => {
  const good = readRateCsv(
    'effective_from;currency;market;category;tier_from;rate\n2026-10-01;USD;Bangladesh;marketing;1;0.02\n2026-10-01;USD;Rest of Asia Pacific;marketing;;0.05\n2026-10-01;USD;India;utility;25000001;0.001\n2026-07-01;EUR;Other;Utility;;0.01\n',
  )
  assert.deepEqual(good.faults, [])
  assert.equal(good.ignored, 1)
  assert.deepEqual(
    good.cards.map(({ effectiveFrom, currency }) => [effectiveFrom, currency]),
    [
      ['2026-10-01', 'USD'],
      ['2026-07-01', 'EUR'],
    ],
  )
  assert.equal(good.cards[0]?.rates.find(({ country }) => country === 'BD')?.amount, '0.02')
  assert.equal(good.cards[0]?.rates.find(({ country }) => country === 'NP')?.amount, '0.05')
  const bad = readRateCsv('effective_from,currency,market,category,rate\n2026-13-01,USD,India,marketing,1\n2026-10-01,US,Nowhere,gift,-1\n')
  assert.deepEqual(
    bad.faults.map(({ line }) => line),
    [2, 3],
  )
  assert.match(bad.faults[1]?.detail ?? '', /currency.*country.*category.*amount/)
})

test('variance is exact and signed', () => {
  const usd = (amount: string) => ({ amount, currency: 'USD' })
  assert.deepEqual(varianceOf(usd('10.0000'), usd('7.5000')), { amount: '-2.5000', currency: 'USD', share: -0.25 })
  assert.deepEqual(varianceOf(usd('0.0000'), usd('0.0001')), { amount: '0.0001', currency: 'USD', share: null })
  assert.equal(varianceOf(usd('1.0000'), { amount: '1.0000', currency: 'EUR' }), null)
  assert.equal(varianceOf(null, usd('1.0000')), null)
})

test('rate cards are made, listed, read, replaced and deleted; a second of one day is refused', async () => {
  await forget()
  const rates = [{ country: 'IN', category: 'MARKETING', amount: '0.0118' }]
  const made = await t.request('POST', 'RateCard', { body: card('2026-10-01', rates) })
  assert.equal(made.status, 201)
  assert.deepEqual(made.body.rates, rates)
  assert.equal((await t.request('POST', 'RateCard', { body: card('2026-10-01', rates) })).body.code, 'rate-card-exists')
  const read = await t.request('GET', `ratecard/${made.body.id}`)
  assert.deepEqual(read.body, made.body)
  const changed = await t.request('PUT', `RateCard/${made.body.id}`, {
    body: card('2026-10-02', [...rates, { country: '*', category: 'MARKETING', amount: '0.05' }]),
    headers: { 'if-match': read.headers.get('etag') ?? '' },
  })
  assert.equal(changed.status, 200)
  assert.equal(changed.body.rates.length, 2)
  const stale = { body: card('2026-10-03', rates), headers: { 'if-match': read.headers.get('etag') ?? '' } }
  assert.equal((await t.request('PUT', `RateCard/${made.body.id}`, stale)).status, 412)
  const list = await t.request('POST', 'RateCard/getall', { body: {} })
  assert.deepEqual(
    list.body.items.map((item: { id: string; rateCount: number }) => [item.id, item.rateCount]),
    [[made.body.id, 2]],
  )
  const sample = await t.request('POST', 'RateCard/sample')
  assert.equal(sample.body.isSample, true)
  assert.equal((await t.request('DELETE', `RateCard/${made.body.id}`)).status, 204)
  assert.equal((await t.request('GET', `RateCard/${made.body.id}`)).status, 404)
})

test('bad cards, no key, a missing permission and another workspace are refused', async () => {
  await forget()
  const rates = [{ country: 'IN', category: 'MARKETING', amount: '0.01' }]
  const bad = await t.request('POST', 'RateCard', {
    body: { ...card('2026-02-30', [{ country: 'XX', category: 'GIFT', amount: '1e3' }], 'usd'), color: 1 },
  })
  assert.equal(bad.status, 422)
  assert.equal(bad.body.errors.length, 6)
  const twice = await t.request('POST', 'RateCard', { body: card('2026-10-01', [...rates, ...rates]) })
  assert.deepEqual(twice.body.errors[0].pointer, '/rates/1')
  assert.equal((await t.request('POST', 'RateCard', { body: card('2026-10-01', rates), key: null })).status, 401)
  const viewer = await t.keyWith('Workspace:View')
  assert.equal((await t.request('POST', 'RateCard', { body: card('2026-10-01', rates), key: viewer })).status, 403)
  const made = await t.request('POST', 'RateCard', { body: card('2026-10-01', rates) })
  for (const method of ['GET', 'DELETE'])
    assert.equal((await t.request(method, `RateCard/${made.body.id}`, { key: t.foreign.key })).status, 404, method)
})

test('a card file is stored whole or not at all', async () => {
  await forget()
  const upload = (text: string) => {
    const form = new FormData()
    form.set('file', new Blob([text], { type: 'text/csv' }), 'rates.csv')
    return t.request('POST', 'RateCard/import', { raw: form })
  }
  const head = 'effective_from,currency,market,category,rate\n'
  const refused = await upload(`${head}2026-10-01,USD,India,marketing,0.01\n2026-10-01,USD,Nowhere,marketing,0.01\n`)
  assert.equal(refused.body.code, 'unreadable-rate-card')
  assert.equal(refused.body.errors[0].pointer, '/file/3')
  assert.equal((await t.request('POST', 'RateCard/getall', { body: {} })).body.totalCount, 0)
  const stored = await upload(`${head}2026-10-01,USD,India,marketing,0.01\n2027-01-01,USD,India,marketing,0.02\n`)
  assert.equal(stored.status, 201)
  assert.equal(stored.body.cards.length, 2)
  const again = await upload(`${head}2026-10-01,USD,India,marketing,0.03\n`)
  const { body } = await t.request('GET', `RateCard/${again.body.cards[0].id}`)
  assert.deepEqual(body.rates, [{ country: 'IN', category: 'MARKETING', amount: '0.03' }])
})

interface Said {
  readonly seq: number
  readonly state: Proof['state']
  readonly day: number
  readonly pricing: Proof['pricing'] | undefined
}
const said: fc.Arbitrary<Said> = fc.record({
  seq: fc.integer({ min: 1, max: 6 }),
  state: fc.constantFrom(STATE.sent, STATE.undelivered, STATE.delivered, STATE.read),
  day: fc.integer({ min: 1, max: 3 }),
  pricing: fc.option(
    fc.record({
      category: fc.constantFrom('marketing', 'utility', 'marketing_lite'),
      type: fc.constantFrom('regular', 'free_customer_service', null),
    }),
    { nil: undefined },
  ),
})

test('whatever receipts come, in any order and batches, counted charges are those of the merged messages, and every sum of cost agrees', async () => {
  await forget()
  const rates = [
    { country: 'IN', category: 'MARKETING', amount: '0.0125' },
    { country: '*', category: 'UTILITY', amount: '0.004' },
  ]
  assert.equal((await t.request('POST', 'RateCard', { body: card('2026-01-01', rates) })).status, 201)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(said, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (batches) => {
      const id = await frozenCampaign(t, world, { tag: 'Cost', plain: true })
      for (const batch of batches)
        await inTransaction(t.deps.pool, (tx) =>
          applyProofs(
            tx,
            t.workspaceId,
            batch.map(({ seq, state, day, pricing }) => ({
              campaignId: id,
              seq,
              attempt: 1,
              state,
              at: new Date(`2026-03-0${day}T12:00:00Z`),
              wamid: `wamid.${seq}`,
              ...(pricing === undefined ? {} : { pricing }),
            })),
          ),
        )
      const counted = await many<{ day: string; category: string; country: string; n: number }>(
        t.deps.pool,
        sql`SELECT to_char(day, 'YYYY-MM-DD') AS day, category, country, messages AS n FROM campaign_charge WHERE campaign_id = ${id} AND messages <> 0 ORDER BY 1, 2`,
      )
      const merged = await many<{ day: string; category: string; country: string; n: number }>(
        t.deps.pool,
        sql`SELECT to_char(delivered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, CASE pricing_category WHEN 'utility' THEN 'UTILITY' ELSE 'MARKETING' END AS category, 'IN' AS country, count(*) AS n
              FROM message WHERE campaign_id = ${id} AND state >= 8 AND pricing_type = 'regular' GROUP BY 1, 2 ORDER BY 1, 2`,
      )
      assert.deepEqual(counted, merged)
      const units = merged.reduce((sum, { category, n }) => sum + n * (category === 'UTILITY' ? 40 : 125), 0)
      const amount = (units / 10_000).toFixed(4)
      const campaign = await t.request('GET', `WhatsappCampaign/${id}`)
      assert.deepEqual(campaign.body.cost, { amount, currency: 'USD' })
      const report = await t.request('GET', `WhatsappCampaign/${id}/cost`)
      assert.deepEqual(report.body.actual, { amount, currency: 'USD' })
      assert.deepEqual(report.body.estimate, { amount: '0.0800', currency: 'USD' }) // 20 Indian numbers, a utility template
      assert.equal(
        report.body.lines.reduce((sum: number, line: { charged: number }) => sum + line.charged, 0),
        merged.reduce((sum, { n }) => sum + n, 0),
      )
      const { body } = await t.request('GET', `WhatsappCampaign/${id}/contacts?pageSize=50`)
      const told = body.items.flatMap(({ cost }: { cost: { amount: string } | null }) => (cost === null ? [] : [Number(cost.amount)]))
      assert.equal(Math.round(told.reduce((sum: number, each: number) => sum + each, 0) * 10_000), units)
    }),
    { numRuns: 25 },
  )
})

test('without a card, or one that lacks a charged category, cost is null and no part sum; the card in force on the day decides', async () => {
  await forget()
  const id = await frozenCampaign(t, world, { tag: 'Cost', plain: true })
  const deliver = (seq: number, at: string) =>
    inTransaction(t.deps.pool, (tx) =>
      applyProofs(tx, t.workspaceId, [
        {
          campaignId: id,
          seq,
          attempt: 1,
          state: STATE.delivered,
          at: new Date(at),
          wamid: `w.${seq}`,
          pricing: { category: 'utility', type: 'regular' },
        },
      ]),
    )
  await deliver(1, '2026-03-31T23:59:59Z')
  await deliver(2, '2026-04-01T00:00:00Z')
  const cost = async () => (await t.request('GET', `WhatsappCampaign/${id}`)).body.cost
  assert.equal(await cost(), null)
  await t.request('POST', 'RateCard', { body: card('2026-01-01', [{ country: '*', category: 'MARKETING', amount: '1' }]) })
  assert.equal(await cost(), null)
  await forget()
  const both = [
    { country: '*', category: 'UTILITY', amount: '1' },
    { country: '*', category: 'MARKETING', amount: '1' },
  ]
  await t.request('POST', 'RateCard', { body: card('2026-01-01', both) })
  await t.request('POST', 'RateCard', { body: card('2026-04-01', [{ country: 'IN', category: 'UTILITY', amount: '2' }]) })
  assert.deepEqual(await cost(), { amount: '3.0000', currency: 'USD' })
  const board = await t.request('GET', 'WhatsappCampaign/dashboard/main')
  assert.equal(board.body.totals.cost.currency, 'USD')
  await t.request('POST', 'RateCard', { body: card('2026-03-15', [{ country: 'IN', category: 'UTILITY', amount: '2' }], 'EUR') })
  assert.equal(await cost(), null) // two currencies have no sum
})

test('the preview estimates by country and today’s card', async () => {
  await forget()
  const ask = () =>
    t.request('POST', 'WhatsappCampaign/preview', {
      body: { templateId: world.plainTemplateId, contactFilter: { tags: ['Cost'] }, variables: {} },
    })
  assert.equal((await ask()).body.estimatedCost, null)
  await t.request('POST', 'RateCard', { body: card('2026-01-01', [{ country: 'IN', category: 'UTILITY', amount: '0.25' }]) })
  const { body } = await ask()
  assert.deepEqual(body.estimatedCost, { amount: '5.0000', currency: 'USD' })
  assert.deepEqual(body.countries, [{ country: 'IN', count: 20, cost: { amount: '5.0000', currency: 'USD' } }])
})

test('reading a campaign’s cost needs its View permission and its workspace', async () => {
  const id = await frozenCampaign(t, world, { tag: 'Cost', plain: true })
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/cost`, { key: null })).status, 401)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/cost`, { key: await t.keyWith('Contact:View') })).status, 403)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/cost`, { key: t.foreign.key })).status, 404)
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT sum(recipients) AS n FROM campaign_country WHERE campaign_id = ${id}`)
  assert.equal(n, 20)
})
