import { useStrings } from '../strings/language.tsx'
import { repetitionOf, WEEKDAYS } from './rule.ts'

/** A Monday; the days of its week follow. */
const MONDAY = Date.UTC(2024, 0, 1)
const DAY_MS = 86_400_000

/** Names of the days of a week, by their two letters. */
export function useWeekdays(style: 'long' | 'short'): ReadonlyMap<string, string> {
  const { locale } = useStrings()
  const format = new Intl.DateTimeFormat(locale, { weekday: style, timeZone: 'UTC' })
  return new Map(WEEKDAYS.map((day, i) => [day, format.format(MONDAY + i * DAY_MS)]))
}

/** A rule in words; one that the dialog cannot show, as it is written. */
export function useRuleText(): (rule: string) => string {
  const { t, locale } = useStrings()
  const weekdays = useWeekdays('long')
  return (rule) => {
    const read = repetitionOf(rule)
    if (read === undefined) return rule
    const { unit, interval, end } = read
    const days = new Intl.ListFormat(locale, { type: 'conjunction' }).format(read.weekdays.map((day) => weekdays.get(day) ?? day))
    const every = t(`recurrences.every.${unit}`, { count: interval })
    const on = read.weekdays.length === 0 ? every : t('recurrences.onDays', { every, days })
    if (end.kind === 'count') return `${on}, ${t('recurrences.times', { count: end.count })}`
    if (end.kind === 'until') {
      const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(end.day))
      return `${on}, ${t('recurrences.untilDay', { day })}`
    }
    return on
  }
}
