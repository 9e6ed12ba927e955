import { Counter } from 'prom-client'
import { findOpenAccount, type OpenAccount } from '../accounts/queries.ts'
import { addressesOf } from '../dispatch/address.ts'
import { run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { metrics } from '../platform/metrics.ts'
import { Problem } from '../platform/problem.ts'
import { makeIntake } from './intake.ts'
import { intakeBroke } from './intake-watch.ts'
import { isSigned } from './signature.ts'

/** Meta's bodies end far below. */
export const BODY_BYTES_MAX = 4 * 1_048_576
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

/** Takes the bodies that Meta posts: the one place that decides whose they are and whether they are genuine. */
export interface Receiver {
  /** The account a post is for, by the id in its path. @throws not-found */
  accountOf(id: string): Promise<OpenAccount>
  /** The same without asking the database: undefined when it was not asked for a few seconds. */
  rememberedAccount(id: string): OpenAccount | undefined
  /** Resolves once the body is on disk. @throws unauthorized, store-unavailable */
  receive(account: OpenAccount, body: Buffer, signature: string | undefined): Promise<void>
}

export function makeReceiver(deps: Deps): Receiver {
  const intake = makeIntake(deps.pool, addressesOf(deps))
  const cache = new Map<string, { readonly account: OpenAccount; readonly untilMs: number }>()
  const lastNoted = new Map<string, number>()

  function rememberedAccount(id: string): OpenAccount | undefined {
    const known = cache.get(id)
    return known !== undefined && known.untilMs > performance.now() ? known.account : undefined
  }

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

  return {
    rememberedAccount,
    async accountOf(id) {
      const account = rememberedAccount(id) ?? (isUuid(id) ? await findOpenAccount(deps, null, id) : undefined)
      if (account === undefined) throw new Problem('not-found', 'There is no such account.')
      if (rememberedAccount(id) === undefined) cache.set(id, { account, untilMs: performance.now() + ACCOUNT_CACHE_MS })
      return account
    },
    async receive(account, body, signature) {
      if (account.appSecret === null || !isSigned(body, signature, account.appSecret)) {
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
    },
  }
}
