/** A number with something to send, and the worker that has it; null: nobody. */
export interface WorkingNumber {
  readonly workspaceId: string
  readonly numberId: string
  readonly workerKey: number | null
}

/** What one worker is to do about the numbers, until it asks again. */
export interface Share<N> {
  /** Nobody has driven these for the lease time: taken whatever the shares say. */
  readonly overdue: readonly N[]
  /** Free numbers, of which so many may be taken. */
  readonly free: readonly N[]
  readonly room: number
  /** A number to hand over, to a worker that drives fewer. */
  readonly handOver: N | undefined
}

export interface Sharing {
  /**
   * @param numbers every number with work
   * @param workers keys of the workers that live, this one among them
   */
  shareOf<N extends WorkingNumber>(numbers: readonly N[], workers: readonly number[], me: number): Share<N>
}

/**
 * Spreads numbers over workers without a word between them: each sees the same leases and takes no more than its share, numbers ÷ workers
 * rounded up. Nothing stays undriven for it: what has been free for the lease time anybody takes, because whoever it was left to cannot drive
 * it. Where one drives two more than another (workers were added), the busiest hands over, one number at a time; a worker that
 * let such a number lie gets no other.
 * @param options.leaseMs how long a number is left to others
 */
export function makeSharing(options: { readonly leaseMs: number; readonly nowMs: () => number }): Sharing {
  /** Since when this worker has seen a number free. */
  let freeSince = new Map<string, number>()
  /** Numbers handed over and for whom. */
  const handed = new Map<string, number>()
  const declined = new Set<number>()

  return {
    shareOf(numbers, workers, me) {
      const nowMs = options.nowMs()
      const drives = new Map(workers.map((key) => [key, 0]))
      for (const { workerKey } of numbers)
        if (workerKey !== null && drives.has(workerKey)) drives.set(workerKey, (drives.get(workerKey) ?? 0) + 1)
      const isFree = ({ workerKey }: WorkingNumber) => workerKey === null || !drives.has(workerKey)
      const free = numbers.filter(isFree)
      freeSince = new Map(free.map(({ numberId }) => [numberId, freeSince.get(numberId) ?? nowMs]))
      const isOverdue = ({ numberId }: WorkingNumber) => nowMs - (freeSince.get(numberId) ?? nowMs) >= options.leaseMs
      for (const number of numbers) {
        const heir = handed.get(number.numberId)
        if (heir === undefined || (isFree(number) && !isOverdue(number))) continue
        if (isFree(number)) declined.add(heir)
        handed.delete(number.numberId)
      }
      const mine = drives.get(me) ?? 0
      const [heir] = [...drives].filter(([key]) => key !== me && !declined.has(key)).sort(([a, m], [b, n]) => m - n || a - b)
      const isBusiest = drives.entries().every(([key, count]) => count < mine || (count === mine && key >= me))
      const hands = free.length === 0 && heir !== undefined && isBusiest && mine - heir[1] >= 2
      const handOver = hands ? numbers.findLast(({ workerKey }) => workerKey === me) : undefined
      if (handOver !== undefined && heir !== undefined) handed.set(handOver.numberId, heir[0])
      return {
        overdue: free.filter(isOverdue),
        free: free.filter((number) => !isOverdue(number)),
        room: Math.max(0, Math.ceil(numbers.length / Math.max(1, workers.length)) - mine),
        handOver,
      }
    },
  }
}
