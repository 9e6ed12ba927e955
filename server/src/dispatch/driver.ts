import type { CompiledMessage } from '../templates/render.ts'
import type { Addresses } from './address.ts'
import type { Advance, Intended, IntendedRetry, IntentResult, Recipient, RunningCampaign } from './intent.ts'
import type { Outcome } from './outcome.ts'
import { type Bucket, FULL_SPEED, paceOf, returnPermits, slowDown, speedUp, type Throttle, takePermits, waitMs } from './pacing.ts'
import type { Message } from './send.ts'
import { makeSliceReader, type SliceReader } from './slice-reader.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** What an attempt came to, ready to be recorded. */
export interface Result {
  readonly attempt: Attempt
  readonly outcome: Outcome
  readonly verdict: Verdict | undefined
  readonly answeredAt: Date
}

/** One request to write. */
export interface Attempt {
  readonly campaign: RunningCampaign | undefined // undefined: a test send
  readonly intended: Intended
  readonly testId: string | undefined
  readonly message: Message
}

export interface TestSend {
  readonly id: string
  readonly phoneE164: string
  readonly template: unknown
  readonly intendedAt: Date
}

/** Everything a driver does to the outside: tests put a scripted world here. */
export interface Ports {
  nextSlice(campaign: RunningCampaign, fromSlice: number): Promise<{ sliceNo: number; cursorSeq: number; lastSeq: number } | undefined>
  recipientsPast(campaign: RunningCampaign, cursorSeq: number, lastSeq: number): Promise<Recipient[]>
  compiled(campaign: RunningCampaign): Promise<CompiledMessage>
  /** Commits the intent before the first byte leaves. */
  intend(campaign: RunningCampaign, advance: Advance): Promise<IntentResult>
  intendRetries(
    campaign: RunningCampaign,
    wanted: number,
  ): Promise<{ kind: 'intended'; intended: IntendedRetry[]; skipped: number } | { kind: 'refused' }>
  intendTests(wanted: number): Promise<TestSend[]>
  /** Never throws: a lost answer is `ambiguous`. */
  send(message: Message): Promise<Outcome>
  /** Durable when it returns; throws while the store is away. */
  record(results: readonly Result[]): Promise<void>
  /** Monotonic: also counts the time a process was stopped. */
  nowMs(): number
  now(): Date
  random(): number
  /** Calls back after so many milliseconds; the answer cancels it. */
  later(ms: number, then: () => void): () => void
  log(message: string, detail: Record<string, unknown>): void
}

/** What may change while a driver runs; the worker refreshes it every second. */
export interface Orders {
  readonly campaigns: readonly RunningCampaign[]
  readonly hasTests: boolean
  /** Messages per second of this number. */
  readonly perSecond: number
  /** W: intents without a durable result, at most. */
  readonly window: number
  /** Intents of earlier owners that have no result yet: they count towards W. */
  readonly foreignInFlight: number
}

