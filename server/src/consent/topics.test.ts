import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { TEST_APP_SECRET } from '../accounts/test-account.ts'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { addContacts } from '../campaigns/test-campaign.ts'
import { type ConsentSource, liftedBy, recordConsent } from '../contacts/consent.ts'
import { addressesOf } from '../dispatch/address.ts'
import { intend } from '../dispatch/intent.ts'
import { ordersOf } from '../dispatch/orders.ts'
import { type TestNumber, testNumber } from '../dispatch/test-number.ts'
import { runImportsOnce } from '../imports/runner.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { TestApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { processInbox } from '../webhooks/processor.ts'

let n: TestNumber
let t: TestApp
before(async () => {
  n = await testNumber()
  t = n.t
})
after(() => t.drop())

let made = 0
const topic = async (name = `Topic ${++made}`): Promise<string> => (await t.request('POST', 'Topic', { body: { name } })).body.id
let tag: string
/** Contacts of the tag, in the order of their ids: the order in which a freeze numbers them. */
let people: string[]
let offers: string
beforeEach(async () => {
  tag = `T${++made}`
  offers = await topic()
  await addContacts(t, 4, { from: 1_000 * made, tag })
  people = (
    await many<{ id: string }>(
      t.deps.pool,
      sql`SELECT id FROM contact WHERE workspace_id = ${t.workspaceId} AND ${tag} = ANY(tags) ORDER BY id`,
    )
  ).map(({ id }) => id)
})

const optOut = (id: string | undefined, topicId?: string) =>
  t.request('POST', `Contact/${id}/opt-out`, { body: { source: 'shop', ...(topicId ? { topicId } : {}) } })
const optIn = (id: string | undefined, topicId?: string) =>
  t.request('POST', `Contact/${id}/opt-in`, { body: { source: 'shop', ...(topicId ? { topicId } : {}) } })
