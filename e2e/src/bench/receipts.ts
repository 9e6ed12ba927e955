import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '../api.ts'
import { campaignOf, importPeople } from '../world.ts'
import { costEach } from './gauge.ts'
import type { Done, Status } from './receipt-load.ts'
import { gather, type ReceiptSender, startReceiptSender, webhookTarget } from './receipt-sender.ts'
import type { Report } from './report.ts'
import { watchScreen } from './screen.ts'
import { FULL, type Sizes } from './sizes.ts'
import { type Stand, windowFor, withStand } from './stand.ts'
import { median, percentile, shownAfterMs } from './statistics.ts'

const BARE_INTAKE = fileURLToPath(new URL('./bare-intake.ts', import.meta.url))
const PER_SECOND = 1_000
const LATENCY_MS = 100
const PER_POST = 50
const POSTS_UNDER_WAY = 16

/**
 * Receipts: three to every message while one number sends at 1,000 a second, each in a post of its own; then as many as are taken, 50 to a
 * post, in turn with a bare server that only stores; then many at once.
 */
export async function measureReceipts(report: Report, sizes: Sizes): Promise<void> {
  const people = Math.round(PER_SECOND * sizes.receiptSeconds)
  const isFull = sizes.receiptSeconds >= FULL.receiptSeconds
  const gathered = gather()
  await withStand(report, { latencyMs: LATENCY_MS, onAccepted: gathered.onAccepted }, async (stand) => {
    const bare = await startBare(stand)
    const { world } = stand
    const sender = startReceiptSender(world.simulator, gathered, {
      server: webhookTarget(world.server().url, world.accountId),
      bare: { port: bare.port, path: '/' },
    })
    try {
      await importPeople(world.api, people)
      await whileSending(report, stand, sender, people, isFull)
      await sender.order({ do: 'forget' })
      await ceiling(report, stand, sender, people, Math.min(sizes.burstReceipts, Math.floor(people / 2)), isFull)
    } finally {
      await sender.close()
      bare.process.kill('SIGTERM')
      if (bare.process.exitCode === null) await once(bare.process, 'exit')
    }
  })
}

async function whileSending(report: Report, stand: Stand, sender: ReceiptSender, people: number, isFull: boolean): Promise<void> {
  const { api } = stand.world
  await stand.setPace({ perSecond: PER_SECOND })
  const id = await stand.addCampaign({ name: 'Followed by receipts' })
  const screen = await watchScreen(api, id)
  await sender.order({ do: 'follow', target: 'server', perPost: 1, afterMs: { sent: 100, delivered: 300, read: 800 } })
  const end = stand.gauge.begin()
  await stand.start([id])
  await stand.sent([id], people)
  const done = await sender.order({ do: 'finish' })
  await applied(stand)
  const reading = end()
  const lost = 3 * people - (await counted(stand, id))
  await until(
    'the screen to show everything',
    async () => screen.looks.at(-1)?.count ?? 0,
    (count) => count >= people || lost > 0,
  )
  screen.close()
  const shown = shownAfterMs(done.postedAtMs.read, screen.looks)
  const key = (name: string) => (isFull ? name : undefined)
  const rate = steadyRate(STATUSES.flatMap((status) => done.postedAtMs[status]))
  const acks = (share: number) => percentile(done.ackMs, share)
  report.row({
    what: 'receipts a second while sending at 1,000/s, one to a post',
    value: rate,
    unit: '/s',
    key: key('receipts.perSecond'),
    note: costEach(reading, people, 'message with three receipts'),
  })
  report.row({ what: '… acknowledged after, p50', value: acks(0.5), unit: 'ms', key: key('receipts.ackP50') })
  report.row({ what: '… p99', value: acks(0.99), unit: 'ms', key: key('receipts.ackP99'), note: `slowest ${acks(1).toFixed(0)} ms` })
  const lagNote = `p50 ${(median(shown) / 1_000).toFixed(2)} s, longest ${(percentile(shown, 1) / 1_000).toFixed(2)} s`
  report.row({
    what: '… from posted to shown in the console’s stream, p99',
    value: percentile(shown, 0.99) / 1_000,
    unit: 's',
    key: key('receipts.lag'),
    note: lagNote,
  })
  report.row({ what: '… lost', value: lost, unit: '', key: key('receipts.lost') })
  report.mustBe('every receipt while sending is counted', lost === 0, `${3 * people - lost} of ${3 * people}`)
  report.series('acknowledged after (ms), p1 to p100', percentiles(done.ackMs))
  report.series('shown after (ms), p1 to p100', percentiles(shown))
}

