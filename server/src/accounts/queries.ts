import { createHmac } from 'node:crypto'
import { type MetaClient, type MetaPhoneNumber, metaClient } from '../meta/client.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'

export interface AccountRow {
  readonly id: string
  readonly workspace_id: string
  readonly name: string
  readonly waba_id: string
  readonly portfolio_id: string | null
  readonly app_id: string | null
  readonly graph_base_url: string | null
  readonly subscribed_at: Date | null
  readonly last_webhook_at: Date | null
  readonly last_synced_at: Date | null
  readonly health: { readonly checks?: readonly HealthCheck[] }
  readonly created_at: Date
  readonly updated_at: Date
}
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  readonly at: string
}
export const accountColumns = sql`id, workspace_id, name, waba_id, portfolio_id, app_id, graph_base_url, subscribed_at, last_webhook_at,
  last_synced_at, health, created_at, updated_at`

export const accountById = (db: Db, workspaceId: string, id: string) =>
  maybeOne<AccountRow>(
    db,
    sql`SELECT ${accountColumns} FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND id = ${id} AND removed_at IS NULL`,
  )

/** An account with its secrets opened: for calls to Meta and for webhook signatures. Never leaves the process. */
export interface OpenAccount {
  readonly id: string
  readonly workspaceId: string
  readonly wabaId: string
  readonly accessToken: string
  readonly appSecret: string | null
  readonly verifyToken: string | null
  readonly graphBaseUrl: string | null
}
const FIELD = {
  token: 'whatsapp_account.access_token',
  secret: 'whatsapp_account.app_secret',
  verify: 'whatsapp_account.webhook_verify_token',
} as const

/** Opens an account by id; `workspaceId` null: the webhook path names the account alone. */
export async function findOpenAccount(
  deps: Pick<Deps, 'pool' | 'secrets' | 'config'>,
  workspaceId: string | null,
  id: string,
): Promise<OpenAccount | undefined> {
  const row = await maybeOne<{
    id: string
    workspace_id: string
    waba_id: string
    graph_base_url: string | null
    access_token_sealed: Buffer
    app_secret_sealed: Buffer | null
    webhook_verify_token_sealed: Buffer | null
  }>(
    deps.pool,
    sql`SELECT id, workspace_id, waba_id, graph_base_url, access_token_sealed, app_secret_sealed, webhook_verify_token_sealed
          FROM whatsapp_account WHERE id = ${id} AND (${workspaceId}::uuid IS NULL OR workspace_id = ${workspaceId}) AND removed_at IS NULL`,
  )
  if (row === undefined) return undefined
  const open = (field: string, sealed: Buffer | null) => (sealed === null ? null : deps.secrets.open(row.workspace_id, field, sealed))
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    wabaId: row.waba_id,
    accessToken: open(FIELD.token, row.access_token_sealed) ?? '',
    appSecret: open(FIELD.secret, row.app_secret_sealed) ?? deps.config.META_APP_SECRET ?? null,
    verifyToken: open(FIELD.verify, row.webhook_verify_token_sealed) ?? deps.config.META_WEBHOOK_VERIFY_TOKEN ?? null,
    graphBaseUrl: row.graph_base_url,
  }
}

/** As `findOpenAccount`; an error when it is gone. */
export async function openAccount(deps: Pick<Deps, 'pool' | 'secrets' | 'config'>, workspaceId: string, id: string): Promise<OpenAccount> {
  const account = await findOpenAccount(deps, workspaceId, id)
  if (account === undefined) throw new Error(`WhatsApp account ${id} is gone`)
  return account
}

export const clientOf = (deps: Pick<Deps, 'config'>, account: OpenAccount): MetaClient =>
  metaClient({
    baseUrl: account.graphBaseUrl ?? deps.config.META_GRAPH_BASE_URL,
    version: deps.config.META_GRAPH_VERSION,
    accessToken: account.accessToken,
    appSecret: account.appSecret,
  })

/** Seals what must never be read back. */
export const sealAccount = (
  secrets: Deps['secrets'],
  workspaceId: string,
  input: {
    readonly accessToken?: string | undefined
    readonly appSecret?: string | undefined
    readonly webhookVerifyToken?: string | undefined
  },
) => {
  const seal = (field: string, text: string | undefined) => (text === undefined ? null : secrets.seal(workspaceId, field, text))
  return {
    accessToken: seal(FIELD.token, input.accessToken),
    appSecret: seal(FIELD.secret, input.appSecret),
    secretMark:
      input.appSecret === undefined
        ? null
        : createHmac('sha256', secrets.derive('app-secret')).update(input.appSecret).digest().subarray(0, 16),
    verifyToken: seal(FIELD.verify, input.webhookVerifyToken),
  }
}

