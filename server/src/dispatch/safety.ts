/** A few people first: `share` of those who may be sent to, then up to `waitMinutes` for their receipts. */
export interface Canary {
  /** 0.001 … 0.5 */
  readonly share: number
  /** 1 … 1440 */
  readonly waitMinutes: number
}
/** Holds the campaign when more than `failureShare` of at least `afterMessages` failed. */
export interface CircuitBreaker {
  /** 0.01 … 1 */
  readonly failureShare: number
  /** 10 … 100,000 */
  readonly afterMessages: number
}

/** A canary of fewer says nothing. An audience that is not larger needs none. */
export const CANARY_MIN = 10
export const canarySize = (eligible: number, canary: Canary): number => Math.max(CANARY_MIN, Math.ceil(eligible * canary.share))

/** What became of the people a campaign was sent to so far. */
export interface Heard {
  /** Whose outcome is known or in doubt: everybody an attempt was made for and settled. */
  readonly asked: number
  readonly delivered: number
  readonly failed: number
}

export type CanaryVerdict = { readonly kind: 'go' } | { readonly kind: 'wait' } | { readonly kind: 'stop'; readonly why: string }

/** Without a circuit breaker of its own, a canary tolerates so many failures. */
const FAILURES_TOLERATED = 0.1
/** So many of the canary must have got theirs. */
const DELIVERED_WANTED = 0.5

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`

/**
 * Whether the rest may follow the canary.
 * @param size how many the canary has
 * @param waitedMs since the last of them was settled; null: some are still to be sent to
 * @returns `go`: half of them got theirs and few failed; `stop` with the reason: too many failed, or too few got theirs in time; else `wait`
 */
export function canaryVerdict(
  { asked, delivered, failed }: Heard,
  { waitMinutes }: Canary,
  breaker: CircuitBreaker | null,
  size: number,
  waitedMs: number | null,
): CanaryVerdict {
  const tolerated = breaker?.failureShare ?? FAILURES_TOLERATED
  if (failed > (waitedMs === null ? Math.max(size, asked) : asked) * tolerated)
    return {
      kind: 'stop',
      why: `${failed} of the first ${asked} failed, more than ${percent(tolerated)}. Look at the failures, then resume or cancel.`,
    }
  if (waitedMs === null) return { kind: 'wait' }
  if (asked === 0) return { kind: 'stop', why: 'None of the first people could be sent to.' }
  if (delivered >= asked * DELIVERED_WANTED) return { kind: 'go' }
  if (waitedMs < waitMinutes * 60_000) return { kind: 'wait' }
  return {
    kind: 'stop',
    why: `Only ${delivered} of the first ${asked} were delivered within ${waitMinutes} minutes. Resume to send to the others, or cancel.`,
  }
}

/** What the circuit breaker says; undefined: go on. */
export function breakerTrip({ asked, failed }: Heard, { failureShare, afterMessages }: CircuitBreaker): string | undefined {
  if (asked < afterMessages || failed <= asked * failureShare) return undefined
  return `${failed} of the last ${asked} messages failed, more than ${percent(failureShare)}. Look at the failures, then resume or cancel.`
}
