import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { firstWorkspace, hasUsers, lockInstall, replaceSetupToken } from '../access/bootstrap.ts'
import { BUILT_IN_ROLES, type Role } from '../access/roles.ts'
import { hashPassword } from '../identity/password.ts'
import { Email, PersonName } from '../identity/schema.ts'
import { endSessions, findUserByEmail, insertUser, setPassword } from '../identity/users.ts'
import { audit } from '../platform/audit.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import { isUuid } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { insertInvitation, invitationLink } from './invitations.ts'
import { columnsOf } from './members.ts'

/** A mistake of whoever typed the command: said plainly, exit code 2. */
export class UsageError extends Error {}

export interface UserOptions {
  readonly email?: string | undefined
  readonly name?: string | undefined
  /** Default: the first workspace. */
  readonly workspace?: string | undefined
  /** Name of a built-in role or of one of the workspace's own; default Owner. */
  readonly role?: string | undefined
  /** For people who lost their phone and their backup codes. */
  readonly withoutTwoFactor?: boolean | undefined
}

export const USER_COMMANDS = ['list', 'create', 'reset-password', 'make-link'] as const
export type UserCommand = (typeof USER_COMMANDS)[number]

const ACTOR = { type: 'system' as const, id: null, name: 'Command line' }
const newPassword = (): string => randomBytes(15).toString('base64url')

