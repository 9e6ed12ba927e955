import { setTimeout as wait } from 'node:timers/promises'
import type { Simulator } from '@fanfare/simulator'
import { until } from '../api.ts'
import { type Campaign, campaignOf, recipients } from '../world.ts'
import { type Expectation, type Play, patiently } from './play.ts'

type LedgerEntry = ReturnType<Simulator['ledger']['entries']>[number]

/** What one cell came to, from the simulator's ledger and the public API alone. */
export interface Verdict {
  readonly failures: readonly string[]
  readonly audience: number
  readonly accepted: number
  readonly doubles: number
  readonly lost: number
  readonly misreported: number
  readonly unknown: number
  readonly mostUnknown: number
}

/** What the caller saw of these leaves it in doubt. */
const DOUBTFUL = new Set(['reset', 'silence', 'html5xx', 'status', 'truncate', 'noId', 'late'])
/** Codes that prove nothing: Meta may have accepted the message. */
export const AMBIGUOUS_CODES = [1, 2, 131000, 131016, 133004, 999999]
/** Codes after which a recipient may be Failed. */
const FAILS = new Set([
  100, 131008, 131009, 131021, 131026, 131030, 131047, 131049, 131050, 131051, 131052, 131053, 131062, 130403, 130472, 130497, 132005,
  132008, 132012, 132018, 137000,
])
/** The sender cannot know what became of this request. */
const isDoubtful = ({ kind, fault, code }: LedgerEntry): boolean =>
  (fault !== null && DOUBTFUL.has(fault)) || (code !== null && AMBIGUOUS_CODES.includes(code)) || (kind === 'accepted' && fault === 'code')

