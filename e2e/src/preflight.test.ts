import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { completed, makeWorld, templateId, type World } from './world.ts'

interface Preflight {
  readonly ready: boolean
  readonly checks: readonly { readonly code: string; readonly level: string; readonly detail: string; readonly fix: string | null }[]
}

let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({ environment: { DATABASE_URL: database.url, ALLOW_PRIVATE_WEBHOOKS: 'true' } })
})
after(async () => {
  await world?.close()
  await database?.drop()
})

test('a dead media link, a paused template and a full limit are found at once; mended, the campaign goes out', async (context) => {
  const { api, simulator } = world
  const media = createServer((request, response) => {
    const isThere = request.url === '/sale.jpg'
    response.writeHead(isThere ? 200 : 404, { 'content-type': isThere ? 'image/jpeg' : 'text/html', 'content-length': 1 }).end('x')
  }).listen(0, '127.0.0.1')
  await once(media, 'listening')
  context.after(() => media.close())
  const link = (name: string) => `http://127.0.0.1:${(media.address() as AddressInfo).port}/${name}`

  const numbers = await api.call<{ items: { id: string }[] }>('GET', `/WhatsappAccount/${world.accountId}/phone-numbers`)
  const numberId = numbers.items[0]?.id ?? ''
  await api.call('PUT', `/PhoneNumber/${numberId}`, { dailyLimit: 1 })
  await api.call('POST', '/Contact', { phone: '+919876500031', tags: ['first'] })
  for (const phone of ['+919876500032', '+919876500033']) await api.call('POST', '/Contact', { phone, firstName: 'Asha', tags: ['sale'] })
  const first = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'First',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { tags: ['first'] },
  })
  await api.call('POST', `/WhatsappCampaign/${first.id}/quick-run`)
  await completed(api, first.id)

  const sale = await templateId(api, 'sale_banner')
  const status = async () => (await api.call<{ status: string }>('GET', `/WhatsappTemplate/${sale}`)).status
  const body = (file: string) => ({
    name: 'Sale',
    templateId: sale,
    contactFilter: { tags: ['sale'] },
    variables: { 'body.1': '20%', 'body.2': '{{ contact.firstName }}' },
    headerMedia: { link: link(file) },
  })
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', body('gone.jpg'))
  simulator.changeTemplate('sale_banner', 'en_US', { status: 'PAUSED' })
  await until('the template is paused', status, (now) => now === 'PAUSED')

  const preflight = () => api.call<Preflight>('GET', `/WhatsappCampaign/${id}/preflight`)
  const faulty = await preflight()
  assert.equal(faulty.ready, false)
  const of = ({ checks }: Preflight, code: string) => checks.find((check) => check.code === code)
  assert.equal(faulty.checks[0]?.code, 'template-not-approved')
  assert.equal(of(faulty, 'media.unreachable')?.level, 'warning')
  assert.match(of(faulty, 'media.unreachable')?.detail ?? '', /It answered 404\./)
  assert.equal(of(faulty, 'room')?.level, 'warning')
  assert.match(of(faulty, 'room')?.detail ?? '', /nobody goes before/)

  simulator.changeTemplate('sale_banner', 'en_US', { status: 'APPROVED' })
  await until('the template is approved', status, (now) => now === 'APPROVED')
  await api.call('PUT', `/PhoneNumber/${numberId}`, { dailyLimit: 10 })
  await api.call('PUT', `/WhatsappCampaign/${id}`, body('sale.jpg'))
  const mended = await preflight()
  assert.equal(mended.ready, true)
  for (const code of ['template.status', 'media', 'room', 'webhooks', 'holds']) assert.equal(of(mended, code)?.level, 'ok', code)

  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  assert.equal((await completed(api, id)).status, 'Completed')
  const sent = simulator.ledger.entries().flatMap(({ to, template, kind }) => (template === 'sale_banner' ? [[to, kind]] : []))
  assert.deepEqual(sent.sort(), [
    ['+919876500032', 'accepted'],
    ['+919876500033', 'accepted'],
  ])
})
