import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { isCountry } from '../contacts/identity.ts'
import { audit } from '../platform/audit.ts'
import { join, many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  Instant,
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
  TimeZone,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, problems } from '../platform/problem.ts'
import { insertKey, newKey } from './bootstrap.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'

const PermissionName = z.enum(PERMISSIONS as [Permission, ...Permission[]]).openapi('Permission')
const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string(),
    permissions: z.array(z.string()),
    expiresAt: InstantOut.nullable(),
    lastUsedAt: InstantOut.nullable(),
    revokedAt: InstantOut.nullable(),
    createdBy: z.object({ id: z.string().nullable(), name: z.string() }),
    createdAt: InstantOut,
  })
  .openapi('ApiKey')
const ApiKeyInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    permissions: z.array(PermissionName).min(1).max(100),
    expiresAt: Instant.nullable().optional(),
  })
  .openapi('ApiKeyInput')
const NewApiKey = ApiKey.extend({ key: z.string().openapi({ description: 'Shown this once.' }) }).openapi('NewApiKey')

const Workspace = z
  .object({
    id: z.string(),
    name: z.string(),
    timeZone: z.string(),
    defaultCountry: z.string().nullable(),
    requireMarketingOptIn: z.boolean(),
    utilityThroughOptOut: z.boolean(),
    approvalRequired: z.boolean(),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Workspace')
const WorkspaceInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    timeZone: TimeZone.default('UTC'),
    defaultCountry: z.string().refine(isCountry, 'is not an ISO 3166 alpha-2 code').nullable().default(null),
    requireMarketingOptIn: z.boolean().default(false),
    utilityThroughOptOut: z.boolean().default(false),
    approvalRequired: z.boolean().default(false),
  })
  .openapi('WorkspaceInput')

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

interface KeyRow {
  id: string
  name: string
  prefix: string
  permissions: string[]
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
  created_by_id: string | null
  created_by_name: string
  created_at: Date
}
const keyColumns = sql`id, name, prefix, permissions, expires_at, last_used_at, revoked_at, created_by_id, created_by_name, created_at`
const keyOf = (row: KeyRow): z.infer<typeof ApiKey> => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  permissions: row.permissions,
  expiresAt: isoOrNull(row.expires_at),
  lastUsedAt: isoOrNull(row.last_used_at),
  revokedAt: isoOrNull(row.revoked_at),
  createdBy: { id: row.created_by_id, name: row.created_by_name },
  createdAt: iso(row.created_at),
})

interface WorkspaceRow {
  id: string
  name: string
  time_zone: string
  default_country: string | null
  require_marketing_opt_in: boolean
  utility_through_opt_out: boolean
  approval_required: boolean
  created_at: Date
  updated_at: Date
}
const workspaceOf = (row: WorkspaceRow): z.infer<typeof Workspace> => ({
  id: row.id,
  name: row.name,
  timeZone: row.time_zone,
  defaultCountry: row.default_country,
  requireMarketingOptIn: row.require_marketing_opt_in,
  utilityThroughOptOut: row.utility_through_opt_out,
  approvalRequired: row.approval_required,
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})

