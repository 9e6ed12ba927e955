import type { CompiledMessage } from '../templates/render.ts'
import type { Advance, Intended, IntendedRetry, IntentResult, Recipient, RunningCampaign } from './intent.ts'
import type { Outcome } from './outcome.ts'
import type { Message, Refusal } from './send.ts'
import type { Verdict } from './verdict.ts'

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

/** Time as the driver knows it: tests turn it by hand. */
export interface Clock {
  /** Monotonic: also counts the time a process was stopped. */
  nowMs(): number
  now(): Date
  /** Calls back after so many milliseconds; the answer cancels it. */
  later(ms: number, then: () => void): () => void
}

/** Everything a driver does to the outside: tests put a scripted world here. */
export interface Ports extends Clock {
  /** @param awake zone numbers in which it is day */
  nextSlice(
    campaign: RunningCampaign,
    fromSlice: number,
    awake: readonly number[],
  ): Promise<{ sliceNo: number; cursorSeq: number; lastSeq: number } | undefined>
  recipientsPast(campaign: RunningCampaign, cursorSeq: number, lastSeq: number): Promise<Recipient[]>
  compiled(campaign: RunningCampaign): Promise<CompiledMessage>
  /** Commits the intent before the first byte leaves; `window` is W as the database counts it, over all owners. */
  intend(campaign: RunningCampaign, advance: Advance, window: number): Promise<IntentResult>
  intendRetries(
    campaign: RunningCampaign,
    wanted: number,
    window: number,
  ): Promise<{ kind: 'intended'; intended: IntendedRetry[]; skipped: number } | { kind: 'refused' }>
  intendTests(wanted: number, window: number): Promise<TestSend[]>
  /** Never throws: a lost answer is `ambiguous`. */
  send(message: Message, refuseToWrite: Refusal): Promise<Outcome>
  /** Durable when it returns; throws while the store is away. */
  record(results: readonly Result[]): Promise<void>
  random(): number
  log(message: string, detail: Record<string, unknown>): void
}

/** What may change while a driver runs; the worker refreshes it twice a second. */
export interface Orders {
  readonly campaigns: readonly RunningCampaign[]
  readonly hasTests: boolean
  /** Messages per second of this number. */
  readonly perSecond: number
  /** W at most: intents without a durable result. The driver uses less where the round trip needs less. */
  readonly window: number
}
