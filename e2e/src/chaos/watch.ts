import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Campaign } from '../world.ts'

/** Reads a campaign all the time, as an impatient person would, and notes what must never be read. */
export interface Watch {
  /** What was wrong, each fault once. */
  readonly faults: ReadonlySet<string>
  readonly reads: () => number
  readonly mostUnknown: () => number
  /** Names of the holds that were seen. */
  readonly holds: ReadonlySet<string>
  stop(): Promise<void>
}

const EVERY_MS = 250
const ENDS = ['Completed', 'Failed', 'Cancelled']

export function watchCampaign(api: Api, id: string): Watch {
  const faults = new Set<string>()
  const holds = new Set<string>()
  let reads = 0
  let mostUnknown = 0
  let ended: string | undefined
  let isStopping = false

  function look({ status, counts, hold }: Campaign): void {
    reads++
    const { audience, ...states } = counts
    const sum = Object.values(states).reduce((total, n) => total + n, 0)
    if (sum !== audience) faults.add(`states add up to ${sum} of ${audience}`)
    for (const [state, n] of Object.entries(states)) if (n < 0) faults.add(`${n} people ${state}`)
    if (ended !== undefined && status !== ended) faults.add(`${ended} became ${status}`)
    if (ENDS.includes(status)) ended = status
    if (hold !== null) holds.add(hold.reason)
    mostUnknown = Math.max(mostUnknown, counts.unknown)
  }

  async function loop(): Promise<void> {
    while (!isStopping) {
      const answer = await api.raw('GET', `/WhatsappCampaign/${id}`).catch(() => undefined) // a killed process answers nobody
      const body = await answer?.text().catch(() => undefined)
      if (answer?.ok && body !== undefined) look(JSON.parse(body) as Campaign)
      else if (answer?.status === 503 && answer.headers.get('retry-after') === null) faults.add('503 without Retry-After')
      else if (answer !== undefined && !answer.ok && answer.status !== 503) faults.add(`GET campaign answered ${answer.status}`)
      await wait(EVERY_MS)
    }
  }
  const running = loop()
  return {
    faults,
    holds,
    reads: () => reads,
    mostUnknown: () => mostUnknown,
    async stop() {
      isStopping = true
      await running
    },
  }
}
