import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../platform/http.ts'
import { deleteSome, type Step } from './people.ts'

/** Between two steps, so that deleting is a trickle beside sending: at most some ten thousand people a second. */
const PAUSE_MS = 200
const LOOK_EVERY_MS = 3_600_000

/** What the loop asks of the outside. A pause ends early when its signal is aborted, and never fails. */
export interface RetentionPorts {
  readonly deleteSome: typeof deleteSome
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}
const PORTS: RetentionPorts = {
  deleteSome,
  pause: (ms, signal) => sleep(ms, undefined, { signal, ref: false }).catch(() => {}),
}

/**
 * Deletes the people of old campaigns step by step, and looks once an hour whether there are more.
 * `stop` lets the step that runs come to its end, and begins no other.
 */
export function startRetention(deps: Deps, ports: Partial<RetentionPorts> = {}): { stop(): Promise<void> } {
  const { deleteSome, pause } = { ...PORTS, ...ports }
  const stopping = new AbortController()
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const step = await deleteSome(deps.pool, deps.config.RETENTION_DAYS).catch((error: unknown): Step => {
        deps.log.warn({ err: error }, 'people of old campaigns could not be deleted yet')
        return 'idle'
      })
      await pause(step === 'deleted' ? PAUSE_MS : LOOK_EVERY_MS, stopping.signal)
    }
  }
  const running = loop()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
