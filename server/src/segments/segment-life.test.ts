import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sampledContacts } from './test-sampled-contacts.ts'

const { t, world } = await sampledContacts()
after(() => t.drop())

test('segments are made, listed, changed, nested without circles, and kept while something uses them', async () => {
  const save = (name: string, contactFilter: unknown) => t.request('POST', 'Segment', { body: { name, contactFilter } })
  const made = await save('VIPs', { tags: ['VIP'] })
  assert.equal(made.status, 201)
  assert.equal((await save('vips', { tags: ['VIP'] })).body.code, 'segment-exists')
  assert.equal((await save('Nobody', {})).body.code, 'filter-empty')
  const outer = await save('Outer', { segmentId: made.body.id, isActive: true })
  const circular = { body: { name: 'VIPs', contactFilter: { where: { or: [{ segmentId: outer.body.id }, { tags: ['x'] }] } } } }
  assert.equal((await t.request('PUT', `Segment/${made.body.id}`, circular)).body.code, 'segment-circular')
  const list = await t.request('POST', 'Segment/getall', { body: { nameFilter: 'vip' } })
  assert.deepEqual(
    list.body.items.map(({ id }: { id: string }) => id),
    [made.body.id],
  )
  const count = async () =>
    (await t.request('POST', 'Segment/preview', { body: { contactFilter: { segmentId: outer.body.id } } })).body.count
  const before = await count()
  const changed = await t.request('PUT', `Segment/${made.body.id}`, { body: { name: 'VIPs', contactFilter: { tags: ['new'] } } })
  assert.equal(changed.status, 200)
  assert.notEqual(await count(), before) // live: nothing was stored of who matched
  assert.equal((await t.request('DELETE', `Segment/${made.body.id}`)).body.code, 'segment-in-use')
  const campaign = await t.request('POST', 'WhatsappCampaign', {
    body: { name: 'Uses', templateId: world.plainTemplateId, contactFilter: { segmentId: outer.body.id } },
  })
  assert.equal((await t.request('DELETE', `Segment/${outer.body.id}`)).body.code, 'segment-in-use')
  assert.equal(campaign.body.estimatedAudience, await count())
  await t.request('DELETE', `WhatsappCampaign/${campaign.body.id}`)
  assert.equal((await t.request('DELETE', `Segment/${outer.body.id}`)).status, 204)
  assert.equal((await t.request('DELETE', `Segment/${made.body.id}`)).status, 204)
  assert.equal((await t.request('GET', `Segment/${made.body.id}`)).status, 404)
})

test('no key, a missing permission, another workspace and a stale ETag are refused', async () => {
  const input = { name: 'Guarded', contactFilter: { tags: ['VIP'] } }
  assert.equal((await t.request('POST', 'Segment', { body: input, key: null })).status, 401)
  assert.equal((await t.request('POST', 'Segment', { body: input, key: await t.keyWith('Segment:View') })).status, 403)
  const { body, headers } = await t.request('POST', 'Segment', { body: input })
  assert.equal(
    (await t.request('POST', 'Segment/preview', { body: { contactFilter: input.contactFilter }, key: await t.keyWith('Segment:View') }))
      .status,
    403,
  )
  assert.equal((await t.request('GET', `Segment/${body.id}`, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('DELETE', `Segment/${body.id}`, { key: t.foreign.key })).status, 404)
  const foreign = await t.request('POST', 'Segment/preview', { body: { contactFilter: { segmentId: body.id } }, key: t.foreign.key })
  assert.equal(foreign.status, 422)
  const etag = { 'if-match': headers.get('etag') ?? '' }
  assert.equal((await t.request('PUT', `Segment/${body.id}`, { body: { ...input, description: 'x' }, headers: etag })).status, 200)
  assert.equal((await t.request('PUT', `Segment/${body.id}`, { body: input, headers: etag })).status, 412)
})
