import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { mustHold } from '../access/roles.ts'
import type { Auth } from '../identity/auth.ts'
import { describePerson, Me } from '../identity/me.ts'
import { hashPassword } from '../identity/password.ts'
import { Email, Password, PersonName } from '../identity/schema.ts'
import { signIn } from '../identity/sessions.ts'
import type { Throttle } from '../identity/throttle.ts'
import { findUserByEmail, insertUser } from '../identity/users.ts'
import { audit } from '../platform/audit.ts'
import { many, maybeOne, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  forEverybody,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  isoOrNull,
  json,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, problems, usualBody } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { mailInvitation } from './invitation-mail.ts'
import { acceptInvitation, insertInvitation, invitationLink, lockInvitation } from './invitations.ts'
import { findRole, joinRole, type RoleRow, roleColumns, roleOf } from './members.ts'

const Invitation = z
  .object({
    id: z.string(),
    email: z.string(),
    role: z.object({ id: z.string(), name: z.string() }),
    state: z.enum(['Open', 'Accepted', 'Revoked', 'Expired']),
    expiresAt: InstantOut,
    acceptedAt: InstantOut.nullable(),
    createdBy: z.object({ id: z.string().nullable(), name: z.string() }),
    createdAt: InstantOut,
  })
  .openapi('Invitation')
const InvitationInput = z
  .strictObject({ email: Email, roleId: z.uuid(), expiresInDays: z.int().min(1).max(30).default(7) })
  .openapi('InvitationInput')
const NewInvitation = Invitation.extend({ link: z.string().openapi({ description: 'Shown this once.' }) }).openapi('NewInvitation')
const Token = z.string().min(1).max(200)
const AcceptInput = z
  .strictObject({ token: Token, name: PersonName.optional(), password: Password.optional() })
  .openapi('AcceptInvitationInput', { description: 'Name and password make an account; a signed-in person sends the token alone.' })
const InvitationPreview = z
  .object({
    email: z.string(),
    workspace: z.object({ name: z.string() }),
    role: z.object({ name: z.string() }),
    invitedBy: z.string(),
    expiresAt: InstantOut,
    hasAccount: z.boolean().openapi({ description: 'True: sign in with it first, then accept.' }),
  })
  .openapi('InvitationPreview')

type InvitationRow = RoleRow & {
  id: string
  email: string
  expires_at: Date
  accepted_at: Date | null
  revoked_at: Date | null
  created_by_id: string | null
  created_by_name: string
  created_at: Date
}
const invitations = sql`SELECT m.id, m.email, m.expires_at, m.accepted_at, m.revoked_at, m.created_by_id, m.created_by_name, m.created_at,
                               ${roleColumns} FROM invitation m ${joinRole}`

