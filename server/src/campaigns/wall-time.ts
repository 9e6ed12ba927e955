/** What became of a wall-clock time in its zone: told once, or (DST) never or twice. */
export interface WallTime {
  readonly at: Date
  /** `gap`: the clock skips this time, so it moves forward by as much; `overlap`: it comes twice, the first counts (delivery.md §7). */
  readonly kind: 'plain' | 'gap' | 'overlap'
}

const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Milliseconds by which a zone's clocks are ahead of UTC at an instant. */
export function offsetMs(instantMs: number, zone: string): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  formats.set(zone, format)
  const part = Object.fromEntries(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]))
  const wallMs = Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second)
  return wallMs - Math.floor(instantMs / 1_000) * 1_000
}

/**
 * The instant of a wall-clock time in a zone.
 * @param wall `2026-03-29T02:30` or with seconds: a time without an offset
 * @throws RangeError when it is no such time or the zone is unknown
 */
export function instantOf(wall: string, zone: string): WallTime {
  const asUtcMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(wall) ? Date.parse(`${wall}Z`) : Number.NaN
  if (Number.isNaN(asUtcMs)) throw new RangeError(`${wall} is not a wall-clock time`)
  const before = asUtcMs - offsetMs(asUtcMs - DAY_MS, zone)
  const after = asUtcMs - offsetMs(asUtcMs + DAY_MS, zone)
  const told = [before, after].filter((ms) => ms + offsetMs(ms, zone) === asUtcMs)
  if (told.length === 0) return { at: new Date(before), kind: 'gap' } // read by the clock as it was before the jump
  return { at: new Date(Math.min(...told)), kind: before !== after && told.length === 2 ? 'overlap' : 'plain' }
}
