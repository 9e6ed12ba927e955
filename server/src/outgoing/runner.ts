import { sendMails } from '../notices/mailer.ts'
import type { Deps } from '../platform/http.ts'
import { driveEndpoint, forgetOldDeliveries, takeEndpoints } from './deliver.ts'
import { routeEvents } from './router.ts'

const LOOK_EVERY_MS = 1_000
const CLEAR_EVERY_MS = 3_600_000

/** Empties the outbox and drives endpoints and notices beside everything else; slow receivers delay nobody but themselves. */
export function startOutgoing(deps: Deps): { stop(): Promise<void> } {
  let isStopping = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  let mailing: Promise<void> | undefined
  let clearedAtMs = Number.NEGATIVE_INFINITY
  const driving = new Set<Promise<void>>()
  const warn = (error: unknown) => deps.log.warn({ err: error }, 'outgoing events will be looked at again')

  async function look(): Promise<void> {
    while (!isStopping && (await routeEvents(deps)) > 0);
    for (const lease of isStopping ? [] : await takeEndpoints(deps)) {
      const drive: Promise<void> = driveEndpoint(deps, lease, () => isStopping)
        .catch(warn)
        .finally(() => driving.delete(drive))
      driving.add(drive)
    }
    mailing ??= mailOnce()
    if (performance.now() - clearedAtMs < CLEAR_EVERY_MS) return
    clearedAtMs = performance.now()
    await forgetOldDeliveries(deps)
  }
  async function mailOnce(): Promise<void> {
    await sendMails(deps).catch(warn)
    mailing = undefined
  }
  const tick = () => {
    looking = look()
      .catch(warn)
      .then(() => {
        if (!isStopping) timer = setTimeout(tick, LOOK_EVERY_MS)
      })
  }
  tick()
  return {
    async stop() {
      isStopping = true
      clearTimeout(timer)
      await looking
      await Promise.all([...driving, mailing])
    },
  }
}
