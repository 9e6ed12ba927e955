/** Numbers, shares and times as this person's language writes them, in the workspace's zone. */
export interface Format {
  number(value: number): string
  /** A fraction as per cent; null, where there is nothing to divide by, as a dash. */
  share(fraction: number | null): string
  /** A fraction as per cent with its sign: +12.5% */
  change(fraction: number): string
  /** A difference of two shares, in percentage points with its sign: +2.3 pp */
  points(difference: number): string
  /** $1,204.50 */
  money(cost: { readonly amount: string; readonly currency: string }): string
  /** 25 Nov 2026, 09:00 */
  dateTime(instant: string | Date): string
  /** 25 Nov, 09:00: of a time that is near, where there is little room */
  shortDateTime(instant: string | Date): string
  /** 25 Nov, of a calendar day written 2026-11-25 */
  day(date: string): string
  /** With seconds and the zone's name: nothing left to guess. */
  exact(instant: string | Date): string
  /** 09:00:05 */
  time(instant: string | Date): string
  /** In 5 minutes, 3 days ago; further than 30 days off, the date. */
  relative(instant: string | Date, now: Date): string
  /** In 50 seconds, in 5 minutes: of what still goes on, which is not over “now”. */
  remaining(instant: string | Date, now: Date): string
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** @param locale for Intl @param timeZone IANA name */
export function makeFormat(locale: string, timeZone: string): Format {
  const number = new Intl.NumberFormat(locale)
  const share = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const hourCycle = 'h23' // one clock on every page: the figures' own "as of" has it, too
  const signDisplay = 'exceptZero'
  const change = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1, signDisplay })
  const points = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, signDisplay })
  const day = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' })
  const dateTime = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium', timeStyle: 'short', hourCycle })
  const shortDateTime = new Intl.DateTimeFormat(locale, {
    timeZone,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle,
  })
  const exact = new Intl.DateTimeFormat(locale, {
    timeZone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle,
    timeZoneName: 'short',
  })
  const time = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle })
  const date = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const relativeTo = (instant: string | Date, now: Date): string => {
    const seconds = (new Date(instant).getTime() - now.getTime()) / 1_000
    if (Math.abs(seconds) > 30 * 86_400) return date.format(new Date(instant))
    const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const)
    if (unit === 'second') return relative.format(0, 'second')
    return relative.format(Math.trunc(seconds / size), unit)
  }
  return {
    number: (value) => number.format(value),
    share: (fraction) => (fraction === null ? '–' : share.format(fraction)),
    change: (fraction) => change.format(fraction),
    points: (difference) => `${points.format(100 * difference)} pp`,
    money: ({ amount, currency }) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(Number(amount)),
    dateTime: (instant) => dateTime.format(new Date(instant)),
    shortDateTime: (instant) => shortDateTime.format(new Date(instant)),
    day: (date) => day.format(new Date(date)),
    exact: (instant) => exact.format(new Date(instant)),
    time: (instant) => time.format(new Date(instant)),
    relative: relativeTo,
    remaining(instant, now) {
      const seconds = Math.ceil((new Date(instant).getTime() - now.getTime()) / 1_000)
      return seconds < 60 ? relative.format(Math.max(1, seconds), 'second') : relativeTo(instant, now)
    },
  }
}
