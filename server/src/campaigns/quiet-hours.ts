import { instantOf, offsetMs } from './wall-time.ts'

/** A night by the wall clock, `HH:MM`: from inclusive, to exclusive, over midnight when `from` is the later one. */
export interface QuietHours {
  readonly from: string
  readonly to: string
}

/** As two columns hold them. */
export const hoursOf = (from: string | null, to: string | null): QuietHours | null => (from === null || to === null ? null : { from, to })

/**
 * The quiet hours of a frozen campaign. A zone number names a place in `zones`: the time zones, by IANA name, in any of which its people may
 * be. One zone where a contact's own is known, all of their country's where only that is.
 */
export interface Quiet extends QuietHours {
  readonly zones: readonly (readonly string[])[]
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const minutesOf = (wall: string): number => Number(wall.slice(0, 2)) * 60 + Number(wall.slice(3))
/** Minute of the day on a clock that is so far ahead of UTC. */
const minuteAt = (ms: number, aheadMs: number): number => Math.floor(((((ms + aheadMs) % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS)

const isWithin = (minute: number, { from, to }: QuietHours): boolean => {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  return start < end ? minute >= start && minute < end : minute >= start || minute < end
}

/** How far these zones are ahead of UTC at an instant, each difference once, the eastern first. */
export const offsetsOf = (zones: readonly string[], ms: number): number[] =>
  [...new Set(zones.map((zone) => offsetMs(ms, zone)))].sort((a, b) => b - a)

/**
 * Whether people on one of these clocks are not to be disturbed: whenever it is night on any of them. A country so wide, or a night so
 * long, that it is always night somewhere, is quiet except when it is night on as few of its clocks as ever: it never waits for ever.
 */
export function isQuietOn(offsets: readonly number[], hours: QuietHours, ms: number): boolean {
  const asleep = (at: number) => offsets.filter((aheadMs) => isWithin(minuteAt(at, aheadMs), hours)).length
  const now = asleep(ms)
  if (now === 0 || offsets.length === 1) return now > 0
  // fewest sleep right after one of them woke: no other moment needs looking at
  const least = Math.min(...offsets.map((aheadMs) => asleep(Math.floor(ms / DAY_MS) * DAY_MS + minutesOf(hours.to) * MINUTE_MS - aheadMs)))
  return now > least
}

export const isQuiet = (zones: readonly string[], hours: QuietHours, at: Date): boolean =>
  isQuietOn(offsetsOf(zones, at.getTime()), hours, at.getTime())

/** When people of these zones may be messaged next: the instant itself when they are awake. Follows changes of the clock. */
export function wakesAt(zones: readonly string[], hours: QuietHours, at: Date): Date {
  if (!isQuiet(zones, hours, at)) return at
  const ends = zones.flatMap((zone) =>
    [0, 1, 2, 3].map((days) => {
      const day = new Date(at.getTime() + offsetMs(at.getTime(), zone) + (days - 1) * DAY_MS).toISOString().slice(0, 10)
      return instantOf(`${day}T${hours.to}`, zone).at.getTime()
    }),
  )
  const next = ends.sort((a, b) => a - b).find((ms) => ms > at.getTime() && !isQuiet(zones, hours, new Date(ms)))
  return new Date(next ?? at.getTime() + DAY_MS)
}

const awake = new WeakMap<Quiet, { readonly minute: number; readonly numbers: readonly number[] }>()
/** The zone numbers that may be messaged now. Quiet hours begin and end with whole minutes, so each minute is worked out once. */
export function awakeZones(quiet: Quiet, at: Date): readonly number[] {
  const minute = Math.floor(at.getTime() / MINUTE_MS)
  const known = awake.get(quiet)
  if (known?.minute === minute) return known.numbers
  const numbers = quiet.zones.flatMap((zones, number) => (isQuiet(zones, quiet, at) ? [] : [number]))
  awake.set(quiet, { minute, numbers })
  return numbers
}

/** Time zones of a country (ISO 3166 alpha-2), from the runtime's own tables; none when it is not known there. */
export function zonesOfCountry(country: string): readonly string[] {
  // the method in newer engines, the property in older ones
  const locale = new Intl.Locale(`und-${country}`) as { getTimeZones?: () => string[]; timeZones?: string[] }
  return locale.getTimeZones?.() ?? locale.timeZones ?? []
}

/** Names a contact's place in SQL: their own zone, else their country, else nothing. */
export const COUNTRY_PREFIX = 'country:'

/**
 * Gives each place its zones: a zone's own name, a country's zones, and where neither is known the fallback. Places with the same zones
 * share a number; numbers go from east to west, as the morning does.
 * @param places zone names, `country:XX`, or `''`
 */
export function numberZones(places: readonly string[], fallback: string, at: Date): { zones: string[][]; numberOf: Map<string, number> } {
  const zonesOf = (place: string): readonly string[] => {
    const found = place.startsWith(COUNTRY_PREFIX) ? zonesOfCountry(place.slice(COUNTRY_PREFIX.length)) : place === '' ? [] : [place]
    return found.length === 0 ? [fallback] : found
  }
  const distinct = new Map(places.map((place) => [zonesOf(place).join(' '), [...zonesOf(place)]]))
  const eastOf = (zones: readonly string[]) => offsetsOf(zones, at.getTime())[0] ?? 0
  const sorted = [...distinct].sort(([a, x], [b, y]) => eastOf(y) - eastOf(x) || (a < b ? -1 : 1))
  const numbers = new Map(sorted.map(([name], number) => [name, number]))
  return {
    zones: sorted.map(([, zones]) => zones),
    numberOf: new Map(places.map((place) => [place, numbers.get(zonesOf(place).join(' ')) ?? 0])),
  }
}