/** What was done: for people, and the same for programs. */
export interface UserAnswer {
  readonly lines: string[]
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * People from the command line: whoever runs it holds the database, so nothing more is asked of them.
 * @returns what to print; passwords and links are shown this once
 */
export async function userCommand(pool: pg.Pool, publicUrl: string, command: UserCommand, options: UserOptions): Promise<UserAnswer> {
  if (command === 'list') return list(pool)
  if (command === 'make-link' && !(await hasUsers(pool))) {
    const link = `${publicUrl}/setup?token=${await inTransaction(pool, lockedSetupToken)}`
    return { lines: [`set-up link ${link}`], data: { kind: 'setup', link } }
  }
  const email = parsed(Email, options.email, '--email')
  if (command === 'reset-password') return resetPassword(pool, email, options.withoutTwoFactor ?? false)
  if (command === 'make-link')
    return inTransaction(pool, async (tx) => {
      const { workspaceId, role } = await target(tx, options)
      const { id, token } = await insertInvitation(tx, { workspaceId, email, role, days: 7, createdBy: ACTOR })
      await log(tx, workspaceId, 'invitation.create', 'Invitation', id)
      const link = invitationLink(publicUrl, token)
      return { lines: [`invitation link ${link}`], data: { kind: 'invitation', link } }
    })
  const name = parsed(PersonName, options.name ?? email.split('@')[0], '--name')
  const password = newPassword()
  const passwordHash = await hashPassword(password)
  return inTransaction(pool, async (tx) => {
    const { workspaceId, role } = await target(tx, options)
    const userId = await insertUser(tx, { name, email, passwordHash })
    if (userId === undefined) throw new UsageError(`There is an account for ${email}.`)
    const { built_in_role, role_id } = columnsOf(role)
    await run(
      tx,
      sql`INSERT INTO workspace_member (workspace_id, user_id, built_in_role, role_id)
          VALUES (${workspaceId}, ${userId}, ${built_in_role}, ${role_id})`,
    )
    await run(tx, sql`UPDATE install SET setup_token_hash = NULL`) // somebody is here now
    await log(tx, workspaceId, 'user.create', 'User', userId)
    return { lines: [`user ${userId}`, `password ${password}`], data: { userId, password } }
  })
}

async function list(db: Db): Promise<UserAnswer> {
  const rows = await many<{ email: string; name: string; two_factor_enabled: boolean | null; memberships: string[] }>(
    db,
    sql`SELECT u.email, u.name, u.two_factor_enabled,
               coalesce(array_agg(w.name || ': ' || coalesce(m.built_in_role, r.name) ORDER BY w.created_at) FILTER (WHERE w.id IS NOT NULL), '{}') AS memberships
          FROM identity_user u LEFT JOIN workspace_member m ON m.user_id = u.id LEFT JOIN workspace w ON w.id = m.workspace_id
          LEFT JOIN role r ON r.workspace_id = m.workspace_id AND r.id = m.role_id
         GROUP BY u.id ORDER BY u.created_at, u.id`,
  )
  const items = rows.map(({ email, name, two_factor_enabled, memberships }) => ({
    email,
    name,
    hasSecondFactor: two_factor_enabled === true,
    memberships,
  }))
  const lines = items.map(({ email, name, hasSecondFactor, memberships }) =>
    [email, name, hasSecondFactor ? 'second factor' : '-', memberships.join(', ') || '-'].join('\t'),
  )
  return { lines, data: { items } }
}

/** A new password; every session ends, and with them the devices that were trusted. */
async function resetPassword(pool: pg.Pool, email: string, withoutTwoFactor: boolean): Promise<UserAnswer> {
  const password = newPassword()
  const passwordHash = await hashPassword(password)
  await inTransaction(pool, async (tx) => {
    const user = await findUserByEmail(tx, email)
    if (user === undefined) throw new UsageError(`There is no account for ${email}.`)
    await setPassword(tx, user.id, passwordHash)
    await endSessions(tx, user.id)
    await run(tx, sql`DELETE FROM identity_verification WHERE value = ${user.id}`)
    if (withoutTwoFactor) {
      await run(tx, sql`DELETE FROM identity_two_factor WHERE user_id = ${user.id}`)
      await run(tx, sql`UPDATE identity_user SET two_factor_enabled = false WHERE id = ${user.id}`)
    }
    const memberships = await many<{ workspace_id: string }>(tx, sql`SELECT workspace_id FROM workspace_member WHERE user_id = ${user.id}`)
    for (const { workspace_id } of memberships) await log(tx, workspace_id, 'user.resetPassword', 'User', user.id)
  })
  return { lines: [`password ${password}`], data: { password } }
}

async function lockedSetupToken(tx: Db): Promise<string> {
  await lockInstall(tx)
  if ((await maybeOne(tx, sql`SELECT 1 FROM install`)) === undefined) throw new UsageError('Start the server once first.')
  return replaceSetupToken(tx)
}

/** The workspace and the role that the options name. */
async function target(tx: Db, { workspace, role = 'Owner' }: UserOptions): Promise<{ workspaceId: string; role: Role }> {
  const workspaceId = workspace ?? (await firstWorkspace(tx))?.id
  const known =
    workspaceId !== undefined &&
    isUuid(workspaceId) &&
    (await maybeOne(tx, sql`SELECT 1 FROM workspace WHERE id = ${workspaceId}`)) !== undefined
  if (workspaceId === undefined || !known)
    throw new UsageError(workspace === undefined ? 'There is no workspace yet.' : `There is no workspace ${workspace}.`)
  const own = await many<Pick<Role, 'id' | 'name' | 'permissions'>>(
    tx,
    sql`SELECT id, name, permissions FROM role WHERE workspace_id = ${workspaceId} FOR SHARE`,
  )
  const roles = [...BUILT_IN_ROLES, ...own.map((row) => ({ ...row, isBuiltIn: false }))]
  const found = roles.find(({ name }) => name.toLowerCase() === role.toLowerCase())
  if (found === undefined) throw new UsageError(`There is no role ${role}. There are ${roles.map(({ name }) => name).join(', ')}.`)
  return { workspaceId, role: found }
}

const log = (tx: Db, workspaceId: string, action: string, objectType: string, objectId: string) =>
  audit(tx, { workspaceId, actor: ACTOR, address: null, requestId: '' }, { action, objectType, objectId })

function parsed(schema: typeof Email | typeof PersonName, text: string | undefined, option: string): string {
  const result = schema.safeParse(text)
  if (!result.success) throw new UsageError(`${option}: ${result.error.issues[0]?.message}`)
  return result.data
}
