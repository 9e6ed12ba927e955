import { writeContacts, writeHistory } from './history.ts'
import { type LifeCost, measureLife } from './life.ts'
import { readsOf } from './reads.ts'
import { measureReady } from './ready.ts'
import { gather } from './receipt-sender.ts'
import type { Report } from './report.ts'
import { FULL, type Sizes } from './sizes.ts'
import { type Stand, withStand } from './stand.ts'
import { median, percentile } from './statistics.ts'

/** Requests of one route end after this, when there were enough to tell a p99 of. */
const ROUTE_SECONDS = 10
const REQUESTS_MIN = 50
const WARM_UP = 10

interface Latency {
  readonly isSearch: boolean
  readonly p50: number
  readonly p99: number
}
interface Found {
  readonly size: number
  readonly pages: ReadonlyMap<string, Latency>
  readonly life: LifeCost
  readonly readySeconds: number
}

/**
 * Every page at several sizes of history, in a database of its own each: how fast it answers, what a message sent inside it costs over its
 * whole life, and how soon a server is ready on it.
 */
export async function measurePages(report: Report, sizes: Sizes): Promise<void> {
  const found: { readonly size: number; readonly pages: Map<string, Latency>; readonly life: LifeCost; readonly readySeconds: number }[] =
    []
  for (const size of sizes.histories) {
    const gathered = gather()
    await withStand(report, { latencyMs: 100, onAccepted: gathered.onAccepted }, async (stand) => {
      const begunMs = performance.now()
      await writeContacts(stand, Math.max(size, sizes.lifeMessages), sizes.lifeMessages)
      const campaignId = await writeHistory(stand, size)
      const history = `history of ${size.toLocaleString('en')}`
      const { rows } = await stand.client.query<{ mb: number }>('SELECT pg_database_size(current_database())::float8 / 1048576 AS mb')
      report.row({
        what: `${history}: written in`,
        value: (performance.now() - begunMs) / 1_000,
        unit: 's',
        note: `${rows[0]?.mb.toFixed(0)} MB`,
      })
      const pages = await measureReads(report, stand, campaignId, size, sizes.pageRequests)
      const life = await measureLife(report, stand, gathered, sizes.lifeMessages, size)
      const readySeconds = await measureReady(report, stand, size, sizes.rounds)
      found.push({ size, pages, life, readySeconds })
    })
  }
  compare(report, found, sizes)
  drawn(report, found)
}

/** The largest history beside the smallest: what the goals speak of. */
function compare(report: Report, found: readonly Found[], sizes: Sizes): void {
  const [least, most] = [found[0], found.at(-1)]
  if (least === undefined || most === undefined) return
  const [fullLeast, fullMost] = [FULL.histories[0] ?? 0, FULL.histories.at(-1) ?? 0]
  const isFull = least.size <= fullLeast && most.size >= fullMost && sizes.lifeMessages >= FULL.lifeMessages
  const key = (name: string) => (isFull ? name : undefined)
  const worst = (values: readonly (readonly [string, number])[]) => values.reduce((one, other) => (other[1] > one[1] ? other : one))
  const p99s = (isSearch: boolean) =>
    [...most.pages].filter(([, latency]) => latency.isSearch === isSearch).map(([name, { p99 }]) => [name, p99] as const)
  const [page, pageP99] = worst(p99s(false))
  const [search, searchP99] = worst(p99s(true))
  const [grown, times] = worst([...most.pages].map(([name, { p99 }]) => [name, p99 / (least.pages.get(name)?.p99 ?? Number.NaN)] as const))
  const at = `at ${most.size.toLocaleString('en')}`
  const from = least.size.toLocaleString('en')
  report.row({ what: `slowest page ${at}, p99`, value: pageP99, unit: 'ms', key: key('pages.p99'), note: page })
  report.row({ what: `slowest search ${at}, p99`, value: searchP99, unit: 'ms', key: key('pages.search'), note: search })
  report.row({ what: `most grown from ${from}, p99`, value: times, unit: '×', key: key('pages.growth'), note: grown })
  report.row({ what: `CPU of a message’s whole life ${at}`, value: most.life.cpuMicroseconds, unit: 'µs', key: key('life.cpu') })
  const off = found.map(({ life }) => 100 * Math.abs(life.cpuMicroseconds / least.life.cpuMicroseconds - 1))
  report.row({ what: `… most off that at ${from}`, value: Math.max(...off), unit: '%', key: key('life.growth') })
  report.row({ what: `start to ready ${at}`, value: most.readySeconds, unit: 's', key: key('start.seconds') })
}

function drawn(report: Report, found: readonly Found[]): void {
  const each = (name: string, pick: (one: Found) => number) => report.series(name, found.map(pick))
  each('sizes', ({ size }) => size)
  for (const name of found[0]?.pages.keys() ?? []) each(`p99 of ${name} (ms)`, ({ pages }) => pages.get(name)?.p99 ?? 0)
  each('CPU of a message (µs)', ({ life }) => life.cpuMicroseconds)
  each('WAL of a message (bytes)', ({ life }) => life.walBytes)
  each('disk of a message (bytes)', ({ life }) => life.diskBytes)
}

async function measureReads(
  report: Report,
  { world: { api } }: Stand,
  campaignId: string,
  recipients: number,
  requests: number,
): Promise<Map<string, Latency>> {
  const found = new Map<string, Latency>()
  for (const { name, isSearch = false, ask } of readsOf(campaignId, recipients)) {
    for (let n = 0; n < Math.min(WARM_UP, requests); n++) await ask(api)
    const times: number[] = []
    const untilMs = performance.now() + ROUTE_SECONDS * 1_000
    while (times.length < requests && (times.length < REQUESTS_MIN || performance.now() < untilMs)) {
      const askedMs = performance.now()
      await ask(api)
      times.push(performance.now() - askedMs)
    }
    const latency = { isSearch, p50: median(times), p99: percentile(times, 0.99) }
    found.set(name, latency)
    report.row({
      what: `${name} at ${recipients.toLocaleString('en')}, p99`,
      value: latency.p99,
      unit: 'ms',
      note: `p50 ${latency.p50.toFixed(1)} ms, ${times.length} requests`,
    })
  }
  return found
}
