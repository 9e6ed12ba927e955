import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { mustHold, type Role } from '../access/roles.ts'
import { audit } from '../platform/audit.ts'
import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  json,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, problems, usualBody } from '../platform/problem.ts'
import { columnsOf, findRole, joinRole, type RoleRow, roleColumns, roleOf } from './members.ts'

const RoleName = z.object({ id: z.string(), name: z.string() })
const Member = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: RoleName,
    twoFactorEnabled: z.boolean(),
    createdAt: InstantOut.openapi({ description: 'When they became a member.' }),
  })
  .openapi('User')
const MemberInput = z.strictObject({ roleId: z.uuid() }).openapi('UserInput')

type MemberRow = RoleRow & { id: string; name: string; email: string; two_factor_enabled: boolean | null; created_at: Date }
const memberColumns = sql`u.id, u.name, u.email, u.two_factor_enabled, m.created_at, ${roleColumns}`
const memberTables = sql`workspace_member m JOIN identity_user u ON u.id = m.user_id ${joinRole}`
const memberOf = (row: MemberRow): z.infer<typeof Member> => {
  const { id, name } = roleOf(row)
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: { id, name },
    twoFactorEnabled: row.two_factor_enabled === true,
    createdAt: iso(row.created_at),
  }
}

/** The members of a workspace. People come in by invitation; here their roles change and they leave. */
export function memberRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/User',
      operationId: 'listUsers',
      tags: ['People'],
      summary: 'All members of the workspace',
      ...requirePermission('User:View'),
      responses: { 200: json(z.object({ items: z.array(Member) }).openapi('Users')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const rows = await many<MemberRow>(
        pool,
        sql`SELECT ${memberColumns} FROM ${memberTables} WHERE m.workspace_id = ${principalOf(c).workspaceId} ORDER BY lower(u.name), u.id`,
      )
      return c.json({ items: rows.map(memberOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/User/{id}',
      operationId: 'updateUser',
      tags: ['People'],
      summary: 'Give a member another role',
      ...requirePermission('User:Edit'),
      request: { params: IdParam, body: body(MemberInput) },
      responses: { 200: json(Member), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { roleId } = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const role = await lockedRole(tx, workspaceId, id)
        const wanted = await findRole(tx, workspaceId, roleId)
        if (wanted === undefined) throw invalidInput([{ pointer: '/roleId', detail: 'There is no such role.' }])
        mustHold(principal.permissions, [...role.permissions, ...wanted.permissions])
        if (isOwner(role) && !isOwner(wanted)) await keepAnOwner(tx, workspaceId, id)
        const { built_in_role, role_id } = columnsOf(wanted)
        await run(
          tx,
          sql`UPDATE workspace_member SET built_in_role = ${built_in_role}, role_id = ${role_id}
               WHERE workspace_id = ${workspaceId} AND user_id = ${id}`,
        )
        const detail = { from: role.name, to: wanted.name }
        await audit(tx, principal, { action: 'user.changeRole', objectType: 'User', objectId: id, detail })
        return one<MemberRow>(
          tx,
          sql`SELECT ${memberColumns} FROM ${memberTables} WHERE m.workspace_id = ${workspaceId} AND m.user_id = ${id}`,
        )
      })
      return c.json(memberOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/User/{id}',
      operationId: 'removeUser',
      tags: ['People'],
      summary: 'Take a member out of the workspace: it counts at once; their account stays',
      ...requirePermission('User:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Removed' }, ...problems(401, 403, 404, 409, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const { workspaceId } = principal
        const role = await lockedRole(tx, workspaceId, id)
        mustHold(principal.permissions, role.permissions)
        if (isOwner(role)) await keepAnOwner(tx, workspaceId, id)
        await run(tx, sql`DELETE FROM workspace_member WHERE workspace_id = ${workspaceId} AND user_id = ${id}`)
        await audit(tx, principal, { action: 'user.remove', objectType: 'User', objectId: id, detail: { role: role.name } })
      })
      return c.body(null, 204)
    },
  )

  return routes
}

const isOwner = (role: Role): boolean => role.isBuiltIn && role.name === 'Owner'

/** The member's role now. Holds the workspace, so that two owners cannot remove each other at the same time. */
async function lockedRole(tx: Db, workspaceId: string, userId: string): Promise<Role> {
  await run(tx, sql`SELECT 1 FROM workspace WHERE id = ${workspaceId} FOR NO KEY UPDATE`)
  const row = await maybeOne<RoleRow>(
    tx,
    sql`SELECT ${roleColumns} FROM workspace_member m ${joinRole} WHERE m.workspace_id = ${workspaceId} AND m.user_id = ${userId}`,
  )
  if (row === undefined) throw new Problem('not-found', 'There is no such member.')
  return roleOf(row)
}

async function keepAnOwner(tx: Db, workspaceId: string, leavingId: string): Promise<void> {
  const other = await maybeOne(
    tx,
    sql`SELECT 1 FROM workspace_member WHERE workspace_id = ${workspaceId} AND built_in_role = 'Owner' AND user_id <> ${leavingId} LIMIT 1`,
  )
  if (other === undefined) throw new Problem('last-owner', 'Make somebody else an owner first.')
}
