import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { topicWorld } from './test-topics.ts'

const { n, t, own, renew, topic, optOut, campaignBody, create, sendTo } = await topicWorld()
beforeEach(renew)
after(() => t.drop())

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
    ['PUT', `Topic/${own.offers}`],
    ['DELETE', `Topic/${own.offers}`],
  ] as const)
    assert.equal(
      (await t.request(method, path, { key: viewer, ...(method === 'DELETE' ? {} : { body: { name: 'x' } }) })).status,
      403,
      method,
    )
  assert.equal((await t.request('GET', `Contact/${own.people[0]}/topics`, { key: await t.keyWith('Segment:View') })).status, 403)
  assert.equal((await t.request('GET', `Contact/${own.people[0]}/topics`, { key: viewer })).status, 200)
  const theirs = (await t.request('POST', 'Topic', { body: { name: 'Theirs' }, key: t.foreign.key })).body.id
  for (const topicId of [theirs, newId()]) {
    assert.equal((await optOut(own.people[0], topicId)).body.errors[0].pointer, '/topicId')
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

test('a topic in use cannot be deleted; one that was used stays for its campaigns, and their copies have it', async () => {
  const id = await create(own.offers)
  const refused = await t.request('DELETE', `Topic/${own.offers}`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'topic-in-use'])
  const shown = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual([shown.topicId, shown.topic.name], [own.offers, (await t.request('GET', `Topic/${own.offers}`)).body.name])
  const list = (await t.request('POST', 'WhatsappCampaign/getall', { body: {} })).body.items
  assert.equal(list.find((item: { id: string }) => item.id === id).topicId, own.offers)
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
  assert.equal((await t.request('DELETE', `Topic/${own.offers}`)).status, 204)
  const copy = (await t.request('POST', `WhatsappCampaign/${id}/duplicate`)).body
  const child = (await t.request('POST', `WhatsappCampaign/${id}/resend`, { body: { outcome: 'Failed' } })).body
  assert.deepEqual([copy.topicId, child.topicId], [own.offers, own.offers])
  assert.equal(
    (await t.request('PUT', `WhatsappCampaign/${copy.id}`, { body: campaignBody(own.offers) })).status,
    200,
    'what it has may stay',
  )
  assert.equal((await t.request('POST', 'WhatsappCampaign', { body: campaignBody(own.offers) })).status, 422, 'a new one cannot name it')
  const dropped = await t.request('PUT', `WhatsappCampaign/${copy.id}`, { body: campaignBody(null) })
  assert.deepEqual([dropped.body.topicId, dropped.body.topic], [null, null])
})

test('a button that stops the topic needs a topic', async () => {
  const answer = await t.request('POST', 'WhatsappCampaign', {
    body: campaignBody(null, { variables: { ...campaignBody(null).variables, 'button.1': 'optOut:topic' } }),
  })
  assert.deepEqual([answer.status, answer.body.errors[0].pointer], [422, '/variables/button.1'])
})
