import { timingSafeEqual } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import { Counter } from 'prom-client'
import { findOpenAccount, type OpenAccount } from '../accounts/queries.ts'
import { addressesOf } from '../dispatch/address.ts'
import { run, sql } from '../platform/db.ts'
import type { AppEnv, Deps } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { metrics } from '../platform/metrics.ts'
import { Problem } from '../platform/problem.ts'
import { readBytes } from '../platform/request-body.ts'
import { makeIntake } from './intake.ts'
import { intakeBroke } from './intake-watch.ts'
import { isSigned } from './signature.ts'

const BODY_BYTES_MAX = 4 * 1_048_576
/** A changed secret counts within this time. */
const ACCOUNT_CACHE_MS = 5_000

const received = new Counter({
  name: 'fanfare_webhooks_total',
  help: 'Webhook posts from Meta, by result',
  labelNames: ['result'],
  registers: [metrics],
})

/** Meta waits about 20 s: a store that stalls is answered like one that is away, and Meta tells again. */
const STORE_WITHIN_MS = 10_000

function withinDeadline(work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Problem('store-unavailable', 'The database does not answer in time.', { headers: { 'Retry-After': '5' } })),
      STORE_WITHIN_MS,
    )
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** What Meta calls: the handshake, and the posts that tell what became of messages. No key: the signature is the credential. */
export function webhookRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>()
  const intake = makeIntake(deps.pool, addressesOf(deps))
  const cache = new Map<string, { readonly account: OpenAccount | undefined; readonly untilMs: number }>()
  const lastNoted = new Map<string, number>()

  async function accountOf(id: string): Promise<OpenAccount> {
    const known = cache.get(id)
    const fresh = known !== undefined && known.untilMs > performance.now() ? known : undefined
    const account = fresh ? fresh.account : isUuid(id) ? await findOpenAccount(deps, null, id) : undefined
    if (!fresh && account !== undefined) cache.set(id, { account, untilMs: performance.now() + ACCOUNT_CACHE_MS })
    if (account === undefined) throw new Problem('not-found', 'There is no such account.')
    return account
  }

  routes.get('/webhooks/meta/:accountId', async (c) => {
    const account = await accountOf(c.req.param('accountId'))
    const query = c.req.query()
    const given = Buffer.from(query['hub.verify_token'] ?? '')
    const expected = Buffer.from(account.verifyToken ?? '')
    const isKnown = account.verifyToken !== null && given.length === expected.length && timingSafeEqual(given, expected)
    if (query['hub.mode'] !== 'subscribe' || !isKnown) throw new Problem('forbidden', 'The verify token is not the one of this account.')
    return c.body(query['hub.challenge'] ?? '', 200, { 'Content-Type': 'text/plain; charset=utf-8' })
  })

  routes.post('/webhooks/meta/:accountId', async (c) => {
    const account = await accountOf(c.req.param('accountId'))
    const body = await readBytes(c.req.raw.body, BODY_BYTES_MAX, Number(c.req.header('content-length') ?? 0))
    if (account.appSecret === null || !isSigned(body, c.req.header('x-hub-signature-256'), account.appSecret)) {
      received.inc({ result: 'bad_signature' })
      throw new Problem('unauthorized', 'The signature does not fit the body.')
    }
    await withinDeadline(intake({ workspaceId: account.workspaceId, accountId: account.id, body })).catch((error: unknown) => {
      intakeBroke(deps.pool)
      received.inc({ result: 'store_away' })
      throw error
    })
    received.inc({ result: 'stored' })
    noteWebhook(account)
    return c.body(null, 200)
  })

  /** At most twice a minute: the account page shows when Meta was last heard. */
  function noteWebhook(account: OpenAccount): void {
    const now = performance.now()
    if (now - (lastNoted.get(account.id) ?? Number.NEGATIVE_INFINITY) < 30_000) return
    lastNoted.set(account.id, now)
    run(
      deps.pool,
      sql`UPDATE whatsapp_account SET last_webhook_at = now() WHERE workspace_id = ${account.workspaceId} AND id = ${account.id}`,
    ).catch((error: unknown) => deps.log.debug({ err: error }, 'last webhook not noted'))
  }
  return routes
}
