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
 * Grants up to `wanted` whole permits. Any t seconds grant at most burstMax + perSecond × t; what is written must stay within the
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
 * Permits that one intent asks for: what gathers in 50 ms, from 200/s on in 100 ms, which is half the transactions. At least one, from 20/s on
 * two: fifty slow numbers with an intent for every message are a thousand transactions a second.
 */
export const stepOf = (perSecond: number): number =>
  Math.max(perSecond < 20 ? 1 : 2, Math.floor(perSecond * (perSecond < 200 ? 0.05 : 0.1)))

/**
 * The pace of intents. Twice a step may gather, so that a late timer or a slow transaction is caught up instead of lost: a bucket that holds no
 * more than a step loses whatever comes while a full one waits. From 200/s on four times: an intent waits there for the slice that receipts of
 * the messages just sent hold. Writing smooths it (`writePaceOf`), so that no second exceeds the rate by more than promise 11 of delivery.md §1
 * allows, and all of it is written well before it is too old.
 */
export const paceOf = (perSecond: number): Pace => ({ perSecond, burstMax: Math.max(1, (perSecond < 200 ? 2 : 4) * stepOf(perSecond)) })

/** The pace of a campaign's own cap, below the number's: nothing smooths it behind, so no more gathers than 50 ms bring. */
export const capPaceOf = (perSecond: number): Pace => ({ perSecond, burstMax: Math.max(1, perSecond * 0.05) })

/**
 * The pace of writing: a little looser than intending, so that it smooths without adding delay, and no looser where 5 % of a second's rate
 * is less than half a message. Any second sees at most 10 % more than the rate; from 200/s on no tenth of a second more than 12 % + 1.
 */
export function writePaceOf(perSecond: number): Pace {
  const looser = perSecond < 10 ? perSecond : perSecond * 1.05
  return { perSecond: looser, burstMax: Math.max(1, looser * 0.01) }
}

/** Permits the writer waits for: what 5 ms bring. A timer for each message would cost a fast number more than the message's bytes. */
export const writeStepOf = (pace: Pace): number => Math.max(1, Math.floor(pace.perSecond * 0.005))

/** A number's share of its full rate, moved by Meta's throttling (AIMD). */
export interface Throttle {
  /** 0.01 … 1 of the number's rate. */
  readonly share: number
  readonly halvedAtMs: number
  /** Up to when it has climbed back. */
  readonly climbedAtMs: number
}
export const FULL_SPEED: Throttle = { share: 1, halvedAtMs: Number.NEGATIVE_INFINITY, climbedAtMs: 0 }

/** One `130429` halves the pace, at most once a second (api.md §7). */
export const slowDown = (throttle: Throttle, nowMs: number): Throttle =>
  nowMs - throttle.halvedAtMs < 1_000
    ? { ...throttle, climbedAtMs: nowMs } // still throttled: no climbing yet
    : { share: Math.max(0.01, throttle.share / 2), halvedAtMs: nowMs, climbedAtMs: nowMs }

/** Without a `130429` the pace climbs by 5 % of its present value a second. */
export function speedUp(throttle: Throttle, nowMs: number): Throttle {
  if (throttle.share >= 1) return throttle
  const seconds = Math.floor((nowMs - throttle.climbedAtMs) / 1_000)
  if (seconds < 1) return throttle
  return { ...throttle, share: Math.min(1, throttle.share * 1.05 ** seconds), climbedAtMs: throttle.climbedAtMs + seconds * 1_000 }
}

/** The most that may be in flight, unless the operator set a number: 32 at 80/s, in proportion at other rates; 2,000 at most. */
export const windowOf = (perSecond: number): number => Math.min(2_000, Math.max(4, Math.ceil(perSecond * 0.4)))

/** How long an intent stays in flight, from asking for it to its durable result: smoothed as TCP smooths its round trip. */
export interface Trip {
  readonly ms: number
  readonly deviationMs: number
  readonly samples: number
}
export const FIRST_TRIP: Trip = { ms: 0, deviationMs: 0, samples: 0 }
const TRUSTED_AFTER = 50

/** https://www.rfc-editor.org/rfc/rfc6298 §2, with gains for many samples a second. */
export function seeTrip(trip: Trip, ms: number): Trip {
  if (trip.samples === 0) return { ms, deviationMs: ms / 2, samples: 1 }
  return {
    ms: trip.ms + (ms - trip.ms) / 32,
    deviationMs: trip.deviationMs + (Math.abs(ms - trip.ms) - trip.deviationMs) / 16,
    samples: trip.samples + 1,
  }
}

/**
 * W by Little's law: what rate and round trip need to keep the rate, and no more, since everything in flight is in doubt when a process dies.
 * It grows with both and shrinks when Meta throttles, between 4 and `most`.
 */
export function windowFor(pace: Pace, trip: Trip, most: number): number {
  if (trip.samples < TRUSTED_AFTER) return most
  const needed = Math.ceil((pace.perSecond * (trip.ms + 4 * trip.deviationMs)) / 1_000 + 2 * stepOf(pace.perSecond))
  return Math.min(most, Math.max(4, needed))
}

/** Back-off before attempt n + 1 of the five: 5 s · 2ⁿ⁻¹ with full jitter, at most 10 min (api.md §7). `random` is 0 … 1. */
export const backOffSeconds = (tries: number, random: number): number => Math.min(600, 5 * 2 ** Math.max(0, tries - 1)) * random
