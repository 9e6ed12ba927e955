const DAY_MS = 86_400_000

/** The clock of a zone at an instant: `2026-03-29T09:00`. @param timeZone IANA name */
export function wallTimeOf(instant: string | number | Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(new Date(instant))
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  return `${part.year?.padStart(4, '0')}-${part.month}-${part.day}T${part.hour}:${part.minute}`
}

/** Milliseconds by which a zone's clock is ahead of UTC. */
const offsetMs = (instantMs: number, timeZone: string): number =>
  Date.parse(`${wallTimeOf(instantMs, timeZone)}Z`) - Math.floor(instantMs / 60_000) * 60_000

/**
 * The instant a clock shows a time. A time that the clock skips counts as if it had not jumped; of one that comes twice, the first counts:
 * both as the server reads it.
 * @param wall `2026-03-29T09:00` @returns undefined when it is no such time
 */
export function instantOfWall(wall: string, timeZone: string): Date | undefined {
  const asUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(wall) ? Date.parse(`${wall}Z`) : Number.NaN
  if (Number.isNaN(asUtc)) return undefined
  const before = asUtc - offsetMs(asUtc - DAY_MS, timeZone)
  const after = asUtc - offsetMs(asUtc + DAY_MS, timeZone)
  const told = [before, after].filter((ms) => ms + offsetMs(ms, timeZone) === asUtc)
  return new Date(told.length === 0 ? before : Math.min(...told))
}

/** @param day `2026-03-29` */
export const dayAfter = (day: string): string => new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10)
/** The first instant of a zone's day. */
export const startOfDay = (day: string, timeZone: string): string =>
  (instantOfWall(`${day}T00:00`, timeZone) ?? new Date(day)).toISOString()
