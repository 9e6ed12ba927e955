import type { Context, MiddlewareHandler } from 'hono'
import type { Auth } from '../identity/auth.ts'
import { checkOrigin, findPerson } from '../identity/sessions.ts'
import { findMembership } from '../people/members.ts'
import { maybeOne, run, sql } from '../platform/db.ts'
import type { AppEnv, Deps, Person, Principal } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { inWorkspace } from '../platform/wall.ts'
import { hashToken } from './keys.ts'
import type { Permission } from './permissions.ts'
import { makeRateLimiter, type RateLimit } from './rate-limit.ts'

interface Credential {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
  readonly permissions: ReadonlySet<Permission>
}

/** A revoke counts within this time, everywhere. */
const CACHE_MS = 4_000
const CACHE_MAX = 10_000

/**
 * Finds the caller of `/api/v1`, by API key or by session; both become one `principal`. No credential: the route's gate decides; a bad key
 * is 401 everywhere, a bad cookie, which browsers send unasked, is none.
 */
export function makeAuthenticator(deps: Deps, auth: Auth): MiddlewareHandler<AppEnv> {
  const { config } = deps
  const findKey = makeKeyFinder(deps)
  const limiter = makeRateLimiter(config.API_RATE_PER_SECOND, config.API_RATE_PER_SECOND * 2)

  async function asKey(c: Context<AppEnv>, key: string): Promise<RateLimit> {
    const credential = await findKey(key)
    if (credential === undefined)
      throw new Problem('unauthorized', 'The API key is unknown, expired or revoked.', {
        headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
      })
    const limit = limited(credential.id)
    const wanted = workspaceIn(c)
    if (wanted !== undefined && wanted.toLowerCase() !== credential.workspaceId) throw noWorkspace()
    c.set('stillMay', async (permission) => (await findKey(key))?.permissions.has(permission) === true)
    const actor = { type: 'apiKey' as const, id: credential.id, name: credential.name }
    c.set('principal', principal(c, { workspaceId: credential.workspaceId, permissions: credential.permissions, actor }))
    return limit
  }

  async function asPerson(c: Context<AppEnv>, person: Person): Promise<RateLimit> {
    const limit = limited(person.userId)
    if (!['GET', 'HEAD'].includes(c.req.method)) checkOrigin(c.req.raw, config.PUBLIC_URL)
    c.set('person', person)
    const workspaceId = workspaceIn(c)
    if (workspaceId === undefined) return limit
    const membership = isUuid(workspaceId) ? await findMembership(deps.system, workspaceId, person.userId) : undefined
    if (membership === undefined) throw noWorkspace()
    c.set('stillMay', personStillMay(deps, auth, c.req.raw.headers, membership.workspaceId))
    const actor = { type: 'user' as const, id: person.userId, name: person.name }
    c.set('principal', principal(c, { workspaceId: membership.workspaceId, permissions: new Set(membership.permissions), actor }))
    return limit
  }

  function limited(caller: string): RateLimit {
    const limit = limiter(caller, performance.now())
    if (limit.isAllowed) return limit
    throw new Problem('too-many-requests', `At most ${limit.perSecond} requests a second for one caller.`, {
      headers: { ...limit.headers, 'Retry-After': String(limit.retryAfterSeconds) },
    })
  }

  return async (c, next) => {
    const key = keyOf(c.req.header('authorization'), c.req.header('x-api-key'))
    const found = key === undefined ? await findPerson(auth, c.req.raw.headers) : undefined
    if (key === undefined && found === undefined) return next()
    const limit = found === undefined ? await asKey(c, key ?? '') : await asPerson(c, found.person)
    const workspaceId = c.get('principal')?.workspaceId
    await (workspaceId === undefined ? next() : inWorkspace(workspaceId, next))
    for (const [name, value] of Object.entries(limit.headers)) c.res.headers.set(name, value)
    const isSet = c.res.headers.has('set-cookie') // a route that signs somebody in knows better
    if (!isSet) for (const cookie of found?.cookies ?? []) c.res.headers.append('Set-Cookie', cookie)
    return undefined
  }
}

/** Looks keys up by their hash, remembering answers for seconds and noting the last use at most once a minute. */
function makeKeyFinder({ system, log }: Deps): (key: string) => Promise<Credential | undefined> {
  const cache = new Map<string, { readonly credential: Credential | undefined; readonly untilMs: number }>()
  const lastNoted = new Map<string, number>()

  function noteUse({ workspaceId, id }: Credential): void {
    const now = performance.now()
    if (now - (lastNoted.get(id) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    if (lastNoted.size >= CACHE_MAX) lastNoted.clear()
    lastNoted.set(id, now)
    run(system, sql`UPDATE api_key SET last_used_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`).catch((error: unknown) =>
      log.debug({ err: error }, 'last use of a key not noted'),
    )
  }

  return async (key) => {
    const hash = hashToken(key)
    const cacheKey = hash.toString('base64')
    const known = cache.get(cacheKey)
    if (known !== undefined && known.untilMs > performance.now()) {
      if (known.credential !== undefined) noteUse(known.credential)
      return known.credential
    }
    const row = await maybeOne<{ workspace_id: string; id: string; name: string; permissions: Permission[] }>(
      system,
      sql`SELECT workspace_id, id, name, permissions FROM api_key
           WHERE key_hash = ${hash} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    )
    const credential = row && { workspaceId: row.workspace_id, id: row.id, name: row.name, permissions: new Set(row.permissions) }
    if (cache.size >= CACHE_MAX) cache.clear()
    cache.set(cacheKey, { credential, untilMs: performance.now() + CACHE_MS })
    if (credential !== undefined) noteUse(credential)
    return credential
  }
}

/** Whether the session still lives and its person's role still allows it; an answer stands for as long as a key's. */
function personStillMay({ system }: Deps, auth: Auth, headers: Headers, workspaceId: string): (permission: Permission) => Promise<boolean> {
  let known: { readonly permissions: ReadonlySet<Permission>; readonly untilMs: number } | undefined
  return async (permission) => {
    if (known === undefined || known.untilMs <= performance.now()) {
      const person = (await findPerson(auth, headers))?.person
      const membership = person && (await findMembership(system, workspaceId, person.userId))
      known = { permissions: new Set(membership?.permissions), untilMs: performance.now() + CACHE_MS }
    }
    return known.permissions.has(permission)
  }
}

/** The credential of idempotency is the person rather than the session, which changes with each sign-in. */
const principal = (c: Context<AppEnv>, caller: Pick<Principal, 'workspaceId' | 'permissions' | 'actor'>): Principal => ({
  ...caller,
  credentialId: caller.actor.id ?? '',
  address: c.get('address'),
  requestId: c.get('requestId'),
})

/** Every request names its workspace: two tabs may look at two of them. An event stream cannot send headers, so a GET may use its query. */
const workspaceIn = (c: Context<AppEnv>): string | undefined =>
  c.req.header('x-workspace-id') ?? (c.req.method === 'GET' ? c.req.query('workspaceId') : undefined)

const noWorkspace = () => new Problem('not-found', 'There is no such workspace.')

/** Any other scheme than Bearer is a bad credential, not an absent one. */
function keyOf(authorization: string | undefined, apiKey: string | undefined): string | undefined {
  if (authorization === undefined) return apiKey
  return /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? ''
}