async function ceiling(report: Report, stand: Stand, sender: ReceiptSender, people: number, burst: number, isFull: boolean): Promise<void> {
  await stand.setPace({ perSecond: 10_000, window: windowFor(8_000, LATENCY_MS) })
  const id = await stand.addCampaign({ name: 'Receipts at once' })
  await stand.start([id])
  await stand.sent([id], people)
  const ours: number[] = []
  const acknowledged: number[] = []
  const bare: number[] = []
  let note = ''
  for (const status of STATUSES) {
    const posted = { do: 'post', status, perPost: PER_POST, underWay: POSTS_UNDER_WAY, from: 0, to: people - burst } as const
    const end = stand.gauge.begin()
    const done = await sender.order({ ...posted, target: 'server' })
    await applied(stand)
    const reading = end()
    note = costEach(reading, people - burst, 'receipt')
    ours.push((people - burst) / reading.seconds)
    acknowledged.push((people - burst) / done.seconds)
    bare.push((people - burst) / (await sender.order({ ...posted, target: 'bare' })).seconds)
  }
  const key = isFull ? 'ceiling.perSecond' : undefined
  report.row({ what: `receipts a second, ${PER_POST} to a post: applied`, value: median(ours), unit: '/s', key, note })
  report.row({ what: '… acknowledged', value: median(acknowledged), unit: '/s' })
  report.row({ what: '… bare HTTP, signature and grouped insert', value: median(bare), unit: '/s' })
  report.row({ what: '… ours acknowledged, as a share of it', value: median(acknowledged) / median(bare), unit: '×' })
  for (const [name, points] of Object.entries({ applied: ours, acknowledged, bare })) report.series(`receipts ${name}`, points)
  await atOnce(report, stand, sender, { id, people, burst })
}

/** The last ones, all due in the same moment, each in a post of its own. */
async function atOnce(
  report: Report,
  stand: Stand,
  sender: ReceiptSender,
  { id, people, burst }: { readonly id: string; readonly people: number; readonly burst: number },
): Promise<void> {
  const post = { do: 'post', target: 'server', perPost: 1, from: people - burst, to: people } as const
  for (const status of ['sent', 'delivered'] as const) await sender.order({ ...post, status, perPost: PER_POST, underWay: 4 })
  await applied(stand)
  const end = stand.gauge.begin()
  const done: Done = await sender.order({ ...post, status: 'read', underWay: burst })
  await applied(stand)
  report.row({ what: `${burst.toLocaleString('en')} receipts at once, one to a post: acknowledged`, value: done.seconds, unit: 's' })
  report.row({ what: '… applied', value: end().seconds, unit: 's' })
  const read = await counted(stand, id)
  report.mustBe('every receipt at the ceiling is counted', read === 3 * people, `${read} of ${3 * people}`)
}

const STATUSES: readonly Status[] = ['sent', 'delivered', 'read']

/** Waits until no body is left to apply. */
const applied = ({ client }: Stand): Promise<unknown> =>
  until(
    'every receipt to be applied',
    async () => (await client.query<{ any: boolean }>('SELECT EXISTS (SELECT 1 FROM webhook_inbox) AS any')).rows[0]?.any,
    (any) => any === false,
    300_000,
    10,
  )

/** Receipts that left their mark: each message keeps when it was sent, delivered and read, and the page counts those read. */
async function counted({ client, world }: Stand, id: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    'SELECT (count(sent_at) + count(delivered_at))::int AS n FROM message WHERE campaign_id = $1',
    [id],
  )
  return (rows[0]?.n ?? 0) + (await campaignOf(world.api, id)).counts.read
}

/** Of the middle four fifths: neither the first nor the last moments. */
function steadyRate(timesMs: readonly number[]): number {
  const sorted = timesMs.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return (0.8 * sorted.length * 1_000) / Math.max(1, at(0.9) - at(0.1))
}

const percentiles = (values: readonly number[]): number[] =>
  Array.from({ length: 100 }, (_, n) => Math.round(percentile(values, (n + 1) / 100) * 10) / 10)

async function startBare({ database, world: { simulator } }: Stand): Promise<{ readonly process: ChildProcess; readonly port: number }> {
  const given = JSON.stringify({ databaseUrl: database.url, appSecret: simulator.appSecret })
  const child = spawn(process.execPath, [BARE_INTAKE, given], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, port: Number(printed.toString()) }
}