/** Invitations: links that make whoever holds them a member. No mail server is needed: hand the link over as you like; where there is one, the invited are written to as well. */
export function invitationRoutes({ pool, system, config, now, log }: Deps, auth: Auth, throttle: Throttle): OpenAPIHono<AppEnv> {
  const routes = router()
  const shown = (row: InvitationRow): z.infer<typeof Invitation> => {
    const role = roleOf(row)
    const open = row.expires_at > now() ? 'Open' : 'Expired'
    return {
      id: row.id,
      email: row.email,
      role: { id: role.id, name: role.name },
      state: row.accepted_at !== null ? 'Accepted' : row.revoked_at !== null ? 'Revoked' : open,
      expiresAt: iso(row.expires_at),
      acceptedAt: isoOrNull(row.accepted_at),
      createdBy: { id: row.created_by_id, name: row.created_by_name },
      createdAt: iso(row.created_at),
    }
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Invitation',
      operationId: 'createInvitation',
      tags: ['People'],
      summary: 'Invite somebody: the link is shown this once and replaces an earlier one for the same address',
      ...requirePermission('User:Create'),
      request: { body: body(InvitationInput) },
      responses: { 201: json(NewInvitation), ...usualBody(409) },
    }),
    async (c) => {
      const { email, roleId, expiresInDays } = c.req.valid('json')
      const made = await write(
        c,
        201,
        async (tx, principal) => {
          const { workspaceId, actor } = principal
          const role = await findRole(tx, workspaceId, roleId)
          if (role === undefined) throw invalidInput([{ pointer: '/roleId', detail: 'There is no such role.' }])
          mustHold(principal.permissions, role.permissions)
          const { id, token } = await insertInvitation(tx, { workspaceId, email, role, days: expiresInDays, createdBy: actor })
          const detail = { email: email.toLowerCase(), role: role.name }
          await audit(tx, principal, { action: 'invitation.create', objectType: 'Invitation', objectId: id, detail })
          const row = await maybeOne<InvitationRow>(tx, sql`${invitations} WHERE m.workspace_id = ${workspaceId} AND m.id = ${id}`)
          return { ...shown(row as InvitationRow), link: invitationLink(config.PUBLIC_URL, token) }
        },
        ({ link: _secret, ...rest }) => ({ ...rest, link: '(shown once, when it was made)' }),
      )
      // a remembered answer has no link: it was mailed the first time
      if (made.link.startsWith('http')) {
        const { workspaceId, actor } = principalOf(c)
        const known = await maybeOne<{ name: string }>(pool, sql`SELECT name FROM workspace WHERE id = ${workspaceId}`)
        void mailInvitation({ config, log }, { ...made, workspace: known?.name ?? '', by: actor.name })
      }
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Invitation',
      operationId: 'listInvitations',
      tags: ['People'],
      summary: 'The latest 200 invitations, newest first',
      ...requirePermission('User:View'),
      responses: { 200: json(z.object({ items: z.array(Invitation) }).openapi('Invitations')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const rows = await many<InvitationRow>(
        pool,
        sql`${invitations} WHERE m.workspace_id = ${principalOf(c).workspaceId} ORDER BY m.id DESC LIMIT 200`,
      )
      return c.json({ items: rows.map(shown) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/Invitation/{id}',
      operationId: 'revokeInvitation',
      tags: ['People'],
      summary: 'Revoke an open invitation: its link stops working at once',
      ...requirePermission('User:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Revoked' }, ...problems(401, 403, 404, 409, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await maybeOne<{ accepted_at: Date | null }>(
          tx,
          sql`SELECT accepted_at FROM invitation WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`,
        )
        if (known === undefined) throw new Problem('not-found', 'There is no such invitation.')
        if (known.accepted_at !== null) throw new Problem('already-member', 'The invitation was accepted; remove the member instead.')
        await run(
          tx,
          sql`UPDATE invitation SET revoked_at = coalesce(revoked_at, now()) WHERE workspace_id = ${workspaceId} AND id = ${id}`,
        )
        await audit(tx, principal, { action: 'invitation.revoke', objectType: 'Invitation', objectId: id })
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Invitation/preview',
      operationId: 'previewInvitation',
      tags: ['People'],
      summary: 'What a link invites to; nothing changes',
      ...forEverybody(),
      request: { body: body(z.strictObject({ token: Token }).openapi('InvitationToken')) },
      responses: { 200: json(InvitationPreview), ...problems(400, 404, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      await throttle.take({ address: c.get('address') })
      const preview = await inTransaction(system, async (tx) => {
        const invitation = await lockInvitation(tx, c.req.valid('json').token)
        return { ...invitation, hasAccount: (await findUserByEmail(tx, invitation.email)) !== undefined }
      })
      const { email, workspaceName, role, invitedBy, expiresAt, hasAccount } = preview
      const shownRole = { name: role.name }
      return c.json({ email, workspace: { name: workspaceName }, role: shownRole, invitedBy, expiresAt: iso(expiresAt), hasAccount }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Invitation/accept',
      operationId: 'acceptInvitation',
      tags: ['People'],
      summary: 'Become a member: with a new account, which is signed in by the answer, or as the signed-in person',
      ...forEverybody(),
      request: { body: body(AcceptInput) },
      responses: {
        200: json(Me, 'The signed-in person'),
        201: json(Me, 'A new account'),
        ...problems(400, 403, 404, 409, 413, 415, 422, 429, 503),
      },
    }),
    async (c) => {
      const { token, name, password } = c.req.valid('json')
      await throttle.take({ address: c.get('address') })
      const from = { address: c.get('address'), requestId: c.get('requestId') }
      const person = c.get('person')
      if (person !== undefined) {
        await inTransaction(system, async (tx) => {
          const invitation = await lockInvitation(tx, token)
          if (invitation.email !== person.email)
            throw new Problem('invitation-for-another', `It is for ${invitation.email}; you are signed in as ${person.email}.`)
          await acceptInvitation(tx, invitation, { id: person.userId, name: person.name }, from)
        })
        return c.json(await describePerson(system, person), 200)
      }
      if (name === undefined || password === undefined)
        throw invalidInput(
          [...(name === undefined ? ['/name'] : []), ...(password === undefined ? ['/password'] : [])].map((pointer) => ({
            pointer,
            detail: 'is needed to make an account',
          })),
        )
      const passwordHash = await hashPassword(password)
      const email = await inTransaction(system, async (tx) => {
        const invitation = await lockInvitation(tx, token)
        const userId = await insertUser(tx, { name, email: invitation.email, passwordHash })
        if (userId === undefined) throw new Problem('user-exists', 'Sign in, then accept the invitation.')
        await acceptInvitation(tx, invitation, { id: userId, name }, from)
        return invitation.email
      })
      return c.json(await describePerson(system, await signIn(auth, c, email, password)), 201)
    },
  )

  return routes
}
