import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { PermissionName } from '../access/api-key-routes.ts'
import type { Permission } from '../access/permissions.ts'
import { BUILT_IN_ROLES, mustHold } from '../access/roles.ts'
import { audit } from '../platform/audit.ts'
import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  InstantOut,
  iso,
  json,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { Problem, problems, usual, usualBody } from '../platform/problem.ts'

const Role = z
  .object({
    id: z.string(),
    name: z.string(),
    isBuiltIn: z.boolean(),
    permissions: z.array(z.string()),
    createdAt: InstantOut.nullable(),
    updatedAt: InstantOut.nullable(),
  })
  .openapi('Role')
const RoleInput = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .refine((name) => !BUILT_IN_ROLES.some((role) => role.name.toLowerCase() === name.toLowerCase()), 'is the name of a built-in role'),
    permissions: z.array(PermissionName).min(1).max(100),
  })
  .openapi('RoleInput')

interface RoleRow {
  id: string
  name: string
  permissions: Permission[]
  created_at: Date
  updated_at: Date
}
const shown = (row: RoleRow): z.infer<typeof Role> => ({
  id: row.id,
  name: row.name,
  isBuiltIn: false,
  permissions: row.permissions,
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})
const version = (row: RoleRow) => etagOf(row.updated_at.getTime())

/** The built-in roles and the workspace's own. */
export function roleRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Role',
      operationId: 'listRoles',
      tags: ['People'],
      summary: 'All roles: the built-in ones, then one’s own',
      ...requirePermission('User:View'),
      responses: { 200: json(z.object({ items: z.array(Role) }).openapi('Roles')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const own = await many<RoleRow>(pool, sql`SELECT * FROM role WHERE workspace_id = ${principalOf(c).workspaceId} ORDER BY lower(name)`)
      const builtIn = BUILT_IN_ROLES.map((role) => ({ ...role, permissions: [...role.permissions], createdAt: null, updatedAt: null }))
      return c.json({ items: [...builtIn, ...own.map(shown)] }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Role',
      operationId: 'createRole',
      tags: ['People'],
      summary: 'Make a role of one’s own',
      ...requirePermission('User:Create'),
      request: { body: body(RoleInput) },
      responses: { 201: json(Role), ...usualBody(409) },
    }),
    async (c) => {
      const { name, permissions } = c.req.valid('json')
      const row = await write(
        c,
        201,
        async (tx, principal) => {
          const { workspaceId } = principal
          mustHold(principal.permissions, permissions)
          const made = await maybeOne<RoleRow>(
            tx,
            sql`INSERT INTO role (workspace_id, id, name, permissions) VALUES (${workspaceId}, ${newId()}, ${name}, ${unique(permissions)})
                ON CONFLICT (workspace_id, lower(name)) DO NOTHING RETURNING *`,
          )
          if (made === undefined) throw roleExists(name)
          await audit(tx, principal, { action: 'role.create', objectType: 'Role', objectId: made.id, detail: { name, permissions } })
          return made
        },
        shown,
      )
      c.header('ETag', version(row))
      return c.json(shown(row), 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Role/{id}',
      operationId: 'getRole',
      tags: ['People'],
      summary: 'One role',
      ...requirePermission('User:View'),
      request: { params: IdParam },
      responses: { 200: json(Role), ...usual(404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const builtIn = BUILT_IN_ROLES.find((role) => role.id === id.toLowerCase())
      if (builtIn !== undefined) return c.json({ ...builtIn, permissions: [...builtIn.permissions], createdAt: null, updatedAt: null }, 200)
      const row = await maybeOne<RoleRow>(pool, sql`SELECT * FROM role WHERE workspace_id = ${principalOf(c).workspaceId} AND id = ${id}`)
      if (row === undefined) throw noRole()
      c.header('ETag', version(row))
      return c.json(shown(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/Role/{id}',
      operationId: 'updateRole',
      tags: ['People'],
      summary: 'Change a role of one’s own: it counts at once for everybody who has it',
      ...requirePermission('User:Edit'),
      request: { params: IdParam, body: body(RoleInput) },
      responses: { 200: json(Role), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { name, permissions } = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await lockedRole(tx, workspaceId, id)
        checkIfMatch(c, version(known))
        mustHold(principal.permissions, [...known.permissions, ...permissions])
        const twin = await maybeOne(
          tx,
          sql`SELECT 1 FROM role WHERE workspace_id = ${workspaceId} AND lower(name) = lower(${name}) AND id <> ${id}`,
        )
        if (twin !== undefined) throw roleExists(name)
        await audit(tx, principal, { action: 'role.update', objectType: 'Role', objectId: id, detail: { name, permissions } })
        return one<RoleRow>(
          tx,
          sql`UPDATE role SET name = ${name}, permissions = ${unique(permissions)}, updated_at = now()
               WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING *`,
        )
      })
      c.header('ETag', version(row))
      return c.json(shown(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/Role/{id}',
      operationId: 'deleteRole',
      tags: ['People'],
      summary: 'Delete a role of one’s own that nobody has',
      ...requirePermission('User:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...problems(401, 403, 404, 409, 412, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await lockedRole(tx, workspaceId, id)
        checkIfMatch(c, version(known))
        mustHold(principal.permissions, known.permissions)
        const user = await maybeOne(
          tx,
          sql`SELECT 1 FROM workspace_member WHERE workspace_id = ${workspaceId} AND role_id = ${id}
              UNION ALL
              SELECT 1 FROM invitation WHERE workspace_id = ${workspaceId} AND role_id = ${id}
                 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() LIMIT 1`,
        )
        if (user !== undefined) throw new Problem('role-in-use', 'Give those who have it another role first.')
        await run(tx, sql`DELETE FROM invitation WHERE workspace_id = ${workspaceId} AND role_id = ${id}`) // over: accepted, revoked, expired
        await run(tx, sql`DELETE FROM role WHERE workspace_id = ${workspaceId} AND id = ${id}`)
        await audit(tx, principal, { action: 'role.delete', objectType: 'Role', objectId: id, detail: { name: known.name } })
      })
      return c.body(null, 204)
    },
  )

  return routes
}

const unique = (permissions: readonly Permission[]): Permission[] => [...new Set(permissions)]
const noRole = () => new Problem('not-found', 'There is no such role of this workspace’s own.')
const roleExists = (name: string) => new Problem('role-exists', `There is a role named ${name}.`)

/** Held until the transaction ends, against memberships and invitations that would take it meanwhile. */
async function lockedRole(tx: Db, workspaceId: string, id: string): Promise<RoleRow> {
  const row = await maybeOne<RoleRow>(tx, sql`SELECT * FROM role WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`)
  if (row === undefined) throw noRole()
  return row
}
