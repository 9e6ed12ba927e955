import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { maybeOne, run, sql } from '../platform/db.ts'
import type { AppEnv, Deps, Principal } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import type { Permission } from './permissions.ts'
import { makeRateLimiter } from './rate-limit.ts'

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

interface Credential {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
  readonly permissions: ReadonlySet<Permission>
}

/** A revoke counts within this time, everywhere. */
const CACHE_MS = 4_000
const CACHE_MAX = 10_000

/** Finds the caller of `/api/v1`. No credential: the route's gate decides; a bad one is 401 everywhere. */
export function makeAuthenticator({ pool, config, log }: Deps): MiddlewareHandler<AppEnv> {
  const cache = new Map<string, { readonly credential: Credential | undefined; readonly untilMs: number }>()
  const limiter = makeRateLimiter(config.API_RATE_PER_SECOND, config.API_RATE_PER_SECOND * 2)
  const lastNoted = new Map<string, number>()

  async function find(key: string): Promise<Credential | undefined> {
    const hash = hashKey(key)
    const cacheKey = hash.toString('base64')
    const known = cache.get(cacheKey)
    if (known !== undefined && known.untilMs > performance.now()) return known.credential
    const row = await maybeOne<{ workspace_id: string; id: string; name: string; permissions: Permission[] }>(
      pool,
      sql`SELECT workspace_id, id, name, permissions FROM api_key
           WHERE key_hash = ${hash} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    )
    const credential = row && { workspaceId: row.workspace_id, id: row.id, name: row.name, permissions: new Set(row.permissions) }
    if (cache.size >= CACHE_MAX) cache.clear()
    cache.set(cacheKey, { credential, untilMs: performance.now() + CACHE_MS })
    return credential
  }

  /** At most once a minute and key: a note, not a record. */
  function noteUse({ workspaceId, id }: Credential): void {
    const now = performance.now()
    if (now - (lastNoted.get(id) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    lastNoted.set(id, now)
    run(pool, sql`UPDATE api_key SET last_used_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`).catch((error: unknown) =>
      log.debug({ err: error }, 'last use of a key not noted'),
    )
  }

  return async (c, next) => {
    const key = keyOf(c.req.header('authorization'), c.req.header('x-api-key'))
    if (key === undefined) return next()
    const credential = await find(key)
    if (credential === undefined)
      throw new Problem('unauthorized', 'The API key is unknown, expired or revoked.', {
        headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
      })
    const limit = limiter(credential.id, performance.now())
    if (!limit.isAllowed)
      throw new Problem('too-many-requests', `At most ${limit.perSecond} requests a second for one key.`, {
        headers: { ...limit.headers, 'Retry-After': String(limit.retryAfterSeconds) },
      })
    noteUse(credential)
    const principal: Principal = {
      workspaceId: credential.workspaceId,
      credentialId: credential.id,
      permissions: credential.permissions,
      actor: { type: 'apiKey', id: credential.id, name: credential.name },
      address: addressOf(c.env, config.TRUST_PROXY ? c.req.header('x-forwarded-for') : undefined),
      requestId: c.get('requestId'),
    }
    c.set('principal', principal)
    await next()
    for (const [name, value] of Object.entries(limit.headers)) c.res.headers.set(name, value)
    return undefined
  }
}

/** Any other scheme than Bearer is a bad credential, not an absent one. */
function keyOf(authorization: string | undefined, apiKey: string | undefined): string | undefined {
  if (authorization === undefined) return apiKey
  return /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? ''
}

function addressOf(env: unknown, forwarded: string | undefined): string | null {
  if (forwarded !== undefined) return forwarded.split(',')[0]?.trim() ?? null
  const incoming = (env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming
  return incoming?.socket?.remoteAddress ?? null
}
