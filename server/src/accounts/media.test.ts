import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { compiledMessageOf } from '../campaigns/message.ts'
import { holdsOfCampaign, setHold } from '../dispatch/holds.ts'
import { many, maybeOne, one, run, sql } from '../platform/db.ts'
import { keepContent, MEDIA_FRESH_MS, renewMedia } from './media.ts'
import { type TestMeta, testMeta } from './test-meta.ts'

let meta: TestMeta
let banner: string
let now = Date.now()
before(async () => {
  meta = await testMeta()
  await meta.connect()
  const { items } = (await meta.t.request('POST', 'WhatsappTemplate/getall', { body: { nameFilter: 'sale_banner' } })).body
  banner = items[0].id
  await meta.t.request('POST', 'Contact', { body: { phone: '+919876500011', firstName: 'Asha', tags: ['media'] } })
})
after(() => meta.close())

const deps = () => ({ ...meta.t.deps, now: () => new Date(now) })
async function uploaded(fill: number): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(1_000).fill(fill)], { type: 'image/png' }), 'sale.png')
  const { status, body } = await meta.t.request('POST', 'Media', { raw: form })
  assert.deepEqual([status, body.isKept], [201, true])
  return body.mediaId
}
const campaign = async (mediaId: string, more: Record<string, unknown> = {}) =>
  (
    await meta.t.request('POST', 'WhatsappCampaign', {
      body: {
        name: 'Sale',
        templateId: banner,
        contactFilter: { tags: ['media'] },
        variables: { 'body.1': '20%', 'body.2': '{{ contact.firstName }}' },
        headerMedia: { mediaId },
        ...more,
      },
    })
  ).body
async function running(mediaId: string): Promise<string> {
  const { id } = await campaign(mediaId)
  assert.equal((await meta.t.request('POST', `WhatsappCampaign/${id}/quick-run`)).status, 202)
  return id
}
const aged = (mediaId: string, days: number) =>
  run(meta.t.deps.pool, sql`UPDATE media SET uploaded_at = now() - ${days} * interval '1 day' WHERE meta_media_id = ${mediaId}`)
async function sentId(id: string): Promise<string> {
  const message = await compiledMessageOf(deps(), meta.t.workspaceId, id)
  const rendered = message.render(
    message.fieldNames.map(() => 'Asha'),
    { quickReplyPayload: () => '', linkToken: () => '' },
  )
  assert.ok(rendered.ok)
  const [header] = rendered.template.components as { parameters: { image: { id: string } }[] }[]
  return header?.parameters[0]?.image.id ?? ''
}

test('an upload that is 26 days old is made again before the audience is frozen, and what is sent is its new id', async () => {
  const mediaId = await uploaded(1)
  const id = await running(mediaId)
  assert.equal(await renewMedia(deps()), 0, 'a fresh one is left alone')
  await aged(mediaId, 26)
  meta.simulator.expireMedia()
  assert.equal(await renewMedia(deps()), 1)
  assert.equal(await freezeCampaign(meta.t.deps, meta.t.workspaceId, id), 'frozen')
  const current = await sentId(id)
  assert.notEqual(current, mediaId)
  assert.equal(await renewMedia(deps()), 0, 'once')
  assert.deepEqual((await meta.t.request('GET', `WhatsappCampaign/${id}`)).body.headerMedia, { mediaId }, 'its name here stays')

  // a campaign that runs on for weeks: the id changes under it, and is read anew
  await run(meta.t.deps.pool, sql`UPDATE media_upload SET uploaded_at = now() - interval '26 days' WHERE meta_media_id = ${current}`)
  assert.equal(await renewMedia(deps()), 1)
  now += MEDIA_FRESH_MS + 1
  assert.notEqual(await sentId(id), current)
  await meta.t.request('POST', `WhatsappCampaign/${id}/cancel`)
})

test('a refusal for the media holds the campaign, uploads once more, and ends by itself; a second one waits for a person', async () => {
  const { pool } = meta.t.deps
  const mediaId = await uploaded(2)
  const id = await running(mediaId)
  await freezeCampaign(meta.t.deps, meta.t.workspaceId, id)
  const at = { workspaceId: meta.t.workspaceId, scope: 'campaign', scopeId: id } as const
  const refused = () => setHold(pool, { ...at, reason: 'circuit_breaker', detail: 'Media upload error', code: 131053 })
  const hold = () => maybeOne<{ due: Date | null }>(pool, sql`SELECT auto_resume_at AS due FROM hold WHERE scope_id = ${id}`)
  await refused()
  assert.equal(await renewMedia(deps()), 0, 'what was uploaded a minute ago was not refused for its age')
  await aged(mediaId, 2)
  assert.equal(await renewMedia(deps()), 1)
  assert.ok((await hold())?.due)
  assert.equal(
    (await holdsOfCampaign(pool, meta.t.workspaceId, { id, templateId: banner, numberId: null, accountId: null }))[0]?.detail,
    'The media had expired at Meta and was uploaded again.',
  )
  await refused()
  assert.equal(await renewMedia(deps()), 0)
  assert.deepEqual(await hold(), { due: null })
  await meta.t.request('POST', `WhatsappCampaign/${id}/cancel`)
})

test('an upload that has expired and is not kept any more is refused at the launch', async () => {
  const mediaId = await uploaded(3)
  const { id } = await campaign(mediaId)
  await run(
    meta.t.deps.pool,
    sql`DELETE FROM media_content WHERE workspace_id = ${meta.t.workspaceId} AND sha256 = (SELECT sha256 FROM media WHERE meta_media_id = ${mediaId})`,
  )
  await aged(mediaId, 31)
  const answer = await meta.t.request('POST', `WhatsappCampaign/${id}/quick-run`)
  assert.deepEqual([answer.status, answer.body.code, answer.body.errors[0].pointer], [422, 'media-missing', '/headerMedia'])
})

test('what is kept stays within its limit: the oldest that no open campaign uses goes first', async () => {
  const { pool } = meta.t.deps
  await run(pool, sql`DELETE FROM campaign WHERE workspace_id = ${meta.t.workspaceId} AND frozen_at IS NULL`)
  await run(pool, sql`DELETE FROM media_content WHERE workspace_id = ${meta.t.workspaceId}`)
  const used = await uploaded(4)
  await campaign(used)
  await uploaded(5)
  const { sha256 } = await one<{ sha256: Buffer }>(pool, sql`SELECT sha256 FROM media WHERE meta_media_id = ${used}`)
  // as if each were large: the table believes its own sizes
  await run(
    pool,
    sql`UPDATE media_content SET size = 268435456, kept_at = now() - interval '1 day' WHERE workspace_id = ${meta.t.workspaceId}`,
  )
  assert.equal(await keepContent(pool, meta.t.workspaceId, Buffer.from('new'), Buffer.alloc(100)), true)
  const left = await many<{ sha256: Buffer }>(
    pool,
    sql`SELECT sha256 FROM media_content WHERE workspace_id = ${meta.t.workspaceId} ORDER BY kept_at`,
  )
  assert.deepEqual(
    left.map((row) => row.sha256.toString('hex')),
    [sha256.toString('hex'), Buffer.from('new').toString('hex')],
  )
  await run(pool, sql`UPDATE media_content SET size = 536870912 WHERE sha256 = ${sha256}`)
  assert.equal(
    await keepContent(pool, meta.t.workspaceId, Buffer.from('more'), Buffer.alloc(100)),
    false,
    'used media is never forgotten for new',
  )
})
