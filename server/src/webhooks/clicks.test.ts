import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { countPressers } from '../analytics/queries.ts'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { makeTally } from '../dispatch/counters.ts'
import { many, maybeOne, one, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { type Click, recordClicks } from './clicks.ts'

const PEOPLE = 3
let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, PEOPLE, { tag: 'K' })
})
after(() => t.drop())

const pressed = fc.record({
  seq: fc.integer({ min: 1, max: PEOPLE + 1 }), // the last is nobody of the audience
  button: fc.integer({ min: 0, max: 2 }),
  id: fc.integer({ min: 1, max: 6 }),
})

/** Applies the batches in their order; what the campaign counts afterwards. */
async function counted(batches: readonly (readonly Click[])[], campaignId: string) {
  for (const clicks of batches)
    await inTransaction(t.deps.pool, async (tx) => {
      const tally = makeTally()
      await recordClicks(tx, t.workspaceId, clicks, tally)
      await tally.flush(tx, t.workspaceId)
    })
  const of = sql`WHERE campaign_id = ${campaignId}`
  const counters = await maybeOne<{ clicked: number }>(t.deps.pool, sql`SELECT clicks, clicked FROM campaign_counter ${of}`)
  const people = await countPressers(t.deps.pool, { workspace_id: t.workspaceId, id: campaignId, clicked: counters?.clicked ?? 0 })
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(DISTINCT seq) AS n FROM button_presser ${of}`)
  assert.equal(people, n, 'everybody who pressed any button, once')
  return {
    counters,
    buttons: await many(t.deps.pool, sql`SELECT button_index, clicks, unique_contacts FROM button_counter ${of} ORDER BY 1`),
    pressers: await many(
      t.deps.pool,
      sql`SELECT seq, button_index, is_stop, clicks, first_at, last_at FROM button_presser ${of} ORDER BY 1, 2`,
    ),
    acts: await many(t.deps.pool, sql`SELECT seq, kind FROM recipient_act ${of} ORDER BY 1, 2`),
    minutes: await many(t.deps.pool, sql`SELECT minute, clicked FROM campaign_minute ${of} AND clicked > 0 ORDER BY 1`),
  }
}

test('presses count the same in one batch, one by one, and told again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pressed, { minLength: 1, maxLength: 12 }), async (told) => {
      const clicksOf = (campaignId: string) =>
        told.map(
          ({ seq, button, id }): Click => ({
            campaignId,
            seq,
            button,
            clickId: `${seq}.${button}.${id}`, // an id names one press, with its own time
            kind: 'quick_reply',
            isStop: button === 2,
            text: '',
            at: new Date(Date.UTC(2026, 4, 28, 9, (seq + button + id) % 3)),
          }),
        )
      const together = await frozenCampaign(t, world, { tag: 'K' })
      const apart = await frozenCampaign(t, world, { tag: 'K' })
      const whole = clicksOf(together)
      const single = clicksOf(apart).map((click) => [click])
      const [first, second] = [await counted([whole], together), await counted(single, apart)]
      assert.deepEqual(first, second)
      assert.deepEqual(await counted([whole], together), first, 'told again')
    }),
    { numRuns: 15 },
  )
})