/** Messages per second that a throughput level allows: 20 when the number is also on the WhatsApp Business app. [T] in the reference */
export const throughputOf = (number: Pick<MetaPhoneNumber, 'throughput' | 'is_on_biz_app'>): number => {
  if (number.is_on_biz_app === true) return 20
  return number.throughput?.level === 'HIGH' ? 1_000 : 80
}

/** Takes over what Meta tells about numbers; those no longer there are marked removed. The first number becomes the default. */
export async function syncNumbers(tx: Db, workspaceId: string, accountId: string, numbers: readonly MetaPhoneNumber[]): Promise<void> {
  for (const number of numbers) {
    await run(
      tx,
      sql`INSERT INTO phone_number (workspace_id, id, account_id, phone_number_id, display_phone_number, verified_name, quality_rating, status,
                 throughput_level, throughput_per_second, messaging_limit)
          VALUES (${workspaceId}, ${newId()}, ${accountId}, ${number.id}, ${number.display_phone_number}, ${number.verified_name ?? null},
                  ${number.quality_rating ?? 'UNKNOWN'}, ${number.status ?? 'UNKNOWN'}, ${number.throughput?.level ?? 'STANDARD'}, ${throughputOf(number)},
                  ${number.whatsapp_business_manager_messaging_limit ?? 'TIER_NOT_SET'})
          ON CONFLICT (phone_number_id) WHERE removed_at IS NULL DO UPDATE
             SET display_phone_number = excluded.display_phone_number, verified_name = excluded.verified_name,
                 quality_rating = excluded.quality_rating, status = excluded.status, throughput_level = excluded.throughput_level,
                 throughput_per_second = excluded.throughput_per_second, messaging_limit = excluded.messaging_limit, updated_at = now()
           WHERE phone_number.workspace_id = excluded.workspace_id AND phone_number.account_id = excluded.account_id`,
    )
  }
  await run(
    tx,
    sql`UPDATE phone_number SET removed_at = now(), is_default = false
         WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL
           AND phone_number_id <> ALL(${numbers.map(({ id }) => id)}::text[])`,
  )
  await run(
    tx,
    sql`UPDATE phone_number SET is_default = true
         WHERE id = (SELECT id FROM phone_number WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL
                      ORDER BY created_at, id LIMIT 1)
           AND NOT EXISTS (SELECT 1 FROM phone_number WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND is_default AND removed_at IS NULL)`,
  )
}

export interface NumberRow {
  readonly id: string
  readonly account_id: string
  readonly phone_number_id: string
  readonly display_phone_number: string
  readonly verified_name: string | null
  readonly quality_rating: string
  readonly status: string
  readonly throughput_per_second: number
  readonly messaging_limit: string
  readonly daily_limit: number | null
  readonly rate_per_second: number | null
  readonly max_in_flight: number | null
  readonly is_default: boolean
  readonly updated_at: Date
  readonly used_last_24h: number
}

/** Numbers with what they sent in the last 24 hours, by the per-minute series: cheap whatever the number of messages. */
export const numbersWhere = (db: Db, workspaceId: string, condition = sql`true`) =>
  many<NumberRow>(
    db,
    sql`SELECT n.id, n.account_id, n.phone_number_id, n.display_phone_number, n.verified_name, n.quality_rating, n.status, n.throughput_per_second,
               n.messaging_limit, n.daily_limit, n.rate_per_second, n.max_in_flight, n.is_default, n.updated_at,
               (SELECT coalesce(sum(m.sent), 0) FROM campaign c JOIN campaign_minute m ON m.workspace_id = c.workspace_id AND m.campaign_id = c.id
                 WHERE c.workspace_id = n.workspace_id AND c.number_id = n.id AND c.started_at > now() - interval '40 days'
                   AND m.minute > now() - interval '24 hours') AS used_last_24h
          FROM phone_number n WHERE n.workspace_id = ${workspaceId} AND n.removed_at IS NULL AND ${condition} ORDER BY n.created_at, n.id`,
  )
