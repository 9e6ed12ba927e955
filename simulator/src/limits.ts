import { GraphError } from './graph-error.ts'
import type { SimNumber } from './options.ts'

const TIERS: Readonly<Record<string, number>> = {
  TIER_50: 50,
  TIER_250: 250,
  TIER_1K: 1_000,
  TIER_2K: 2_000,
  TIER_10K: 10_000,
  TIER_100K: 100_000,
}
const DAY_MS = 86_400_000

/** Meta's limits: throughput per number (130429), pair rate (131056), people per portfolio and day. */
export interface Limits {
  /** Throws the refusal; counts what passes. */
  check(number: SimNumber, portfolioId: string, to: string, nowMs: number): void
  reset(): void
}

export function makeLimits(enforce: { rate: boolean; pair: boolean; limit: boolean }): Limits {
  const windows = new Map<string, number[]>()
  let pairs = new Map<string, { debtMs: number; atMs: number }>()
  const people = new Map<string, Map<string, number>>()
  return {
    check(number, portfolioId, to, nowMs) {
      if (enforce.rate) {
        const rate = number.ratePerSecond ?? (number.throughput === 'HIGH' ? 1_000 : 80)
        const times = windows.get(number.phoneNumberId) ?? []
        windows.set(number.phoneNumberId, times)
        let old = 0
        while (old < times.length && (times[old] ?? 0) <= nowMs - 1_000) old++
        if (old > 0) times.splice(0, old)
        if (times.length >= Math.ceil(rate * 1.1)) throw new GraphError(130429, 'The number sends more messages per second than allowed.')
        times.push(nowMs)
      }
      if (enforce.pair) {
        // one message in 6 s; a burst of up to 45 is borrowed from later
        const key = `${number.phoneNumberId} ${to}`
        const known = pairs.get(key) ?? { debtMs: 0, atMs: nowMs }
        const debtMs = Math.max(0, known.debtMs - (nowMs - known.atMs))
        if (debtMs > 44 * 6_000) throw new GraphError(131056, 'Too many messages to this person.')
        pairs.set(key, { debtMs: debtMs + 6_000, atMs: nowMs })
        if (pairs.size > 200_000) pairs = new Map()
      }
      const tier = TIERS[number.messagingLimit]
      if (enforce.limit && tier !== undefined) {
        const known = people.get(portfolioId) ?? new Map<string, number>()
        people.set(portfolioId, known)
        for (const [person, atMs] of known) {
          if (atMs > nowMs - DAY_MS) break
          known.delete(person)
        }
        if (!known.has(to) && known.size >= tier) throw new GraphError(131048, 'The messaging limit of the portfolio is reached.')
        known.delete(to)
        known.set(to, nowMs)
      }
    },
    reset() {
      windows.clear()
      pairs.clear()
      people.clear()
    },
  }
}
