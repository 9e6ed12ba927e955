import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { many, one, run, sql } from '../platform/db.ts'
import { inheritHistory, recordConsent } from './consent.ts'
import { skipReasonSql } from './eligibility.ts'
import { contactWorld } from './test-contacts.ts'

const { t, phone, create } = await contactWorld()
after(() => t.drop())

test('an opt-out outlives deletion: the same number stays out when it comes back', async () => {
  const body = { phone: '+5215512345678' }
  const { id } = (await t.request('POST', 'Contact', { body })).body
  assert.ok((await t.request('POST', `Contact/${id}/opt-out`, { body: { source: 'phone call' } })).body.optedOutAt)
  await t.request('DELETE', `Contact/${id}`)
  const again = (await t.request('POST', 'Contact', { body: { phone: '+525512345678' } })).body
  const { reason } = await one<{ reason: string }>(
    t.deps.pool,
    sql`SELECT ${skipReasonSql({ workspaceId: t.workspaceId, category: 'UTILITY', requireMarketingOptIn: false, utilityThroughOptOut: false, topicId: null, skipUsMarketing: true })} AS reason
          FROM contact c WHERE c.id = ${again.id}`,
  )
  assert.equal(reason, 'suppressed')
})

test('opt-out and opt-in by a person are one another’s opposite; an upsert lifts nothing', async () => {
  const p = phone()
  const { id } = (await t.request('POST', 'Contact', { body: { phone: p } })).body
  await t.request('POST', `Contact/${id}/opt-out`)
  assert.ok((await t.request('POST', 'Contact?upsert=true', { body: { phone: p, marketingOptIn: true } })).body.optedOutAt)
  assert.equal((await t.request('POST', `Contact/${id}/opt-in`)).body.optedOutAt, null)
  const timeline = (await t.request('GET', `Contact/${id}/timeline`)).body.items as { kind: string }[]
  assert.ok(timeline.some(({ kind }) => kind === 'opted_in'))
})

test('who is out follows from what each source said last, in whatever order it arrives', async () => {
  const said = fc.record({
    source: fc.constantFrom('word', 'button', 'meta', 'api' as const),
    stopped: fc.boolean(),
    minute: fc.nat({ max: 20 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 6 }), async (entries) => {
      const outcome = async (ordered: typeof entries) => {
        const { id } = await create()
        for (const { source, stopped, minute } of ordered)
          await recordConsent(t.deps.pool as never, [
            {
              workspaceId: t.workspaceId,
              contactId: id,
              source: source as 'word',
              stopped,
              saidAt: new Date(Date.UTC(2026, 0, 1, 0, minute)),
            },
          ])
        const { out } = await one<{ out: boolean }>(t.deps.pool, sql`SELECT opted_out_at IS NOT NULL AS out FROM contact WHERE id = ${id}`)
        return out
      }
      assert.equal(await outcome(entries), await outcome(entries.toReversed()))
    }),
    { numRuns: 25 },
  )
})

test('every reason not to message somebody is found, gravest first', async () => {
  const rule = {
    workspaceId: t.workspaceId,
    category: 'MARKETING',
    requireMarketingOptIn: true,
    utilityThroughOptOut: false,
    topicId: null,
    skipUsMarketing: true,
  }
  const reasonOf = async (id: string, over = {}) =>
    (
      await one<{ reason: string | null }>(
        t.deps.pool,
        sql`SELECT ${skipReasonSql({ ...rule, ...over })} AS reason FROM contact c WHERE c.id = ${id}`,
      )
    ).reason
  const ok = await create({ marketingOptIn: true })
  assert.equal(await reasonOf(ok.id), null)
  assert.equal(await reasonOf((await create()).id), 'no_opt_in')
  assert.equal(await reasonOf((await create()).id, { requireMarketingOptIn: false }), null)
  assert.equal(await reasonOf((await create({ marketingOptIn: false })).id, { requireMarketingOptIn: false }), 'no_opt_in')
  assert.equal(await reasonOf((await create({ isActive: false })).id), 'inactive')
  assert.equal(await reasonOf((await create({ phone: '+12025550123', marketingOptIn: true })).id), 'us_marketing')
  await run(
    t.deps.pool,
    sql`INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at) SELECT workspace_id, send_key, 1, 'word', now() FROM contact WHERE id = ${ok.id}`,
  )
  assert.equal(await reasonOf(ok.id), 'opted_out')
  assert.equal(await reasonOf(ok.id, { category: 'UTILITY', utilityThroughOptOut: true }), null)
})

