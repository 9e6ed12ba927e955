import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import { checkFilter } from '../contacts/actions.ts'
import { type ContactFilter, conditionOf, filterEmpty, isEmptyFilter } from '../contacts/filter.ts'
import { contactOf } from '../contacts/schema.ts'
import { audit } from '../platform/audit.ts'
import { type Db, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  iso,
  json,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import {
  deleteSegment,
  insertSegment,
  knownSegment,
  listSegments,
  previewFilter,
  refuseCircle,
  type SegmentRow,
  updateSegment,
} from './queries.ts'
import { Preview, PreviewInput, Segment, SegmentInput, SegmentQuery } from './schema.ts'

const BASE = '/api/v1/Segment'
const tags = ['Segments']
const segmentOf = (row: SegmentRow): z.infer<typeof Segment> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  contactFilter: { ...row.filter },
  condition: { ...conditionOf(row.filter) },
  createdBy: row.created_by_name,
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})
const etag = (row: SegmentRow) => etagOf(row.updated_at.getTime())

async function checkSegment(db: Db, workspaceId: string, filter: ContactFilter): Promise<void> {
  if (isEmptyFilter(filter)) throw filterEmpty('Add a condition, or say { "everyone": true } to mean all contacts.')
  await checkFilter(db, workspaceId, filter)
}

/** Segments: saved live filters. */
export function segmentRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/getall`,
      operationId: 'listSegments',
      tags,
      summary: 'Segments by name',
      ...requirePermission('Segment:View'),
      request: { body: body(SegmentQuery) },
      responses: { 200: json(Paged(Segment, 'Segments')), ...usualBody() },
    }),
    async (c) => {
      const { pageNumber, pageSize, nameFilter } = c.req.valid('json')
      const { rows, total } = await listSegments(pool, principalOf(c).workspaceId, nameFilter, pageSize, (pageNumber - 1) * pageSize)
      return c.json(pageOf(rows.map(segmentOf), { pageNumber, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/preview`,
      operationId: 'previewSegment',
      tags,
      summary: 'How many people a filter means now, and twenty of them; nothing is stored',
      ...requirePermission('Segment:View', 'Contact:View'),
      request: { body: body(PreviewInput) },
      responses: { 200: json(Preview), ...usualBody() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { contactFilter } = c.req.valid('json')
      await checkSegment(pool, workspaceId, contactFilter)
      const { count, samples } = await previewFilter(pool, workspaceId, contactFilter)
      return c.json({ count, samples: samples.map(contactOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: BASE,
      operationId: 'createSegment',
      tags,
      summary: 'Save a filter under a name',
      ...requirePermission('Segment:Create'),
      request: { body: body(SegmentInput) },
      responses: { 201: json(Segment), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 201, async (tx, principal) => {
        await checkSegment(tx, principal.workspaceId, input.contactFilter)
        const row = await insertSegment(tx, principal.workspaceId, input, principal.actor.name)
        await audit(tx, principal, { action: 'segment.create', objectType: 'Segment', objectId: row.id })
        return segmentOf(row)
      })
      c.header('ETag', etagOf(Date.parse(made.updatedAt)))
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}`,
      operationId: 'getSegment',
      tags,
      summary: 'A segment',
      ...requirePermission('Segment:View'),
      request: { params: IdParam },
      responses: { 200: json(Segment), ...usual(404) },
    }),
    async (c) => {
      const row = await knownSegment(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
      return c.json(segmentOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${BASE}/{id}`,
      operationId: 'updateSegment',
      tags,
      summary: 'Change a segment; whatever uses it follows until its audience is frozen',
      ...requirePermission('Segment:Edit'),
      request: { params: IdParam, body: body(SegmentInput) },
      responses: { 200: json(Segment), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await knownSegment(tx, workspaceId, c.req.valid('param').id, sql`FOR UPDATE`)
        checkIfMatch(c, etag(known))
        await checkSegment(tx, workspaceId, input.contactFilter)
        await refuseCircle(tx, workspaceId, known.id, input.contactFilter)
        const row = await updateSegment(tx, workspaceId, known.id, input)
        await audit(tx, principal, { action: 'segment.update', objectType: 'Segment', objectId: row.id })
        return segmentOf(row)
      })
      c.header('ETag', etagOf(Date.parse(made.updatedAt)))
      return c.json(made, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${BASE}/{id}`,
      operationId: 'deleteSegment',
      tags,
      summary: 'Delete a segment that nothing uses',
      ...requirePermission('Segment:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 409, 412) },
    }),
    async (c) => {
      await write(c, 204, async (tx, principal) => {
        const known = await knownSegment(tx, principal.workspaceId, c.req.valid('param').id, sql`FOR UPDATE`)
        checkIfMatch(c, etag(known))
        await deleteSegment(tx, principal.workspaceId, known.id)
        await audit(tx, principal, { action: 'segment.delete', objectType: 'Segment', objectId: known.id })
      })
      return c.body(null, 204)
    },
  )
  return routes
}