/** A request older than this when its turn comes is not written (delivery.md §2). */
const WRITE_WITHIN_MS = 1_000
/** Answers gather this long, so that one transaction records many. */
const RECORD_EVERY_MS = 8
const RECORD_MAX = 500

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
  let writeBucket: Bucket = { permits: 1, refilledAtMs: ports.nowMs() }
  let throttle: Throttle = FULL_SPEED
  let pausedUntilMs = 0
  let cancelTimer = () => {}
  let cancelWriteTimer = () => {}
  let cancelRecordTimer = () => {}
  let isRecording = false
  const readers = new Map<string, SliceReader>()
  const campaignBuckets = new Map<string, Bucket>()
  const queue: (Attempt & { readonly intendedMs: number })[] = []
  const results: Result[] = []
  const drained: (() => void)[] = []

  const pace = () => {
    throttle = speedUp(throttle, ports.nowMs())
    return paceOf(Math.max(0.1, orders.perSecond * throttle.share))
  }
  /** Writing is a little looser than intending, so that it smooths without adding delay. */
  const writePace = () => {
    const perSecond = orders.perSecond * throttle.share * 1.05
    return { perSecond, burstMax: Math.max(1, perSecond * 0.01) }
  }

  // --- intending ---------------------------------------------------------------------------------------------------------------

  function schedule(ms: number): void {
    cancelTimer()
    cancelTimer = ports.later(ms, () => void step())
  }

  async function step(): Promise<void> {
    if (isIntending || isFenced || isDraining) return
    const now = ports.nowMs()
    if (now < pausedUntilMs) return schedule(pausedUntilMs - now)
    const room = orders.window - inFlight - orders.foreignInFlight
    const current = pace()
    const wanted = Math.max(1, Math.floor(current.burstMax))
    if (room < Math.min(wanted, Math.ceil(orders.window / 8))) return // an answer wakes us
    const wait = waitMs(bucket, current, wanted, now)
    if (wait > 0) return schedule(Math.ceil(wait))
    isIntending = true
    try {
      const taken = takePermits(bucket, current, Math.min(room, wanted), now)
      bucket = taken.bucket
      idleMs = 1_000 // when nothing is due, a wake-up, an answer or the next refresh comes first
      const used = await intendSomebody(taken.granted)
      bucket = returnPermits(bucket, current, taken.granted - used)
      schedule(used > 0 ? 0 : idleMs)
    } catch (error) {
      ports.log('intent failed', { error })
      schedule(1_000)
    } finally {
      isIntending = false
      resolveDrained()
    }
  }

  /** Gives the permits to whoever's turn it is; test sends first, they are few and a person waits. Returns how many were used. */
  async function intendSomebody(permits: number): Promise<number> {
    if (orders.hasTests) {
      const askedMs = ports.nowMs()
      const tests = await ports.intendTests(permits)
      for (const test of tests) enqueue(testAttempt(test), askedMs)
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
    if (campaign.hasRetryDue) {
      const askedMs = ports.nowMs()
      const retries = await ports.intendRetries(campaign, permits)
      if (retries.kind === 'intended' && retries.intended.length > 0) {
        for (const retry of retries.intended) enqueue(retryAttempt(campaign, message, retry), askedMs)
        return retries.intended.length
      }
    }
    let reader = readers.get(campaign.id)
    if (reader === undefined) {
      reader = makeSliceReader(ports, addresses, campaign)
      readers.set(campaign.id, reader)
    }
    for (;;) {
      const prepared = await reader.take(message, permits)
      if (prepared === undefined) return 0
      const askedMs = ports.nowMs()
      const result = await ports.intend(campaign, prepared.advance)
      if (result.kind === 'refused') {
        reader.forget()
        return 0
      }
      reader.advanced(prepared.advance.upToSeq)
      for (const intended of result.intended) {
        const ready = prepared.rendered.get(intended.seq)
        if (ready !== undefined) enqueue(campaignAttempt(campaign, intended, ready.address, ready.template), askedMs)
      }
      if (result.intended.length > 0) return result.intended.length // else everybody in that stretch was skipped: go on behind it
    }
  }

  const campaignAttempt = (campaign: RunningCampaign, intended: Intended, address: string, template: unknown): Attempt => ({
    campaign,
    intended,
    testId: undefined,
    message: { address, template, callbackData: addresses.message(campaign.id, intended.seq, intended.attempt) },
  })

  /** Rendered again for every attempt, from the same frozen fields: only the return address differs. */
  const retryAttempt = (campaign: RunningCampaign, message: CompiledMessage, retry: IntendedRetry): Attempt => {
    const rendered = message.render(retry.fields, {
      quickReplyPayload: (button) => addresses.quickReply(campaign.id, retry.seq, retry.attempt, button),
      linkToken: (button) => addresses.linkToken(campaign.id, retry.seq, button),
    })
    if (!rendered.ok) throw new Error(`seq ${retry.seq} of ${campaign.id} rendered for its first attempt but not for a retry`)
    return campaignAttempt(campaign, retry, retry.address, rendered.template)
  }

  const testAttempt = (test: TestSend): Attempt => ({
    campaign: undefined,
    intended: { campaignId: '', seq: 0, attempt: 1, tries: 0, intendedAt: test.intendedAt },
    testId: test.id,
    message: { address: test.phoneE164, template: test.template, callbackData: addresses.test(test.id) },
  })

  /** A campaign's own cap is a bucket of its own below the number's. */
  function campaignPermits(campaign: RunningCampaign, permits: number): number {
    if (campaign.ratePerSecond === null || campaign.ratePerSecond >= orders.perSecond) return permits
    const now = ports.nowMs()
    const own = campaignBuckets.get(campaign.id) ?? { permits: 1, refilledAtMs: now }
    const taken = takePermits(own, paceOf(campaign.ratePerSecond), permits, now)
    campaignBuckets.set(campaign.id, taken.bucket)
    if (taken.granted === 0) idleMs = Math.min(idleMs, Math.ceil(waitMs(taken.bucket, paceOf(campaign.ratePerSecond), 1, now)))
    return taken.granted
  }
  function refundCampaign(campaign: RunningCampaign, unused: number): void {
    const own = campaignBuckets.get(campaign.id)
    if (own !== undefined && campaign.ratePerSecond !== null)
      campaignBuckets.set(campaign.id, returnPermits(own, paceOf(campaign.ratePerSecond), unused))
  }

  // --- writing -----------------------------------------------------------------------------------------------------------------

  /** @param askedMs when the intent was asked for: a process stopped between its commit and here must find it old */
  function enqueue(attempt: Attempt, askedMs: number): void {
    inFlight++
    queue.push({ ...attempt, intendedMs: askedMs })
    if (queue.length === 1) write()
  }

  /** Writes what the pace allows now and comes back for the rest. */
  function write(): void {
    cancelWriteTimer()
    const now = ports.nowMs()
    while (queue.length > 0) {
      const next = queue[0] as Attempt & { intendedMs: number }
      const lateBecause = refusal(next.intendedMs)
      if (lateBecause !== undefined) {
        queue.shift()
        answered(next, { kind: 'late', detail: lateBecause })
        continue
      }
      const taken = takePermits(writeBucket, writePace(), 1, now)
      writeBucket = taken.bucket
      if (taken.granted === 0) {
        cancelWriteTimer = ports.later(Math.max(1, waitMs(writeBucket, writePace(), 1, now)), write)
        return
      }
      queue.shift()
      const message = { ...next.message, refuseToWrite: () => refusal(next.intendedMs) }
      void ports.send(message).then((outcome) => answered(next, outcome))
    }
  }

  /** Why a request may not be written any more. */
  function refusal(intendedMs: number): string | undefined {
    if (isFenced) return 'The number was taken over before it was written.'
    return ports.nowMs() - intendedMs > WRITE_WITHIN_MS ? 'Its turn came too late.' : undefined
  }

  function answered(attempt: Attempt, outcome: Outcome): void {
    const now = ports.nowMs()
    if (outcome.kind === 'refused' && outcome.refusal.class === 'throttled') throttle = slowDown(throttle, now)
    if (outcome.kind === 'refused' && outcome.refusal.class === 'pause-number')
      pausedUntilMs = Math.max(pausedUntilMs, now + outcome.refusal.seconds * 1_000)
    settle(attempt, outcome, outcome.kind === 'accepted' ? undefined : verdictOf(outcome, attempt.intended.tries, ports.random()))
  }

  // --- recording ---------------------------------------------------------------------------------------------------------------

  function settle(attempt: Attempt, outcome: Result['outcome'], verdict: Verdict | undefined): void {
    results.push({ attempt, outcome, verdict, answeredAt: ports.now() })
    if (results.length >= RECORD_MAX) void record()
    else if (results.length === 1) cancelRecordTimer = ports.later(RECORD_EVERY_MS, () => void record())
  }

  async function record(): Promise<void> {
    cancelRecordTimer()
    if (isRecording || results.length === 0) return
    isRecording = true
    const batch = results.slice(0, RECORD_MAX)
    try {
      await ports.record(batch)
      results.splice(0, batch.length)
      inFlight -= batch.length
    } catch (error) {
      ports.log('recording failed, will be tried again', { error, results: results.length })
      isRecording = false
      cancelRecordTimer = ports.later(500, () => void record())
      return
    }
    isRecording = false
    if (results.length >= RECORD_MAX) void record()
    else if (results.length > 0) cancelRecordTimer = ports.later(RECORD_EVERY_MS, () => void record())
    resolveDrained()
    void step()
  }

  function resolveDrained(): void {
    if (inFlight === 0 && !isIntending) for (const resolve of drained.splice(0)) resolve()
  }

  schedule(0)
  return {
    update(next) {
      orders = next
      const alive = new Set(next.campaigns.map((campaign) => campaign.id))
      for (const id of readers.keys()) if (!alive.has(id)) readers.delete(id)
      for (const id of campaignBuckets.keys()) if (!alive.has(id)) campaignBuckets.delete(id)
      void step()
    },
    wake: () => void step(),
    fence() {
      isFenced = true
      write()
    },
    drain() {
      isDraining = true
      cancelTimer()
      return inFlight === 0 && !isIntending ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))
    },
    inFlight: () => inFlight,
  }
}
