import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { type ConsentSource, liftedBy, recordConsent } from '../contacts/consent.ts'
import { addressesOf } from '../dispatch/address.ts'
import { runImportsOnce } from '../imports/runner.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { processInbox } from '../webhooks/processor.ts'
import { postMessages } from '../webhooks/test-post.ts'
import { topicWorld } from './test-topics.ts'

const { n, t, own, renew, topic, optOut, optIn, campaignBody, create, frozen, reasons, sendTo } = await topicWorld()
beforeEach(renew)
after(() => t.drop())

test('whoever is out of the topic is left out by preview, freeze and intent, of its campaigns alone', async () => {
  const [first, second, third, fourth] = own.people
  assert.equal((await optOut(first, own.offers)).body.optedOutAt, null)
  await optOut(second)
  await optOut(third, await topic())
  const preview = await t.request('POST', 'WhatsappCampaign/preview', { body: { ...campaignBody(own.offers), name: undefined } })
  assert.deepEqual(
    [preview.body.eligible, preview.body.excluded, preview.body.optedOutOfTopic],
    [2, [{ reason: 'opted_out', count: 2 }], 1],
    JSON.stringify(preview.body),
  )
  const plain = await t.request('POST', 'WhatsappCampaign/preview', { body: { ...campaignBody(null), name: undefined } })
  assert.deepEqual([plain.body.eligible, plain.body.optedOutOfTopic], [3, 0])
  const id = await frozen(own.offers)
  assert.deepEqual(await reasons(id), { [first ?? '']: 'opted_out', [second ?? '']: 'opted_out' })
  await optOut(fourth, own.offers)
  assert.deepEqual(await sendTo(id), [third])
  assert.equal((await reasons(id))[fourth ?? ''], 'opted_out')
  const other = await frozen(null)
  assert.deepEqual((await sendTo(other)).sort(), [first, third, fourth].sort())
})

test('a utility campaign that goes through opt-outs still minds the topic', async () => {
  await run(t.deps.pool, sql`UPDATE workspace SET utility_through_opt_out = true WHERE id = ${t.workspaceId}`)
  await optOut(own.people[0], own.offers)
  await optOut(own.people[1])
  const id = await frozen(own.offers, { templateId: n.world.plainTemplateId, variables: {} })
  assert.deepEqual(await reasons(id), { [own.people[0] ?? '']: 'opted_out' })
  await run(t.deps.pool, sql`UPDATE workspace SET utility_through_opt_out = false WHERE id = ${t.workspaceId}`)
})

test('opting in to a topic and opting in to everything are two things', async () => {
  const [id] = own.people
  const standing = async () => {
    const { items } = (await t.request('GET', `Contact/${id}/topics`)).body as { items: { id: string; optedOutAt: string | null }[] }
    const { optedOutAt } = (await t.request('GET', `Contact/${id}`)).body
    return [optedOutAt !== null, items.find((item) => item.id === own.offers)?.optedOutAt !== null]
  }
  await optOut(id, own.offers)
  assert.deepEqual(await standing(), [false, true])
  await optIn(id)
  assert.deepEqual(await standing(), [false, true], 'everything lifts no topic')
  await optOut(id)
  await optIn(id, own.offers)
  assert.deepEqual(await standing(), [true, false], 'a topic lifts not everything')
  const history = await t.request('POST', 'Contact/consent/getall', { body: { contactId: id, topicId: own.offers } })
  assert.deepEqual(
    history.body.items.map(({ action, topic: about }: { action: string; topic: { id: string } }) => [action, about.id]),
    [
      ['opted_in', own.offers],
      ['opted_out', own.offers],
    ],
  )
})

