/** Figures from measurements; pure. */

/** The value that a share `q` (0 … 1) of the measurements does not pass: the nearest rank. NaN without measurements. */
export function percentile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}
export const median = (values: readonly number[]): number => percentile(values, 0.5)

/** How many messages the busiest window of `windowMs` has, wherever it begins. @param timesMs ascending */
export function busiestWindow(timesMs: readonly number[], windowMs: number): number {
  let busiest = 0
  let first = 0
  for (let last = 0; last < timesMs.length; last++) {
    while ((timesMs[last] ?? 0) - (timesMs[first] ?? 0) >= windowMs) first++
    busiest = Math.max(busiest, last - first + 1)
  }
  return busiest
}

/** Messages in each window of `windowMs` after the first one. @param timesMs ascending */
export function countsByWindow(timesMs: readonly number[], windowMs: number): number[] {
  const from = timesMs[0] ?? 0
  const counts: number[] = []
  for (const at of timesMs) {
    const window = Math.floor((at - from) / windowMs)
    counts[window] = (counts[window] ?? 0) + 1
  }
  return Array.from(counts, (count) => count ?? 0)
}

/** How much later than an even pace from the first one on each message came, in ms; an early one is not late. @param timesMs ascending */
export const latenessMs = (timesMs: readonly number[], perSecond: number): number[] =>
  timesMs.map((at, n) => Math.max(0, at - (timesMs[0] ?? 0) - (n * 1_000) / perSecond))

/** Messages a second between the first and the last. @param timesMs ascending */
export const rateOf = (timesMs: readonly number[]): number =>
  ((timesMs.length - 1) * 1_000) / Math.max(1e-3, (timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0))

/** Jain's fairness index: 1 when all have the same, 1/n when one has everything (Jain, Chiu and Hawe 1984). */
export function fairness(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? Number.NaN : (sum * sum) / (shares.length * squares)
}

/**
 * For each of `postedMs` (ascending) how long it took until a look showed so many: the first look whose count covers it. Those never shown
 * are left out. @param looks in the order of time, counts never falling
 */
export function shownAfterMs(postedMs: readonly number[], looks: readonly { readonly atMs: number; readonly count: number }[]): number[] {
  const waited: number[] = []
  let shown = 0
  for (const { atMs, count } of looks)
    for (; shown < count && shown < postedMs.length; shown++) waited.push(Math.max(0, atMs - (postedMs[shown] ?? 0)))
  return waited
}
