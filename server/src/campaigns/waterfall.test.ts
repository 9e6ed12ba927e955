import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { frozenCampaign, type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
let topicId: string
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  topicId = (await t.request('POST', 'Topic', { body: { name: 'Offers' } })).body.id
})
after(() => t.drop())

interface Person {
  readonly isActive: boolean
  readonly optIn: boolean | null
  readonly optedOut: boolean
  readonly outOfTopic: boolean
  readonly suppressed: boolean
  readonly country: 'IN' | 'US'
  readonly hasNumber: boolean
  readonly name: string | null
  /** Same number as the person before, in another writing. */
  readonly isDouble: boolean
  readonly isResting: boolean
  /** States of marketing messages of earlier campaigns, and whether they are recent. */
  readonly had: readonly { readonly state: number; readonly isRecent: boolean }[]
}
const mostly = (value: boolean) => fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constant(!value) })
const person: fc.Arbitrary<Person> = fc.record({
  isActive: mostly(true),
  optIn: fc.constantFrom(true, true, true, false, null),
  optedOut: mostly(false),
  outOfTopic: mostly(false),
  suppressed: mostly(false),
  country: fc.constantFrom('IN', 'IN', 'US'),
  hasNumber: mostly(true),
  name: fc.constantFrom('Asha', 'Asha', ' ', null),
  isDouble: mostly(false),
  isResting: mostly(false),
  had: fc.array(fc.record({ state: fc.constantFrom(2, 5, 6, 7, 8, 9), isRecent: fc.boolean() }), { maxLength: 3 }),
})
const rule = fc.record({
  isMarketing: fc.boolean(),
  requireOptIn: fc.boolean(),
  utilityThrough: fc.boolean(),
  hasTopic: fc.boolean(),
  cap: fc.option(fc.integer({ min: 1, max: 2 })),
})

