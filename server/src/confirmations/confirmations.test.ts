import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { addContacts, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { addMember, type TestPerson } from '../people/test-people.ts'
import { one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { confirmCommand } from './commands.ts'
import { type Confirmation, readToken, writeToken } from './token.ts'

let t: TestApp
let world: TestWorld
let owner: TestPerson
let marketer: TestPerson
/** A machine's key: it may draft and launch what was confirmed, and run nothing by itself. */
let machine: string
let nowMs = Date.now()
before(async () => {
  t = await testApp({ now: () => new Date(nowMs) })
  world = await testWorld(t)
  owner = await addMember(t, 'Owner')
  marketer = await addMember(t, 'Viewer')
  machine = await t.keyWith('WhatsappCampaign:View', 'WhatsappCampaign:Create', 'WhatsappCampaign:Edit')
})
after(() => t.drop())

let phones = 0
/** A draft of its own tag, with so many people. */
async function draft(
  people = 3,
  more: Record<string, unknown> = {},
): Promise<{ id: string; tag: string; grow(by: number): Promise<void> }> {
  const tag = `Plan${phones}`
  const grow = async (by: number) => {
    await addContacts(t, by, { from: phones, tag })
    phones += by
  }
  await grow(people)
  const body = { name: 'Plan', templateId: world.plainTemplateId, contactFilter: { tags: [tag] }, ...more }
  const made = await t.request('POST', 'WhatsappCampaign', { body, key: machine })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return { id: made.body.id, tag, grow }
}
const confirm = (id: string, body: object = {}, person = owner) => person.request('POST', `WhatsappCampaign/${id}/confirmation`, { body })
const launch = (id: string, confirmation: string, key = machine) =>
  t.request('POST', `WhatsappCampaign/${id}/launch`, { body: { confirmation }, key })
const statusOf = async (id: string): Promise<string> => (await t.request('GET', `WhatsappCampaign/${id}`)).body.status
const edit = (id: string, tag: string, change: object) =>
  t.request('PUT', `WhatsappCampaign/${id}`, {
    body: { name: 'Plan', templateId: world.plainTemplateId, contactFilter: { tags: [tag] }, ...change },
  })

test('a person confirms, a machine launches once, and exactly those people are frozen', async () => {
  const { id } = await draft()
  const confirmed = await confirm(id)
  assert.equal(confirmed.status, 201, JSON.stringify(confirmed.body))
  const { confirmation, ...told } = confirmed.body
  const { template } = (await t.request('GET', `WhatsappCampaign/${id}`)).body
  assert.deepEqual(told, {
    campaignId: id,
    name: 'Plan',
    template: { name: template.name, language: template.language },
    audience: 3,
    audienceMax: 3,
    expiresAt: new Date(nowMs + 15 * 60_000).toISOString(),
  })
  const launched = await launch(id, confirmation)
  assert.deepEqual([launched.status, launched.body.status], [202, 'Running'])
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, id), 'frozen')
  const again = await launch(id, confirmation)
  assert.deepEqual([again.status, again.body.code], [409, 'confirmation-used'])
  const { detail } = await one<{ detail: object }>(
    t.deps.pool,
    sql`SELECT detail FROM audit_entry WHERE workspace_id = ${t.workspaceId} AND object_id = ${id} AND action = 'campaign.run'`,
  )
  assert.equal((detail as { confirmedBy: string }).confirmedBy, owner.userId)
})

test('two launches at once with one confirmation start it once', async () => {
  const { id } = await draft()
  const { confirmation } = (await confirm(id)).body
  const answers = await Promise.all([launch(id, confirmation), launch(id, confirmation), launch(id, confirmation)])
  assert.deepEqual(answers.map(({ status, body }) => body.code ?? status).sort(), [202, 'confirmation-used', 'confirmation-used'])
})

test('no API key can confirm, whatever it holds, and the machine’s key cannot run by itself', async () => {
  const { id } = await draft()
  const byKey = await t.request('POST', `WhatsappCampaign/${id}/confirmation`, { body: {} })
  assert.deepEqual([byKey.status, byKey.body.code], [403, 'forbidden'])
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/quick-run`, { key: machine })).status, 403)
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/confirmation`, { body: {}, key: null })).status, 401)
  assert.equal((await confirm(id, {}, marketer)).status, 403)
  const viewOnly = await t.keyWith('WhatsappCampaign:View')
  assert.equal((await launch(id, 'confirm_x.y', viewOnly)).status, 403)
  assert.equal(await statusOf(id), 'Draft')
})

