import type { Permission } from '../access/permissions.ts'
import { BUILT_IN_ROLES, type BuiltInName, builtIn, effectivePermissions, type Role } from '../access/roles.ts'
import { type Db, many, maybeOne, type Sql, sql } from '../platform/db.ts'

/** A role as two columns hold it: a built-in name, or the id of one of the workspace's own. */
export interface RoleColumns {
  readonly built_in_role: BuiltInName | null
  readonly role_id: string | null
}
interface OwnRole {
  readonly role_name: string | null
  readonly role_permissions: Permission[] | null
}
export type RoleRow = RoleColumns & OwnRole

/** For tables with `built_in_role` and `role_id`, joined as `joinRole` does. */
export const roleColumns = sql`m.built_in_role, m.role_id, r.name AS role_name, r.permissions AS role_permissions`
export const joinRole = sql`LEFT JOIN role r ON r.workspace_id = m.workspace_id AND r.id = m.role_id`

export const roleOf = (row: RoleRow): Role =>
  row.built_in_role !== null
    ? builtIn(row.built_in_role)
    : { id: row.role_id ?? '', name: row.role_name ?? '', isBuiltIn: false, permissions: row.role_permissions ?? [] }

export const columnsOf = (role: Role): RoleColumns =>
  role.isBuiltIn ? { built_in_role: role.name as BuiltInName, role_id: null } : { built_in_role: null, role_id: role.id }

/** A role by its id, built-in or of this workspace; locked against deletion until the transaction ends. */
export async function findRole(tx: Db, workspaceId: string, id: string): Promise<Role | undefined> {
  const known = BUILT_IN_ROLES.find((role) => role.id === id.toLowerCase())
  if (known !== undefined) return known
  const row = await maybeOne<{ id: string; name: string; permissions: Permission[] }>(
    tx,
    sql`SELECT id, name, permissions FROM role WHERE workspace_id = ${workspaceId} AND id = ${id} FOR SHARE`,
  )
  return row && { ...row, isBuiltIn: false }
}

/** One workspace as a member sees it. */
export interface Membership {
  readonly workspaceId: string
  readonly name: string
  readonly timeZone: string
  readonly role: Role
  /** What the member may do there now. */
  readonly permissions: readonly Permission[]
}

type MembershipRow = RoleRow & { workspace_id: string; name: string; time_zone: string; approval_required: boolean }
const memberships = (condition: Sql): Sql =>
  sql`SELECT m.workspace_id, w.name, w.time_zone, w.approval_required, ${roleColumns}
        FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id ${joinRole}
       WHERE ${condition} ORDER BY w.created_at, w.id`
const membershipOf = (row: MembershipRow): Membership => {
  const role = roleOf(row)
  const permissions = effectivePermissions(role, { approvalRequired: row.approval_required })
  return { workspaceId: row.workspace_id, name: row.name, timeZone: row.time_zone, role, permissions }
}

/** The person's membership in one workspace; undefined when there is none. Never cached: a removal counts at once. */
export async function findMembership(db: Db, workspaceId: string, userId: string): Promise<Membership | undefined> {
  const row = await maybeOne<MembershipRow>(db, memberships(sql`m.workspace_id = ${workspaceId} AND m.user_id = ${userId}`))
  return row && membershipOf(row)
}

/** Every workspace the person reaches. */
export const membershipsOf = async (db: Db, userId: string): Promise<Membership[]> =>
  (await many<MembershipRow>(db, memberships(sql`m.user_id = ${userId}`))).map(membershipOf)
