import pg from 'pg'
import { Gauge } from 'prom-client'
import { one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { metrics } from '../platform/metrics.ts'
import { INBOX_CHANNEL } from './intake.ts'
import { processInbox } from './processor.ts'
import { retryUnmatched } from './unmatched.ts'

const LOOK_EVERY_MS = 500
const RETRY_EVERY_MS = 30_000

const depth = new Gauge({ name: 'fanfare_inbox_bodies', help: 'Webhook bodies stored and not yet applied', registers: [metrics] })

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
        while (!isStopping && (await processInbox(deps)) > 0) {
          // until the inbox is empty
        }
        if (performance.now() - lastRetry > RETRY_EVERY_MS) {
          lastRetry = performance.now()
          await retryUnmatched(deps)
          await run(deps.pool, sql`DELETE FROM receipt_minute WHERE minute < now() - interval '9 days'`)
          depth.set((await one<{ n: number }>(deps.pool, sql`SELECT count(*) AS n FROM webhook_inbox`)).n)
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