test('no deletion and no import brings somebody back into a topic; a person does', async () => {
  const [id] = own.people
  const { phone } = (await t.request('GET', `Contact/${id}`)).body
  await t.request('PUT', `Contact/${id}`, { body: { phone, tags: [own.tag], firstName: 'A', marketingOptIn: true } })
  await optOut(id, own.offers)
  await t.request('DELETE', `Contact/${id}`)
  const upload = async () => {
    const form = new FormData()
    form.append('file', new File([`phone,firstName,tags,marketingOptIn\n${phone},Back,${own.tag},true\n`], 'a.csv'))
    const { importId } = (await t.request('POST', 'Contact/import', { raw: form })).body
    await runImportsOnce(t.deps)
    return importId as string
  }
  const back = async () =>
    (await t.request('POST', 'Contact/getall', { body: { contactFilter: { phones: [phone] } } })).body.items[0]?.id as string
  await upload()
  const contact = await back()
  assert.notEqual(contact, id)
  own.people = [...own.people.slice(1), contact].sort()
  assert.deepEqual(await reasons(await frozen(own.offers)), { [contact]: 'opted_out' })
  const { items } = (await t.request('GET', `Contact/${contact}/topics`)).body
  assert.notEqual(items.find((item: { id: string }) => item.id === own.offers).optedOutAt, null)
  await optIn(contact, own.offers)
  assert.deepEqual(await reasons(await frozen(own.offers)), {})
})

test('an import that is taken back takes nobody’s opt-out with it', async () => {
  const phones = ['+919700999001', '+919700999002']
  const upload = async () => {
    const form = new FormData()
    form.append('file', new File([`phone,firstName,tags\n${phones.map((phone) => `${phone},New,${own.tag}\n`).join('')}`], 'a.csv'))
    const { importId } = (await t.request('POST', 'Contact/import', { raw: form })).body
    await runImportsOnce(t.deps)
    return importId as string
  }
  const both = async () => {
    const { items } = (await t.request('POST', 'Contact/getall', { body: { contactFilter: { phones }, sortBy: 'phone' } })).body
    return items.map(({ id }: { id: string }) => id) as string[]
  }
  const importId = await upload()
  const [first, second] = await both()
  await optOut(first, own.offers)
  await optOut(second)
  assert.equal((await t.request('POST', `Contact/import/${importId}/undo`)).status, 200)
  assert.deepEqual(await both(), [])
  await upload()
  const [again, secondAgain] = await both()
  assert.deepEqual(await reasons(await frozen(own.offers)), { [again ?? '']: 'opted_out', [secondAgain ?? '']: 'suppressed' })
})

let pressed = 0
async function press(campaignId: string, seq: number, button: number, text: string): Promise<void> {
  const { address } = await one<{ address: string }>(
    t.deps.pool,
    sql`SELECT address FROM recipient WHERE workspace_id = ${t.workspaceId} AND campaign_id = ${campaignId} AND seq = ${seq}`,
  )
  const payload = addressesOf(t.deps).quickReply(campaignId, seq, 1, button)
  const message = {
    from: address.slice(1),
    id: `wamid.P${++pressed}`,
    timestamp: String(Math.floor(Date.now() / 1_000)),
    type: 'button',
    button: { payload, text },
  }
  const answer = await postMessages(t, n.world.accountId, [{ messages: [message] }])
  assert.equal(answer.status, 200)
}
const facts = () =>
  many<{ key: string; topicId: string }>(
    t.deps.pool,
    sql`SELECT key, topic_id AS "topicId" FROM opt_out_fact WHERE workspace_id = ${t.workspaceId} ORDER BY key`,
  )