test('bad input is refused by name', async () => {
  const { id } = await draft()
  for (const [body, pointer] of [
    [{ audienceMax: 0 }, '/audienceMax'],
    [{ audienceMax: 2 }, '/audienceMax'],
    [{ minutes: 16 }, '/minutes'],
    [{ hours: 1 }, '/hours'],
  ] as const) {
    const answer = await confirm(id, body)
    assert.deepEqual([answer.status, answer.body.errors?.[0]?.pointer], [422, pointer])
  }
  const empty = await t.request('POST', `WhatsappCampaign/${id}/launch`, { body: {}, key: machine })
  assert.deepEqual([empty.status, empty.body.errors?.[0]?.pointer], [422, '/confirmation'])
})

test('a token for another plan, a forged and an altered one launch nothing', async () => {
  const [mine, other] = [await draft(), await draft()]
  const { confirmation } = (await confirm(other.id)).body as { confirmation: string }
  const [payload = '', mac] = confirmation.slice('confirm_'.length).split('.')
  const said = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const altered = Buffer.from(JSON.stringify({ ...said, campaignId: mine.id })).toString('base64url')
  for (const token of [confirmation, `confirm_${altered}.${mac}`, `confirm_${payload}.AAAA`, 'yes', `${confirmation}x`]) {
    const answer = await launch(mine.id, token)
    assert.deepEqual([answer.status, answer.body.code], [422, 'confirmation-invalid'], token)
  }
  assert.equal(await statusOf(mine.id), 'Draft')
})

test('a confirmation ends after its minutes, and with the right of whoever gave it', async () => {
  const { id } = await draft()
  const { confirmation } = (await confirm(id, { minutes: 5 })).body
  nowMs += 5 * 60_000
  const late = await launch(id, confirmation)
  assert.deepEqual([late.status, late.body.code], [409, 'confirmation-expired'])
  const admin = await addMember(t, 'Admin')
  const theirs = (await confirm(id, {}, admin)).body.confirmation
  await run(t.deps.pool, sql`DELETE FROM workspace_member WHERE workspace_id = ${t.workspaceId} AND user_id = ${admin.userId}`)
  const orphaned = await launch(id, theirs)
  assert.deepEqual([orphaned.status, orphaned.body.code], [422, 'confirmation-invalid'])
  assert.equal(await statusOf(id), 'Draft')
})

const CHANGES: Record<string, (id: string, tag: string) => Promise<unknown>> = {
  template: (id, tag) =>
    edit(id, tag, {
      templateId: world.templateId,
      variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' },
    }),
  filter: (id, tag) => edit(id, tag, { contactFilter: { tags: [tag], isActive: true } }),
  pace: (id, tag) => edit(id, tag, { ratePerSecond: 7 }),
  'text of the template': () =>
    run(
      t.deps.pool,
      sql`UPDATE template SET components = '[{"type":"BODY","text":"Something else"}]' WHERE workspace_id = ${t.workspaceId} AND id = ${world.plainTemplateId}`,
    ),
}
for (const [what, change] of Object.entries(CHANGES))
  test(`a change of the ${what} after the confirmation launches nothing; a new confirmation does`, async () => {
    const { id, tag } = await draft()
    const { confirmation } = (await confirm(id)).body
    await change(id, tag)
    const refused = await launch(id, confirmation)
    assert.deepEqual([refused.status, refused.body.code], [409, 'confirmation-content-changed'])
    assert.equal(await statusOf(id), 'Draft')
    assert.equal((await launch(id, (await confirm(id)).body.confirmation)).status, 202)
  })

test('values of variables and what a segment says are part of the content; the name is not', async () => {
  const tag = (await draft(1)).tag
  const segment = await t.request('POST', 'Segment', { body: { name: tag, contactFilter: { tags: [tag] } } })
  const body = {
    name: 'Plan',
    templateId: world.templateId,
    contactFilter: { segmentId: segment.body.id },
    variables: { 'body.1': 'a', 'button.0': 'https://example.com/x' },
  }
  const { id } = (await t.request('POST', 'WhatsappCampaign', { body })).body
  const first = (await confirm(id)).body.confirmation
  await t.request('PUT', `WhatsappCampaign/${id}`, { body: { ...body, name: 'Renamed', variables: { ...body.variables, 'body.1': 'b' } } })
  assert.equal((await launch(id, first)).body.code, 'confirmation-content-changed')
  const second = (await confirm(id)).body.confirmation
  await t.request('PUT', `Segment/${segment.body.id}`, { body: { name: tag, contactFilter: { tags: [tag], isActive: true } } })
  assert.equal((await launch(id, second)).body.code, 'confirmation-content-changed')
  const third = (await confirm(id)).body.confirmation
  await t.request('PUT', `WhatsappCampaign/${id}`, {
    body: { ...body, name: 'Renamed again', variables: { ...body.variables, 'body.1': 'b' } },
  })
  assert.equal((await launch(id, third)).status, 202)
})

