const MINUTE = 60
const HOUR = 3_600
/** Seconds before each further attempt: over three days in all. */
const WAITS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
export const TRIES_MAX = WAITS.length + 1

/**
 * Seconds until the next attempt; undefined: none follows.
 * @param tries attempts made so far, the failed one included
 * @param random 0 … 1: spreads by ±20 %, so that endpoints that failed together do not come back together
 * @param askedSeconds what the receiver asked for; it lengthens a wait, up to a day
 */
export function nextWait(tries: number, random: number, askedSeconds: number | null = null): number | undefined {
  const wait = WAITS[tries - 1]
  if (wait === undefined) return undefined
  return Math.max(wait * (0.8 + 0.4 * random), Math.min(askedSeconds ?? 0, 24 * HOUR))
}
