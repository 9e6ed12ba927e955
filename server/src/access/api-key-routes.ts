import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import { many, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  isoOrNull,
  json,
  NullableInstant,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, problems } from '../platform/problem.ts'
import { insertKey, newKey } from './keys.ts'
import { PERMISSION_MATRIX, PERMISSIONS, type Permission } from './permissions.ts'
import { mustHold } from './roles.ts'

export const PermissionName = z.enum(PERMISSIONS as [Permission, ...Permission[]]).openapi('Permission')
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
    expiresAt: NullableInstant.optional(),
  })
  .openapi('ApiKeyInput')
const NewApiKey = ApiKey.extend({ key: z.string().openapi({ description: 'Shown this once.' }) }).openapi('NewApiKey')

const Permissions = z
  .object({
    nouns: z.array(z.object({ noun: z.string(), verbs: z.array(z.string()) })),
    grantable: z.array(z.string()).openapi({ description: 'What this caller holds, and so may grant.' }),
  })
  .openapi('PermissionMatrix')

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

/** API keys: made, listed, revoked; what one may hold. */
export function apiKeyRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
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
          mustHold(principal.permissions, input.permissions)
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
      path: '/api/v1/ApiKey/permissions',
      operationId: 'listPermissions',
      tags: ['API keys'],
      summary: 'Every permission as rows of a matrix, and which of them this caller may grant',
      ...requirePermission('ApiKey:View'),
      responses: { 200: json(Permissions), ...problems(401, 403, 429, 503) },
    }),
    (c) => {
      const nouns = PERMISSION_MATRIX.map(({ noun, verbs }) => ({ noun, verbs: [...verbs] }))
      return c.json({ nouns, grantable: PERMISSIONS.filter((permission) => principalOf(c).permissions.has(permission)) }, 200)
    },
  )

  return routes
}
