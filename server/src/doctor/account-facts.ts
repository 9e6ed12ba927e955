import { randomBytes } from 'node:crypto'
import { request } from 'undici'
import { callbackUrl } from '../accounts/actions.ts'
import { clientOf, findOpenAccount, type OpenAccount } from '../accounts/queries.ts'
import { MetaError } from '../meta/client.ts'
import type { Config } from '../platform/config.ts'
import { many, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import type { AccountFacts, ChallengeFacts, TokenFacts } from './account.ts'

const WITHIN_MS = 10_000

interface Row {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
  readonly lastWebhookAt: Date | null
  readonly lastAcceptedAt: Date | null
}

/** Every connected account of every workspace; those whose secrets do not open are named apart. */
export async function accountsFacts(
  deps: Pick<Deps, 'pool' | 'secrets' | 'config'>,
): Promise<{ open: AccountFacts[]; closed: readonly string[] }> {
  const rows = await many<Row>(
    deps.pool,
    sql`SELECT a.workspace_id AS "workspaceId", a.id, a.name, a.last_webhook_at AS "lastWebhookAt",
               (SELECT max(m.minute) FROM campaign_minute m
                 WHERE m.workspace_id = a.workspace_id AND m.minute > now() - interval '1 day' AND m.sent > 0
                   AND m.campaign_id IN (SELECT c.id FROM campaign c JOIN phone_number n ON n.workspace_id = c.workspace_id AND n.id = c.number_id
                                          WHERE c.workspace_id = a.workspace_id AND n.account_id = a.id)) AS "lastAcceptedAt"
          FROM whatsapp_account a WHERE a.removed_at IS NULL ORDER BY a.created_at, a.id`,
  )
  const open: AccountFacts[] = []
  const closed: string[] = []
  for (const row of rows) {
    const account = await findOpenAccount(deps, row.workspaceId, row.id).catch(() => undefined)
    if (account === undefined) closed.push(row.name)
    else open.push(await accountFacts(deps, row, account))
  }
  return { open, closed }
}

async function accountFacts(deps: Pick<Deps, 'config'>, row: Row, account: OpenAccount): Promise<AccountFacts> {
  const url = callbackUrl(deps, account.id)
  const [token, challenge] = await Promise.all([
    tokenFacts(deps, account),
    account.verifyToken === null ? undefined : challengeFacts(url, account.verifyToken),
  ])
  return {
    name: row.name,
    hasAppSecret: account.appSecret !== null,
    hasVerifyToken: account.verifyToken !== null,
    token,
    challenge,
    callbackUrl: url,
    lastWebhookAt: row.lastWebhookAt,
    lastAcceptedAt: row.lastAcceptedAt,
  }
}

/** Two reads that change nothing at Meta: the token, and who gets the WABA's webhooks. */
async function tokenFacts(deps: { readonly config: Config }, account: OpenAccount): Promise<TokenFacts> {
  const client = clientOf(deps, account)
  try {
    const told = await client.debugToken()
    const subscribed = !told.is_valid
      ? []
      : await client.subscribedApps(account.wabaId).catch((error: unknown) => {
          if (!(error instanceof MetaError)) throw error
          return { details: error.details }
        })
    return {
      kind: 'told',
      isValid: told.is_valid,
      appId: told.app_id,
      expiresAt: told.expires_at,
      scopes: told.scopes,
      subscribed,
    }
  } catch (error) {
    if (!(error instanceof MetaError)) throw error
    return error.code === null
      ? { kind: 'away', details: error.details }
      : { kind: 'refused', code: error.code, subcode: error.subcode, details: error.details }
  }
}

/** What Meta does when a callback address is set (whatsapp-cloud-api.md §9.1), from here. */
async function challengeFacts(url: string, verifyToken: string): Promise<ChallengeFacts> {
  const challenge = randomBytes(12).toString('hex')
  const target = new URL(url)
  target.searchParams.set('hub.mode', 'subscribe')
  target.searchParams.set('hub.verify_token', verifyToken)
  target.searchParams.set('hub.challenge', challenge)
  try {
    const { statusCode, body } = await request(target, { method: 'GET', headersTimeout: WITHIN_MS, bodyTimeout: WITHIN_MS })
    return { kind: 'answered', status: statusCode, isEcho: (await body.text()) === challenge }
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    return { kind: 'away', details: code ?? message ?? 'no answer' }
  }
}
