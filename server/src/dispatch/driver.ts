import type { CompiledMessage } from '../templates/render.ts'
import type { Addresses } from './address.ts'
import type { RunningCampaign } from './intent.ts'
import type { Outcome } from './outcome.ts'
import {
  type Bucket,
  capPaceOf,
  FIRST_TRIP,
  FULL_SPEED,
  paceOf,
  returnPermits,
  seeTrip,
  slowDown,
  speedUp,
  stepOf,
  type Throttle,
  takePermits,
  waitMs,
  windowFor,
  writePaceOf,
} from './pacing.ts'
import type { Attempt, Orders, Ports } from './ports.ts'
import { attemptsOf } from './prepare.ts'
import { makeRecorder } from './recorder.ts'
import { makeSliceReader, type SliceReader } from './slice-reader.ts'
import { verdictOf } from './verdict.ts'
import { makeWriter } from './writer.ts'

export type { Attempt, Orders, Ports, Result, TestSend } from './ports.ts'

/**
 * Drives one number: permits, durable intent, send, record. A pipeline, never a barrier: every answer frees its place at once and one
 * slow answer delays nobody. The window counts intents until their result is durable.
 */
export interface Driver {
  update(orders: Orders): void
  wake(): void
  /** No further request is written, from now on: the lease may be somebody else's. Answers still coming are recorded. */
  fence(): void
  /** No further intents; resolves when every answer is recorded. */
  drain(): Promise<void>
  readonly inFlight: () => number
}

