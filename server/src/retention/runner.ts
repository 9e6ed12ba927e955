import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../platform/http.ts'
import { deleteSome, type Step } from './people.ts'

/** Between two steps, so that deleting is a trickle beside sending: at most some ten thousand people a second. */
const PAUSE_MS = 200
const LOOK_EVERY_MS = 3_600_000

/** Deletes the people of old campaigns step by step, and looks once an hour whether there are more. */
export function startRetention(deps: Deps): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const step = await deleteSome(deps.pool, deps.config.RETENTION_DAYS).catch((error: unknown): Step => {
        deps.log.warn({ err: error }, 'people of old campaigns could not be deleted yet')
        return 'idle'
      })
      await pause(step === 'deleted' ? PAUSE_MS : LOOK_EVERY_MS)
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
