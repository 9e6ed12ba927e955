import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { run, sql } from '../platform/db.ts'
import { numbersWithWork } from './lease.ts'
import { type TestNumber, testNumber } from './test-number.ts'

let n: TestNumber
before(async () => {
  n = await testNumber()
  await addContacts(n.t, 2, { tag: 'L' })
})
after(() => n.t.drop())

const withWork = async () => (await numbersWithWork(n.t.deps.pool)).map(({ numberId }) => numberId)

test('the number of a campaign is wanted from its start on, before its audience is written, and no longer when it ended', async () => {
  await n.t.request('POST', `WhatsappCampaign/${await n.frozen('L')}/cancel`)
  assert.deepEqual(await withWork(), [])
  const { body } = await n.t.request('POST', 'WhatsappCampaign', {
    body: { name: 'L', templateId: n.world.plainTemplateId, contactFilter: { tags: ['L'] } },
  })
  assert.deepEqual(await withWork(), [], 'a draft wants nothing')
  assert.equal((await n.t.request('POST', `WhatsappCampaign/${body.id}/quick-run`)).status, 202)
  assert.deepEqual(await withWork(), [n.world.numberId])
  await run(n.t.deps.pool, sql`UPDATE phone_number SET removed_at = now() WHERE id = ${n.world.numberId}`)
  assert.deepEqual(await withWork(), [], 'a removed number is not taken for it')
  await run(n.t.deps.pool, sql`UPDATE phone_number SET removed_at = NULL WHERE id = ${n.world.numberId}`)
  await n.t.request('POST', `WhatsappCampaign/${body.id}/cancel`)
  assert.deepEqual(await withWork(), [])
})
