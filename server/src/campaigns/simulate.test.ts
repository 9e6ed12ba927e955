import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { UsageError } from '../people/commands.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { simulateCommand } from './simulate.ts'
import { addContacts, type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 30, { tag: 'Club' })
  await run(t.deps.pool, sql`UPDATE contact SET opted_out_at = now() WHERE phone_e164 = '+919700000003'`)
})
after(() => t.drop())

test('a simulation tells what the preview tells, shows the first messages, and stores and sends nothing', async () => {
  const content = {
    templateId: world.templateId,
    contactFilter: { tags: ['Club'] },
    variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' },
  }
  const { body: made } = await t.request('POST', 'WhatsappCampaign', { body: { name: 'Try', ...content } })
  const { data, lines } = await simulateCommand(t.deps.pool, t.deps, made.id)
  const { finish: _finish, ...told } = JSON.parse(JSON.stringify(data))
  const { finish: _at, ...preview } = (await t.request('POST', 'WhatsappCampaign/preview', { body: content })).body
  assert.deepEqual(told, { campaignId: made.id, name: 'Try', status: 'Draft', ...preview })
  const text = lines.join('\n')
  assert.match(text, /30 people match\n {2}− 1 opted_out\n {2}= 29 would get it/)
  assert.match(text, /cost unknown: no rate card\ntakes about \d+ s/)
  assert.equal(text.match(/Hi Person \d+, see this\./g)?.length, 3)
  const { status } = await one<{ status: string }>(t.deps.pool, sql`SELECT status FROM campaign WHERE id = ${made.id}`)
  assert.equal(status, 'Draft')
  assert.deepEqual(await many(t.deps.pool, sql`SELECT 1 FROM recipient`), [])
})

test('a campaign that is none, and one that could not start, are refused with the reason', async () => {
  await assert.rejects(simulateCommand(t.deps.pool, t.deps, 'x'), /There is no campaign x/)
  const { body: made } = await t.request('POST', 'WhatsappCampaign', {
    body: { name: 'No words', templateId: world.templateId, contactFilter: { everyone: true } },
  })
  await assert.rejects(
    simulateCommand(t.deps.pool, t.deps, made.id),
    (error: Error) => error instanceof UsageError && /body\.1/.test(error.message),
  )
})
