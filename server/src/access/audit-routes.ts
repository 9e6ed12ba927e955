import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { join, many, one, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  Instant,
  InstantOut,
  iso,
  json,
  PageBody,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { problems } from '../platform/problem.ts'

const AuditEntry = z
  .object({
    id: z.string(),
    at: InstantOut,
    actor: z.object({ type: z.string(), id: z.string().nullable(), name: z.string() }),
    action: z.string(),
    objectType: z.string(),
    objectId: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    requestId: z.string().nullable(),
    address: z.string().nullable(),
  })
  .openapi('AuditEntry')
const AuditQuery = z
  .strictObject({
    ...PageBody,
    action: z.string().max(100).optional(),
    objectType: z.string().max(100).optional(),
    objectId: z.string().max(200).optional(),
    from: Instant.optional(),
    to: Instant.optional(),
  })
  .openapi('AuditQuery')

/** Who did what. */
export function auditRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/AuditLog/getall',
      operationId: 'listAuditLog',
      tags: ['Audit log'],
      summary: 'Who did what, newest first',
      ...requirePermission('AuditLog:View'),
      request: { body: body(AuditQuery) },
      responses: { 200: json(Paged(AuditEntry, 'AuditEntries')), ...problems(400, 401, 403, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const query = c.req.valid('json')
      const conditions = join(
        [
          sql`workspace_id = ${principalOf(c).workspaceId}`,
          ...(query.action === undefined ? [] : [sql`action = ${query.action}`]),
          ...(query.objectType === undefined ? [] : [sql`object_type = ${query.objectType}`]),
          ...(query.objectId === undefined ? [] : [sql`object_id = ${query.objectId}`]),
          ...(query.from === undefined ? [] : [sql`at >= ${query.from}`]),
          ...(query.to === undefined ? [] : [sql`at < ${query.to}`]),
        ],
        sql` AND `,
      )
      const { total } = await one<{ total: number }>(pool, sql`SELECT count(*) AS total FROM audit_entry WHERE ${conditions}`)
      const rows = await many<{
        id: string
        at: Date
        actor_type: string
        actor_id: string | null
        actor_name: string
        action: string
        object_type: string
        object_id: string | null
        detail: Record<string, unknown>
        request_id: string | null
        address: string | null
      }>(
        pool,
        sql`SELECT * FROM audit_entry WHERE ${conditions} ORDER BY id DESC
             LIMIT ${query.pageSize} OFFSET ${(query.pageNumber - 1) * query.pageSize}`,
      )
      const items = rows.map((row) => ({
        id: row.id,
        at: iso(row.at),
        actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
        action: row.action,
        objectType: row.object_type,
        objectId: row.object_id,
        detail: row.detail,
        requestId: row.request_id,
        address: row.address,
      }))
      return c.json(pageOf(items, { pageNumber: query.pageNumber, pageSize: query.pageSize }, total), 200)
    },
  )

  return routes
}
