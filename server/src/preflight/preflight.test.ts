import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { addContacts, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { setHold } from '../dispatch/holds.ts'
import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { parametersOf } from '../templates/parameters.ts'

interface Check {
  readonly code: string
  readonly level: string
  readonly detail: string
  readonly fix: string | null
  readonly pointer: string
}
let t: TestApp
let world: TestWorld
const ids = { paused: newId(), picture: newId(), lonely: newId() }
const lonelyNumber = newId()
before(async () => {
  t = await testApp({ environment: { ALLOW_PRIVATE_WEBHOOKS: 'true' } })
  world = await testWorld(t)
  await addContacts(t, 5, { tag: 'Some' })
  const template = (
    id: string,
    accountId: string,
    name: string,
    status: string,
    components: { type: string; format?: string; text?: string }[],
  ) =>
    run(
      t.deps.pool,
      sql`INSERT INTO template (workspace_id, id, account_id, meta_id, name, language, category, status, components, parameters)
          VALUES (${t.workspaceId}, ${id}, ${accountId}, ${name}, ${name}, 'en_US', 'UTILITY', ${status}, ${JSON.stringify(components)},
                  ${JSON.stringify(parametersOf(components))})`,
    )
  const lonely = newId()
  await run(
    t.deps.pool,
    sql`INSERT INTO whatsapp_account (workspace_id, id, name, waba_id, access_token_sealed) VALUES (${t.workspaceId}, ${lonely}, 'Lonely', '77', '')`,
  )
  await run(
    t.deps.pool,
    sql`INSERT INTO phone_number (workspace_id, id, account_id, phone_number_id, display_phone_number) VALUES (${t.workspaceId}, ${lonelyNumber}, ${lonely}, '78', '1')`,
  )
  await template(ids.paused, world.accountId, 'paused', 'PAUSED', [{ type: 'BODY', text: 'Hi {{1}}' }])
  await template(ids.picture, world.accountId, 'picture', 'APPROVED', [
    { type: 'HEADER', format: 'IMAGE' },
    { type: 'BODY', text: 'Look.' },
  ])
  await template(ids.lonely, lonely, 'lonely', 'APPROVED', [{ type: 'BODY', text: 'Hi.' }])
})
after(() => t.drop())

const body = (more: Record<string, unknown> = {}) => ({ templateId: world.plainTemplateId, contactFilter: { tags: ['Some'] }, ...more })
const codesOf = (checks: readonly Check[], level: string) => checks.filter((check) => check.level === level).map(({ code }) => code)
async function preflight(input: Record<string, unknown>): Promise<{ ready: boolean; checks: Check[] }> {
  const answer = await t.request('POST', 'WhatsappCampaign/preflight', { body: input })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

test('a sound campaign is ready; everything is looked at; nothing is stored', async () => {
  const { ready, checks } = await preflight(body())
  assert.equal(ready, true)
  assert.deepEqual(codesOf(checks, 'warning'), ['webhooks', 'cost'])
  assert.deepEqual(codesOf(checks, 'ok').sort(), [
    ...['audience', 'doubles', 'finish', 'holds', 'night', 'room', 'sender.quality', 'sender.status'],
    ...['template.category', 'template.quality', 'template.status', 'variables'],
  ])
  assert.equal((await t.request('POST', 'WhatsappCampaign/getall', { body: {} })).body.totalCount, 0)
})

test('bad input, no key, a permission too few and another workspace are refused', async () => {
  assert.equal((await t.request('POST', 'WhatsappCampaign/preflight', { body: { ...body(), nonsense: 1 } })).status, 422)
  assert.equal((await t.request('POST', 'WhatsappCampaign/preflight', { body: body({ templateId: newId() }) })).status, 422)
  assert.equal((await t.request('POST', 'WhatsappCampaign/preflight', { body: body(), key: null })).status, 401)
  const key = await t.keyWith('Contact:View')
  assert.equal((await t.request('POST', 'WhatsappCampaign/preflight', { body: body(), key })).status, 403)
  const foreign = { key: t.foreign.key }
  assert.equal((await t.request('POST', 'WhatsappCampaign/preflight', { body: body(), ...foreign })).status, 422)
  const { id } = (await t.request('POST', 'WhatsappCampaign', { body: { name: 'Own', ...body() } })).body
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/preflight`, { key })).status, 403)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/preflight`, { key: null })).status, 401)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/preflight`, foreign)).status, 404)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/preflight`)).body.ready, true)
  assert.equal((await t.request('GET', `WhatsappCampaign/${newId()}/preflight`)).status, 404)
})

