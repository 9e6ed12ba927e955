import { clearHolds, setHold } from '../dispatch/holds.ts'
import { MetaError } from '../meta/client.ts'
import { announceQuality, qualities } from '../outgoing/numbers.ts'
import { type Db, run, sql } from '../platform/db.ts'
import { type Deps, invalidInput } from '../platform/http.ts'
import { inTransaction } from '../platform/transaction.ts'
import { markRemoved, type SyncCounts, saveTemplates } from '../templates/sync.ts'
import { syncNumbers } from './numbers.ts'
import { accountById, clientOf, type HealthCheck, listAccounts, type OpenAccount, openAccount } from './queries.ts'

/** Where Meta posts this account's webhooks. */
export const callbackUrl = (deps: Pick<Deps, 'config'>, accountId: string): string => `${deps.config.PUBLIC_URL}/webhooks/meta/${accountId}`

/** The account named, or the only one there is; 422 when that says nothing. */
export async function chooseAccount(deps: Deps, workspaceId: string, accountId: string | undefined): Promise<OpenAccount> {
  const refuse = (detail: string) => invalidInput([{ pointer: '/accountId', detail }])
  if (accountId !== undefined) {
    if ((await accountById(deps.pool, workspaceId, accountId)) === undefined) throw refuse('There is no such account.')
    return openAccount(deps, workspaceId, accountId)
  }
  const [only, ...others] = (await listAccounts(deps.pool, workspaceId, 2, 0)).rows
  if (only === undefined) throw refuse('No account is connected yet.')
  if (others.length > 0) throw refuse('Say which account.')
  return openAccount(deps, workspaceId, only.id)
}

/** Asks Meta everything an account needs to work and keeps the list of answers: the account page shows it as it is. */
export async function verifyAccount(deps: Deps, workspaceId: string, accountId: string): Promise<HealthCheck[]> {
  const account = await openAccount(deps, workspaceId, accountId)
  const client = clientOf(deps, account)
  const checks: HealthCheck[] = []
  const check = async (name: string, work: () => Promise<string>): Promise<boolean> => {
    const at = deps.now().toISOString()
    try {
      checks.push({ name, ok: true, detail: await work(), at })
      return true
    } catch (error) {
      if (!(error instanceof MetaError)) throw error
      checks.push({ name, ok: false, detail: error.details, at })
      return false
    }
  }
  const isTokenGood = await check('token', async () => {
    const info = await client.debugToken()
    if (!info.is_valid) throw new MetaError('Meta says that the access token is not valid.')
    await run(deps.pool, sql`UPDATE whatsapp_account SET app_id = ${info.app_id} WHERE workspace_id = ${workspaceId} AND id = ${accountId}`)
    const missing = ['whatsapp_business_messaging', 'whatsapp_business_management'].filter((scope) => !info.scopes.includes(scope))
    if (info.scopes.length > 0 && missing.length > 0) throw new MetaError(`The token lacks the permission ${missing.join(' and ')}.`)
    return info.expires_at ? `Valid until ${new Date(info.expires_at * 1_000).toISOString()}.` : 'Valid, does not expire.'
  })
  checks.push({
    name: 'appSecret',
    ok: account.appSecret !== null,
    detail: account.appSecret === null ? 'No app secret: webhooks cannot be checked and are refused.' : 'Known.',
    at: deps.now().toISOString(),
  })
  if (isTokenGood) {
    await check('subscription', async () => {
      const override =
        account.verifyToken === null ? undefined : { callbackUrl: callbackUrl(deps, accountId), verifyToken: account.verifyToken }
      await client.subscribeApp(account.wabaId, override)
      await run(deps.pool, sql`UPDATE whatsapp_account SET subscribed_at = now() WHERE workspace_id = ${workspaceId} AND id = ${accountId}`)
      return 'The app receives this account’s webhooks.'
    })
    await check('phoneNumbers', async () => {
      const numbers = await client.phoneNumbers(account.wabaId)
      await inTransaction(deps.pool, (tx) => syncNumbers(tx, workspaceId, accountId, numbers))
      if (numbers.length === 0) throw new MetaError('The account has no phone number.')
      return `${numbers.length} found.`
    })
    await check('templates', async () => {
      const counts = await syncTemplatesOf(deps, account)
      return `${counts.created + counts.updated + counts.unchanged} found.`
    })
  }
  await inTransaction(deps.pool, async (tx) => {
    await run(
      tx,
      sql`UPDATE whatsapp_account SET health = ${JSON.stringify({ checks })}, last_synced_at = now() WHERE workspace_id = ${workspaceId} AND id = ${accountId}`,
    )
    if (isTokenGood) await clearHolds(tx, { workspaceId, scope: 'account', scopeId: accountId, reasons: ['token_invalid'] })
  })
  return checks
}