/** API keys, the workspace, the audit log. */
export function accessRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/ApiKey',
      operationId: 'createApiKey',
      tags: ['API keys'],
      summary: 'Make an API key',
      ...requirePermission('ApiKey:Create'),
      request: { body: body(ApiKeyInput) },
      responses: { 201: json(NewApiKey, 'The key itself is shown this once'), ...problems(400, 401, 403, 409, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(
        c,
        201,
        async (tx, principal) => {
          const missing = input.permissions.filter((permission) => !principal.permissions.has(permission))
          if (missing.length > 0) throw new Problem('forbidden', `Nobody can grant what they do not hold: ${missing.join(', ')}.`)
          if (input.expiresAt && input.expiresAt <= new Date()) throw invalidInput([{ pointer: '/expiresAt', detail: 'lies in the past' }])
          const key = newKey()
          const permissions = [...new Set(input.permissions)]
          const { workspaceId, actor } = principal
          const id = await insertKey(tx, {
            workspaceId,
            key,
            name: input.name,
            permissions,
            expiresAt: input.expiresAt ?? null,
            createdBy: actor,
          })
          await audit(tx, principal, {
            action: 'apiKey.create',
            objectType: 'ApiKey',
            objectId: id,
            detail: { name: input.name, permissions },
          })
          const row = await one<KeyRow>(tx, sql`SELECT ${keyColumns} FROM api_key WHERE workspace_id = ${workspaceId} AND id = ${id}`)
          return { ...keyOf(row), key }
        },
        ({ key: _secret, ...rest }) => ({ ...rest, key: '(shown once, when it was made)' }),
      )
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/ApiKey',
      operationId: 'listApiKeys',
      tags: ['API keys'],
      summary: 'All keys of the workspace',
      ...requirePermission('ApiKey:View'),
      responses: { 200: json(z.object({ items: z.array(ApiKey) }).openapi('ApiKeys')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const rows = await many<KeyRow>(
        pool,
        sql`SELECT ${keyColumns} FROM api_key WHERE workspace_id = ${principalOf(c).workspaceId} ORDER BY created_at DESC, id`,
      )
      return c.json({ items: rows.map(keyOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/ApiKey/{id}',
      operationId: 'revokeApiKey',
      tags: ['API keys'],
      summary: 'Revoke a key: it stops working within 5 seconds',
      ...requirePermission('ApiKey:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Revoked' }, ...problems(401, 403, 404, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const revoked = await run(
          tx,
          sql`UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`,
        )
        if (revoked === 0) throw new Problem('not-found', 'There is no such API key.')
        await audit(tx, principal, { action: 'apiKey.revoke', objectType: 'ApiKey', objectId: id })
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Workspace',
      operationId: 'listWorkspaces',
      tags: ['Workspace'],
      summary: 'The workspaces this credential reaches',
      ...requirePermission('Workspace:View'),
      responses: { 200: json(z.object({ items: z.array(Workspace) }).openapi('Workspaces')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const rows = await many<WorkspaceRow>(pool, sql`SELECT * FROM workspace WHERE id = ${principalOf(c).workspaceId}`)
      return c.json({ items: rows.map(workspaceOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Workspace/{id}',
      operationId: 'getWorkspace',
      tags: ['Workspace'],
      summary: 'One workspace',
      ...requirePermission('Workspace:View'),
      request: { params: IdParam },
      responses: { 200: json(Workspace), ...problems(401, 403, 404, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const row =
        id === principalOf(c).workspaceId ? await maybeOne<WorkspaceRow>(pool, sql`SELECT * FROM workspace WHERE id = ${id}`) : undefined
      if (row === undefined) throw new Problem('not-found', 'There is no such workspace.')
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(workspaceOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/Workspace/{id}',
      operationId: 'updateWorkspace',
      tags: ['Workspace'],
      summary: 'Change the settings of a workspace',
      ...requirePermission('Workspace:Edit'),
      request: { params: IdParam, body: body(WorkspaceInput) },
      responses: { 200: json(Workspace), ...problems(400, 401, 403, 404, 412, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const known =
          id === principal.workspaceId
            ? await maybeOne<WorkspaceRow>(tx, sql`SELECT * FROM workspace WHERE id = ${id} FOR UPDATE`)
            : undefined
        if (known === undefined) throw new Problem('not-found', 'There is no such workspace.')
        checkIfMatch(c, etagOf(known.updated_at.getTime()))
        await audit(tx, principal, { action: 'workspace.update', objectType: 'Workspace', objectId: id, detail: input })
        return one<WorkspaceRow>(
          tx,
          sql`UPDATE workspace
                 SET name = ${input.name}, time_zone = ${input.timeZone}, default_country = ${input.defaultCountry},
                     require_marketing_opt_in = ${input.requireMarketingOptIn}, utility_through_opt_out = ${input.utilityThroughOptOut},
                     approval_required = ${input.approvalRequired}, updated_at = now()
               WHERE id = ${id} RETURNING *`,
        )
      })
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(workspaceOf(row), 200)
    },
  )

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
