import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { campaignById } from '../campaigns/queries.ts'
import {
  type AppEnv,
  type Deps,
  IdParam,
  Instant,
  invalidInput,
  iso,
  json,
  Paged,
  PageQuery,
  pageOf,
  principalOf,
  requirePermission,
  router,
  TimeZone,
  wholeNumber,
} from '../platform/http.ts'
import { Problem, usual } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { dashboard } from './dashboard.ts'
import { campaignEvents } from './events.ts'
import { minutesOf, repliesTo, stepsOf, timeZoneOf } from './queries.ts'
import { campaignWithPeople, foundCampaign } from './recipient-rows.ts'
import { buttonReport, failureReport } from './reports.ts'
import { ButtonClickReport, Dashboard, Failures, Reply, Timeline } from './schema.ts'

const BASE = '/api/v1/WhatsappCampaign'

/** Reports: read-only, and none of them counts rows of recipients or messages. */
export function analyticsRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/dashboard/main`,
      operationId: 'getDashboard',
      tags: ['Reports'],
      summary: 'Totals, rates, series and what runs, against the period before',
      ...requirePermission('WhatsappCampaign:View'),
      request: {
        query: z.strictObject({
          from: Instant.optional(),
          to: Instant.optional(),
          timeZone: TimeZone.optional(),
        }),
      },
      responses: { 200: json(Dashboard), ...usual() },
    }),
    async (c) => {
      const principal = principalOf(c)
      const query = c.req.valid('query')
      const to = query.to ?? deps.now()
      const from = query.from ?? new Date(to.getTime() - 30 * 86_400_000)
      if (from >= to || to.getTime() - from.getTime() > 800 * 86_400_000)
        throw invalidInput([{ pointer: '?from', detail: 'must lie before to, by at most 800 days' }])
      const zone = query.timeZone ?? (await timeZoneOf(pool, principal.workspaceId))
      const may = (permission: string) => (principal.permissions as ReadonlySet<string>).has(permission)
      return c.json(await inTransaction(pool, (tx) => dashboard(tx, principal.workspaceId, from, to, zone, may, deps.now())), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/button-clicks`,
      operationId: 'getButtonClicks',
      tags: ['Reports'],
      summary: 'Clicks by button and over time; with `button`, who pressed it',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam, query: z.strictObject({ ...PageQuery, button: wholeNumber(0, 9).optional() }) },
      responses: {
        200: json(ButtonClickReport),
        ...usual(404, 409),
      },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const row = await campaignById(pool, workspaceId, c.req.valid('param').id)
      if (row === undefined) throw new Problem('not-found', 'There is no such campaign.')
      return c.json(await inTransaction(pool, (tx) => buttonReport(tx, row, c.req.valid('query'))), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/failures`,
      operationId: 'getFailures',
      tags: ['Reports'],
      summary: 'Why people were not reached, in plain words with what to do',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: {
        200: json(Failures),
        ...usual(404),
      },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await foundCampaign(pool, workspaceId, c.req.valid('param').id)
      return c.json(await failureReport(pool, campaign), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/replies`,
      operationId: 'listReplies',
      tags: ['Reports'],
      summary: 'What people wrote back, newest first',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam, query: z.strictObject(PageQuery) },
      responses: { 200: json(Paged(Reply, 'Replies')), ...usual(404, 409) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await campaignWithPeople(pool, workspaceId, c.req.valid('param').id)
      const { page, pageSize } = c.req.valid('query')
      const { rows, total } = await repliesTo(pool, campaign, pageSize, (page - 1) * pageSize)
      const items = rows.map((row) => ({ ...row, at: iso(row.at) }))
      return c.json(pageOf(items, { pageNumber: page, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/timeline`,
      operationId: 'getTimeline',
      tags: ['Reports'],
      summary: 'Progress by the minute, and what people did with the campaign',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(Timeline), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await foundCampaign(pool, workspaceId, c.req.valid('param').id)
      const events = (await stepsOf(pool, campaign)).map((event) => ({ ...event, at: iso(event.at) }))
      const minutes = (await minutesOf(pool, campaign)).map((minute) => ({ ...minute, at: iso(minute.at) }))
      return c.json({ events, minutes }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/events`,
      operationId: 'watchCampaign',
      tags: ['Reports'],
      summary: 'Server-sent events with counts, funnel and progress, at most two a second',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: { description: 'Event stream', content: { 'text/event-stream': { schema: z.string() } } }, ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await foundCampaign(pool, workspaceId, c.req.valid('param').id)
      const lastId = Number(c.req.header('last-event-id') ?? 0)
      const stillMay = c.get('stillMay')
      const firstId = Number.isSafeInteger(lastId) && lastId > 0 ? lastId : 0
      const stream = campaignEvents(
        pool,
        workspaceId,
        campaign.id,
        firstId,
        async () => (await stillMay?.('WhatsappCampaign:View')) === true,
      )
      return c.body(stream, 200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }) as never
    },
  )
  return routes
}