/** What may be wrong with each part, right first. */
const PARTS = {
  template: ['plain', 'promo', 'paused', 'picture', 'lonely'],
  variables: [{}, { 'body.1': 'x', 'button.0': 'https://example.com/x' }, { 'body.1': '{{ nonsense | }}' }, { 'body.9': 'x' }],
  headerMedia: [null, { mediaId: '5' }],
  contactFilter: [{ tags: ['Some'] }, {}, { tags: ['Nobody'] }, { segmentId: 'none' }, { everyone: true }],
  senderId: [null, 'lonely'],
  done: [false, true],
} as const
test('a campaign has blockers if, and only if, quick-run refuses it, which names the first of them', async () => {
  const seen = new Map<string, number>()
  const templates = { plain: world.plainTemplateId, promo: world.templateId, ...ids }
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        template: fc.constantFrom(...PARTS.template),
        variables: fc.constantFrom(...PARTS.variables),
        headerMedia: fc.constantFrom(...PARTS.headerMedia),
        contactFilter: fc.constantFrom(...PARTS.contactFilter),
        senderId: fc.constantFrom(...PARTS.senderId),
        isDone: fc.constantFrom(...PARTS.done),
      }),
      async ({ template, variables, headerMedia, contactFilter, senderId, isDone }) => {
        const id = newId()
        const filter = 'segmentId' in contactFilter ? { segmentId: newId() } : contactFilter
        // written past the checks of the editor, as time and other people would leave it
        await run(
          t.deps.pool,
          sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, sender_id, contact_filter, variables, header_media, unknown_policy,
                     created_by_name, created_by_type)
              VALUES (${t.workspaceId}, ${id}, 'C', ${isDone ? 'Cancelled' : 'Draft'}, ${templates[template]},
                      ${senderId && lonelyNumber}, ${JSON.stringify(filter)},
                      ${JSON.stringify(variables)}, ${headerMedia && JSON.stringify(headerMedia)}, 'hold', 'Test', 'user')`,
        )
        const list = (await t.request('GET', `WhatsappCampaign/${id}/preflight`)).body as { ready: boolean; checks: Check[] }
        const launched = await t.request('POST', `WhatsappCampaign/${id}/quick-run`)
        const blockers = codesOf(list.checks, 'blocker')
        assert.equal(launched.status === 202, list.ready, JSON.stringify([launched.body, list]))
        assert.equal(blockers.length === 0, list.ready)
        if (launched.status !== 202) assert.equal(blockers[0], launched.body.code)
        for (const code of blockers) seen.set(code, (seen.get(code) ?? 0) + 1)
        if (list.ready) seen.set('ready', (seen.get('ready') ?? 0) + 1)
      },
    ),
    {
      numRuns: 60,
      examples: [
        [{ template: 'plain', variables: {}, headerMedia: null, contactFilter: { tags: ['Some'] }, senderId: null, isDone: false }],
        [{ template: 'plain', variables: {}, headerMedia: null, contactFilter: { tags: ['Nobody'] }, senderId: null, isDone: false }],
        [{ template: 'picture', variables: {}, headerMedia: null, contactFilter: {}, senderId: null, isDone: false }],
        [{ template: 'promo', variables: {}, headerMedia: null, contactFilter: { tags: ['Some'] }, senderId: null, isDone: true }],
        [{ template: 'lonely', variables: {}, headerMedia: null, contactFilter: { tags: ['Some'] }, senderId: null, isDone: false }],
        [{ template: 'paused', variables: {}, headerMedia: null, contactFilter: { tags: ['Some'] }, senderId: null, isDone: false }],
        [
          {
            template: 'plain',
            variables: { 'body.9': 'x' },
            headerMedia: null,
            contactFilter: { segmentId: 'none' },
            senderId: null,
            isDone: false,
          },
        ],
      ],
    },
  )
  assert.deepEqual([...seen.keys()].sort(), [
    ...['campaign-not-runnable', 'empty-audience', 'filter-empty', 'invalid-input', 'media-missing', 'parameters-unmapped', 'ready'],
    ...['sender-missing', 'template-not-approved'],
  ])
})

test('parameters without a value are named, and lead to their field', async () => {
  const { checks } = await preflight(body({ templateId: world.templateId }))
  const [unmapped] = checks
  assert.equal(unmapped?.code, 'parameters-unmapped')
  assert.match(unmapped?.detail ?? '', /body\.1.*button\.0/)
  assert.match(unmapped?.pointer ?? '', /^\/variables\//)
  assert.ok(!checks.some(({ code }) => code === 'variables'))
})

test('uploads that expire, or are kept, and links that serve something else are told apart', async () => {
  const upload = async (mediaId: string, days: number) =>
    run(
      t.deps.pool,
      sql`INSERT INTO media (workspace_id, id, phone_number_id, meta_media_id, mime_type, file_name, file_size, sha256, uploaded_at)
          VALUES (${t.workspaceId}, ${newId()}, ${world.numberId}, ${mediaId}, 'image/png', 'a.png', 9, decode(md5(${mediaId}), 'hex'), now() - ${days} * interval '1 day')`,
    )
  await upload('101', 1)
  await upload('102', 40)
  await upload('103', 40)
  await run(
    t.deps.pool,
    sql`INSERT INTO media_content (workspace_id, sha256, size, bytes) VALUES (${t.workspaceId}, decode(md5('103'), 'hex'), 1, '')`,
  )
  const of = async (headerMedia: object) =>
    (await preflight(body({ templateId: ids.picture, headerMedia }))).checks
      .filter(({ code }) => code.startsWith('media'))
      .map(({ code, level }) => `${level} ${code}`)
  assert.deepEqual(await of({ mediaId: '101' }), ['ok media'])
  assert.deepEqual(await of({ mediaId: '102' }), ['blocker media-missing', 'warning media.expires'])
  assert.deepEqual(await of({ mediaId: '103' }), ['ok media'])
  assert.deepEqual(await of({ mediaId: '999' }), ['warning media.unknown'])
  const server = createServer((request, response) => {
    const type = request.url === '/a.png' ? 'image/png' : 'text/html'
    response.writeHead(200, { 'content-type': type, 'content-length': 1 }).end('x')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.deepEqual(await of({ link: `${base}/a.png` }), ['ok media'])
  assert.deepEqual(await of({ link: `${base}/page` }), ['warning media.unfit'])
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  assert.deepEqual(await of({ link: `${base}/a.png` }), ['warning media.unreachable'])
})

test('holds, night, approval, doubles and a time that has passed are warnings, and no reason to refuse', async () => {
  await setHold(t.deps.pool, {
    workspaceId: t.workspaceId,
    scope: 'account',
    scopeId: world.accountId,
    reason: 'payment',
    detail: 'Unpaid.',
  })
  await run(t.deps.pool, sql`UPDATE workspace SET approval_required = true WHERE id = ${t.workspaceId}`)
  const { ready, checks } = await preflight(
    body({ unknownPolicy: 'resend', scheduledAt: '2026-01-01T12:00:00Z', quietHours: { from: '00:00', to: '23:59' } }),
  )
  assert.equal(ready, true)
  for (const code of ['hold.payment', 'approval', 'doubles', 'schedule', 'night'])
    assert.equal(checks.find((check) => check.code === code)?.level, 'warning', code)
  assert.match(checks.find(({ code }) => code === 'night')?.detail ?? '', /night for 5 people/)
})
