import { type Point, SERIES, type Series } from '../../parts/series.ts'

type Minute = { readonly at: string } & Readonly<Record<Series, number>>

/** A chart with more points is slow to draw and no easier to read. */
const POINTS_MAX = 200

/**
 * What happened in each minute, summed up from the start: begins at nothing, ends with the totals. Long campaigns are thinned out evenly;
 * first and last always stay.
 * @param minutes in the order of time
 */
export function cumulative(minutes: readonly Minute[]): Point[] {
  const first = minutes[0]
  if (first === undefined) return []
  const sums = { sent: 0, delivered: 0, read: 0, clicked: 0, failed: 0 }
  const points: Point[] = [{ at: new Date(first.at).getTime(), ...sums }]
  for (const minute of minutes) {
    for (const name of SERIES) sums[name] += minute[name]
    points.push({ at: new Date(minute.at).getTime() + 60_000, ...sums })
  }
  const step = Math.ceil(points.length / POINTS_MAX)
  return points.filter((_, place) => place % step === 0 || place === points.length - 1)
}
