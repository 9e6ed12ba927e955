import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../../server/src/platform/embedded-postgres.ts'
import { until } from '../api.ts'
import { campaignOf, completed, importPeople, makeWorld, templateId, type World } from '../world.ts'
import { costEach, type Gauge, makeGauge } from './gauge.ts'
import { memoryMb } from './processes.ts'
import type { Report } from './report.ts'
import { bareLoop } from './send.ts'
import type { Sizes } from './sizes.ts'

/** Requests in flight at most, ours and the baseline's. */
const WINDOW = 800
const LATENCY_MS = 100

/** The small figures, of one number and one window: import, launch, sending, pages. Every intent and result durable (fsync on). */
export async function measureProduct(report: Report, sizes: Sizes): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fanfare-bench-'))
  chmodSync(dataDir, 0o755)
  const database = await startEmbeddedPostgres({ dataDir })
  try {
    const world = await makeWorld({
      environment: { DATABASE_URL: database.url, MAX_IN_FLIGHT: '32', API_RATE_PER_SECOND: '100000' },
      simulator: { lean: true, latencyMs: LATENCY_MS, enforceRate: false, enforcePairRate: false, enforceLimit: false },
    })
    const client = new pg.Client({ connectionString: database.url })
    try {
      await client.connect()
      await liftLimits(world, client)
      const gauge = await makeGauge(client, () => world.server().pid)
      report.row({ what: 'memory of the server process at rest', value: memoryMb(world.server().pid), unit: 'MB' })
      await measureImport(report, world, gauge, sizes.people)
      const { campaignId, perSecond } = await measureSending(report, world, gauge, sizes.people)
      await measureBareLoop(report, world, sizes.people, perSecond)
      await measurePages(report, world, campaignId, sizes.people)
    } finally {
      await client.end()
      await world.close()
    }
  } finally {
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Meta's own throughput stops at 1,000/s a number; the bench lifts ours to see what the product can do. */
async function liftLimits({ api, simulator, accountId }: World, client: pg.Client): Promise<void> {
  simulator.changeNumber(simulator.phoneNumberId, { throughput: 'HIGH' })
  await api.call('POST', `/WhatsappAccount/${accountId}/sync`, {})
  await client.query('UPDATE phone_number SET throughput_per_second = 10000, rate_per_second = NULL, max_in_flight = $1', [WINDOW])
}

async function measureImport(report: Report, { api }: World, gauge: Gauge, rows: number): Promise<void> {
  const end = gauge.begin()
  await importPeople(api, rows)
  const reading = end()
  const what = `import ${rows.toLocaleString('en')} CSV rows`
  report.row({ what, value: reading.seconds, unit: 's', goal: { atMost: 5 }, note: costEach(reading, rows, 'row') })
  report.row({ what: `${what}: memory of the server process, peak`, value: reading.peakMb, unit: 'MB', goal: { atMost: 250 } })
}

/** The baseline: a bare undici loop against the same simulator with the same window. @param ours our messages a second */
async function measureBareLoop(report: Report, world: World, messages: number, ours: number): Promise<void> {
  const { perSecond, cpuMicroseconds } = await bareLoop({ world }, { connections: WINDOW, messages })
  const note = `${cpuMicroseconds.toFixed(0)} µs CPU a message`
  report.row({ what: 'bare undici loop, same window', value: perSecond, unit: '/s', note })
  report.row({ what: 'ours as a share of it', value: (100 * ours) / perSecond, unit: '%', goal: { atLeast: 50 } })
}

async function measureSending(
  report: Report,
  { api, simulator }: World,
  gauge: Gauge,
  people: number,
): Promise<{ campaignId: string; perSecond: number }> {
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Bench',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  const size = people.toLocaleString('en')
  const endLaunch = gauge.begin()
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  report.row({ what: 'quick-run answers', value: endLaunch().seconds * 1_000, unit: 'ms' })
  await until(
    'the first message',
    async () => simulator.ledger.summary().accepted,
    (accepted) => accepted > 0,
    60_000,
    5,
  )
  const launch = endLaunch()
  const note = costEach(launch, people, 'recipient')
  report.row({ what: `launch of ${size}: first message`, value: launch.seconds, unit: 's', goal: { atMost: 1 }, note })
  const endSending = gauge.begin()
  await completed(api, id, 300_000)
  const sending = endSending()
  const rate = people / sending.seconds
  report.row({
    what: 'messages a second, everything durable',
    value: rate,
    unit: '/s',
    goal: { atLeast: 3_000 },
    note: costEach(sending, people, 'message'),
  })
  report.row({ what: 'launch and sending: memory of the server process, peak', value: sending.peakMb, unit: 'MB', goal: { atMost: 250 } })
  const { counts } = await campaignOf(api, id)
  const { accepted } = simulator.ledger.summary()
  report.mustBe('accepted by the simulator = shown as sent', counts.sent === accepted, `${accepted} / ${counts.sent}`)
  return { campaignId: id, perSecond: rate }
}

async function measurePages(report: Report, { api }: World, campaignId: string, people: number): Promise<void> {
  for (const [what, path] of [
    ['campaign page', ''],
    ['delivery list, first page', '/contacts?page=1'],
    ['delivery list, last page', `/contacts?page=${Math.ceil(people / 20)}`],
    ['delivery list, by status', `/contacts?statusFilter=Sent&page=${Math.min(100, Math.ceil(people / 20))}`],
  ] as const) {
    const times: number[] = []
    for (let round = 0; round < 31; round++) {
      const asked = performance.now()
      await api.call('GET', `/WhatsappCampaign/${campaignId}${path}`)
      times.push(performance.now() - asked)
    }
    const median = times.toSorted((a, b) => a - b)[15] ?? 0
    report.row({
      what: `${what} of ${people.toLocaleString('en')}, median of 31`,
      value: median,
      unit: 'ms',
      goal: path === '' ? { atMost: 20 } : undefined,
    })
  }
}
