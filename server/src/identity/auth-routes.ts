import { type Context, Hono } from 'hono'
import { audit } from '../platform/audit.ts'
import { type Db, many, sql } from '../platform/db.ts'
import { type AppEnv, type Deps, invalidInput, type Person, pointerPart } from '../platform/http.ts'
import { Problem, type ProblemSlug } from '../platform/problem.ts'
import { readJsonBody } from '../platform/request-body.ts'
import { ADDRESS_HEADER, type Auth, OIDC_PROVIDER } from './auth.ts'
import { auditRefusal, type Tried, waitingForCode } from './refusals.ts'
import { checkOrigin, cookieHeader, findPerson } from './sessions.ts'
import type { Throttle } from './throttle.ts'

/** How a route of better-auth takes part in the product. */
interface AuthRoute {
  readonly method: 'GET' | 'POST'
  /** Every field of its body; others are refused. */
  readonly fields?: readonly string[]
  /** Whose attempts are counted: a password or a code comes along. */
  readonly attempts?: 'email' | 'caller'
  /** The audit entry of a success, in every workspace of the person. */
  readonly action?: string
}

/** What is not here does not exist: no sign-up, no listing of tokens, no deletion. */
const ROUTES: Readonly<Record<string, AuthRoute>> = {
  '/sign-in/email': { method: 'POST', fields: ['email', 'password', 'rememberMe'], attempts: 'email', action: 'user.signIn' },
  '/sign-in/social': { method: 'POST', fields: ['provider', 'callbackURL', 'errorCallbackURL'], attempts: 'caller' },
  [`/callback/${OIDC_PROVIDER}`]: { method: 'GET', action: 'user.signIn' },
  '/sign-out': { method: 'POST', fields: [], action: 'user.signOut' },
  '/change-password': {
    method: 'POST',
    fields: ['currentPassword', 'newPassword', 'revokeOtherSessions'],
    attempts: 'caller',
    action: 'user.changePassword',
  },
  '/two-factor/enable': { method: 'POST', fields: ['password'], attempts: 'caller', action: 'user.prepareTwoFactor' },
  '/two-factor/disable': { method: 'POST', fields: ['password'], attempts: 'caller', action: 'user.disableTwoFactor' },
  '/two-factor/get-totp-uri': { method: 'POST', fields: ['password'], attempts: 'caller' },
  '/two-factor/generate-backup-codes': { method: 'POST', fields: ['password'], attempts: 'caller', action: 'user.replaceBackupCodes' },
  '/two-factor/verify-totp': { method: 'POST', fields: ['code', 'trustDevice'], attempts: 'caller', action: 'user.signIn' },
  '/two-factor/verify-backup-code': { method: 'POST', fields: ['code', 'trustDevice'], attempts: 'caller', action: 'user.signIn' },
}

/** better-auth's refusals in our words; anything else goes by its status. */
const REFUSALS: Readonly<Record<string, ProblemSlug>> = {
  ACCOUNT_TEMPORARILY_LOCKED: 'too-many-requests',
  INVALID_BACKUP_CODE: 'code-wrong',
  INVALID_CODE: 'code-wrong',
  INVALID_EMAIL_OR_PASSWORD: 'sign-in-refused',
  INVALID_PASSWORD: 'password-wrong',
  INVALID_TWO_FACTOR_COOKIE: 'second-factor-expired',
  PASSWORD_TOO_LONG: 'password-unfit',
  PASSWORD_TOO_SHORT: 'password-unfit',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'second-factor-expired',
  TOTP_ALREADY_ENABLED: 'second-factor-on',
  TOTP_NOT_ENABLED: 'second-factor-off',
  TWO_FACTOR_NOT_ENABLED: 'second-factor-off',
  BACKUP_CODES_NOT_ENABLED: 'second-factor-off',
  PROVIDER_NOT_FOUND: 'not-found',
}
/** Refusals of a wrong password or code. */
const WRONG: ReadonlySet<ProblemSlug> = new Set(['code-wrong', 'password-wrong', 'sign-in-refused'])
const BY_STATUS: Readonly<Record<number, ProblemSlug>> = {
  400: 'invalid-input',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  429: 'too-many-requests',
}

/** Sign-in, the second factor and password change: `/api/auth/*`, by better-auth behind our own gate. Answers never carry a token. */
export function authRoutes(deps: Deps, auth: Auth, throttle: Throttle): Hono<AppEnv> {
  return new Hono<AppEnv>().all('/api/auth/*', async (c) => {
    const route = routeOf(c)
    const body = route.method === 'POST' ? await readBody(c, deps, route.fields ?? []) : {}
    const account = await accountOf(route, body, auth, c)
    if (route.attempts !== undefined) await throttle.take({ ...(account === undefined ? {} : { account }), address: c.get('address') })
    const before = route.action === undefined ? undefined : await findPerson(auth, c.req.raw.headers)
    const answer = await auth.handler(forwarded(c, body))
    if (answer.status >= 400) {
      const refusal = await refusalOf(answer)
      const tried = WRONG.has(refusal.slug) ? await triedOf(route, account, auth, c) : undefined
      if (tried !== undefined) await auditRefusal(deps.pool, c, tried, c.req.path.slice('/api/auth/'.length))
      throw refusal
    }
    if (account !== undefined) await throttle.forgive(account)
    const cookies = answer.headers.getSetCookie()
    if (route.action !== undefined) {
      const after = await findPerson(auth, cookieHeader(cookies))
      const person = after?.person ?? before?.person
      const isConfirmation = before !== undefined && c.req.path.includes('/verify-') // the first code switches the second factor on
      if (person !== undefined) await auditPerson(deps.pool, c, person, isConfirmation ? 'user.enableTwoFactor' : route.action)
    }
    return cleaned(answer, cookies)
  })
}

