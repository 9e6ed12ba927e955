const SPAN_MS = 10 * 60_000
const BUCKET_MS = 10_000

/** Counts answers of one number over the last ten minutes, in flat memory, and says when doubt is no accident any more. */
export interface AmbiguityWatch {
  /** @returns true when the breaker trips: the count starts anew, so that a resumed number gets its allowance again */
  saw(isAmbiguous: boolean, nowMs: number, window: number): boolean
}

/**
 * More than max(2 W, 1 %) ambiguous HTTP answers in ten minutes hold the number (delivery.md §3): each leaves somebody Unknown, and going
 * on would leave many. What the rescuer finds does not count.
 */
export function watchAmbiguity(): AmbiguityWatch {
  let buckets: { readonly startMs: number; answers: number; ambiguous: number }[] = []
  return {
    saw(isAmbiguous, nowMs, window) {
      const startMs = Math.floor(nowMs / BUCKET_MS) * BUCKET_MS
      let last = buckets.at(-1)
      if (last === undefined || last.startMs !== startMs) {
        last = { startMs, answers: 0, ambiguous: 0 }
        buckets = [...buckets.filter((bucket) => bucket.startMs > nowMs - SPAN_MS), last]
      }
      last.answers++
      if (!isAmbiguous) return false
      last.ambiguous++
      const answers = buckets.reduce((sum, bucket) => sum + bucket.answers, 0)
      const ambiguous = buckets.reduce((sum, bucket) => sum + bucket.ambiguous, 0)
      if (ambiguous <= Math.max(2 * window, answers / 100)) return false
      buckets = []
      return true
    },
  }
}
