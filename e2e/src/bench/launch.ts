import { until } from '../api.ts'
import { costEach } from './gauge.ts'
import { writeContacts } from './history.ts'
import { memoryMb, memoryMbOfTree } from './processes.ts'
import type { Report } from './report.ts'
import { FULL, type Sizes } from './sizes.ts'
import { type Stand, windowFor, withStand } from './stand.ts'
import { median } from './statistics.ts'

const LATENCY_MS = 100
const SEND_WITHIN_MS = 1_800_000

/** A launch to very many contacts, some times over; the last one is sent to its end while the memory of each process is read. */
export async function measureLaunch(report: Report, sizes: Sizes): Promise<void> {
  const people = sizes.launchRecipients
  let firstAtMs: number | undefined
  const onAccepted = () => {
    firstAtMs ??= performance.now()
  }
  await withStand(report, { latencyMs: LATENCY_MS, onAccepted }, async (stand) => {
    await writeContacts(stand, people, 0)
    const window = windowFor(5_000, LATENCY_MS)
    const launches: Launch[] = []
    let note = ''
    for (let round = 0; round < sizes.rounds; round++) {
      const isLast = round === sizes.rounds - 1
      await stand.setPace({ perSecond: isLast ? 10_000 : 1, window })
      firstAtMs = undefined
      const id = await stand.addCampaign({ name: `Launch ${round + 1}` })
      const memory = isLast ? watchMemory(stand) : undefined
      const end = stand.gauge.begin()
      launches.push(await launch(stand, id, async () => firstAtMs))
      note ||= costEach(end(), people, 'recipient')
      if (!isLast) await stand.world.api.call('POST', `/WhatsappCampaign/${id}/cancel`)
      else {
        const sending = stand.gauge.begin()
        await stand.sent([id], people, SEND_WITHIN_MS)
        const reading = sending()
        reportLaunch(report, launches, people, note)
        reportMemory(report, memory?.() ?? [], people)
        report.row({
          what: `sending to ${people.toLocaleString('en')}, one number`,
          value: people / reading.seconds,
          unit: '/s',
          note: costEach(reading, people, 'message'),
        })
        const { accepted } = stand.world.simulator.ledger.summary()
        report.mustBe('everybody got it once', accepted >= people && accepted <= people + 2 * launches.length, `${accepted} of ${people}`)
      }
    }
  })
}

interface Launch {
  readonly answerMs: number
  readonly freezeSeconds: number
  readonly firstSeconds: number
}

async function launch({ world: { api }, client }: Stand, id: string, firstAt: () => Promise<number | undefined>): Promise<Launch> {
  const askedMs = performance.now()
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  const answeredMs = performance.now()
  const isFrozen = async () =>
    (await client.query<{ is: boolean }>('SELECT frozen_at IS NOT NULL AS is FROM campaign WHERE id = $1', [id])).rows[0]?.is === true
  await until('the audience to be frozen', isFrozen, (is) => is, 300_000, 10)
  const frozenMs = performance.now()
  const firstMs = await until('the first message', firstAt, (at) => at !== undefined, 60_000, 5)
  return {
    answerMs: answeredMs - askedMs,
    freezeSeconds: (frozenMs - answeredMs) / 1_000,
    firstSeconds: Math.max(0, (firstMs ?? 0) - frozenMs) / 1_000,
  }
}

function reportLaunch(report: Report, launches: readonly Launch[], people: number, note: string): void {
  const key = (name: string) => (people >= FULL.launchRecipients ? name : undefined)
  const of = (pick: (launch: Launch) => number) => median(launches.map(pick))
  report.row({
    what: `launch of ${people.toLocaleString('en')}: quick-run answers`,
    value: of(({ answerMs }) => answerMs),
    unit: 'ms',
    key: key('launch.answer'),
  })
  report.row({ what: '… freeze', value: of(({ freezeSeconds }) => freezeSeconds), unit: 's', key: key('launch.freeze'), note })
  report.row({ what: '… first message after it', value: of(({ firstSeconds }) => firstSeconds), unit: 's', key: key('launch.first') })
}

interface Memory {
  readonly server: number
  readonly database: number
  readonly simulator: number
}

/** Reads the memory of each process once a second, of the database every five. @returns ends it */
function watchMemory({ world, gauge }: Stand): () => Memory[] {
  const read: Memory[] = []
  const look = () => {
    const database = read.length % 5 === 0 ? memoryMbOfTree(gauge.postmaster) : (read.at(-1)?.database ?? 0)
    read.push({ server: memoryMb(world.server().pid), database, simulator: memoryMb(process.pid) })
  }
  look()
  const timer = setInterval(look, 1_000)
  return () => {
    clearInterval(timer)
    look()
    return read
  }
}

function reportMemory(report: Report, read: readonly Memory[], people: number): void {
  const key = (name: string) => (people >= FULL.launchRecipients ? name : undefined)
  const peak = (of: keyof Memory) => Math.max(...read.map((one) => one[of]))
  const server = read.map((one) => one.server)
  const quarter = (n: number) => median(server.slice(Math.floor((n * server.length) / 4), Math.ceil(((n + 1) * server.length) / 4)))
  report.row({
    what: `memory during ${people.toLocaleString('en')}: server, peak`,
    value: peak('server'),
    unit: 'MB',
    key: key('memory.peak'),
  })
  report.row({
    what: '… grew from the second quarter to the last',
    value: 100 * (quarter(3) / quarter(1) - 1),
    unit: '%',
    key: key('memory.growth'),
  })
  report.row({ what: '… PostgreSQL with its buffers, peak', value: peak('database'), unit: 'MB' })
  report.row({ what: '… bench with the simulator, peak', value: peak('simulator'), unit: 'MB' })
  report.series('memory of the server (MB)', server.map(Math.round))
  report.series(
    'memory of PostgreSQL (MB)',
    read.map(({ database }) => Math.round(database)),
  )
}
