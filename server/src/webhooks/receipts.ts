import pg from 'pg'
import { one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { installMetric } from '../platform/metrics.ts'
import { INBOX_CHANNEL } from './intake.ts'
import { BODIES_MAX, processInbox } from './processor.ts'
import { retryUnmatched } from './unmatched.ts'

const LOOK_EVERY_MS = 500
/**
 * Batches begin this far apart unless one was full: a batch of three hundred bodies takes little more than one of three. The first after a
 * rest is taken at once; what stops somebody counted already when it was stored (intake.ts).
 */
const GATHER_MS = 100
const RETRY_EVERY_MS = 30_000

installMetric({
  type: 'gauge',
  name: 'fanfare_inbox_bodies',
  help: 'Webhook bodies stored and not yet applied',
  read: async (db) => [[{}, (await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM webhook_inbox`)).n]],
})
installMetric({
  type: 'gauge',
  name: 'fanfare_inbox_oldest_seconds',
  help: 'How long the oldest of them waits; 0: none does',
  async read(db) {
    const waiting = await one<{ seconds: number | null }>(
      db,
      sql`SELECT extract(epoch FROM now() - min(received_at))::float8 AS seconds FROM webhook_inbox`,
    )
    return [[{}, waiting.seconds ?? 0]]
  },
})

/** Applies stored webhooks as they come; looks twice a second even when nothing calls. */
export function startReceipts(deps: Deps): { stop(): Promise<void>; wake(): void } {
  let isStopping = false
  let isWoken = false
  let wakeSleeper = () => {}
  let lastRetry = 0
  let listener: pg.Client | undefined

  const wake = () => {
    isWoken = true
    wakeSleeper()
  }
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeSleeper = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** As `sleep`, but nothing ends it early except stopping. */
  const pause = async (ms: number) => {
    const untilMs = performance.now() + ms
    for (let left = ms; left > 0 && !isStopping; left = untilMs - performance.now()) await sleep(left)
  }

  async function listen(): Promise<void> {
    if (listener !== undefined) return
    const client = new pg.Client({ connectionString: deps.pool.options.connectionString, application_name: 'fanfare-receipts' })
    client.on('notification', wake)
    client.on('error', () => {})
    client.on('end', () => {
      if (listener === client) listener = undefined
    })
    await client.connect()
    await client.query(`LISTEN ${INBOX_CHANNEL}`)
    listener = client
  }

  async function loop(): Promise<void> {
    while (!isStopping) {
      isWoken = false
      try {
        await listen()
        while (!isStopping) {
          const begunMs = performance.now()
          const taken = await processInbox(deps)
          if (taken === 0) break
          if (taken < BODIES_MAX) await pause(GATHER_MS - (performance.now() - begunMs))
        }
        if (performance.now() - lastRetry > RETRY_EVERY_MS) {
          lastRetry = performance.now()
          await retryUnmatched(deps)
          await run(deps.pool, sql`DELETE FROM receipt_minute WHERE minute < now() - interval '9 days'`)
        }
      } catch (error) {
        deps.log.warn({ err: error }, 'receipts will be looked at again')
        await sleep(500)
      }
      if (!isWoken && !isStopping) await sleep(LOOK_EVERY_MS)
    }
    await listener?.end().catch(() => {})
  }

  const running = loop()
  return {
    wake,
    async stop() {
      isStopping = true
      wake()
      await running
    },
  }
}
