import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { freePort } from '../../server/src/platform/test-port.ts'
import { GOLDEN_PERSON, goldenCases, goldenOf, masked } from '../../server/src/templates/test-golden.ts'
import { campaignOf, completed, makeWorld, type SimulatorOptions, templateId, type World } from './world.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
let trackedBase: string
type Templates = NonNullable<SimulatorOptions['wabas']>[number]['templates']

const UPLOADS = { image: ['image/png', 'sale.png'], document: ['application/pdf', 'invoice.pdf'] } as const

before(async () => {
  database = await testDatabase({ migrated: false })
  const port = await freePort()
  trackedBase = `http://127.0.0.1:${port}/r/`
  const templates = goldenCases(trackedBase, '').map(({ name, category, parameterFormat, components }, i): Templates[number] => ({
    id: String(987650099000000 + i),
    name,
    language: 'en_US',
    status: 'APPROVED',
    category,
    parameter_format: parameterFormat,
    components: components.map((component) => ({ ...component })),
  }))
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, PORT: String(port) },
    simulator: {
      wabas: [
        {
          wabaId: '215589313241560',
          portfolioId: '506371120033991',
          name: 'Every kind',
          numbers: [
            {
              phoneNumberId: '441785372345678',
              displayPhoneNumber: '+1 555-004-7120',
              verifiedName: 'Every kind',
              throughput: 'STANDARD',
              messagingLimit: 'TIER_UNLIMITED',
              qualityRating: 'GREEN',
            },
          ],
          templates,
        },
      ],
    },
  })
})
after(async () => {
  await world?.close()
  await database?.drop()
})

test('one campaign with a template of each kind: Meta gets exactly what the golden files say', async () => {
  const { api, simulator } = world
  await api.call('POST', '/Contact', { ...GOLDEN_PERSON, tags: ['golden'] })
  const uploaded = async (kind: keyof typeof UPLOADS) => {
    const [type, fileName] = UPLOADS[kind]
    const form = new FormData()
    form.set('file', new Blob(['content'], { type }), fileName)
    const answer = await api.raw('POST', '/Media', { body: form })
    return ((await answer.json()) as { mediaId: string }).mediaId
  }
  const ids = { image: await uploaded('image'), document: await uploaded('document') }
  const cases = goldenCases(trackedBase, ids.image)
  for (const given of cases) {
    const documents = given.components.some(({ format }) => format === 'DOCUMENT')
    const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
      name: given.name,
      templateId: await templateId(api, given.name),
      contactFilter: { tags: ['golden'] },
      variables: given.variables,
      headerMedia: documents ? { ...given.headerMedia, mediaId: ids.document } : given.headerMedia,
    })
    await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
    assert.equal((await completed(api, id)).status, 'Completed', given.name)
    assert.equal((await campaignOf(api, id)).counts.skipped, 0, given.name)
    const entries = simulator.ledger.entries().filter(({ template }) => template === given.name)
    assert.deepEqual(
      entries.map(({ kind, code }) => [kind, code]),
      [['accepted', null]],
      given.name,
    )
    assert.deepEqual(masked(entries[0]?.body, given, trackedBase), goldenOf(given), given.name)
  }
})