test('a button marked for the topic stops the topic alone, from our 200 on; a label that says stop stops everything', async () => {
  const marked = { variables: { ...campaignBody(null).variables, 'button.1': 'optOut:topic', 'button.2': 'optOut:topic' } }
  const id = await frozen(own.offers, marked)
  const second = await frozen(own.offers)
  const third = await frozen(null)
  await press(id, 1, 1, 'No offers')
  await press(id, 2, 2, 'Stop promotions')
  const phone = (await t.request('GET', `Contact/${own.people[1]}`)).body.phone.slice(1)
  assert.deepEqual(
    await facts(),
    [
      { key: own.people[0], topicId: own.offers },
      { key: own.people[1], topicId: '00000000-0000-0000-0000-000000000000' },
      { key: phone, topicId: '00000000-0000-0000-0000-000000000000' },
    ].toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1)),
  )
  assert.deepEqual(await sendTo(second), own.people.slice(2), 'before anything was processed')
  assert.deepEqual((await sendTo(third)).sort(), [own.people[0], ...own.people.slice(2)].sort())
  while ((await processInbox(t.deps)) > 0);
  assert.deepEqual(await facts(), [])
  assert.deepEqual(Object.keys(await reasons(await frozen(own.offers))).sort(), own.people.slice(0, 2))
  assert.deepEqual(Object.keys(await reasons(await frozen(null))), [own.people[1]])
  const { funnel } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([funnel.optedOut, funnel.clicked], [2, 0], 'stop buttons are no clicks')
})

test('a test send goes to nobody who is out of the topic', async () => {
  const id = await create(own.offers)
  const { phone } = (await t.request('GET', `Contact/${own.people[0]}`)).body
  await optOut(own.people[0], own.offers)
  const { results } = (await t.request('POST', `WhatsappCampaign/${id}/test-send`, { body: { phones: [phone] } })).body
  assert.equal(results[0].status, 'Skipped')
})

test('whatever is said about topics in whatever order and however often, the latest word of each source stands, and nothing else moves', async () => {
  const other = await topic()
  const source = fc.constantFrom<ConsentSource>('word', 'button', 'meta', 'admin')
  const said = fc.record({
    source,
    stopped: fc.boolean(),
    at: fc.integer({ min: 0, max: 5 }),
    topicId: fc.constantFrom(own.offers, other, null),
  })
  const [contactId = ''] = own.people
  const entryOf = (one: { source: ConsentSource; stopped: boolean; at: number; topicId: string | null }) => ({
    workspaceId: t.workspaceId,
    contactId,
    source: one.source,
    stopped: one.stopped,
    saidAt: new Date(1_700_000_000_000 + one.at * 1_000),
    topicId: one.topicId,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), async (words, order) => {
      await run(t.deps.pool, sql`DELETE FROM contact_topic WHERE workspace_id = ${t.workspaceId}`)
      await run(t.deps.pool, sql`DELETE FROM consent WHERE workspace_id = ${t.workspaceId}`)
      await run(t.deps.pool, sql`UPDATE contact SET opted_out_at = NULL WHERE workspace_id = ${t.workspaceId}`)
      const shuffled = [...words, ...words]
        .map((word, i) => ({ word, key: order[i] ?? i }))
        .sort((a, b) => a.key - b.key)
        .map(({ word }) => word)
      const cut = Math.ceil(shuffled.length / 3)
      for (let i = 0; i < shuffled.length; i += cut)
        await inTransaction(t.deps.pool, (tx) => recordConsent(tx, shuffled.slice(i, i + cut).map(entryOf)))
      const isOut = (topicId: string | null) =>
        (['word', 'button', 'meta', 'admin', 'api', 'import'] as const).some((by) => {
          const heard = words.filter(
            (word) => word.topicId === topicId && (word.stopped ? word.source === by : liftedBy(word.source).includes(by)),
          )
          const latest = Math.max(...heard.map(({ at }) => at))
          return heard.some(({ at, stopped }) => at === latest && stopped)
        })
      const stands = await many<{ topic_id: string }>(
        t.deps.pool,
        sql`SELECT DISTINCT topic_id FROM contact_topic WHERE workspace_id = ${t.workspaceId} AND contact_id = ${contactId} AND stopped`,
      )
      assert.deepEqual(new Set(stands.map(({ topic_id }) => topic_id)), new Set([own.offers, other].filter(isOut)))
      assert.equal((await t.request('GET', `Contact/${contactId}`)).body.optedOutAt !== null, isOut(null))
    }),
    { numRuns: 40 },
  )
})
