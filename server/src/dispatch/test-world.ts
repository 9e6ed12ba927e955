import type { CompiledMessage } from '../templates/render.ts'
import type { Addresses } from './address.ts'
import type { RunningCampaign } from './intent.ts'
import type { Outcome } from './outcome.ts'
import type { Orders, Ports, Result } from './ports.ts'

/** Time that moves only when told: timers fire in order, everything between them runs to its end. */
export function makeClock() {
  let nowMs = 0
  let order = 0
  const timers: { atMs: number; order: number; then: () => void }[] = []
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  const later = (ms: number, then: () => void) => {
    const timer = { atMs: nowMs + Math.max(0, ms), order: order++, then }
    timers.push(timer)
    return () => {
      const at = timers.indexOf(timer)
      if (at >= 0) timers.splice(at, 1)
    }
  }
  return {
    nowMs: () => nowMs,
    later,
    wait: (ms: number) => new Promise<void>((resolve) => later(ms, resolve)),
    /** The process stands still while time goes on. */
    stop: (ms: number) => {
      nowMs += ms
    },
    async runUntil(untilMs: number): Promise<void> {
      await settled()
      for (;;) {
        const next = timers.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        if (next === undefined || next.atMs > untilMs) break
        timers.splice(timers.indexOf(next), 1)
        nowMs = Math.max(nowMs, next.atMs)
        next.then()
        await settled()
      }
      nowMs = Math.max(nowMs, untilMs)
    },
  }
}
export type TestClock = ReturnType<typeof makeClock>

export const testCampaign = (id: string, more: Partial<RunningCampaign> = {}): RunningCampaign => ({
  workspaceId: 'w',
  id,
  numberId: 'n',
  accountId: 'a',
  templateId: 't',
  category: 'UTILITY',
  ratePerSecond: null,
  requireMarketingOptIn: false,
  utilityThroughOptOut: false,
  topicId: null,
  quiet: null,
  canarySeq: null,
  hasRetryDue: false,
  ...more,
})

export const testOrders = (more: Partial<Orders> = {}): Orders => ({ campaigns: [], hasTests: false, perSecond: 80, window: 32, ...more })

/** Addresses that only name their recipient. */
export const plainAddresses = {
  message: (campaignId: string, seq: number, attempt: number) => `${campaignId} ${seq} ${attempt}`,
  quickReply: () => '',
  linkToken: () => '',
  test: (id: string) => id,
} as unknown as Addresses

export interface Sent {
  readonly atMs: number
  readonly campaignId: string
  readonly seq: number
}
/** A scripted outside of a driver: a store and a Meta that take the times they are told. */
export interface TestWorld extends Ports {
  readonly sent: Sent[]
  readonly results: Result[]
  /** The most intents that were without a durable result at once. */
  mostInFlight: number
  /** Milliseconds of an intent's commit, of Meta's answer and of recording. */
  intendMs: (n: number) => number
  answerMs: (n: number) => number
  recordMs: number
  answer: (n: number) => Outcome
  isStoreAway: boolean
  readonly cursors: Map<string, number>
}

export function makeTestWorld(clock: TestClock, audiences: Readonly<Record<string, number>>): TestWorld {
  let inFlight = 0
  let intents = 0
  const cursors = new Map(Object.keys(audiences).map((id) => [id, 0]))
  const refuseAway = () => {
    if (world.isStoreAway) throw new Error('the store is away')
  }
  const world: TestWorld = {
    sent: [],
    results: [],
    mostInFlight: 0,
    intendMs: () => 3,
    answerMs: () => 100,
    recordMs: 2,
    answer: (n) => ({ kind: 'accepted', wamid: `wamid.${n}`, status: null, waId: null, userId: null }),
    isStoreAway: false,
    cursors,
    nowMs: clock.nowMs,
    now: () => new Date(clock.nowMs()),
    later: clock.later,
    random: () => 0.5,
    log: () => {},
    async nextSlice(campaign) {
      refuseAway()
      const cursorSeq = cursors.get(campaign.id) ?? 0
      const all = audiences[campaign.id] ?? 0
      if (cursorSeq >= all) return undefined
      const sliceNo = Math.floor(cursorSeq / 500)
      return { sliceNo, cursorSeq, lastSeq: Math.min(all, (sliceNo + 1) * 500) }
    },
    recipientsPast: async (_campaign, cursorSeq, lastSeq) =>
      Array.from({ length: lastSeq - cursorSeq }, (_, i) => ({ seq: cursorSeq + 1 + i, address: '+1', fields: [] })),
    compiled: async () => ({ render: () => ({ ok: true, template: {} }) }) as unknown as CompiledMessage,
    async intend(campaign, advance, window) {
      await clock.wait(world.intendMs(intents++))
      refuseAway()
      if (cursors.get(campaign.id) !== advance.fromSeq) return { kind: 'refused' }
      const upToSeq = Math.min(advance.upToSeq, advance.fromSeq + Math.max(0, window - inFlight))
      cursors.set(campaign.id, upToSeq)
      inFlight += upToSeq - advance.fromSeq
      world.mostInFlight = Math.max(world.mostInFlight, inFlight)
      const intended = Array.from({ length: upToSeq - advance.fromSeq }, (_, i) => ({
        campaignId: campaign.id,
        seq: advance.fromSeq + 1 + i,
        attempt: 1,
        tries: 0,
        intendedAt: new Date(clock.nowMs()),
      }))
      return { kind: 'intended', intended, skipped: 0, upToSeq, isFull: upToSeq < advance.upToSeq }
    },
    intendRetries: async () => ({ kind: 'intended', intended: [], skipped: 0 }),
    intendTests: async () => [],
    async send(message, refuseToWrite) {
      const lateBecause = refuseToWrite()
      if (lateBecause !== undefined) return { kind: 'late', detail: lateBecause }
      const [campaignId = '', seq] = message.callbackData.split(' ')
      const n = world.sent.push({ atMs: clock.nowMs(), campaignId, seq: Number(seq) })
      await clock.wait(world.answerMs(n))
      return world.answer(n)
    },
    async record(results) {
      await clock.wait(world.recordMs)
      refuseAway()
      inFlight -= results.length
      world.results.push(...results)
    },
  }
  return world
}

/** The most requests in any half-open window of this length. */
export function mostWithin(sent: readonly Sent[], ms: number): number {
  let most = 0
  for (let from = 0, to = 0; to < sent.length; to++) {
    while ((sent[to]?.atMs ?? 0) - (sent[from]?.atMs ?? 0) >= ms) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
