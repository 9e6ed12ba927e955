import { type Bucket, takePermits } from '../dispatch/pacing.ts'

export interface RateLimit {
  readonly isAllowed: boolean
  readonly perSecond: number
  readonly retryAfterSeconds: number
  readonly headers: Readonly<Record<string, string>>
}

/** A token bucket per key of this process. Buckets that are full again are forgotten. */
export function makeRateLimiter(perSecond: number, burst: number): (key: string, nowMs: number) => RateLimit {
  const buckets = new Map<string, Bucket>()
  const pace = { perSecond, burstMax: burst }
  return (key, nowMs) => {
    const taken = takePermits(buckets.get(key) ?? { permits: burst, refilledAtMs: nowMs }, pace, 1, nowMs)
    if (buckets.size > 50_000) buckets.clear()
    buckets.set(key, taken.bucket)
    const resetSeconds = Math.ceil((burst - taken.bucket.permits) / perSecond)
    return {
      isAllowed: taken.granted === 1,
      perSecond,
      retryAfterSeconds: Math.max(1, Math.ceil((1 - taken.bucket.permits) / perSecond)),
      headers: {
        'RateLimit-Limit': String(burst),
        'RateLimit-Remaining': String(Math.floor(taken.bucket.permits)),
        'RateLimit-Reset': String(resetSeconds),
      },
    }
  }
}
