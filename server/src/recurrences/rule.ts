import { RRuleTemporal } from 'rrule-temporal'
import { instantOf, offsetMs } from '../campaigns/wall-time.ts'

/** When a recurrence happens: an RFC 5545 rule, and the clock and day from which it counts. */
export interface Recurring {
  /** `FREQ=WEEKLY;BYDAY=MO,TH`, without `RRULE:` and without DTSTART. */
  readonly rule: string
  readonly startsAt: Date
  /** IANA name: the same clock time all year round. */
  readonly timeZone: string
}

export class RuleFault extends Error {}

const PARTS = ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'BYMONTH', 'BYMONTHDAY', 'BYSETPOS', 'WKST']
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']
const DAY_MS = 86_400_000
/** Nobody sees further ahead, and a rule that never happens must end somewhere. */
const LOOKED_AT_MAX = 10_000

/**
 * The occurrences after an instant, in order, at most `count`. The clock time stays; where the clock skips it, it moves forward, and where it
 * comes twice the first counts (delivery.md §7), which is why the rule is asked in a zone without changes of the clock.
 * @throws RuleFault when the rule cannot be read, or asks for what a campaign cannot do
 */
export function occurrencesAfter(recurring: Recurring, after: Date, count: number): Date[] {
  const { startsAt, timeZone } = recurring
  const rule = read(recurring)
  const found: Date[] = []
  // a day earlier by the clock: no change of the clock is larger
  let wall: Date = new Date(Math.max(wallOf(after, timeZone), wallOf(startsAt, timeZone)) - DAY_MS)
  while (found.length < count) {
    const next = nextOf(rule, wall)
    if (next === undefined) break
    wall = next
    const { at } = instantOf(next.toISOString().slice(0, 19), timeZone)
    if (at > after && at >= startsAt) found.push(at)
  }
  return found
}

export const nextOccurrence = (recurring: Recurring, after: Date): Date | null => occurrencesAfter(recurring, after, 1)[0] ?? null

/** @throws RuleFault */
export const checkRule = (recurring: Recurring): void => void read(recurring)

/** A wall-clock time as if its zone were UTC, in milliseconds. */
const wallOf = (at: Date, zone: string): number => at.getTime() + offsetMs(at.getTime(), zone)

function read({ rule, startsAt, timeZone }: Recurring): RRuleTemporal {
  const parts = new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string | undefined]))
  for (const [name, value] of parts) {
    if (!PARTS.includes(name)) throw new RuleFault(`“${name}” is none of ${PARTS.join(' ')}.`)
    if (!value) throw new RuleFault(`${name} has no value.`)
  }
  if (!FREQUENCIES.includes(parts.get('FREQ') ?? '')) throw new RuleFault(`FREQ must be one of ${FREQUENCIES.join(' ')}.`)
  const until = parts.get('UNTIL')
  if (until !== undefined && !/^\d{8}$/.test(until)) throw new RuleFault('UNTIL must be a day, such as 20271231; it is included.')
  if (until !== undefined && parts.has('COUNT')) throw new RuleFault('COUNT and UNTIL cannot both end it.')
  try {
    return new RRuleTemporal({
      rruleString: rule,
      dtstart: Temporal.Instant.fromEpochMilliseconds(wallOf(startsAt, timeZone)).toZonedDateTimeISO('UTC'),
      maxIterations: LOOKED_AT_MAX,
      cache: false,
    })
  } catch (error) {
    throw new RuleFault(error instanceof Error ? error.message : 'This rule cannot be read.')
  }
}

/** Undefined: none follows, or none was found in a long look ahead (30 February). */
function nextOf(rule: RRuleTemporal, after: Date): Date | undefined {
  try {
    const next = rule.next(after, false)
    return next === null ? undefined : new Date(next.epochMilliseconds)
  } catch {
    return undefined
  }
}
