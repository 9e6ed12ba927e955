import type { Outcome } from './outcome.ts'
import { type Bucket, type Pace, takePermits, waitMs, writeStepOf } from './pacing.ts'
import type { Attempt, Clock } from './ports.ts'
import type { Message, Refusal } from './send.ts'

/** A request older than this when its turn comes is not written (delivery.md §2). */
const WRITE_WITHIN_MS = 1_000

/** Writes intended requests at an even pace; each comes back with what became of it. */
export interface Writer {
  /** @param askedMs when the intent was asked for: a process stopped between its commit and here must find it old */
  add(attempt: Attempt, askedMs: number): void
  /** Nothing more is written from now on; what still waits comes back as late. */
  fence(): void
}

export function makeWriter(
  ports: Clock & { send(message: Message, refuseToWrite: Refusal): Promise<Outcome> },
  pace: () => Pace,
  answered: (attempt: Attempt, outcome: Outcome, askedMs: number) => void,
): Writer {
  const queue: { readonly attempt: Attempt; readonly askedMs: number }[] = []
  let bucket: Bucket = { permits: 1, refilledAtMs: ports.nowMs() }
  let isFenced = false
  let cancelTimer = () => {}

  /** Why a request may not be written any more. */
  function refusal(askedMs: number): string | undefined {
    if (isFenced) return 'The number was taken over before it was written.'
    return ports.nowMs() - askedMs > WRITE_WITHIN_MS ? 'Its turn came too late.' : undefined
  }

  /** Writes what the pace allows now and comes back for the rest. */
  function write(): void {
    cancelTimer()
    const now = ports.nowMs()
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const { attempt, askedMs } = next
      const lateBecause = refusal(askedMs)
      if (lateBecause !== undefined) {
        queue.shift()
        answered(attempt, { kind: 'late', detail: lateBecause }, askedMs)
        continue
      }
      const taken = takePermits(bucket, pace(), 1, now)
      bucket = taken.bucket
      if (taken.granted === 0) {
        cancelTimer = ports.later(Math.max(1, waitMs(bucket, pace(), writeStepOf(pace()), now)), write)
        return
      }
      queue.shift()
      void ports.send(attempt.message, () => refusal(askedMs)).then((outcome) => answered(attempt, outcome, askedMs))
    }
  }

  return {
    add(attempt, askedMs) {
      queue.push({ attempt, askedMs })
      if (queue.length === 1) write()
    },
    fence() {
      isFenced = true
      write()
    },
  }
}
