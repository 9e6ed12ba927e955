import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  json,
  PageBody,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { SyncResult } from '../templates/schema.ts'
import { callbackUrl } from './actions.ts'
import { changeAccount, connectAccount, disconnectAccount, knownAccount, recheckAccount, syncAccount } from './connection.ts'
import { type AccountRow, listAccounts } from './queries.ts'
import { Account, AccountChange, AccountInput, accountOf } from './schema.ts'

/** WhatsApp Business Accounts. */
export function accountRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const shown = (row: AccountRow) => accountOf(row, callbackUrl(deps, row.id))
  const etag = (row: AccountRow) => etagOf(row.updated_at.getTime())

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
      const created = await writeSlow(c, 201, async (principal) => shown(await connectAccount(deps, principal, input)))
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
      const page = c.req.valid('json')
      const { rows, total } = await listAccounts(pool, principalOf(c).workspaceId, page.pageSize, (page.pageNumber - 1) * page.pageSize)
      return c.json(pageOf(rows.map(shown), page, total), 200)
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
      const row = await knownAccount(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
      return c.json(shown(row), 200)
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
      const row = await write(c, 200, (tx, principal) =>
        changeAccount(deps, tx, principal, id, input, (known) => checkIfMatch(c, etag(known))),
      )
      c.header('ETag', etag(row))
      return c.json(shown(row), 200)
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
      responses: { 204: { description: 'Disconnected' }, ...usual(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, (tx, principal) => disconnectAccount(tx, principal, id, (known) => checkIfMatch(c, etag(known))))
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
      const answer = await writeSlow(c, 200, async (principal) => shown(await recheckAccount(deps, principal, id)))
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
      return c.json(await writeSlow(c, 200, (principal) => syncAccount(deps, principal, id)), 200)
    },
  )
  return routes
}
