import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { importPeople, makeWorld, templateId, type World } from './world.ts'

const PEOPLE = 200
let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url },
    simulator: { latencyMs: 5, person: { deliver: 1, read: 1, timeScale: 0.01 }, wabas: [] },
  })
  await importPeople(world.api, PEOPLE)
})
after(async () => {
  await world?.close()
  await database?.drop()
})

interface Experiment {
  readonly id: string
  readonly status: string
  readonly groups: readonly {
    readonly group: string
    readonly people: number
    readonly delivered: number
    readonly campaign: { status: string } | null
  }[]
}

test('of an experiment everybody gets one message or, held out, none; the rest gets the winner’s', async () => {
  const { api, simulator } = world
  const variants = [
    { templateId: await templateId(api, 'hello_world') },
    { templateId: await templateId(api, 'order_followup'), variables: { 'body.first_name': 'you', 'body.order_id': '1' } },
  ]
  const { id } = await api.call<Experiment>('POST', '/Experiment', {
    name: 'Words',
    contactFilter: { everyone: true },
    variants,
    testShare: 0.4,
    holdOutShare: 0.2,
    decide: { by: 'read', afterMinutes: 60 },
  })
  await api.call('POST', `/Experiment/${id}/start`)
  const tested = await until(
    'the variants to be delivered',
    () => api.call<Experiment>('GET', `/Experiment/${id}`),
    ({ groups }) => groups.slice(0, 2).every(({ people, delivered }) => people > 0 && delivered === people),
  )
  const of = (group: string) => tested.groups.find((one) => one.group === group)?.people ?? 0
  assert.equal(of('A') + of('B') + of('rest') + of('holdOut'), PEOPLE)
  assert.equal(simulator.ledger.summary().accepted, of('A') + of('B'))
  await api.call('POST', `/Experiment/${id}/decide`, { winner: 'B' })
  await until(
    'the rest to end',
    () => api.call<Experiment>('GET', `/Experiment/${id}`),
    ({ groups }) => groups.find(({ group }) => group === 'rest')?.campaign?.status === 'Completed',
  )
  const sent = simulator.ledger.entries({ kind: 'accepted' })
  assert.equal(sent.length, PEOPLE - of('holdOut'))
  assert.equal(new Set(sent.map(({ to }) => to)).size, sent.length, 'nobody got two')
  assert.equal(sent.filter(({ template }) => template === 'hello_world').length, of('A'))
})
