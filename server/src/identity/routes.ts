import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { firstWorkspace, hasUsers, insertOwner, lockInstall } from '../access/bootstrap.ts'
import { hashToken } from '../access/keys.ts'
import { audit } from '../platform/audit.ts'
import { many, maybeOne, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  forEverybody,
  IdParam,
  InstantOut,
  iso,
  json,
  personOf,
  requireCredential,
  requirePerson,
  router,
  TimeZone,
} from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem, problems } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { type Auth, hasOidc } from './auth.ts'
import { auditPerson } from './auth-routes.ts'
import { describeCaller, describePerson, Me } from './me.ts'
import { hashPassword } from './password.ts'
import { Email, Password, PersonName } from './schema.ts'
import { signIn } from './sessions.ts'
import type { Throttle } from './throttle.ts'
import { endSessions } from './users.ts'

const SetupInput = z
  .strictObject({
    token: z.string().min(1).max(200),
    name: PersonName,
    email: Email,
    password: Password,
    workspaceName: z.string().trim().min(1).max(200),
    timeZone: TimeZone.default('UTC'),
  })
  .openapi('SetupInput')
const SetupState = z
  .object({
    isNeeded: z.boolean(),
    hasOidc: z.boolean().openapi({ description: 'Whether one may sign in through an OpenID Connect provider.' }),
  })
  .openapi('SetupState')
const Session = z
  .object({
    id: z.string(),
    isCurrent: z.boolean(),
    createdAt: InstantOut,
    expiresAt: InstantOut,
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
  })
  .openapi('Session')

/** A first start's owner, who is calling, and a person's own sessions. Signing in itself is under `/api/auth`. */
export function identityRoutes({ pool, config }: Deps, auth: Auth, throttle: Throttle): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Setup',
      operationId: 'isSetupNeeded',
      tags: ['Set-up'],
      summary: 'Whether this installation still waits for its owner, and how one may sign in',
      ...forEverybody(),
      responses: { 200: json(SetupState), ...problems(503) },
    }),
    async (c) => c.json({ isNeeded: !(await hasUsers(pool)), hasOidc: hasOidc(config) }, 200),
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Setup',
      operationId: 'setUp',
      tags: ['Set-up'],
      summary: 'Become the owner by the one-time link of the first start; the answer sets the session cookie',
      ...forEverybody(),
      request: { body: body(SetupInput) },
      responses: { 201: json(Me), ...problems(400, 403, 409, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const { token, name, email, password, workspaceName, timeZone } = c.req.valid('json')
      await throttle.take({ address: c.get('address') })
      const passwordHash = await hashPassword(password)
      await inTransaction(pool, async (tx) => {
        await lockInstall(tx)
        if (await hasUsers(tx)) throw new Problem('setup-not-needed', 'Sign in, or ask an owner for an invitation.')
        const isRight = await maybeOne(tx, sql`SELECT 1 FROM install WHERE setup_token_hash = ${hashToken(token)}`)
        if (isRight === undefined) throw new Problem('setup-token-wrong', 'Take the link from the last start’s output.')
        const workspaceId = (await firstWorkspace(tx))?.id ?? newId()
        await run(
          tx,
          sql`INSERT INTO workspace (id, name, time_zone) VALUES (${workspaceId}, ${workspaceName}, ${timeZone})
              ON CONFLICT (id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone, updated_at = now()`,
        )
        const userId = await insertOwner(tx, workspaceId, { name, email, passwordHash })
        const actor = { type: 'user' as const, id: userId, name }
        const who = { workspaceId, actor, address: c.get('address'), requestId: c.get('requestId') }
        await audit(tx, who, { action: 'install.setUp', objectType: 'User', objectId: userId, detail: { workspaceName } })
      })
      return c.json(await describePerson(pool, await signIn(auth, c, email, password)), 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Me',
      operationId: 'getMe',
      tags: ['Me'],
      summary: 'Who is calling, which workspaces they reach, what they may do there',
      ...requireCredential(),
      responses: { 200: json(Me), ...problems(401, 429, 503) },
    }),
    async (c) => c.json(await describeCaller(pool, c), 200),
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/Me',
      operationId: 'updateMe',
      tags: ['Me'],
      summary: 'Change one’s own name',
      ...requirePerson(),
      request: { body: body(z.strictObject({ name: PersonName }).openapi('MeInput')) },
      responses: { 200: json(Me), ...problems(400, 401, 403, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const person = { ...personOf(c), ...c.req.valid('json') }
      await inTransaction(pool, async (tx) => {
        await run(tx, sql`UPDATE identity_user SET name = ${person.name}, updated_at = now() WHERE id = ${person.userId}`)
        await auditPerson(tx, c, person, 'user.rename')
      })
      return c.json(await describePerson(pool, person), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Session',
      operationId: 'listSessions',
      tags: ['Me'],
      summary: 'One’s own sessions, newest first',
      ...requirePerson(),
      responses: { 200: json(z.object({ items: z.array(Session) }).openapi('Sessions')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const { userId, sessionId } = personOf(c)
      const rows = await many<{ id: string; created_at: Date; expires_at: Date; ip_address: string | null; user_agent: string | null }>(
        pool,
        sql`SELECT id, created_at, expires_at, ip_address, user_agent FROM identity_session
             WHERE user_id = ${userId} AND expires_at > now() ORDER BY created_at DESC, id DESC LIMIT 200`,
      )
      const items = rows.map((row) => ({
        id: row.id,
        isCurrent: row.id === sessionId,
        createdAt: iso(row.created_at),
        expiresAt: iso(row.expires_at),
        address: row.ip_address || null,
        userAgent: row.user_agent || null,
      }))
      return c.json({ items }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/Session/{id}',
      operationId: 'revokeSession',
      tags: ['Me'],
      summary: 'End one of one’s own sessions: it counts with its next request',
      ...requirePerson(),
      request: { params: IdParam },
      responses: { 204: { description: 'Ended' }, ...problems(401, 403, 404, 429, 503) },
    }),
    async (c) => {
      const person = personOf(c)
      await inTransaction(pool, async (tx) => {
        const ended = await run(
          tx,
          sql`DELETE FROM identity_session WHERE id = ${c.req.valid('param').id} AND user_id = ${person.userId} AND expires_at > now()`,
        )
        if (ended === 0) throw new Problem('not-found', 'There is no such session.')
        await auditPerson(tx, c, person, 'user.endSession')
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Session/revoke-others',
      operationId: 'revokeOtherSessions',
      tags: ['Me'],
      summary: 'End all of one’s sessions but this one',
      ...requirePerson(),
      responses: { 200: json(z.object({ ended: z.int() }).openapi('EndedSessions')), ...problems(400, 401, 403, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const person = personOf(c)
      const ended = await inTransaction(pool, async (tx) => {
        const count = await endSessions(tx, person.userId, person.sessionId)
        if (count > 0) await auditPerson(tx, c, person, 'user.endOtherSessions')
        return count
      })
      return c.json({ ended }, 200)
    },
  )

  return routes
}
