import { type Outcome, REST_HOURS } from './outcome.ts'
import { backOffSeconds } from './pacing.ts'
import { STATE } from './state.ts'

/** Attempts that count, per recipient. */
export const TRIES_MAX = 5

/** What to write about a recipient whose attempt was not accepted. */
export interface Verdict {
  readonly state: typeof STATE.pending | typeof STATE.unknown | typeof STATE.rejected
  readonly tries: number
  readonly code: number | null
  readonly title: string | null
  readonly isRetryable: boolean | null
  readonly retryAfterSeconds: number
  readonly event: { readonly kind: string; readonly detail: string }
}

/**
 * Turns an outcome into a verdict. Throttling, account trouble and "not written" use none of the five attempts; after the fifth that
 * counts the recipient is Failed, and may be tried again by a resend.
 * @param tries attempts that counted before this one
 * @param random 0 … 1, for the jitter
 */
export function verdictOf(outcome: Exclude<Outcome, { kind: 'accepted' }>, tries: number, random: number): Verdict {
  if (outcome.kind === 'ambiguous') return verdict(STATE.unknown, tries, outcome.code, outcome.detail, null, 0, 'unknown')
  if (outcome.kind === 'not-written') return again(tries, null, outcome.detail, (n) => backOffSeconds(n, random), 'not_connected')
  if (outcome.kind === 'late') return verdict(STATE.pending, tries, null, null, null, 1 + random, 'not_written', outcome.detail)
  const { refusal, code, title } = outcome
  switch (refusal.class) {
    case 'throttled':
      return verdict(STATE.pending, tries, code, title, null, 1 + random, 'throttled')
    case 'pause-number':
      return verdict(STATE.pending, tries, code, title, null, refusal.seconds, 'throttled')
    case 'hold':
      return verdict(STATE.pending, tries, code, title, null, 0, 'held')
    case 'pair':
      return again(tries, code, title, (n) => 4 ** (n - 1), 'retry')
    case 'rest': // Meta blocks whoever asks again within the day (whatsapp-cloud-api.md §6.4)
      return tries === 0
        ? verdict(STATE.pending, 1, code, title, null, REST_HOURS * 3_600 + random * 3_600, 'retry')
        : verdict(STATE.rejected, tries + 1, code, title, true, 0, 'refused')
    case 'later':
      return verdict(STATE.rejected, tries + 1, code, title, true, 0, 'refused')
    case 'never':
      return verdict(STATE.rejected, tries + 1, code, title, false, 0, 'refused')
  }
}

const again = (tries: number, code: number | null, title: string, delay: (tries: number) => number, kind: string): Verdict =>
  tries + 1 >= TRIES_MAX
    ? verdict(STATE.rejected, tries + 1, code, title, true, 0, 'refused', `attempt ${tries + 1} of ${TRIES_MAX}: ${title}`)
    : verdict(STATE.pending, tries + 1, code, title, null, delay(tries + 1), kind)

const verdict = (
  state: Verdict['state'],
  tries: number,
  code: number | null,
  title: string | null,
  isRetryable: boolean | null,
  retryAfterSeconds: number,
  kind: string,
  detail: string = title ?? '',
): Verdict => ({ state, tries, code, title, isRetryable, retryAfterSeconds, event: { kind, detail: detail.slice(0, 500) } })
