import { betterAuth } from 'better-auth'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { twoFactor } from 'better-auth/plugins/two-factor'
import type pg from 'pg'
import type { Config } from '../platform/config.ts'
import { maybeOne, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'
import { hashPassword, PASSWORD_LENGTH, verifyPassword } from './password.ts'

/** The header by which we tell better-auth the caller's address; whatever a client sent under this name is replaced. */
export const ADDRESS_HEADER = 'x-fanfare-address'
/** The name of the OpenID Connect provider in addresses and accounts: `/api/auth/callback/oidc`. */
export const OIDC_PROVIDER = 'oidc'
const SESSION_SECONDS = 7 * 86_400

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const columns = <Name extends string>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, snake(name)])) as Record<Name, string>

export interface AuthDeps {
  readonly config: Config
  readonly pool: pg.Pool
  readonly secrets: Secrets
}

/**
 * better-auth, for identity only: who a person is, their sessions, their second factor, sign-in through OpenID Connect. Workspaces, roles
 * and invitations are ours, and so are the tables' migrations (a test asserts that both agree). Nobody can sign up; nothing is cached in
 * cookies, so that a revoked session ends with its next request.
 */
export const authOptions = ({ config, pool, secrets }: AuthDeps) => {
  const isSecure = config.PUBLIC_URL.startsWith('https:')
  return {
    appName: 'Fanfare',
    baseURL: config.PUBLIC_URL,
    basePath: '/api/auth',
    secret: secrets.derive('identity').toString('base64'),
    database: pool,
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false }, // ours counts by account too, and in the database (throttle.ts)
    onAPIError: { errorURL: '/' }, // signing in stands in for the page that was asked for
    trustedOrigins: (request?: Request) => (request === undefined ? [] : [new URL(request.url).origin, sameHostOrigin(request)]),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      autoSignIn: false,
      minPasswordLength: PASSWORD_LENGTH.min,
      maxPasswordLength: PASSWORD_LENGTH.max,
      password: { hash: hashPassword, verify: ({ hash, password }: { hash: string; password: string }) => verifyPassword(hash, password) },
    },
    user: {
      modelName: 'identity_user',
      fields: columns('emailVerified', 'createdAt', 'updatedAt'),
      /** Signing up stays closed: a provider may only introduce somebody who holds a live invitation. */
      validateUserInfo: async ({ user, source }: { user: { email?: string }; source: { action: string } }) => {
        if (source.action !== 'create-user') return
        if (typeof user.email === 'string' && (await isInvited(pool, user.email))) return
        return { error: 'signup_disabled', errorDescription: 'There is no account and no invitation for this address.' }
      },
    },
    session: {
      modelName: 'identity_session',
      fields: columns('userId', 'expiresAt', 'ipAddress', 'userAgent', 'createdAt', 'updatedAt'),
      expiresIn: SESSION_SECONDS,
      updateAge: 86_400,
      cookieCache: { enabled: false },
    },
    account: {
      modelName: 'identity_account',
      fields: columns(
        ...(['providerId', 'accountId', 'userId', 'accessToken', 'refreshToken', 'idToken', 'accessTokenExpiresAt'] as const),
        ...(['refreshTokenExpiresAt', 'createdAt', 'updatedAt'] as const),
      ),
      updateAccountOnSignIn: false,
    },
    verification: {
      modelName: 'identity_verification',
      fields: columns('expiresAt', 'createdAt', 'updatedAt'),
      storeIdentifier: 'hashed' as const,
    },
    databaseHooks: { account: { create: { before: async (account: object) => ({ data: { ...account, ...NO_TOKENS } }) } } },
    advanced: {
      // `__Host-` binds a cookie to this very host over TLS; plain http, which only loopback should use, cannot carry it.
      useSecureCookies: false,
      disableOriginCheck: false, // the library would leave it out where it believes to be tested
      cookiePrefix: isSecure ? '__Host-fanfare' : 'fanfare',
      defaultCookieAttributes: { secure: isSecure, httpOnly: true, sameSite: 'lax' as const, path: '/' },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: { generateId: () => newId(), validateSchema: false },
    },
    plugins: [
      twoFactor({
        issuer: 'Fanfare',
        twoFactorTable: 'identity_two_factor',
        schema: {
          user: { fields: columns('twoFactorEnabled') },
          twoFactor: { fields: columns('backupCodes', 'userId', 'failedVerificationCount', 'lockedUntil') },
        },
      }),
      ...oidc(config),
    ],
  }
}

export type Auth = ReturnType<typeof makeAuth>
export const makeAuth = (deps: AuthDeps) => betterAuth(authOptions(deps))

/** We only want to know who somebody is: the provider's tokens are never kept. */
const NO_TOKENS = { accessToken: null, refreshToken: null, idToken: null }

export const hasOidc = ({ OIDC_ISSUER, OIDC_CLIENT_ID }: Config): boolean => OIDC_ISSUER !== undefined && OIDC_CLIENT_ID !== undefined

function oidc({ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET }: Config) {
  if (OIDC_ISSUER === undefined || OIDC_CLIENT_ID === undefined) return []
  return [
    genericOAuth({
      config: [
        {
          providerId: OIDC_PROVIDER,
          discoveryUrl: `${OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`,
          clientId: OIDC_CLIENT_ID,
          ...(OIDC_CLIENT_SECRET === undefined ? {} : { clientSecret: OIDC_CLIENT_SECRET }),
          scopes: ['openid', 'email', 'profile'],
          pkce: true,
          requireIdTokenVerification: true,
          requireEmailVerification: true,
          disableProviderLogout: true,
        },
      ],
    }),
  ]
}

const isInvited = async (pool: pg.Pool, email: string): Promise<boolean> =>
  (await maybeOne(
    pool,
    sql`SELECT 1 FROM invitation WHERE email = ${email.toLowerCase()} AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() LIMIT 1`,
  )) !== undefined

/**
 * The request's Origin when its host is the one the request was sent to: a page of another site cannot have it, whatever name or proxy
 * this installation is reached through.
 */
export function sameHostOrigin(request: Request): string | null {
  const origin = request.headers.get('origin')
  if (origin === null || !URL.canParse(origin)) return null
  return new URL(origin).host === new URL(request.url).host ? origin : null
}
