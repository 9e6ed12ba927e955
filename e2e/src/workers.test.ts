import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, sql } from '../../server/src/platform/db.ts'
import { type TestDatabase, testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import type { ServerProcess } from './server-process.ts'
import { type Campaign, campaignOf, importPeople, makeWorld, type SimulatorOptions, templateId, type World } from './world.ts'

const PEOPLE = 500
const NUMBERS = 10
/** In-flight window of a number at 80/s. */
const WINDOW = 32

const waba: NonNullable<SimulatorOptions['wabas']>[number] = {
  wabaId: '215589313241560',
  portfolioId: '506371120033991',
  name: 'Ten numbers',
  numbers: Array.from({ length: NUMBERS }, (_, n) => ({
    phoneNumberId: String(441785372345670 + n),
    displayPhoneNumber: `+1 555-004-${7120 + n}`,
    verifiedName: 'Ten numbers',
    throughput: 'STANDARD' as const,
    messagingLimit: 'TIER_UNLIMITED',
    qualityRating: 'GREEN',
  })),
  templates: [
    {
      id: '987650012345000',
      name: 'hello_world',
      language: 'en_US',
      status: 'APPROVED',
      category: 'UTILITY',
      parameter_format: 'POSITIONAL',
      components: [{ type: 'BODY', text: 'Welcome and congratulations!' }],
    },
  ],
}

interface Lease {
  readonly number: string
  readonly token: number
  readonly worker: number | null
}

let database: TestDatabase
let world: World
before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, ROLE: 'api', LEASE_MS: '1000', RESCUE_GRACE_MS: '1000', SEND_TIMEOUT_MS: '3000' },
    simulator: { wabas: [waba], latencyMs: 60, jitterMs: 40, person: { deliver: 1, read: 0.5, failed: [], tap: [], timeScale: 0.01 } },
  })
})
after(async () => {
  await world?.close()
  await database?.drop()
})

const leases = (): Promise<Lease[]> =>
  many(
    database.pool,
    sql`SELECT n.phone_number_id AS number, l.token, l.worker_key AS worker
          FROM number_lease l JOIN phone_number n ON n.workspace_id = l.workspace_id AND n.id = l.number_id ORDER BY 1`,
  )