export function startDriver(ports: Ports, addresses: Addresses, first: Orders): Driver {
  let orders = first
  let inFlight = 0
  let isFenced = false
  let isDraining = false
  let isIntending = false
  let turn = 0
  let idleMs = 1_000
  let bucket: Bucket = { permits: 1, refilledAtMs: ports.nowMs() }
  let throttle: Throttle = FULL_SPEED
  let trip = FIRST_TRIP
  let pausedUntilMs = 0
  let cancelTimer = () => {}
  const readers = new Map<string, SliceReader>()
  const campaignBuckets = new Map<string, Bucket>()
  const askedAt = new Map<Attempt, number>()
  const drained: (() => void)[] = []
  const attempts = attemptsOf(addresses)
  const writer = makeWriter(ports, () => writePaceOf(perSecond()), answered)
  const recorder = makeRecorder(ports, (results) => {
    inFlight -= results.length
    for (const { attempt } of results) {
      trip = seeTrip(trip, ports.nowMs() - (askedAt.get(attempt) ?? ports.nowMs()))
      askedAt.delete(attempt)
    }
    resolveDrained()
    void step()
  })

  /** The number's rate as Meta's throttling leaves it. */
  function perSecond(): number {
    throttle = speedUp(throttle, ports.nowMs())
    return Math.max(0.1, orders.perSecond * throttle.share)
  }

  function schedule(ms: number): void {
    cancelTimer()
    cancelTimer = ports.later(ms, () => void step())
  }

  async function step(): Promise<void> {
    if (isIntending || isFenced || isDraining) return
    const now = ports.nowMs()
    if (now < pausedUntilMs) return schedule(pausedUntilMs - now)
    const current = paceOf(perSecond())
    const window = windowFor(current, trip, orders.window)
    const room = window - inFlight
    const wanted = stepOf(current.perSecond)
    if (room < Math.min(wanted, Math.ceil(window / 8))) return // an answer wakes us
    const wait = waitMs(bucket, current, wanted, now)
    if (wait > 0) return schedule(Math.ceil(wait))
    isIntending = true
    try {
      const taken = takePermits(bucket, current, room, now) // what gathered while the last one took long goes together
      bucket = taken.bucket
      idleMs = 1_000 // when nothing is due, a wake-up, an answer or the next refresh comes first
      const used = await intendSomebody(taken.granted)
      bucket = returnPermits(bucket, paceOf(perSecond()), taken.granted - used)
      schedule(used > 0 ? 0 : idleMs)
    } catch (error) {
      ports.log('intent failed', { error })
      schedule(1_000)
    } finally {
      isIntending = false
      resolveDrained()
    }
  }

  /**
   * Gives the permits to whoever's turn it is: campaigns take turns, so that a small one does not wait behind a large one. Test sends come
   * first, they are few and a person waits. Returns how many were used.
   */
  async function intendSomebody(permits: number): Promise<number> {
    if (orders.hasTests) {
      const askedMs = ports.nowMs()
      const tests = await ports.intendTests(permits, orders.window)
      for (const test of tests) enqueue(attempts.test(test), askedMs)
      if (tests.length > 0) return tests.length
    }
    const campaigns = orders.campaigns
    for (let i = 0; i < campaigns.length; i++) {
      const campaign = campaigns[(turn + i) % campaigns.length] as RunningCampaign
      const mine = campaignPermits(campaign, permits)
      if (mine === 0) continue
      const used = await intendCampaign(campaign, mine)
      refundCampaign(campaign, mine - used)
      if (used > 0) {
        turn = (turn + i + 1) % campaigns.length
        return used
      }
    }
    return 0
  }

  async function intendCampaign(campaign: RunningCampaign, permits: number): Promise<number> {
    const message = await ports.compiled(campaign)
    const retried = campaign.hasRetryDue ? await intendRetries(campaign, message, permits) : 0
    if (retried > 0) return retried
    let reader = readers.get(campaign.id)
    if (reader === undefined) {
      reader = makeSliceReader(ports, addresses, campaign)
      readers.set(campaign.id, reader)
    }
    for (;;) {
      const prepared = await reader.take(message, permits)
      if (prepared === undefined) return 0
      const askedMs = ports.nowMs()
      const result = await ports.intend(campaign, prepared.advance, orders.window)
      if (result.kind === 'refused') {
        reader.forget()
        return 0
      }
      reader.advanced(result.upToSeq)
      for (const intended of result.intended) {
        const message = prepared.ready.get(intended.seq)
        if (message !== undefined) enqueue(attempts.first(campaign, intended, message), askedMs)
      }
      if (result.intended.length > 0 || result.isFull) return result.intended.length // else all of that stretch were skipped: go on behind it
    }
  }

  async function intendRetries(campaign: RunningCampaign, message: CompiledMessage, permits: number): Promise<number> {
    const askedMs = ports.nowMs()
    const retries = await ports.intendRetries(campaign, permits, orders.window)
    if (retries.kind === 'refused') return 0
    for (const retry of retries.intended) enqueue(attempts.retry(campaign, message, retry), askedMs)
    return retries.intended.length
  }

  /** A campaign's own cap is a bucket of its own below the number's. */
  function campaignPermits(campaign: RunningCampaign, permits: number): number {
    if (campaign.ratePerSecond === null || campaign.ratePerSecond >= orders.perSecond) return permits
    const now = ports.nowMs()
    const own = campaignBuckets.get(campaign.id) ?? { permits: 1, refilledAtMs: now }
    const taken = takePermits(own, capPaceOf(campaign.ratePerSecond), permits, now)
    campaignBuckets.set(campaign.id, taken.bucket)
    if (taken.granted === 0) idleMs = Math.min(idleMs, Math.ceil(waitMs(taken.bucket, capPaceOf(campaign.ratePerSecond), 1, now)))
    return taken.granted
  }
  function refundCampaign(campaign: RunningCampaign, unused: number): void {
    const own = campaignBuckets.get(campaign.id)
    if (own !== undefined && campaign.ratePerSecond !== null)
      campaignBuckets.set(campaign.id, returnPermits(own, capPaceOf(campaign.ratePerSecond), unused))
  }

  function enqueue(attempt: Attempt, askedMs: number): void {
    inFlight++
    askedAt.set(attempt, askedMs)
    writer.add(attempt, askedMs)
  }

  function answered(attempt: Attempt, outcome: Outcome): void {
    const now = ports.nowMs()
    if (outcome.kind === 'refused' && outcome.refusal.class === 'throttled') throttle = slowDown(throttle, now)
    if (outcome.kind === 'refused' && outcome.refusal.class === 'pause-number')
      pausedUntilMs = Math.max(pausedUntilMs, now + outcome.refusal.seconds * 1_000)
    const verdict = outcome.kind === 'accepted' ? undefined : verdictOf(outcome, attempt.intended.tries, ports.random())
    recorder.add({ attempt, outcome, verdict, answeredAt: ports.now() })
  }

  function resolveDrained(): void {
    if (inFlight === 0 && !isIntending) for (const resolve of drained.splice(0)) resolve()
  }

  schedule(0)
  return {
    update(next) {
      orders = next
      const alive = new Map(next.campaigns.map((campaign) => [campaign.id, campaign]))
      for (const [id, { campaign }] of readers) if (alive.get(id)?.canarySeq !== campaign.canarySeq) readers.delete(id)
      for (const id of campaignBuckets.keys()) if (!alive.has(id)) campaignBuckets.delete(id)
      void step()
    },
    wake: () => void step(),
    fence() {
      isFenced = true
      writer.fence()
    },
    drain() {
      isDraining = true
      cancelTimer()
      return inFlight === 0 && !isIntending ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))
    },
    inFlight: () => inFlight,
  }
}
