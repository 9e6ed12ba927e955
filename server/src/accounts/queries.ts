import { createHmac } from 'node:crypto'
import { type MetaClient, metaClient } from '../meta/client.ts'
import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import type { AccountChange, AccountInput } from './schema.ts'

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
    accessToken: (await open(FIELD.token, row.access_token_sealed)) ?? '',
    appSecret: (await open(FIELD.secret, row.app_secret_sealed)) ?? deps.config.META_APP_SECRET ?? null,
    verifyToken: (await open(FIELD.verify, row.webhook_verify_token_sealed)) ?? deps.config.META_WEBHOOK_VERIFY_TOKEN ?? null,
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
export async function sealAccount(
  secrets: Deps['secrets'],
  workspaceId: string,
  input: {
    readonly accessToken?: string | undefined
    readonly appSecret?: string | undefined
    readonly webhookVerifyToken?: string | undefined
  },
) {
  const seal = (field: string, text: string | undefined) => (text === undefined ? null : secrets.seal(workspaceId, field, text))
  return {
    accessToken: await seal(FIELD.token, input.accessToken),
    appSecret: await seal(FIELD.secret, input.appSecret),
    secretMark:
      input.appSecret === undefined
        ? null
        : createHmac('sha256', secrets.derive('app-secret')).update(input.appSecret).digest().subarray(0, 16),
    verifyToken: await seal(FIELD.verify, input.webhookVerifyToken),
  }
}

type Sealed = Awaited<ReturnType<typeof sealAccount>>

/** Inserts; false when the WABA is connected already, here or in another workspace, also by a request at the same time. */
export async function insertAccount(tx: Db, workspaceId: string, id: string, input: AccountInput, sealed: Sealed): Promise<boolean> {
  const taken = await maybeOne(tx, sql`SELECT 1 FROM whatsapp_account WHERE waba_id = ${input.wabaId} AND removed_at IS NULL`)
  if (taken !== undefined) return false
  const made = await run(
    tx,
    sql`INSERT INTO whatsapp_account (workspace_id, id, name, waba_id, portfolio_id, access_token_sealed, app_secret_sealed, app_secret_mark,
               webhook_verify_token_sealed, graph_base_url)
        VALUES (${workspaceId}, ${id}, ${input.name}, ${input.wabaId}, ${input.portfolioId ?? null}, ${sealed.accessToken},
                ${sealed.appSecret}, ${sealed.secretMark}, ${sealed.verifyToken}, ${input.graphBaseUrl ?? null})
        ON CONFLICT (waba_id) WHERE removed_at IS NULL DO NOTHING`,
  )
  return made > 0
}

/** Replaces what can be edited; secrets that were not given stay. */
export const updateAccount = (tx: Db, workspaceId: string, id: string, input: AccountChange, sealed: Sealed): Promise<AccountRow> =>
  one<AccountRow>(
    tx,
    sql`UPDATE whatsapp_account
           SET name = ${input.name}, portfolio_id = ${input.portfolioId ?? null}, graph_base_url = ${input.graphBaseUrl ?? null},
               access_token_sealed = coalesce(${sealed.accessToken}, access_token_sealed),
               app_secret_sealed = coalesce(${sealed.appSecret}, app_secret_sealed),
               app_secret_mark = coalesce(${sealed.secretMark}, app_secret_mark),
               webhook_verify_token_sealed = coalesce(${sealed.verifyToken}, webhook_verify_token_sealed), updated_at = now()
         WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING ${accountColumns}`,
  )

/** A running or scheduled campaign that uses the account, if there is one. */
export const campaignUsing = (tx: Db, workspaceId: string, accountId: string) =>
  maybeOne<{ name: string }>(
    tx,
    sql`SELECT c.name FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
         WHERE c.workspace_id = ${workspaceId} AND t.account_id = ${accountId} AND c.status IN ('Running', 'Scheduled') AND c.deleted_at IS NULL LIMIT 1`,
  )

/** Takes an account away with its numbers and templates; what was sent by them stays. */
export async function removeAccount(tx: Db, workspaceId: string, id: string): Promise<void> {
  await run(tx, sql`UPDATE whatsapp_account SET removed_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await run(
    tx,
    sql`UPDATE phone_number SET removed_at = now(), is_default = false WHERE workspace_id = ${workspaceId} AND account_id = ${id} AND removed_at IS NULL`,
  )
  await run(
    tx,
    sql`UPDATE template SET removed_at = now() WHERE workspace_id = ${workspaceId} AND account_id = ${id} AND removed_at IS NULL`,
  )
}

export const markSynced = (db: Db, workspaceId: string, id: string): Promise<number> =>
  run(db, sql`UPDATE whatsapp_account SET last_synced_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)

/** Connected accounts, oldest first. */
export async function listAccounts(db: Db, workspaceId: string, limit: number, offset: number) {
  const here = sql`workspace_id = ${workspaceId} AND removed_at IS NULL`
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM whatsapp_account WHERE ${here}`)
  const rows = await many<AccountRow>(
    db,
    sql`SELECT ${accountColumns} FROM whatsapp_account WHERE ${here} ORDER BY created_at, id LIMIT ${limit} OFFSET ${offset}`,
  )
  return { rows, total: n }
}