test('suppressions are listed, repeatable and removable, and belong to their workspace', async () => {
  const made = await t.request('POST', 'Suppression', { body: { phone: '+919000000001', reason: 'court order' } })
  assert.equal(made.status, 201)
  assert.equal((await t.request('POST', 'Suppression', { body: { phone: '+919000000001' } })).body.id, made.body.id)
  assert.equal((await t.request('POST', 'Suppression', { body: { phone: 'x' } })).status, 422)
  assert.ok((await t.request('GET', 'Suppression')).body.items.some(({ id }: { id: string }) => id === made.body.id))
  const found = async (phone: string, key = t.key) =>
    (await t.request('GET', `Suppression?${new URLSearchParams({ phone })}`, { key })).body.items.map(({ id }: { id: string }) => id)
  assert.deepEqual(await found('0091 90000-00001'), [made.body.id], 'in any spelling')
  assert.deepEqual(await found('+919000000002'), [])
  assert.deepEqual(await found('no number'), [])
  assert.deepEqual(await found('+919000000001', t.foreign.key), [])
  assert.equal((await t.request('DELETE', `Suppression/${made.body.id}`, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('DELETE', `Suppression/${made.body.id}`)).status, 204)
})

test('every write here left an audit entry', async () => {
  const actions = (await many<{ action: string }>(t.deps.pool, sql`SELECT DISTINCT action FROM audit_entry`)).map(({ action }) => action)
  for (const action of ['contact.optOut', 'contact.optIn', 'suppression.create', 'suppression.delete'])
    assert.ok(actions.includes(action), action)
})

test('a timeline keeps everything that was said about consent: who, when, how, with its evidence; nothing is rewritten', async () => {
  const { id } = (await t.request('POST', 'Contact', { body: { phone: '+919833330002', marketingOptIn: true } })).body
  for (const [verb, note] of [
    ['opt-out', 'asked by phone'],
    ['opt-in', 'changed her mind'],
    ['opt-out', 'asked again'],
  ])
    await t.request('POST', `Contact/${id}/${verb}`, { body: { source: 'call', note } })
  await t.request('PUT', `Contact/${id}`, { body: { phone: '+919833330002', marketingOptIn: false } })
  await t.request('PUT', `Contact/${id}`, { body: { phone: '+919833330002', marketingOptIn: false, firstName: 'Ira' } })
  const { now } = await one<{ now: Date }>(t.deps.pool, sql`SELECT clock_timestamp() AS now`)
  const word = { workspaceId: t.workspaceId, contactId: id, source: 'word', stopped: true, saidAt: now, note: 'STOP' } as const
  await recordConsent(t.deps.pool, [word, word])
  await recordConsent(t.deps.pool, [word])
  const { items } = (await t.request('GET', `Contact/${id}/timeline`)).body
  assert.deepEqual(items.map(({ kind, detail }: { kind: string; detail: string }) => [kind, detail]).reverse(), [
    ['marketing_yes', 'api (test)'],
    ['opted_out', 'api: call: asked by phone (test)'],
    ['opted_in', 'api: call: changed her mind (test)'],
    ['opted_out', 'api: call: asked again (test)'],
    ['marketing_no', 'api (test)'],
    ['opted_out', 'word: STOP'],
  ])
  await assert.rejects(run(t.deps.pool, sql`UPDATE consent_event SET note = 'other' WHERE contact_id = ${id}`), /append-only/)
  assert.equal((await t.request('GET', `Contact/${id}/timeline`, { key: t.foreign.key })).status, 404)
})

test('the history of a person goes along when Meta says that two contacts are one', async () => {
  const old = (await create({ marketingOptIn: false })).id
  const now = (await create({ marketingOptIn: true })).id
  await t.request('POST', `Contact/${old}/opt-out`, { body: { note: 'old number' } })
  await run(t.deps.pool, sql`UPDATE contact SET marketing_opt_in = false WHERE id = ${now}`)
  await inheritHistory(t.deps.pool, t.workspaceId, old, now)
  await inheritHistory(t.deps.pool, t.workspaceId, old, now)
  const { items } = (await t.request('GET', `Contact/${now}/timeline`)).body
  assert.deepEqual(items.map(({ kind }: { kind: string }) => kind).sort(), ['marketing_no', 'marketing_no', 'marketing_yes', 'opted_out'])
})