/** Reads every page of templates; those Meta no longer lists are marked. */
export async function syncTemplatesOf(deps: Deps, account: OpenAccount): Promise<SyncCounts> {
  const total: SyncCounts = { created: 0, updated: 0, removed: 0, unchanged: 0 }
  const seen: string[] = []
  for await (const page of clientOf(deps, account).templates(account.wabaId)) {
    const counts = await inTransaction(deps.pool, (tx) => saveTemplates(tx, account.workspaceId, account.id, page))
    total.created += counts.created
    total.updated += counts.updated
    total.unchanged += counts.unchanged
    seen.push(...page.map(({ id }) => String(id)))
  }
  total.removed = await markRemoved(deps.pool, account.workspaceId, account.id, seen)
  return total
}

interface At {
  readonly workspaceId: string
  readonly accountId: string
}

/** phone_number_quality_update: throughput and limit of a number, named by its display number. */
export async function applyNumberEvent(
  tx: Db,
  at: At,
  event: { readonly displayPhoneNumber: string; readonly event: string; readonly limit: string | null },
): Promise<void> {
  const digits = event.displayPhoneNumber.replace(/\D/g, '')
  const isUpgrade = event.event === 'THROUGHPUT_UPGRADE'
  const before = await qualities(tx, at.workspaceId, at.accountId)
  await run(
    tx,
    sql`UPDATE phone_number
           SET throughput_level = CASE WHEN ${isUpgrade} THEN 'HIGH' ELSE throughput_level END,
               throughput_per_second = CASE WHEN ${isUpgrade} THEN 1000 ELSE throughput_per_second END,
               messaging_limit = coalesce(${event.limit}, messaging_limit), updated_at = now()
         WHERE workspace_id = ${at.workspaceId} AND account_id = ${at.accountId} AND removed_at IS NULL
           AND regexp_replace(display_phone_number, '\\D', '', 'g') = ${digits}`,
  )
  await announceQuality(tx, at.workspaceId, at.accountId, before, event.event)
}

/** business_capability_update: the limit belongs to the portfolio, so to every number of the account. */
export const applyCapability = (tx: Db, at: At, dailyLimit: number): Promise<number> =>
  run(
    tx,
    sql`UPDATE phone_number SET messaging_limit = ${tierOf(dailyLimit)}, updated_at = now()
         WHERE workspace_id = ${at.workspaceId} AND account_id = ${at.accountId} AND removed_at IS NULL`,
  )
const tierOf = (limit: number): string =>
  limit < 0 ? 'TIER_UNLIMITED' : limit >= 1_000 && limit % 1_000 === 0 ? `TIER_${limit / 1_000}K` : `TIER_${limit}`

/** account_update and restrictions: holds what must not go on, lifts what is reinstated. Campaigns are not resumed behind a person's back. */
export async function applyAccountEvent(
  tx: Db,
  at: At,
  event: {
    readonly event: string
    readonly banState: string | null
    readonly restrictions: readonly { readonly type: string; readonly expiresAt: Date | null }[]
  },
): Promise<void> {
  const account = { workspaceId: at.workspaceId, scope: 'account', scopeId: at.accountId } as const
  const blocking = event.restrictions.find(({ type }) => type === 'RESTRICTED_BIZ_INITIATED_MESSAGING')
  if (blocking !== undefined)
    await setHold(tx, {
      ...account,
      reason: 'account_restricted',
      detail: 'Meta restricted the account: it may not start conversations.',
      ...(blocking.expiresAt === null ? {} : { autoResumeAt: blocking.expiresAt }),
    })
  if (event.banState === 'DISABLE' || ['ACCOUNT_DELETED', 'ACCOUNT_OFFBOARDED', 'PARTNER_REMOVED'].includes(event.event))
    await setHold(tx, {
      ...account,
      reason: 'account_restricted',
      detail: `Meta reports ${event.event}${event.banState ? ` (${event.banState})` : ''}.`,
    })
  if (event.banState === 'REINSTATE') await clearHolds(tx, { ...account, reasons: ['account_restricted'] })
}
