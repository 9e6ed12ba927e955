import type { Result } from './ports.ts'

/** Results of one transaction at most. */
const JOINT_MAX = 2_000

/**
 * Records what several numbers of one workspace came to in one transaction: what a number has ready while another's is being written waits
 * for the next. Ten numbers then cost little more than one, and never wait for each other's counters.
 */
export interface JointRecord {
  /** Durable when it resolves; rejects while the store is away. Repeating it is safe. */
  record(workspaceId: string, results: readonly Result[]): Promise<void>
}

interface Waiting {
  readonly results: readonly Result[]
  readonly done: (error?: unknown) => void
}

/** @param write one durable transaction; safe to repeat */
export function makeJointRecord(write: (workspaceId: string, results: readonly Result[]) => Promise<void>): JointRecord {
  const queues = new Map<string, Waiting[]>()

  async function drain(workspaceId: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const parts = takeUpTo(queue, JOINT_MAX)
      try {
        await write(
          workspaceId,
          parts.flatMap(({ results }) => results),
        )
        for (const { done } of parts) done()
      } catch (error) {
        if (parts.length === 1) parts[0]?.done(error)
        else for (const part of parts) await write(workspaceId, part.results).then(() => part.done(), part.done) // no number fails for another's sake
      }
    }
    queues.delete(workspaceId)
  }

  return {
    record: (workspaceId, results) =>
      new Promise((resolve, reject) => {
        const part = { results, done: (error?: unknown) => (error === undefined ? resolve() : reject(error)) }
        const queue = queues.get(workspaceId)
        if (queue !== undefined) return void queue.push(part)
        const fresh = [part]
        queues.set(workspaceId, fresh)
        void drain(workspaceId, fresh)
      }),
  }
}

/** The first parts that together have at most so many results; one at least. */
function takeUpTo(queue: Waiting[], most: number): Waiting[] {
  let count = 0
  let parts = 0
  for (const { results } of queue) {
    if (parts > 0 && count + results.length > most) break
    count += results.length
    parts++
  }
  return queue.splice(0, parts)
}
