import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Db } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  iso,
  isoOrNull,
  json,
  Paged,
  type Principal,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import {
  approveRecurrence,
  createRecurrence,
  deleteRecurrence,
  pauseRecurrence,
  readable,
  upcomingOf,
  updateRecurrence,
} from './actions.ts'
import { knownRecurrence, listRecurrences, type RecurrenceRow } from './queries.ts'
import { occurrencesAfter } from './rule.ts'
import { Occurrences, OccurrencesInput, Recurrence, RecurrenceInput, RecurrenceQuery } from './schema.ts'

const BASE = '/api/v1/Recurrence'
const tags = ['Recurring campaigns']
const SHOWN = 10

const itemOf = (row: RecurrenceRow, now: Date): Recurrence => ({
  id: row.id,
  name: row.name,
  status: row.next_at === null ? 'Ended' : row.is_paused ? 'Paused' : 'Active',
  rule: row.rule,
  startsAt: iso(row.starts_at),
  timeZone: row.time_zone,
  campaign: { ...row.content },
  nextAt: row.is_paused ? null : isoOrNull(row.next_at),
  upcoming: upcomingOf(row, now).map(iso),
  isApproved: row.approved_version === row.version,
  lastCampaign: row.last,
  campaigns: row.campaigns,
  createdBy: { id: row.created_by_id, name: row.created_by_name, type: row.created_by_type },
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})
const etag = (row: { version: number }) => etagOf(row.version)

/** Recurring campaigns: a rule that makes a campaign of its own each time it is due. */
export function recurrenceRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const item = (row: RecurrenceRow) => itemOf(row, deps.now())

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/getall`,
      operationId: 'listRecurrences',
      tags,
      summary: 'Recurring campaigns, the next one first',
      ...requirePermission('WhatsappCampaign:View'),
      request: { body: body(RecurrenceQuery) },
      responses: { 200: json(Paged(Recurrence, 'Recurrences')), ...usualBody() },
    }),
    async (c) => {
      const { pageNumber, pageSize, nameFilter } = c.req.valid('json')
      const { rows, total } = await listRecurrences(pool, principalOf(c).workspaceId, nameFilter, pageSize, (pageNumber - 1) * pageSize)
      return c.json(pageOf(rows.map(item), { pageNumber, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/preview`,
      operationId: 'previewRecurrence',
      tags,
      summary: 'The next ten times of a rule; nothing is stored',
      ...requirePermission('WhatsappCampaign:View'),
      request: { body: body(OccurrencesInput) },
      responses: { 200: json(Occurrences), ...usualBody() },
    }),
    (c) => {
      const when = c.req.valid('json')
      return c.json({ items: readable(() => occurrencesAfter(when, deps.now(), SHOWN)).map(iso) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: BASE,
      operationId: 'createRecurrence',
      tags,
      summary: 'Send a campaign again and again by a rule',
      ...requirePermission('WhatsappCampaign:Create'),
      request: { body: body(RecurrenceInput) },
      responses: { 201: json(Recurrence), ...usualBody() },
    }),
    async (c) => {
      const input = c.req.valid('json')
      let version = 1
      const made = await write(c, 201, async (tx, principal) => {
        const row = await createRecurrence(deps, tx, principal, input)
        version = row.version
        return item(row)
      })
      c.header('ETag', etag({ version }))
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}`,
      operationId: 'getRecurrence',
      tags,
      summary: 'A recurring campaign',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(Recurrence), ...usual(404) },
    }),
    async (c) => {
      const row = await knownRecurrence(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
      return c.json(item(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${BASE}/{id}`,
      operationId: 'updateRecurrence',
      tags,
      summary: 'Change what comes from now on; campaigns it already made stay as they are',
      ...requirePermission('WhatsappCampaign:Edit'),
      request: { params: IdParam, body: body(RecurrenceInput) },
      responses: { 200: json(Recurrence), ...usualBody(404, 412) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      let version = 0
      const made = await write(c, 200, async (tx, principal) => {
        const check = (row: RecurrenceRow) => checkIfMatch(c, etag(row))
        const row = await updateRecurrence(deps, tx, principal, c.req.valid('param').id, input, check)
        version = row.version
        return item(row)
      })
      c.header('ETag', etag({ version }))
      return c.json(made, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${BASE}/{id}`,
      operationId: 'deleteRecurrence',
      tags,
      summary: 'Make no further campaigns; those it made stay',
      ...requirePermission('WhatsappCampaign:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 412) },
    }),
    async (c) => {
      await write(c, 204, (tx, principal) => deleteRecurrence(tx, principal, c.req.valid('param').id, (row) => checkIfMatch(c, etag(row))))
      return c.body(null, 204)
    },
  )

  const steps: readonly (readonly [string, string, (tx: Db, principal: Principal, id: string) => Promise<RecurrenceRow>])[] = [
    ['pause', 'Make no campaigns for now', (tx, principal, id) => pauseRecurrence(deps, tx, principal, id, true)],
    ['resume', 'Go on with its next time from now', (tx, principal, id) => pauseRecurrence(deps, tx, principal, id, false)],
    ['approve', 'Approve the content of all its campaigns to come, where the workspace requires it', approveRecurrence],
  ]
  for (const [verb, summary, act] of steps)
    routes.openapi(
      createRoute({
        method: 'post',
        path: `${BASE}/{id}/${verb}`,
        operationId: `${verb}Recurrence`,
        tags,
        summary,
        ...requirePermission('WhatsappCampaign:Execute'),
        request: { params: IdParam },
        responses: { 200: json(Recurrence), ...usual(404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid('param')
        return c.json(await write(c, 200, async (tx, principal) => item(await act(tx, principal, id))), 200)
      },
    )
  return routes
}