const owners = (all: readonly Lease[]): number[] => [...new Set(all.flatMap(({ worker }) => (worker === null ? [] : [worker])))]
/** Calls to Meta that a process has an answer to, by its own count. */
async function sentBy(worker: ServerProcess): Promise<number> {
  const text = await (await fetch(`${worker.url}/metrics`)).text()
  return [...text.matchAll(/^fanfare_send_seconds_count\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** A campaign to everybody over each of the ten numbers, all started at once. */
async function launchTen(more: { readonly ratePerSecond?: number } = {}) {
  const { api, accountId } = world
  const { items } = await api.call<{ items: { id: string; phoneNumberId: string }[] }>('GET', `/WhatsappAccount/${accountId}/phone-numbers`)
  assert.equal(items.length, NUMBERS)
  const template = await templateId(api, 'hello_world')
  const ids: string[] = []
  for (const { id: senderId, phoneNumberId } of items) {
    const campaign = { name: `Over ${phoneNumberId}`, templateId: template, contactFilter: { everyone: true }, senderId, ...more }
    ids.push((await api.call<{ id: string }>('POST', '/WhatsappCampaign', campaign)).id)
  }
  await Promise.all(ids.map((id) => api.call('POST', `/WhatsappCampaign/${id}/quick-run`)))
  return { items, ids }
}

test('ten numbers over two workers: both drive, each number has one of them at a time, and when one dies the other finishes', async () => {
  const { api, simulator } = world
  const first = await world.addWorker()
  await importPeople(api, PEOPLE)
  const second = await world.addWorker()
  const { items, ids } = await launchTen()

  const held = await until(
    'every number to be driven',
    leases,
    (all) => all.length === NUMBERS && all.every(({ worker }) => worker !== null),
  )
  assert.deepEqual(
    owners(held).map((key) => held.filter(({ worker }) => worker === key).length),
    [5, 5],
    'half of them each',
  )
  await until(
    'a fifth of them',
    async () => simulator.ledger.summary().accepted,
    (accepted) => accepted >= NUMBERS * 100,
  )
  const beforeTheKill = await leases()
  assert.deepEqual(beforeTheKill, held, 'while both live no number changes hands')
  assert.ok((await sentBy(first)) > 0 && (await sentBy(second)) > 0, 'both send')

  await first.kill()
  const taken = await until(
    'the other to have them all',
    leases,
    (all) => owners(all).length === 1 && all.every(({ worker }) => worker !== null),
  )
  const [survivor] = owners(taken)
  for (const { number, token, worker } of held)
    assert.equal(
      taken.find((now) => now.number === number)?.token,
      worker === survivor ? token : token + 1,
      'one owner after the other, each with a token of its own',
    )
  const campaigns = await until(
    'all campaigns to complete',
    () => Promise.all(ids.map((id) => campaignOf(api, id))),
    (all) => all.every(({ status }) => status === 'Completed'),
    120_000,
  )
  assert.equal(campaigns.length, NUMBERS)

  await simulator.idle()
  const byNumber = () => Map.groupBy(simulator.ledger.entries({ kind: 'accepted', limit: 1_000_000 }), ({ phoneNumberId }) => phoneNumberId)
  const sentOver = (phoneNumberId: string) => byNumber().get(phoneNumberId)?.length ?? 0
  const healed = await until(
    'receipts to heal every doubt',
    () => Promise.all(ids.map((id) => campaignOf(api, id))),
    (all) => all.every(({ funnel }, n) => funnel.sent === sentOver(items[n]?.phoneNumberId ?? '')),
  )
  assert.equal(simulator.ledger.summary().doubles, 0, 'nobody twice')
  for (const [n, { counts, funnel }] of healed.entries()) agreesWithLedger(counts, funnel, sentOver(items[n]?.phoneNumberId ?? ''))
})

test('a worker that is added while all numbers are driven is handed half of them, and nobody becomes Unknown for it', async () => {
  const { api, simulator } = world // one worker is left
  const before = simulator.ledger.summary().accepted
  const { ids } = await launchTen({ ratePerSecond: 25 })
  await until(
    'all to send',
    async () => simulator.ledger.summary().accepted,
    (accepted) => accepted > before + NUMBERS * 5,
  )
  assert.equal(owners(await leases()).length, 1)
  await world.addWorker()
  await until(
    'half of them each',
    leases,
    (all) =>
      all.every(({ worker }) => worker !== null) &&
      owners(all).every((key) => all.filter(({ worker }) => worker === key).length === NUMBERS / 2),
  )
  const done = await until(
    'all campaigns to complete',
    () => Promise.all(ids.map((id) => campaignOf(api, id))),
    (all) => all.every(({ status }) => status === 'Completed'),
    120_000,
  )
  for (const { counts } of done) assert.deepEqual([counts.audience, counts.unknown, counts.failed], [PEOPLE, 0, 0])
  assert.equal(simulator.ledger.summary().accepted, before + NUMBERS * PEOPLE)
  assert.equal(simulator.ledger.summary().doubles, 0, 'nobody twice')
})

/** What one campaign says of its people against what the simulator accepted over its number. */
function agreesWithLedger(counts: Campaign['counts'], funnel: Campaign['funnel'], accepted: number): void {
  assert.equal(counts.audience, PEOPLE)
  assert.equal(funnel.sent, accepted, 'accepted by Meta if and only if Sent or above')
  assert.equal(counts.unknown, PEOPLE - accepted, 'the others are in doubt, and nobody else')
  assert.ok(counts.unknown <= WINDOW, `${counts.unknown} in doubt of one number`)
}