/** Replaces everybody by these people. @returns their ids and send keys in order */
async function settleWorld(people: readonly Person[]): Promise<{ id: string; key: string | null }[]> {
  const { pool } = t.deps
  for (const table of [
    'message',
    'recipient',
    'campaign_slice',
    'campaign_counter',
    'campaign_failure',
    'campaign_country',
    'suppression',
    'contact',
  ])
    await run(pool, sql`DELETE FROM ${{ strings: [table], values: [], isSql: true }}`)
  const earlier = [newId(), newId(), newId()]
  for (const id of earlier)
    await run(
      pool,
      sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, number_id, contact_filter, created_by_name, created_by_type, started_at, frozen_at, completed_at, frozen_template)
          VALUES (${t.workspaceId}, ${id}, 'Earlier', 'Completed', ${world.templateId}, ${world.numberId}, '{}', 'test', 'system', now(), now(), now(), '{"category":"MARKETING"}')`,
    )
  const made: { id: string; key: string | null }[] = []
  for (const [n, each] of people.entries()) {
    const id = newId(1_700_000_000_000 + n)
    const before = made.at(-1)
    const key = !each.hasNumber ? null : each.isDouble && before?.key ? before.key : `91987650${1000 + n}`
    made.push({ id, key })
    await run(
      pool,
      sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, first_name, country, is_active, marketing_opt_in, opted_out_at, marketing_rest_until)
          VALUES (${t.workspaceId}, ${id}, ${`+91987650${1000 + n}`}, ${key}, ${Buffer.from(`key ${n}`)}, ${each.name}, ${each.country}, ${each.isActive},
                  ${each.optIn}, ${each.optedOut ? new Date() : null},
                  ${new Date(Date.now() + (each.isResting ? 3_600_000 : -3_600_000))})`,
    )
    if (each.outOfTopic)
      await run(
        pool,
        sql`INSERT INTO contact_topic (workspace_id, contact_id, topic_id, source, stopped, said_at) VALUES (${t.workspaceId}, ${id}, ${topicId}, 'button', true, now())`,
      )
    if (each.suppressed)
      await run(
        pool,
        sql`INSERT INTO suppression (workspace_id, key_hash, id, reason, source) VALUES (${t.workspaceId}, ${Buffer.from(`key ${n}`)}, ${newId()}, '', 'test')`,
      )
    for (const [k, { state, isRecent }] of each.had.entries()) {
      const at = new Date(Date.now() - (isRecent ? 1 : 9) * 86_400_000)
      await run(
        pool,
        sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id) VALUES (${t.workspaceId}, ${earlier[k]}, ${n + 1}, ${id})`,
      )
      await run(
        pool,
        sql`INSERT INTO message (workspace_id, campaign_id, seq, state, intended_at, accepted_at, delivered_at, read_at, failed_at)
            VALUES (${t.workspaceId}, ${earlier[k]}, ${n + 1}, ${state}, ${at}, ${state >= 6 ? at : null}, ${state >= 8 ? at : null}, ${state === 9 ? at : null},
                    ${state === 7 || state === 5 ? at : null})`,
      )
    }
  }
  return made
}

type Rule = typeof rule extends fc.Arbitrary<infer R> ? R : never
/** The rule in plain JavaScript, in the order of contacts/eligibility.ts. */
function expectedReasons(people: readonly Person[], made: readonly { key: string | null }[], rules: Rule): (string | null)[] {
  const got = (key: string) =>
    people.reduce(
      (sum, each, i) =>
        sum + (made[i]?.key === key ? each.had.filter(({ state, isRecent }) => isRecent && [2, 6, 8, 9].includes(state)).length : 0),
      0,
    )
  const first = people.map((each, i): string | null => {
    const key = made[i]?.key ?? null
    if (key === null) return 'invalid_phone'
    if (!each.isActive) return 'inactive'
    if (each.suppressed) return 'suppressed'
    if (each.optedOut && !(rules.utilityThrough && !rules.isMarketing)) return 'opted_out'
    if (each.outOfTopic && rules.hasTopic) return 'opted_out'
    if (!rules.isMarketing) return null
    if (each.optIn === false || (rules.requireOptIn && each.optIn === null)) return 'no_opt_in'
    if (each.country === 'US') return 'us_marketing'
    if (each.isResting) return 'cooling_down'
    return rules.cap !== null && got(key) >= rules.cap ? 'capped' : null
  })
  const seen = new Set<string>()
  return first.map((reason, i) => {
    if (reason !== null) return reason
    const key = made[i]?.key ?? ''
    if (seen.has(key)) return 'duplicate_phone'
    seen.add(key)
    return rules.isMarketing && (people[i]?.name ?? '').trim() === '' ? 'missing_variable' : null
  })
}

test('whoever the people and whatever the rules, matched is eligible plus every excluded reason, each reason names its people, and the freeze decides the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 25 }), rule, async (people, rules) => {
      const made = await settleWorld(people)
      const cap = rules.cap === null ? null : { messages: rules.cap, days: 7 }
      const settings = {
        name: 'Own',
        requireMarketingOptIn: rules.requireOptIn,
        utilityThroughOptOut: rules.utilityThrough,
        frequencyCap: cap,
      }
      const saved = await t.request('PUT', `Workspace/${t.workspaceId}`, { body: settings })
      assert.deepEqual(saved.body.frequencyCap, cap)
      const campaign = rules.isMarketing
        ? { templateId: world.templateId, variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' } }
        : { templateId: world.plainTemplateId }
      const input = { ...campaign, contactFilter: { everyone: true }, topicId: rules.hasTopic ? topicId : null }
      const { body, status } = await t.request('POST', 'WhatsappCampaign/preview', { body: input })
      assert.equal(status, 200, JSON.stringify(body))
      const expected = expectedReasons(people, made, rules)
      const counts = (reasons: readonly (string | null)[]) =>
        Object.fromEntries(
          [
            ...Map.groupBy(
              reasons.filter((reason) => reason !== null),
              (reason) => reason,
            ),
          ].map(([reason, list]) => [reason, list.length]),
        )
      const told = Object.fromEntries(body.excluded.map(({ reason, count }: { reason: string; count: number }) => [reason, count]))
      assert.deepEqual(told, counts(expected))
      assert.equal(body.matched, people.length)
      assert.equal(body.eligible, expected.filter((reason) => reason === null).length)
      assert.equal(body.matched, body.eligible + body.excluded.reduce((sum: number, { count }: { count: number }) => sum + count, 0))
      for (const reason of Object.keys(told)) {
        const list = await t.request('POST', 'WhatsappCampaign/preview/excluded', { body: { ...input, reason, pageSize: 100 } })
        assert.equal(list.body.totalCount, told[reason])
        assert.deepEqual(
          list.body.items.map(({ contactId }: { contactId: string }) => contactId),
          made.filter((_, i) => expected[i] === reason).map(({ id }) => id),
        )
      }
      if (body.eligible === 0) return
      const id = await frozenCampaign(t, world, { plain: !rules.isMarketing, ...(rules.hasTopic ? { topicId } : {}) })
      const skipped = await many<{ contact_id: string; skip_reason: string }>(
        t.deps.pool,
        sql`SELECT r.contact_id, m.skip_reason FROM recipient r JOIN message m ON m.campaign_id = r.campaign_id AND m.seq = r.seq WHERE r.campaign_id = ${id} AND m.state = 3`,
      )
      assert.deepEqual(
        new Map(skipped.map(({ contact_id, skip_reason }) => [contact_id, skip_reason])),
        new Map(
          made.flatMap(({ id: contact }, i) =>
            expected[i] === null || expected[i] === 'missing_variable' ? [] : [[contact, expected[i] as string]],
          ),
        ),
      )
    }),
    { numRuns: 40 },
  )
})

test('the people of a reason need the permission to see contacts; a reason that does not exist is refused', async () => {
  const input = { templateId: world.plainTemplateId, contactFilter: { everyone: true }, reason: 'inactive' }
  const ask = (options: { key?: string | null; body?: unknown }) =>
    t.request('POST', 'WhatsappCampaign/preview/excluded', { body: input, ...options })
  assert.equal((await ask({})).status, 200)
  assert.equal((await ask({ key: null })).status, 401)
  assert.equal((await ask({ key: await t.keyWith('WhatsappCampaign:View') })).status, 403)
  assert.equal((await ask({ key: t.foreign.key })).status, 422) // no such template there
  assert.equal((await ask({ body: { ...input, reason: 'boring' } })).body.errors[0].pointer, '/reason')
  assert.equal((await ask({ body: { ...input, contactFilter: {} } })).body.code, 'filter-empty')
})