function routeOf(c: Context<AppEnv>): AuthRoute {
  const path = c.req.path.slice('/api/auth'.length)
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined
  if (route === undefined) throw new Problem('not-found', 'There is nothing at this address.')
  if (c.req.method !== route.method)
    throw new Problem('method-not-allowed', `Allowed here: ${route.method}.`, { headers: { Allow: route.method } })
  return route
}

/** Only JSON, only from our own pages when a browser sends it. */
async function readBody(c: Context<AppEnv>, { config }: Deps, fields: readonly string[]): Promise<Record<string, unknown>> {
  if (c.req.header('cookie') !== undefined || c.req.header('origin') !== undefined) checkOrigin(c.req.raw, config.PUBLIC_URL)
  await readJsonBody(c, true)
  const body: unknown = JSON.parse(await c.req.text())
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalidInput([{ pointer: '', detail: 'must be a JSON object' }])
  const unknown = Object.keys(body).filter((name) => !fields.includes(name))
  if (unknown.length > 0)
    throw invalidInput(unknown.map((name) => ({ pointer: `/${pointerPart(name)}`, detail: 'This field is not known here.' })))
  return { ...body, ...(fields.includes('callbackURL') && !('callbackURL' in body) ? { callbackURL: '/' } : {}) }
}

async function accountOf({ attempts }: AuthRoute, body: Record<string, unknown>, auth: Auth, c: Context<AppEnv>) {
  if (attempts === 'email') return typeof body.email === 'string' ? body.email.trim() : undefined
  return attempts === 'caller' ? (await findPerson(auth, c.req.raw.headers))?.person.userId : undefined
}

/** Whose secret was tried: the address that was given, the person signed in, or the one who has yet to give a code. */
async function triedOf({ attempts }: AuthRoute, account: string | undefined, auth: Auth, c: Context<AppEnv>): Promise<Tried | undefined> {
  if (account === undefined) return waitingForCode(auth, c.req.raw.headers)
  return attempts === 'email' ? { email: account } : { userId: account }
}

/** The same request with the caller's true address, whatever header a client made up. */
function forwarded(c: Context<AppEnv>, body: Record<string, unknown>): Request {
  const headers = new Headers(c.req.raw.headers)
  for (const name of ['content-length', 'transfer-encoding', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'authorization'])
    headers.delete(name)
  headers.set(ADDRESS_HEADER, c.get('address') ?? '')
  const isPost = c.req.method === 'POST'
  return new Request(c.req.url, { method: c.req.method, headers, ...(isPost ? { body: JSON.stringify(body) } : {}) })
}

async function refusalOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as { code?: string; message?: string }
  const code = said.code ?? ''
  const slug = (Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined) ?? BY_STATUS[answer.status] ?? 'internal-error'
  if (slug === 'internal-error') throw new Error(`better-auth answered ${answer.status} ${code}`)
  const detail = said.message ?? 'The request was refused.'
  if (slug === 'too-many-requests') return new Problem(slug, detail, { headers: { 'Retry-After': '900' } })
  return slug === 'invalid-input' ? invalidInput([{ pointer: '', detail }]) : new Problem(slug, detail)
}

/** The answer without the session's token: scripts have no business with it, the cookie is enough. */
async function cleaned(answer: Response, cookies: readonly string[]): Promise<Response> {
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  for (const name of ['location', 'content-type']) {
    const value = answer.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  const text = await answer.text()
  if (text === '' || !headers.get('content-type')?.includes('json')) return new Response(text || null, { status: answer.status, headers })
  const { token: _secret, ...shown } = JSON.parse(text) as Record<string, unknown>
  return new Response(JSON.stringify(shown), { status: answer.status, headers })
}

/** What people do with their own account shows in the log of every workspace they belong to. */
export async function auditPerson(db: Db, c: Context<AppEnv>, person: Pick<Person, 'userId' | 'name'>, action: string): Promise<void> {
  const workspaces = await many<{ workspace_id: string }>(
    db,
    sql`SELECT workspace_id FROM workspace_member WHERE user_id = ${person.userId}`,
  )
  const actor = { type: 'user' as const, id: person.userId, name: person.name }
  for (const { workspace_id: workspaceId } of workspaces)
    await audit(
      db,
      { workspaceId, actor, address: c.get('address'), requestId: c.get('requestId') },
      { action, objectType: 'User', objectId: person.userId },
    )
}