const campaignBody = (topicId: string | null, more: object = {}) => ({
  name: 'Offers of May',
  templateId: n.world.templateId,
  contactFilter: { tags: [tag] },
  variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' },
  topicId,
  ...more,
})
const create = async (topicId: string | null, more: object = {}): Promise<string> => {
  const answer = await t.request('POST', 'WhatsappCampaign', { body: campaignBody(topicId, more) })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.id
}
async function frozen(topicId: string | null, more: object = {}): Promise<string> {
  const id = await create(topicId, more)
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/quick-run`)).status, 202)
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, id), 'frozen')
  return id
}
const reasons = async (id: string) =>
  Object.fromEntries(
    (
      await many<{ contact_id: string; skip_reason: string }>(
        t.deps.pool,
        sql`SELECT r.contact_id, m.skip_reason FROM message m JOIN recipient r USING (workspace_id, campaign_id, seq)
             WHERE m.workspace_id = ${t.workspaceId} AND m.campaign_id = ${id} AND m.state = 3`,
      )
    ).map(({ contact_id, skip_reason }) => [contact_id, skip_reason]),
  )
/** The intent of a whole campaign by the orders that a driver reads. @returns who is sent to */
async function sendTo(id: string): Promise<string[]> {
  const orders = await ordersOf(t.deps.pool, t.deps.config, [{ workspaceId: t.workspaceId, numberId: n.world.numberId }])
  const campaigns = orders.get(n.world.numberId)?.campaigns ?? []
  const campaign = campaigns.find((one) => one.id === id)
  assert.ok(campaign)
  const result = await intend(t.deps.pool, campaign, n.lease, { sliceNo: 0, fromSeq: 0, upToSeq: people.length, unsendable: [] })
  assert.ok(result.kind === 'intended')
  return result.intended.map(({ seq }) => people[seq - 1] ?? '')
}

test('a topic is made, read, changed, listed and deleted', async () => {
  const body = { name: ' Offers ', description: 'Prices and sales' }
  const created = await t.request('POST', 'Topic', { body })
  assert.deepEqual([created.status, created.body.name, created.body.createdBy], [201, 'Offers', 'test'])
  const { id } = created.body
  assert.deepEqual((await t.request('GET', `Topic/${id}`)).body, created.body)
  assert.equal((await t.request('POST', 'Topic', { body: { name: 'OFFERS' } })).body.code, 'topic-exists')
  const etag = created.headers.get('etag') ?? ''
  const put = await t.request('PUT', `Topic/${id}`, { body: { name: 'Sales' }, headers: { 'if-match': etag } })
  assert.deepEqual([put.status, put.body.name, put.body.description], [200, 'Sales', ''])
  assert.equal((await t.request('PUT', `Topic/${id}`, { body: { name: 'X' }, headers: { 'if-match': etag } })).status, 412)
  const other = await topic('News')
  assert.equal((await t.request('PUT', `Topic/${other}`, { body: { name: 'sales' } })).body.code, 'topic-exists')
  const list = await t.request('POST', 'Topic/getall', { body: { nameFilter: 'sal' } })
  assert.deepEqual(
    list.body.items.map((item: { id: string }) => item.id),
    [id],
  )
  assert.equal((await t.request('DELETE', `Topic/${id}`)).status, 204)
  assert.equal((await t.request('GET', `Topic/${id}`)).status, 404)
  assert.equal((await t.request('POST', 'Topic', { body: { name: 'Sales' } })).status, 201, 'its name is free again')
})

test('bad topics, keys without permission, and other workspaces are refused', async () => {
  const bad = await t.request('POST', 'Topic', { body: { name: ' ', more: 1 } })
  assert.deepEqual(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), ['/more', '/name'])
  const viewer = await t.keyWith('Contact:View')
  assert.equal((await t.request('POST', 'Topic', { body: { name: 'x' }, key: null })).status, 401)
  for (const [method, path] of [
    ['POST', 'Topic'],
    ['PUT', `Topic/${offers}`],
    ['DELETE', `Topic/${offers}`],
  ] as const)
    assert.equal(
      (await t.request(method, path, { key: viewer, ...(method === 'DELETE' ? {} : { body: { name: 'x' } }) })).status,
      403,
      method,
    )
  assert.equal((await t.request('GET', `Contact/${people[0]}/topics`, { key: await t.keyWith('Segment:View') })).status, 403)
  assert.equal((await t.request('GET', `Contact/${people[0]}/topics`, { key: viewer })).status, 200)
  const theirs = (await t.request('POST', 'Topic', { body: { name: 'Theirs' }, key: t.foreign.key })).body.id
  for (const topicId of [theirs, newId()]) {
    assert.equal((await optOut(people[0], topicId)).body.errors[0].pointer, '/topicId')
    assert.equal((await t.request('POST', 'WhatsappCampaign', { body: campaignBody(topicId) })).body.errors[0].pointer, '/topicId')
    assert.equal(
      (await t.request('POST', 'WhatsappCampaign/preview', { body: { ...campaignBody(topicId), name: undefined } })).body.errors[0].pointer,
      '/topicId',
    )
  }
})

test('a workspace has fifty topics at most, also when several are made at once', async () => {
  const { totalCount } = (await t.request('POST', 'Topic/getall', { body: {} })).body
  const answers = await Promise.all(
    Array.from({ length: 60 - totalCount }, (_, i) => t.request('POST', 'Topic', { body: { name: `Many ${i}` } })),
  )
  assert.deepEqual(
    answers.filter(({ status }) => status !== 201).map(({ body }) => body.code),
    Array(10).fill('too-many-topics'),
  )
  await run(t.deps.pool, sql`UPDATE topic SET deleted_at = now() WHERE workspace_id = ${t.workspaceId} AND name LIKE 'Many %'`)
})

test('whoever is out of the topic is left out by preview, freeze and intent, of its campaigns alone', async () => {
  const [first, second, third, fourth] = people
  assert.equal((await optOut(first, offers)).body.optedOutAt, null)
  await optOut(second)
  await optOut(third, await topic())
  const preview = await t.request('POST', 'WhatsappCampaign/preview', { body: { ...campaignBody(offers), name: undefined } })
  assert.deepEqual(
    [preview.body.eligible, preview.body.excluded, preview.body.optedOutOfTopic],
    [2, [{ reason: 'opted_out', count: 2 }], 1],
    JSON.stringify(preview.body),
  )
  const plain = await t.request('POST', 'WhatsappCampaign/preview', { body: { ...campaignBody(null), name: undefined } })
  assert.deepEqual([plain.body.eligible, plain.body.optedOutOfTopic], [3, 0])
  const id = await frozen(offers)
  assert.deepEqual(await reasons(id), { [first ?? '']: 'opted_out', [second ?? '']: 'opted_out' })
  await optOut(fourth, offers)
  assert.deepEqual(await sendTo(id), [third])
  assert.equal((await reasons(id))[fourth ?? ''], 'opted_out')
  const other = await frozen(null)
  assert.deepEqual((await sendTo(other)).sort(), [first, third, fourth].sort())
})

test('a utility campaign that goes through opt-outs still minds the topic', async () => {
  await run(t.deps.pool, sql`UPDATE workspace SET utility_through_opt_out = true WHERE id = ${t.workspaceId}`)
  await optOut(people[0], offers)
  await optOut(people[1])
  const id = await frozen(offers, { templateId: n.world.plainTemplateId, variables: {} })
  assert.deepEqual(await reasons(id), { [people[0] ?? '']: 'opted_out' })
  await run(t.deps.pool, sql`UPDATE workspace SET utility_through_opt_out = false WHERE id = ${t.workspaceId}`)
})

test('opting in to a topic and opting in to everything are two things', async () => {
  const [id] = people
  const standing = async () => {
    const { items } = (await t.request('GET', `Contact/${id}/topics`)).body as { items: { id: string; optedOutAt: string | null }[] }
    const { optedOutAt } = (await t.request('GET', `Contact/${id}`)).body
    return [optedOutAt !== null, items.find((item) => item.id === offers)?.optedOutAt !== null]
  }
  await optOut(id, offers)
  assert.deepEqual(await standing(), [false, true])
  await optIn(id)
  assert.deepEqual(await standing(), [false, true], 'everything lifts no topic')
  await optOut(id)
  await optIn(id, offers)
  assert.deepEqual(await standing(), [true, false], 'a topic lifts not everything')
  const history = await t.request('POST', 'Contact/consent/getall', { body: { contactId: id, topicId: offers } })
  assert.deepEqual(
    history.body.items.map(({ action, topic: about }: { action: string; topic: { id: string } }) => [action, about.id]),
    [
      ['opted_in', offers],
      ['opted_out', offers],
    ],
  )
})

test('no deletion and no import brings somebody back into a topic; a person does', async () => {
  const [id] = people
  const { phone } = (await t.request('GET', `Contact/${id}`)).body
  await t.request('PUT', `Contact/${id}`, { body: { phone, tags: [tag], firstName: 'A', marketingOptIn: true } })
  await optOut(id, offers)
  await t.request('DELETE', `Contact/${id}`)
  const upload = async () => {
    const form = new FormData()
    form.append('file', new File([`phone,firstName,tags,marketingOptIn\n${phone},Back,${tag},true\n`], 'a.csv'))
    const { importId } = (await t.request('POST', 'Contact/import', { raw: form })).body
    await runImportsOnce(t.deps)
    return importId as string
  }
  const back = async () =>
    (await t.request('POST', 'Contact/getall', { body: { contactFilter: { phones: [phone] } } })).body.items[0]?.id as string
  await upload()
  const contact = await back()
  assert.notEqual(contact, id)
  people = [...people.slice(1), contact].sort()
  assert.deepEqual(await reasons(await frozen(offers)), { [contact]: 'opted_out' })
  const { items } = (await t.request('GET', `Contact/${contact}/topics`)).body
  assert.notEqual(items.find((item: { id: string }) => item.id === offers).optedOutAt, null)
  await optIn(contact, offers)
  assert.deepEqual(await reasons(await frozen(offers)), {})
})

test('an import that is taken back takes nobody’s opt-out with it', async () => {
  const phones = ['+919700999001', '+919700999002']
  const upload = async () => {
    const form = new FormData()
    form.append('file', new File([`phone,firstName,tags\n${phones.map((phone) => `${phone},New,${tag}\n`).join('')}`], 'a.csv'))
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
  await optOut(first, offers)
  await optOut(second)
  assert.equal((await t.request('POST', `Contact/import/${importId}/undo`)).status, 200)
  assert.deepEqual(await both(), [])
  await upload()
  const [again, secondAgain] = await both()
  assert.deepEqual(await reasons(await frozen(offers)), { [again ?? '']: 'opted_out', [secondAgain ?? '']: 'suppressed' })
})

test('a topic in use cannot be deleted; one that was used stays for its campaigns, and their copies have it', async () => {
  const id = await create(offers)
  const refused = await t.request('DELETE', `Topic/${offers}`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'topic-in-use'])
  const shown = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([shown.topicId, shown.topic.name], [offers, (await t.request('GET', `Topic/${offers}`)).body.name])
  const list = (await t.request('POST', 'WhatsappCampaign/getall', { body: {} })).body.items
  assert.equal(list.find((item: { id: string }) => item.id === id).topicId, offers)
  await t.request('POST', `WhatsappCampaign/${id}/quick-run`)
  await freezeCampaign(t.deps, t.workspaceId, id)
  const going = await sendTo(id)
  await n.record(
    [],
    going.map((_, i) => ({
      campaignId: id,
      seq: i + 1,
      attempt: 1,
      state: 5,
      tries: 1,
      code: 131026,
      title: 'x',
      isRetryable: false,
      intendedAt: null,
      retryAfterSeconds: 0,
      event: { kind: 'test', detail: '' },
    })),
  )
  await t.request('POST', `WhatsappCampaign/${id}/cancel`)
  assert.equal((await t.request('DELETE', `Topic/${offers}`)).status, 204)
  const copy = (await t.request('POST', `WhatsappCampaign/${id}/duplicate`)).body
  const child = (await t.request('POST', `WhatsappCampaign/${id}/resend`, { body: { outcome: 'Failed' } })).body
  assert.deepEqual([copy.topicId, child.topicId], [offers, offers])
  assert.equal((await t.request('PUT', `WhatsappCampaign/${copy.id}`, { body: campaignBody(offers) })).status, 200, 'what it has may stay')
  assert.equal((await t.request('POST', 'WhatsappCampaign', { body: campaignBody(offers) })).status, 422, 'a new one cannot name it')
  const dropped = await t.request('PUT', `WhatsappCampaign/${copy.id}`, { body: campaignBody(null) })
  assert.deepEqual([dropped.body.topicId, dropped.body.topic], [null, null])
})

async function press(campaignId: string, seq: number, button: number, text: string): Promise<void> {
  const { address } = await one<{ address: string }>(
    t.deps.pool,
    sql`SELECT address FROM recipient WHERE workspace_id = ${t.workspaceId} AND campaign_id = ${campaignId} AND seq = ${seq}`,
  )
  const payload = addressesOf(t.deps).quickReply(campaignId, seq, 1, button)
  const message = {
    from: address.slice(1),
    id: `wamid.P${++made}`,
    timestamp: String(Math.floor(Date.now() / 1_000)),
    type: 'button',
    button: { payload, text },
  }
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '1', phone_number_id: '441785372345678' },
    messages: [message],
  }
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '215589313241560', changes: [{ field: 'messages', value }] }],
  })
  const answer = await t.app.request(`/webhooks/meta/${n.world.accountId}`, {
    method: 'POST',
    headers: { 'x-hub-signature-256': `sha256=${createHmac('sha256', TEST_APP_SECRET).update(body).digest('hex')}` },
    body,
  })
  assert.equal(answer.status, 200)
}
const facts = () =>
  many<{ key: string; topicId: string }>(
    t.deps.pool,
    sql`SELECT key, topic_id AS "topicId" FROM opt_out_fact WHERE workspace_id = ${t.workspaceId} ORDER BY key`,
  )

test('a button marked for the topic stops the topic alone, from our 200 on; a label that says stop stops everything', async () => {
  const marked = { variables: { ...campaignBody(null).variables, 'button.1': 'optOut:topic', 'button.2': 'optOut:topic' } }
  const id = await frozen(offers, marked)
  const second = await frozen(offers)
  const third = await frozen(null)
  await press(id, 1, 1, 'No offers')
  await press(id, 2, 2, 'Stop promotions')
  const phone = (await t.request('GET', `Contact/${people[1]}`)).body.phone.slice(1)
  assert.deepEqual(
    await facts(),
    [
      { key: people[0], topicId: offers },
      { key: people[1], topicId: '00000000-0000-0000-0000-000000000000' },
      { key: phone, topicId: '00000000-0000-0000-0000-000000000000' },
    ].toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1)),
  )
  assert.deepEqual(await sendTo(second), people.slice(2), 'before anything was processed')
  assert.deepEqual((await sendTo(third)).sort(), [people[0], ...people.slice(2)].sort())
  while ((await processInbox(t.deps)) > 0);
  assert.deepEqual(await facts(), [])
  assert.deepEqual(Object.keys(await reasons(await frozen(offers))).sort(), people.slice(0, 2))
  assert.deepEqual(Object.keys(await reasons(await frozen(null))), [people[1]])
  const { funnel } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([funnel.optedOut, funnel.clicked], [2, 0], 'stop buttons are no clicks')
})

test('a button that stops the topic needs a topic', async () => {
  const answer = await t.request('POST', 'WhatsappCampaign', {
    body: campaignBody(null, { variables: { ...campaignBody(null).variables, 'button.1': 'optOut:topic' } }),
  })
  assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, '/variables/button.1'])
})

test('a test send goes to nobody who is out of the topic', async () => {
  const id = await create(offers)
  const { phone } = (await t.request('GET', `Contact/${people[0]}`)).body
  await optOut(people[0], offers)
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
    topicId: fc.constantFrom(offers, other, null),
  })
  const [contactId = ''] = people
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
      assert.deepEqual(new Set(stands.map(({ topic_id }) => topic_id)), new Set([offers, other].filter(isOut)))
      assert.equal((await t.request('GET', `Contact/${contactId}`)).body.optedOutAt !== null, isOut(null))
    }),
    { numRuns: 40 },
  )
})