/** Judges a played cell: first lets everything come to rest, then compares every person with the ledger. */
export async function judge(play: Play, expect: Expectation = {}): Promise<Verdict> {
  const { simulator, stage } = play
  const failures: string[] = []
  const fail = (isFault: boolean, text: string) => void (isFault && failures.push(text))
  const end = expect.end ?? 'Completed'

  if (end !== 'none') {
    if (end === 'Completed' || end === 'Cancelled') await play.isOver()
    const { status } = await play.campaign()
    fail(status !== end, `the campaign is ${status}, not ${end}`)
  }
  simulator.releaseWebhooks()
  await Promise.race([simulator.idle(), wait(40_000)])
  const all = simulator.ledger.entries()
  const named = Buffer.from(play.campaignId.replaceAll('-', ''), 'hex').toString('base64url') // as the callback data names the campaign
  const entries = all.filter(({ callbackData }) => callbackData?.includes(named))
  const isAlone = entries.length === all.length
  const accepted = new Map<string, number>()
  for (const entry of entries) if (entry.kind === 'accepted') accepted.set(entry.to, (accepted.get(entry.to) ?? 0) + 1)

  // Receipts that were acknowledged are applied in the background: a little patience, then whatever stands is the truth we judge.
  const { read, failed } = simulator.ledger.summary().statuses
  const isTold = ({ counts, funnel }: Campaign) =>
    expect.isReceiptsLost === true ||
    (funnel.sent >= accepted.size &&
      (!isAlone || funnel.read >= read) &&
      counts.sent === 0 &&
      (end !== 'Cancelled' || counts.pending === 0))
  const ask = () => patiently(() => campaignOf(stage.api, play.campaignId))
  await until('receipts to be applied', ask, isTold, 15_000, 150).catch(() => undefined)
  let settled = await ask()
  let rows = await patiently(() => recipients(stage.api, play.campaignId))
  for (let round = 0; round < 20; round++) {
    const again = await ask()
    if (JSON.stringify(again.counts) === JSON.stringify(settled.counts)) break
    settled = again
    rows = await patiently(() => recipients(stage.api, play.campaignId))
  }
  await play.watch.stop()
  const { counts, funnel } = settled

  const byPhone = new Map<string, LedgerEntry[]>()
  for (const entry of entries) byPhone.set(entry.to.replace('+', ''), [...(byPhone.get(entry.to.replace('+', '')) ?? []), entry])

  const doubles = [...accepted.values()].filter((times) => times > 1).length
  fail(doubles > 0 || simulator.ledger.summary().doubles > 0, `${doubles} people messaged twice`)
  const lost = Math.abs(rows.length - counts.audience) + Math.abs(new Set(rows.map(({ contactId }) => contactId)).size - rows.length)
  fail(lost > 0, `${rows.length} people listed of ${counts.audience}`)
  if (!expect.isAudienceOpen) fail(counts.audience !== stage.people, `an audience of ${counts.audience}, not ${stage.people}`)

  const misreported: string[] = []
  if (isAlone && !expect.isReceiptsLost && failed === 0 && doubles === 0) {
    if (funnel.read !== read) misreported.push(`${funnel.read} shown as read, ${read} read`)
    if (funnel.delivered !== accepted.size) misreported.push(`${funnel.delivered} shown as delivered of ${accepted.size}`)
  }
  let doubtWithoutTrace = 0
  const shown = new Map<string, number>()
  for (const row of rows) {
    shown.set(row.status, (shown.get(row.status) ?? 0) + 1)
    const told = byPhone.get(row.phone.replace('+', '')) ?? []
    const wrong = (why: string) => void misreported.push(`${row.phone} is ${row.status} ${why}`)
    if (told.some(({ kind }) => kind === 'accepted')) {
      if (['Sent', 'Delivered', 'Read'].includes(row.status)) continue
      if (row.status === 'Failed' && simulator.ledger.summary().statuses.failed > 0) continue
      if (row.status === 'Unknown' && expect.isReceiptsLost) continue
      wrong('but was accepted')
      continue
    }
    const last = told.at(-1)
    switch (row.status) {
      case 'Unknown':
        if (last === undefined || !isDoubtful(last)) doubtWithoutTrace++
        break
      case 'Failed':
        if (!(last?.kind === 'refused' && (FAILS.has(last.code ?? -1) || told.length >= 5))) wrong(`after ${told.length} requests`)
        break
      case 'Cancelled':
        if (settled.status !== 'Cancelled') wrong('in a campaign that was not cancelled')
        break
      case 'Skipped':
        if (!expect.mayBeSkipped) wrong('without a reason of this cell')
        break
      case 'Pending':
        if (end !== 'Running' && end !== 'none' && end !== 'Scheduled') wrong('in a campaign that ended')
        break
      default:
        wrong('but was never accepted')
    }
  }
  fail(misreported.length > 0, `${misreported.length} misreported: ${misreported.slice(0, 3).join('; ')}`)
  fail(
    doubtWithoutTrace > play.doubtAllowed(),
    `${doubtWithoutTrace} Unknown without a request that explains it; ${play.doubtAllowed()} were allowed`,
  )
  for (const [status, key] of [
    ['Sent', 'sent'],
    ['Delivered', 'delivered'],
    ['Read', 'read'],
    ['Failed', 'failed'],
    ['Unknown', 'unknown'],
    ['Skipped', 'skipped'],
    ['Cancelled', 'cancelled'],
  ] as const)
    fail((shown.get(status) ?? 0) !== counts[key], `the count says ${counts[key]} ${status}, the list ${shown.get(status) ?? 0}`)

  const explained = entries.filter(isDoubtful).length + play.doubtAllowed()
  fail(play.watch.mostUnknown() > explained, `${play.watch.mostUnknown()} Unknown at once; ${explained} explained`)
  failures.push(...play.watch.faults, ...play.failures)
  fail(play.watch.reads() === 0, 'the campaign could never be read')
  return {
    failures,
    audience: counts.audience,
    accepted: accepted.size,
    doubles,
    lost,
    misreported: misreported.length,
    unknown: counts.unknown,
    mostUnknown: play.watch.mostUnknown(),
  }
}

/** The most requests in any second, as the simulator saw them. */
export function busiestSecond(entries: readonly LedgerEntry[]): number {
  let most = 0
  let from = 0
  for (let to = 0; to < entries.length; to++) {
    while ((entries[to]?.monotonicMs ?? 0) - (entries[from]?.monotonicMs ?? 0) >= 1_000) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
