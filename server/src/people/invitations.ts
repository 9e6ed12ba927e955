import { hashToken, newToken } from '../access/keys.ts'
import type { Role } from '../access/roles.ts'
import { type Actor, audit } from '../platform/audit.ts'
import { type Db, maybeOne, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { columnsOf, joinRole, type RoleRow, roleColumns, roleOf } from './members.ts'

export interface NewInvitation {
  readonly workspaceId: string
  readonly email: string
  readonly role: Role
  readonly days: number
  readonly createdBy: { readonly id: string | null; readonly name: string }
}

/**
 * Stores an invitation by its token's hash. An open one for the same address in this workspace is revoked: only the last link counts.
 * @returns its id, and the token, which the caller shows once as a link
 */
export async function insertInvitation(tx: Db, invitation: NewInvitation): Promise<{ id: string; token: string }> {
  const { workspaceId, role, days, createdBy } = invitation
  const email = invitation.email.toLowerCase()
  const member = await maybeOne(
    tx,
    sql`SELECT 1 FROM workspace_member m JOIN identity_user u ON u.id = m.user_id WHERE m.workspace_id = ${workspaceId} AND u.email = ${email}`,
  )
  if (member !== undefined) throw new Problem('already-member', 'Change their role instead.')
  await run(
    tx,
    sql`UPDATE invitation SET revoked_at = now()
         WHERE workspace_id = ${workspaceId} AND email = ${email} AND accepted_at IS NULL AND revoked_at IS NULL`,
  )
  const id = newId()
  const token = newToken()
  const { built_in_role, role_id } = columnsOf(role)
  await run(
    tx,
    sql`INSERT INTO invitation (workspace_id, id, email, built_in_role, role_id, token_hash, expires_at, created_by_id, created_by_name)
        VALUES (${workspaceId}, ${id}, ${email}, ${built_in_role}, ${role_id}, ${hashToken(token)},
                now() + ${days} * interval '1 day', ${createdBy.id}, ${createdBy.name})`,
  )
  return { id, token }
}

export const invitationLink = (publicUrl: string, token: string): string => `${publicUrl}/invitation?token=${token}`

/** An invitation as whoever holds its link sees it. */
export interface OpenInvitation {
  readonly workspaceId: string
  readonly id: string
  readonly email: string
  readonly workspaceName: string
  readonly invitedBy: string
  readonly expiresAt: Date
  readonly role: Role
}

/**
 * The invitation of a link, held until the transaction ends, so that a link works once.
 * @throws 404 for a token that is unknown, used, revoked or expired: all alike
 */
export async function lockInvitation(tx: Db, token: string): Promise<OpenInvitation> {
  const row = await maybeOne<
    RoleRow & { workspace_id: string; id: string; email: string; name: string; created_by_name: string; expires_at: Date }
  >(
    tx,
    sql`SELECT m.workspace_id, m.id, m.email, m.created_by_name, m.expires_at, w.name, ${roleColumns}
          FROM invitation m JOIN workspace w ON w.id = m.workspace_id ${joinRole}
         WHERE m.token_hash = ${hashToken(token)} AND m.accepted_at IS NULL AND m.revoked_at IS NULL AND m.expires_at > now()
           FOR UPDATE OF m`,
  )
  if (row === undefined) throw new Problem('not-found', 'This invitation does not exist, was used, or is over.')
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    email: row.email,
    workspaceName: row.name,
    invitedBy: row.created_by_name,
    expiresAt: row.expires_at,
    role: roleOf(row),
  }
}

/** Makes the person a member as the invitation says. A member already stays what they are: a link never takes rights away. */
export async function acceptInvitation(
  tx: Db,
  invitation: OpenInvitation,
  person: { readonly id: string; readonly name: string },
  from: Pick<Actor, 'address' | 'requestId'>,
): Promise<void> {
  const { workspaceId, id, role } = invitation
  const { built_in_role, role_id } = columnsOf(role)
  await run(
    tx,
    sql`INSERT INTO workspace_member (workspace_id, user_id, built_in_role, role_id)
        VALUES (${workspaceId}, ${person.id}, ${built_in_role}, ${role_id}) ON CONFLICT (workspace_id, user_id) DO NOTHING`,
  )
  await run(tx, sql`UPDATE invitation SET accepted_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  const actor = { type: 'user' as const, ...person }
  const detail = { role: role.name }
  await audit(tx, { workspaceId, actor, ...from }, { action: 'invitation.accept', objectType: 'Invitation', objectId: id, detail })
}