test('more people than confirmed launch nothing; room that was granted is room', async () => {
  const { id, grow } = await draft(3)
  const { confirmation } = (await confirm(id)).body
  const roomy = (await confirm(id, { audienceMax: 5 })).body.confirmation
  await grow(1)
  const refused = await launch(id, confirmation)
  assert.deepEqual([refused.status, refused.body.code], [409, 'confirmation-audience-grown'])
  assert.equal(await statusOf(id), 'Draft')
  assert.equal((await launch(id, roomy)).status, 202)
})

test('people who come between launch and freeze fail the campaign before anybody is messaged', async () => {
  const { id, grow } = await draft(3)
  await launch(id, (await confirm(id)).body.confirmation)
  await grow(2)
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, id), 'failed')
  const { body } = await t.request('GET', `WhatsappCampaign/${id}`)
  assert.deepEqual([body.status, body.failureReason.code, body.counts.audience], ['Failed', 'confirmation-audience-grown', 0])
  const { n } = await one<{ n: number }>(
    t.deps.pool,
    sql`SELECT (SELECT count(*) FROM recipient WHERE workspace_id = ${t.workspaceId} AND campaign_id = ${id})
             + (SELECT count(*) FROM message WHERE workspace_id = ${t.workspaceId} AND campaign_id = ${id}) AS n`,
  )
  assert.equal(n, 0)
})

test('a segment that changes between launch and freeze fails the campaign too', async () => {
  const { tag } = await draft(2)
  const segment = await t.request('POST', 'Segment', { body: { name: `late ${tag}`, contactFilter: { tags: [tag] } } })
  const body = { name: 'Plan', templateId: world.plainTemplateId, contactFilter: { segmentId: segment.body.id } }
  const { id } = (await t.request('POST', 'WhatsappCampaign', { body })).body
  assert.equal((await launch(id, (await confirm(id)).body.confirmation)).status, 202)
  await run(
    t.deps.pool,
    sql`UPDATE segment SET filter = ${JSON.stringify({ tags: [tag], isActive: true })} WHERE workspace_id = ${t.workspaceId} AND id = ${segment.body.id}`,
  )
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, id), 'failed')
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}`)).body.failureReason.code, 'confirmation-content-changed')
})

test('the operator’s command line confirms as well', async () => {
  const { id } = await draft(2)
  const { lines } = await confirmCommand(t.deps.pool, t.deps, { campaign: id, minutes: '3' })
  assert.match(lines[1] ?? '', /^to 2 people now, at most 2;/)
  assert.equal((await launch(id, lines[2]?.replace('confirmation ', '') ?? '')).status, 202)
  await assert.rejects(confirmCommand(t.deps.pool, t.deps, { campaign: id, minutes: '16' }), /from 1 to 15/)
  await assert.rejects(confirmCommand(t.deps.pool, t.deps, { campaign: id }), /The campaign is Running/)
  await assert.rejects(confirmCommand(t.deps.pool, t.deps, { campaign: world.templateId }), /There is no campaign/)
})

test('an idempotent repeat of a confirmation is answered without the token', async () => {
  const { id } = await draft(1)
  const ask = () => owner.request('POST', `WhatsappCampaign/${id}/confirmation`, { body: {}, headers: { 'idempotency-key': 'k1' } })
  assert.match((await ask()).body.confirmation, /^confirm_/)
  const repeated = await ask()
  assert.deepEqual([repeated.status, repeated.body.confirmation, repeated.body.audience], [201, undefined, 1])
})

test('a token is read by the key and for the workspace it was written with', () => {
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const said: Confirmation = { id: 'i', campaignId: 'c', content: 'h', audienceMax: 5, expiresAtMs: 9, userId: null }
  const token = writeToken(key, 'w', said)
  assert.deepEqual(readToken(key, 'w', token), said)
  assert.equal(readToken(other, 'w', token), undefined)
  assert.equal(readToken(key, 'v', token), undefined)
})
