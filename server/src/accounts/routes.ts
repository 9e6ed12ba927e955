import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { MetaError } from '../meta/client.ts'
import { audit } from '../platform/audit.ts'
import { empty, inTransaction, many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  isoOrNull,
  json,
  PageBody,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { callbackUrl, syncTemplatesOf, verifyAccount } from './actions.ts'
import {
  type AccountRow,
  accountById,
  accountColumns,
  clientOf,
  type NumberRow,
  numbersWhere,
  openAccount,
  sealAccount,
  syncNumbers,
} from './queries.ts'

const Digits = z.string().regex(/^\d{5,30}$/, 'is made of digits')
const Secret = z.string().trim().min(1).max(1_000)
const AccountInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    wabaId: Digits,
    portfolioId: Digits.nullable().optional(),
    accessToken: Secret,
    appSecret: Secret.optional(),
    webhookVerifyToken: Secret.optional(),
    graphBaseUrl: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .optional(),
  })
  .openapi('WhatsappAccountInput')
/** On change, secrets that are absent stay as they are. */
const AccountChange = AccountInput.partial({ accessToken: true }).openapi('WhatsappAccountChange')
const Check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), at: InstantOut }).openapi('HealthCheck')
const Account = z
  .object({
    id: z.string(),
    name: z.string(),
    wabaId: z.string(),
    portfolioId: z.string().nullable(),
    graphBaseUrl: z.string().nullable(),
    callbackUrl: z.string(),
    subscribedAt: InstantOut.nullable(),
    lastWebhookAt: InstantOut.nullable(),
    lastSyncedAt: InstantOut.nullable(),
    health: z.object({ ok: z.boolean(), checks: z.array(Check) }),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('WhatsappAccount')
const PhoneNumber = z
  .object({
    id: z.string(),
    accountId: z.string(),
    phoneNumberId: z.string(),
    displayPhoneNumber: z.string(),
    verifiedName: z.string().nullable(),
    qualityRating: z.string(),
    status: z.string(),
    throughputPerSecond: z.int(),
    messagingLimit: z.string(),
    dailyLimit: z.int().nullable(),
    usedLast24h: z.int(),
    ratePerSecond: z.int().nullable(),
    maxInFlight: z.int().nullable(),
    isDefault: z.boolean(),
  })
  .openapi('PhoneNumber')
const NumberChange = z
  .strictObject({
    ratePerSecond: z.int().min(1).max(10_000).nullable().optional(),
    maxInFlight: z.int().min(1).max(2_000).nullable().optional(),
    isDefault: z.boolean().optional(),
    dailyLimit: z.int().min(1).nullable().optional(),
  })
  .openapi('PhoneNumberChange')
export const SyncResult = z.object({ created: z.int(), updated: z.int(), removed: z.int(), unchanged: z.int() }).openapi('SyncResult')

const numberOf = (row: NumberRow): z.infer<typeof PhoneNumber> => ({
  id: row.id,
  accountId: row.account_id,
  phoneNumberId: row.phone_number_id,
  displayPhoneNumber: row.display_phone_number,
  verifiedName: row.verified_name,
  qualityRating: row.quality_rating,
  status: row.status,
  throughputPerSecond: row.throughput_per_second,
  messagingLimit: row.messaging_limit,
  dailyLimit: row.daily_limit,
  usedLast24h: row.used_last_24h,
  ratePerSecond: row.rate_per_second,
  maxInFlight: row.max_in_flight,
  isDefault: row.is_default,
})
const absent = (what: string) => new Problem('not-found', `There is no such ${what}.`)

/** WhatsApp Business Accounts and their numbers. */
export function accountRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool, secrets, config } = deps
  const routes = router()
  const accountOf = (row: AccountRow): z.infer<typeof Account> => ({
    id: row.id,
    name: row.name,
    wabaId: row.waba_id,
    portfolioId: row.portfolio_id,
    graphBaseUrl: row.graph_base_url,
    callbackUrl: callbackUrl(deps, row.id),
    subscribedAt: isoOrNull(row.subscribed_at),
    lastWebhookAt: isoOrNull(row.last_webhook_at),
    lastSyncedAt: isoOrNull(row.last_synced_at),
    health: {
      ok: (row.health.checks ?? []).length > 0 && (row.health.checks ?? []).every(({ ok }) => ok),
      checks: [...(row.health.checks ?? [])],
    },
    createdAt: iso(row.created_at),
    updatedAt: iso(row.updated_at),
  })
  const found = async (workspaceId: string, id: string): Promise<AccountRow> => {
    const row = await accountById(pool, workspaceId, id)
    if (row === undefined) throw absent('account')
    return row
  }
  const refuseBaseUrl = (graphBaseUrl: string | null | undefined) => {
    if (graphBaseUrl && !config.ALLOW_GRAPH_BASE_URL)
      throw new Problem('graph-base-url-forbidden', 'The operator has not set ALLOW_GRAPH_BASE_URL.', {
        errors: [{ pointer: '/graphBaseUrl', detail: 'is not allowed on this installation.' }],
      })
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappAccount',
      operationId: 'createWhatsappAccount',
      tags: ['WhatsApp accounts'],
      summary: 'Connect a WhatsApp Business Account: checks the token, subscribes the app, reads numbers and templates',
      ...requirePermission('WhatsappAccount:Create'),
      request: { body: body(AccountInput) },
      responses: { 201: json(Account, 'Connected; `health` says what failed'), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const created = await writeSlow(c, 201, async (principal) => {
        const { workspaceId } = principal
        refuseBaseUrl(input.graphBaseUrl)
        const id = newId()
        await inTransaction(pool, async (tx) => {
          const taken = await maybeOne(tx, sql`SELECT 1 FROM whatsapp_account WHERE waba_id = ${input.wabaId} AND removed_at IS NULL`)
          if (taken !== undefined) throw new Problem('account-exists', 'This WABA is already connected to this installation.')
          const sealed = sealAccount(secrets, workspaceId, input)
          const made = await run(
            tx,
            sql`INSERT INTO whatsapp_account (workspace_id, id, name, waba_id, portfolio_id, access_token_sealed, app_secret_sealed, app_secret_mark,
                       webhook_verify_token_sealed, graph_base_url)
                VALUES (${workspaceId}, ${id}, ${input.name}, ${input.wabaId}, ${input.portfolioId ?? null}, ${sealed.accessToken},
                        ${sealed.appSecret}, ${sealed.secretMark}, ${sealed.verifyToken}, ${input.graphBaseUrl ?? null})
                ON CONFLICT (waba_id) WHERE removed_at IS NULL DO NOTHING`,
          )
          if (made === 0) throw new Problem('account-exists', 'This WABA is already connected to this installation.')
          await audit(tx, principal, {
            action: 'account.create',
            objectType: 'WhatsappAccount',
            objectId: id,
            detail: { wabaId: input.wabaId },
          })
        })
        await verifyAccount(deps, workspaceId, id) // after the commit: Meta calls our webhook address while we subscribe
        return accountOf(await found(workspaceId, id))
      })
      return c.json(created, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappAccount/getall',
      operationId: 'listWhatsappAccounts',
      tags: ['WhatsApp accounts'],
      summary: 'Connected accounts',
      ...requirePermission('WhatsappAccount:View'),
      request: { body: body(z.strictObject(PageBody).openapi('WhatsappAccountQuery')) },
      responses: { 200: json(Paged(Account, 'WhatsappAccounts')), ...usualBody() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const page = c.req.valid('json')
      const { n } = await one<{ n: number }>(
        pool,
        sql`SELECT count(*) AS n FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND removed_at IS NULL`,
      )
      const rows = await many<AccountRow>(
        pool,
        sql`SELECT ${accountColumns} FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND removed_at IS NULL ORDER BY created_at, id
             LIMIT ${page.pageSize} OFFSET ${(page.pageNumber - 1) * page.pageSize}`,
      )
      return c.json(pageOf(rows.map(accountOf), page, n), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/WhatsappAccount/{id}',
      operationId: 'getWhatsappAccount',
      tags: ['WhatsApp accounts'],
      summary: 'One account: callback address, last webhook, health. Secrets are never shown',
      ...requirePermission('WhatsappAccount:View'),
      request: { params: IdParam },
      responses: { 200: json(Account), ...usual(404) },
    }),
    async (c) => {
      const row = await found(principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(accountOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/WhatsappAccount/{id}',
      operationId: 'updateWhatsappAccount',
      tags: ['WhatsApp accounts'],
      summary: 'Change an account; secrets that are absent stay',
      ...requirePermission('WhatsappAccount:Edit'),
      request: { params: IdParam, body: body(AccountChange) },
      responses: { 200: json(Account), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      refuseBaseUrl(input.graphBaseUrl)
      const row = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await accountById(tx, workspaceId, id)
        if (known === undefined) throw absent('account')
        checkIfMatch(c, etagOf(known.updated_at.getTime()))
        if (input.wabaId !== known.waba_id)
          throw invalidInput([{ pointer: '/wabaId', detail: 'cannot change; connect the other account instead.' }])
        const sealed = sealAccount(secrets, workspaceId, input)
        await audit(tx, principal, { action: 'account.update', objectType: 'WhatsappAccount', objectId: id })
        return one<AccountRow>(
          tx,
          sql`UPDATE whatsapp_account
                 SET name = ${input.name}, portfolio_id = ${input.portfolioId ?? null}, graph_base_url = ${input.graphBaseUrl ?? null},
                     access_token_sealed = coalesce(${sealed.accessToken}, access_token_sealed),
                     app_secret_sealed = coalesce(${sealed.appSecret}, app_secret_sealed),
                     app_secret_mark = coalesce(${sealed.secretMark}, app_secret_mark),
                     webhook_verify_token_sealed = coalesce(${sealed.verifyToken}, webhook_verify_token_sealed), updated_at = now()
               WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING ${accountColumns}`,
        )
      })
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(accountOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/WhatsappAccount/{id}',
      operationId: 'deleteWhatsappAccount',
      tags: ['WhatsApp accounts'],
      summary: 'Disconnect an account that no running or scheduled campaign uses',
      ...requirePermission('WhatsappAccount:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Disconnected' }, ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const { workspaceId } = principal
        if ((await accountById(tx, workspaceId, id)) === undefined) throw absent('account')
        const used = await maybeOne<{ name: string }>(
          tx,
          sql`SELECT c.name FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
               WHERE c.workspace_id = ${workspaceId} AND t.account_id = ${id} AND c.status IN ('Running', 'Scheduled') AND c.deleted_at IS NULL LIMIT 1`,
        )
        if (used !== undefined) throw new Problem('account-in-use', `The campaign “${used.name}” still uses it.`)
        await run(tx, sql`UPDATE whatsapp_account SET removed_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
        await run(
          tx,
          sql`UPDATE phone_number SET removed_at = now(), is_default = false WHERE workspace_id = ${workspaceId} AND account_id = ${id} AND removed_at IS NULL`,
        )
        await run(
          tx,
          sql`UPDATE template SET removed_at = now() WHERE workspace_id = ${workspaceId} AND account_id = ${id} AND removed_at IS NULL`,
        )
        await audit(tx, principal, { action: 'account.delete', objectType: 'WhatsappAccount', objectId: id })
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappAccount/{id}/verify',
      operationId: 'verifyWhatsappAccount',
      tags: ['WhatsApp accounts'],
      summary: 'Check token, subscription, numbers and templates again',
      ...requirePermission('WhatsappAccount:Edit'),
      request: { params: IdParam },
      responses: { 200: json(Account), ...usual(404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await writeSlow(c, 200, async (principal) => {
        await found(principal.workspaceId, id)
        await verifyAccount(deps, principal.workspaceId, id)
        await audit(pool, principal, { action: 'account.verify', objectType: 'WhatsappAccount', objectId: id })
        return accountOf(await found(principal.workspaceId, id))
      })
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappAccount/{id}/sync',
      operationId: 'syncWhatsappAccount',
      tags: ['WhatsApp accounts'],
      summary: 'Read numbers and templates from Meta',
      ...requirePermission('WhatsappAccount:Edit'),
      request: { params: IdParam, body: body(z.strictObject({ accountId: z.string().optional() }).openapi('SyncInput')) },
      responses: { 200: json(SyncResult), ...usualBody(404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await writeSlow(c, 200, async (principal) => {
        const { workspaceId } = principal
        await found(workspaceId, id)
        const account = await openAccount(deps, workspaceId, id)
        const counts = await metaCall(async () => {
          const numbers = await clientOf(deps, account).phoneNumbers(account.wabaId)
          await inTransaction(pool, (tx) => syncNumbers(tx, workspaceId, id, numbers))
          return syncTemplatesOf(deps, account)
        })
        await run(pool, sql`UPDATE whatsapp_account SET last_synced_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
        await audit(pool, principal, { action: 'account.sync', objectType: 'WhatsappAccount', objectId: id, detail: { ...counts } })
        return counts
      })
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/WhatsappAccount/{id}/phone-numbers',
      operationId: 'listPhoneNumbers',
      tags: ['WhatsApp accounts'],
      summary: 'The numbers of an account',
      ...requirePermission('WhatsappAccount:View'),
      request: { params: IdParam },
      responses: { 200: json(z.object({ items: z.array(PhoneNumber) }).openapi('PhoneNumbers')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = c.req.valid('param')
      await found(workspaceId, id)
      return c.json({ items: (await numbersWhere(pool, workspaceId, sql`n.account_id = ${id}`)).map(numberOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/PhoneNumber/{id}',
      operationId: 'getPhoneNumber',
      tags: ['WhatsApp accounts'],
      summary: 'One number: quality, limit, what it sent in 24 hours',
      ...requirePermission('WhatsappAccount:View'),
      request: { params: IdParam },
      responses: { 200: json(PhoneNumber), ...usual(404) },
    }),
    async (c) => {
      const [row] = await numbersWhere(pool, principalOf(c).workspaceId, sql`n.id = ${c.req.valid('param').id}`)
      if (row === undefined) throw absent('phone number')
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(numberOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/PhoneNumber/{id}',
      operationId: 'updatePhoneNumber',
      tags: ['WhatsApp accounts'],
      summary: 'Set your own pace, window, limit, or make it the default',
      ...requirePermission('WhatsappAccount:Edit'),
      request: { params: IdParam, body: body(NumberChange) },
      responses: { 200: json(PhoneNumber), ...usualBody(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const [known] = await numbersWhere(tx, workspaceId, sql`n.id = ${id}`)
        if (known === undefined) throw absent('phone number')
        checkIfMatch(c, etagOf(known.updated_at.getTime()))
        if (input.isDefault === false && known.is_default)
          throw invalidInput([{ pointer: '/isDefault', detail: 'Make another number the default instead.' }])
        if (input.isDefault === true)
          await run(
            tx,
            sql`UPDATE phone_number SET is_default = false WHERE workspace_id = ${workspaceId} AND account_id = ${known.account_id} AND is_default`,
          )
        await run(
          tx,
          sql`UPDATE phone_number
                 SET rate_per_second = ${input.ratePerSecond ?? null}, max_in_flight = ${input.maxInFlight ?? null}, daily_limit = ${input.dailyLimit ?? null},
                     updated_at = now() ${input.isDefault === true ? sql`, is_default = true` : empty}
               WHERE workspace_id = ${workspaceId} AND id = ${id}`,
        )
        await audit(tx, principal, { action: 'phoneNumber.update', objectType: 'PhoneNumber', objectId: id, detail: input })
        const [updated] = await numbersWhere(tx, workspaceId, sql`n.id = ${id}`)
        if (updated === undefined) throw absent('phone number')
        return updated
      })
      return c.json(numberOf(row), 200)
    },
  )
  return routes
}

/** Meta's refusal of something the caller asked for is the caller's to read. */
export async function metaCall<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MetaError)) throw error
    throw new Problem(error.httpStatus === null ? 'meta-unreachable' : 'meta-refused', error.details, {
      cause: error,
      ...(error.code === null ? {} : { extra: { metaCode: error.code } }),
    })
  }
}
