import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { many, maybeOne, one, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  json,
  PAGE_DEPTH_MAX,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { absent, createEndpoint, deleteEndpoint, resendDelivery, rotateSecret, testEndpoint, updateEndpoint } from './endpoints.ts'
import {
  DeliveriesQuery,
  Delivery,
  type DeliveryRow,
  deliveryColumns,
  type EndpointRow,
  NewWebhookEndpoint,
  ResendInput,
  shownColumns,
  shownDelivery,
  shownEndpoint,
  TestResult,
  WebhookEndpoint,
  WebhookEndpointInput,
  WebhookEndpointQuery,
} from './schema.ts'

const PATH = '/api/v1/WebhookEndpoint'
const tags = ['Outgoing webhooks']
const SHOWN_ONCE = '(shown once, when it was made)'
const shownNew = (row: EndpointRow & { secret: string }) => ({ ...shownEndpoint(row), secret: row.secret })

/** Endpoints of the customer's own systems: what they are told, what came of it, and telling it again. */
export function outgoingRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: PATH,
      operationId: 'createWebhookEndpoint',
      tags,
      summary: 'Tell another system what happens',
      ...requirePermission('Webhook:Create'),
      request: { body: body(WebhookEndpointInput) },
      responses: { 201: json(NewWebhookEndpoint, 'The signing secret is shown this once'), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(
        c,
        201,
        (tx, principal) => createEndpoint(deps, tx, principal, input),
        (row) => ({ ...shownEndpoint(row), secret: SHOWN_ONCE }),
      )
      return c.json(shownNew(made), 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${PATH}/getall`,
      operationId: 'listWebhookEndpoints',
      tags,
      summary: 'The endpoints of the workspace, newest first',
      ...requirePermission('Webhook:View'),
      request: { body: body(WebhookEndpointQuery) },
      responses: { 200: json(Paged(WebhookEndpoint, 'WebhookEndpoints')), ...usualBody() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const page = c.req.valid('json')
      const { n } = await one<{ n: number }>(pool, sql`SELECT count(*) AS n FROM webhook_endpoint WHERE workspace_id = ${workspaceId}`)
      const rows = await many<EndpointRow>(
        pool,
        sql`SELECT ${shownColumns} FROM webhook_endpoint WHERE workspace_id = ${workspaceId} ORDER BY id DESC
             LIMIT ${page.pageSize} OFFSET ${(page.pageNumber - 1) * page.pageSize}`,
      )
      return c.json(pageOf(rows.map(shownEndpoint), page, n), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${PATH}/{id}`,
      operationId: 'getWebhookEndpoint',
      tags,
      summary: 'One endpoint',
      ...requirePermission('Webhook:View'),
      request: { params: IdParam },
      responses: { 200: json(WebhookEndpoint), ...usual(404) },
    }),
    async (c) => {
      const row = await endpointRow(principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etagOf(row.version))
      return c.json(shownEndpoint(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${PATH}/{id}`,
      operationId: 'updateWebhookEndpoint',
      tags,
      summary: 'Change an endpoint; enabling it again delivers what waited',
      ...requirePermission('Webhook:Edit'),
      request: { params: IdParam, body: body(WebhookEndpointInput) },
      responses: { 200: json(WebhookEndpoint), ...usualBody(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, (tx, principal) => updateEndpoint(deps, tx, principal, id, input, (etag) => checkIfMatch(c, etag)))
      c.header('ETag', etagOf(row.version))
      return c.json(shownEndpoint(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${PATH}/{id}`,
      operationId: 'deleteWebhookEndpoint',
      tags,
      summary: 'Remove an endpoint and its log',
      ...requirePermission('Webhook:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Removed' }, ...usual(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, (tx, principal) => deleteEndpoint(tx, principal, id, (etag) => checkIfMatch(c, etag)))
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${PATH}/{id}/deliveries`,
      operationId: 'listWebhookDeliveries',
      tags,
      summary: 'The log of an endpoint, newest first: every attempt of the last 30 days',
      ...requirePermission('Webhook:View'),
      request: { params: IdParam, query: DeliveriesQuery },
      responses: { 200: json(Paged(Delivery, 'WebhookDeliveries')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = c.req.valid('param')
      const { page, pageSize, status } = c.req.valid('query')
      if (page * pageSize > PAGE_DEPTH_MAX) throw new Problem('page-too-deep', `Pages go to row ${PAGE_DEPTH_MAX.toLocaleString('en')}.`)
      await endpointRow(workspaceId, id)
      const where = sql`workspace_id = ${workspaceId} AND endpoint_id = ${id} AND (${status ?? null}::text IS NULL OR status = ${status ?? null})`
      const { n } = await one<{ n: number }>(pool, sql`SELECT count(*) AS n FROM outgoing_delivery WHERE ${where}`)
      const rows = await many<DeliveryRow>(
        pool,
        sql`SELECT ${deliveryColumns} FROM outgoing_delivery WHERE ${where} ORDER BY id DESC LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      )
      return c.json(pageOf(rows.map(shownDelivery), { pageNumber: page, pageSize }, n), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${PATH}/{id}/test`,
      operationId: 'testWebhookEndpoint',
      tags,
      summary: 'Call the endpoint once with a signed `webhook.test`, and say how it went',
      ...requirePermission('Webhook:Edit'),
      request: { params: IdParam },
      responses: { 200: json(TestResult), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const result = await writeSlow(c, 200, async (principal) => {
        const { deliveryId, status, error, ms } = await testEndpoint(deps, principal, id)
        return { deliveryId, ok: error === null, status, error, ms }
      })
      return c.json(result, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${PATH}/{id}/resend`,
      operationId: 'resendWebhookDelivery',
      tags,
      summary: 'Deliver an entry of the log again, under the same webhook-id',
      ...requirePermission('Webhook:Edit'),
      request: { params: IdParam, body: body(ResendInput) },
      responses: { 202: json(Delivery), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { deliveryId } = c.req.valid('json')
      const row = await write(c, 202, async (tx, principal) => {
        await resendDelivery(tx, principal, id, deliveryId)
        return shownDelivery(
          await one<DeliveryRow>(
            tx,
            sql`SELECT ${deliveryColumns} FROM outgoing_delivery WHERE workspace_id = ${principal.workspaceId} AND endpoint_id = ${id} AND id = ${deliveryId}`,
          ),
        )
      })
      return c.json(row, 202)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${PATH}/{id}/rotate-secret`,
      operationId: 'rotateWebhookSecret',
      tags,
      summary: 'Make a new signing secret; the former one signs as well for 24 hours',
      ...requirePermission('Webhook:Edit'),
      request: { params: IdParam },
      responses: { 200: json(NewWebhookEndpoint, 'The signing secret is shown this once'), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const row = await write(
        c,
        200,
        (tx, principal) => rotateSecret(deps, tx, principal, id),
        (made) => ({ ...shownEndpoint(made), secret: SHOWN_ONCE }),
      )
      return c.json(shownNew(row), 200)
    },
  )

  async function endpointRow(workspaceId: string, id: string): Promise<EndpointRow> {
    const row = await maybeOne<EndpointRow>(
      pool,
      sql`SELECT ${shownColumns} FROM webhook_endpoint WHERE workspace_id = ${workspaceId} AND id = ${id}`,
    )
    if (row === undefined) throw absent()
    return row
  }
  return routes
}
