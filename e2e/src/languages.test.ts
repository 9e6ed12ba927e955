import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { completed, makeWorld, templateId, type World } from './world.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({ environment: { DATABASE_URL: database.url } })
})
after(async () => {
  await world?.close()
  await database?.drop()
})

test('one campaign, two languages: everybody gets theirs, a retry too', async () => {
  const { api, simulator } = world
  const people = [
    { phone: '+919876500021', firstName: 'Asha', language: 'en' },
    { phone: '+919876500022', firstName: 'Rahul', language: 'pt-BR' },
    { phone: '+5511987654321', firstName: 'João' },
    { phone: '+919876500023', firstName: 'Priya', attributes: { language: 'pt' } },
    { phone: '+919876500024', firstName: 'Omar' },
  ]
  for (const person of people) await api.call('POST', '/Contact', { ...person, tags: ['two'] })
  // João's first attempt is surely refused for a moment: his second must speak the same language
  simulator.setFaults([{ match: { to: '+5511987654321' }, when: 'before-accept', action: { kind: 'code', code: 131056 }, times: 1 }])
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Follow-up',
    templateId: await templateId(api, 'order_followup'),
    languages: 'family',
    contactFilter: { tags: ['two'] },
    variables: { 'body.order_id': '118' },
  })
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  assert.equal((await completed(api, id)).status, 'Completed')
  const sent = simulator.ledger.entries().map(({ to, language, kind }) => [to, language, kind])
  assert.deepEqual(sent.sort(), [
    ['+5511987654321', 'pt_BR', 'accepted'],
    ['+5511987654321', 'pt_BR', 'refused'],
    ['+919876500021', 'en_US', 'accepted'],
    ['+919876500022', 'pt_BR', 'accepted'],
    ['+919876500023', 'pt_BR', 'accepted'],
    ['+919876500024', 'en_US', 'accepted'],
  ])
})
