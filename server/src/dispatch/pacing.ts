/** Send permits of one phone number id. A value: taking permits returns the next bucket. */
export interface Bucket {
  readonly permits: number
  readonly refilledAtMs: number
}
export interface Pace {
  /** Messages per second. */
  readonly perSecond: number
  /** Permits that may gather while nothing is sent. */
  readonly burstMax: number
}

/**
 * Grants up to `wanted` whole permits. Any t seconds grant at most burstMax + perSecond × t, so keep burstMax + perSecond within the
 * number's throughput, 80 messages/s unless raised: https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
export function takePermits(bucket: Bucket, pace: Pace, wanted: number, nowMs: number): { granted: number; bucket: Bucket } {
  const elapsedMs = Math.max(0, nowMs - bucket.refilledAtMs) // a clock stepping back earns nothing and stalls nothing
  const available = Math.min(pace.burstMax, bucket.permits + (elapsedMs / 1000) * pace.perSecond)
  const granted = Math.max(0, Math.min(wanted, Math.floor(available)))
  return { granted, bucket: { permits: available - granted, refilledAtMs: nowMs } }
}

/** Gives unused permits back, never above the burst. */
export const returnPermits = (bucket: Bucket, pace: Pace, unused: number): Bucket => ({
  ...bucket,
  permits: Math.min(pace.burstMax, bucket.permits + unused),
})

/** Milliseconds until `wanted` permits will be there, 0 when they are. */
export const waitMs = (bucket: Bucket, pace: Pace, wanted: number, nowMs: number): number => {
  const missing = Math.min(wanted, pace.burstMax) - bucket.permits - (Math.max(0, nowMs - bucket.refilledAtMs) / 1000) * pace.perSecond
  return Math.max(0, (missing / pace.perSecond) * 1000)
}

/**
 * The pace of intents: what gathers in 50 ms, at least one message and at most 5 % of a second's rate, so that no second exceeds the
 * rate by more than that (delivery.md §1, promise 11).
 */
export const paceOf = (perSecond: number): Pace => ({ perSecond, burstMax: Math.max(1, perSecond * 0.05) })

/** A number's share of its full rate, moved by Meta's throttling (AIMD). */
export interface Throttle {
  /** 0.01 … 1 of the number's rate. */
  readonly share: number
  readonly movedAtMs: number
}
export const FULL_SPEED: Throttle = { share: 1, movedAtMs: 0 }

/** One `130429` halves the pace, at most once a second (api.md §7). */
export const slowDown = (throttle: Throttle, nowMs: number): Throttle =>
  nowMs - throttle.movedAtMs < 1_000 && throttle.share < 1 ? throttle : { share: Math.max(0.01, throttle.share / 2), movedAtMs: nowMs }

/** Without a `130429` the pace climbs by 5 % of its present value a second. */
export function speedUp(throttle: Throttle, nowMs: number): Throttle {
  if (throttle.share >= 1) return throttle
  const seconds = Math.floor((nowMs - throttle.movedAtMs) / 1_000)
  if (seconds < 1) return throttle
  return { share: Math.min(1, throttle.share * 1.05 ** seconds), movedAtMs: throttle.movedAtMs + seconds * 1_000 }
}

/**
 * Requests that may be in flight at once, unless the operator set a number: 32 at 80/s, enough for a 400 ms round trip, and in
 * proportion at other rates; 2,000 at most.
 */
export const windowOf = (perSecond: number): number => Math.min(2_000, Math.max(4, Math.ceil(perSecond * 0.4)))

/** Back-off before attempt n + 1 of the five: 5 s · 2ⁿ⁻¹ with full jitter, at most 10 min (api.md §7). `random` is 0 … 1. */
export const backOffSeconds = (tries: number, random: number): number => Math.min(600, 5 * 2 ** Math.max(0, tries - 1)) * random
