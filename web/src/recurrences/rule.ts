export const UNITS = ['DAILY', 'WEEKLY', 'MONTHLY'] as const
export type Unit = (typeof UNITS)[number]
export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** A rule as the dialog shows it. */
export interface Repetition {
  readonly unit: Unit
  /** Every so many. */
  readonly interval: number
  /** Of a week; empty: that of the first time. */
  readonly weekdays: readonly Weekday[]
  /** How it ends: never, after so many times, or with a day (`2027-12-31`). */
  readonly end:
    | { readonly kind: 'never' }
    | { readonly kind: 'count'; readonly count: number }
    | { readonly kind: 'until'; readonly day: string }
}

export const WEEKLY: Repetition = { unit: 'WEEKLY', interval: 1, weekdays: [], end: { kind: 'never' } }

/** As RFC 5545 writes it. */
export function ruleOf({ unit, interval, weekdays, end }: Repetition): string {
  return [
    `FREQ=${unit}`,
    ...(interval === 1 ? [] : [`INTERVAL=${interval}`]),
    ...(unit === 'WEEKLY' && weekdays.length > 0 ? [`BYDAY=${WEEKDAYS.filter((day) => weekdays.includes(day)).join(',')}`] : []),
    ...(end.kind === 'count' ? [`COUNT=${end.count}`] : []),
    ...(end.kind === 'until' ? [`UNTIL=${end.day.replaceAll('-', '')}`] : []),
  ].join(';')
}

/** Undefined: it says more than the dialog can show. */
export function repetitionOf(rule: string): Repetition | undefined {
  const parts = new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string]))
  const days = parts.get('BYDAY')?.split(',') ?? []
  const until = /^(\d{4})(\d\d)(\d\d)$/.exec(parts.get('UNTIL') ?? '')
  const read: Repetition = {
    unit: UNITS.find((unit) => unit === parts.get('FREQ')) ?? 'DAILY',
    interval: Number(parts.get('INTERVAL') ?? 1),
    weekdays: WEEKDAYS.filter((day) => days.includes(day)),
    end: parts.has('COUNT')
      ? { kind: 'count', count: Number(parts.get('COUNT')) }
      : until
        ? { kind: 'until', day: until.slice(1).join('-') }
        : { kind: 'never' },
  }
  const same = (text: string) => text.split(';').sort().join(';')
  return same(ruleOf(read)) === same(rule) ? read : undefined
}
