import type { Api } from '../api.ts'
import { writeContacts, writeHistory } from './history.ts'
import { type LifeCost, measureLife } from './life.ts'
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
  readonly p50: number
  readonly p99: number
}
interface Read {
  readonly name: string
  readonly isSearch?: boolean
  ask(api: Api): Promise<unknown>
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
  const [least, most] = [found[0], found.at(-1)]
  if (least === undefined || most === undefined) return
  const isFull =
    least.size <= (FULL.histories[0] ?? 0) && most.size >= (FULL.histories.at(-1) ?? 0) && sizes.lifeMessages >= FULL.lifeMessages
  const key = (name: string) => (isFull ? name : undefined)
  const isSearch = (name: string) => READS_BY_NAME.get(name)?.isSearch === true
  const slowest = (names: (name: string) => boolean) =>
    [...most.pages].filter(([name]) => names(name)).reduce((worst, one) => (one[1].p99 > worst[1].p99 ? one : worst))
  const growth = [...most.pages].map(([name, { p99 }]) => [name, p99 / (least.pages.get(name)?.p99 ?? Number.NaN)] as const)
  const [page, { p99 }] = slowest((name) => !isSearch(name))
  const [search, { p99: searchP99 }] = slowest(isSearch)
  const [grown, times] = growth.reduce((worst, one) => (one[1] > worst[1] ? one : worst))
  const at = `at ${most.size.toLocaleString('en')}`
  report.row({ what: `slowest page ${at}, p99`, value: p99, unit: 'ms', key: key('pages.p99'), note: page })
  report.row({ what: `slowest search ${at}, p99`, value: searchP99, unit: 'ms', key: key('pages.search'), note: search })
  report.row({
    what: `most grown from ${least.size.toLocaleString('en')}, p99`,
    value: times,
    unit: '×',
    key: key('pages.growth'),
    note: grown,
  })
  report.row({ what: `CPU of a message’s whole life ${at}`, value: most.life.cpuMicroseconds, unit: 'µs', key: key('life.cpu') })
  const costs = found.map(({ life }) => life.cpuMicroseconds)
  report.row({
    what: `… most off that at ${least.size.toLocaleString('en')}`,
    value: 100 * Math.max(...costs.map((cost) => Math.abs(cost / least.life.cpuMicroseconds - 1))),
    unit: '%',
    key: key('life.growth'),
  })
  report.row({ what: `start to ready ${at}`, value: most.readySeconds, unit: 's', key: key('start.seconds') })
  report.series(
    'sizes',
    found.map(({ size }) => size),
  )
  for (const { name } of READS)
    report.series(
      `p99 of ${name} (ms)`,
      found.map(({ pages }) => Math.round((pages.get(name)?.p99 ?? 0) * 10) / 10),
    )
  report.series('CPU of a message (µs)', costs.map(Math.round))
  report.series(
    'WAL of a message (bytes)',
    found.map(({ life }) => Math.round(life.walBytes)),
  )
  report.series(
    'disk of a message (bytes)',
    found.map(({ life }) => Math.round(life.diskBytes)),
  )
}

let campaign = ''
let pagesOfList = 1
let middle = 1
const get =
  (path: () => string) =>
  (api: Api): Promise<unknown> =>
    api.call('GET', path())
const list = (query: () => string) => get(() => `/WhatsappCampaign/${campaign}/contacts?${query()}`)
const search = (term: () => string) => list(() => `searchTerm=${encodeURIComponent(term())}`)
const post =
  (path: string, body: Record<string, unknown> = {}) =>
  (api: Api): Promise<unknown> =>
    api.call('POST', path, body)
/** The deepest page of a filtered list that is served. */
const FILTERED_PAGES_MAX = 400

/** What the console asks, page by page. */
const READS: readonly Read[] = [
  { name: 'campaign', ask: get(() => `/WhatsappCampaign/${campaign}`) },
  { name: 'delivery list, first page', ask: list(() => 'page=1') },
  { name: 'delivery list, middle page', ask: list(() => `page=${Math.ceil(pagesOfList / 2)}`) },
  { name: 'delivery list, last page', ask: list(() => `page=${pagesOfList}`) },
  { name: 'delivery list, Read, first page', ask: list(() => 'statusFilter=Read&page=1') },
  {
    name: 'delivery list, Read, a deep page',
    ask: list(() => `statusFilter=Read&page=${Math.min(FILTERED_PAGES_MAX, Math.ceil(pagesOfList / 4))}`),
  },
  { name: 'delivery list, Failed, first page', ask: list(() => 'statusFilter=Failed&page=1') },
  { name: 'delivery list, search by number', isSearch: true, ask: search(() => String(7_000_000_000 + middle)) },
  { name: 'delivery list, search by full name', isSearch: true, ask: search(() => 'Arjul Taveran') },
  { name: 'delivery list, search by first name', isSearch: true, ask: search(() => 'Arjul') },
  {
    name: 'delivery list, search by first name, Failed',
    isSearch: true,
    ask: list(() => 'searchTerm=Arjul&statusFilter=Failed'),
  },
  { name: 'button-clicks', ask: get(() => `/WhatsappCampaign/${campaign}/button-clicks`) },
  { name: 'button-clicks, who pressed', ask: get(() => `/WhatsappCampaign/${campaign}/button-clicks?button=0&page=5`) },
  { name: 'failures', ask: get(() => `/WhatsappCampaign/${campaign}/failures`) },
  { name: 'replies', ask: get(() => `/WhatsappCampaign/${campaign}/replies`) },
  { name: 'timeline', ask: get(() => `/WhatsappCampaign/${campaign}/timeline`) },
  { name: 'cost', ask: get(() => `/WhatsappCampaign/${campaign}/cost`) },
  { name: 'campaigns, getall', ask: post('/WhatsappCampaign/getall', { pageSize: 20 }) },
  { name: 'campaigns, getall, last page', ask: post('/WhatsappCampaign/getall', { pageSize: 20, pageNumber: 15 }) },
  { name: 'status-counts', ask: get(() => '/WhatsappCampaign/status-counts') },
  { name: 'dashboard/main', ask: get(() => '/WhatsappCampaign/dashboard/main') },
  { name: 'contacts, getall', ask: post('/Contact/getall', { pageSize: 20 }) },
  {
    name: 'contacts, search by number',
    isSearch: true,
    ask: (api) => post('/Contact/getall', { searchTerm: String(7_000_000_000 + middle) })(api),
  },
  { name: 'contacts, search by first name', isSearch: true, ask: post('/Contact/getall', { searchTerm: 'Arjul' }) },
  { name: 'contacts, by tag', ask: post('/Contact/getall', { contactFilter: { tags: ['G7'] } }) },
]
const READS_BY_NAME = new Map(READS.map((read) => [read.name, read]))

async function measureReads(
  report: Report,
  { world: { api } }: Stand,
  campaignId: string,
  recipients: number,
  requests: number,
): Promise<Map<string, Latency>> {
  campaign = campaignId
  pagesOfList = Math.ceil(recipients / 20)
  middle = Math.ceil(recipients / 2)
  const found = new Map<string, Latency>()
  for (const { name, ask } of READS) {
    for (let n = 0; n < Math.min(WARM_UP, requests); n++) await ask(api)
    const times: number[] = []
    const untilMs = performance.now() + ROUTE_SECONDS * 1_000
    while (times.length < requests && (times.length < REQUESTS_MIN || performance.now() < untilMs)) {
      const askedMs = performance.now()
      await ask(api)
      times.push(performance.now() - askedMs)
    }
    const latency = { p50: median(times), p99: percentile(times, 0.99) }
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
