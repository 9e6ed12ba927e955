import type { Context } from 'hono'
import type { AppEnv, Person } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { ADDRESS_HEADER, type Auth, sameHostOrigin } from './auth.ts'

/** Who the request's cookie says is calling, and cookies to hand back when the session was prolonged. */
export interface FoundPerson {
  readonly person: Person
  readonly cookies: readonly string[]
}

/** The person of a session cookie. Absent, expired, revoked and forged cookies are all the same: nobody. */
export async function findPerson(auth: Auth, headers: Headers): Promise<FoundPerson | undefined> {
  if (!headers.get('cookie')?.includes('fanfare.session_token=')) return undefined
  const { response, headers: answered } = await auth.api.getSession({
    headers: new Headers({ cookie: headers.get('cookie') ?? '' }),
    returnHeaders: true,
  })
  if (response === null) return undefined
  const { user, session } = response
  return {
    person: {
      userId: user.id,
      name: user.name,
      email: user.email,
      twoFactorEnabled: (user as { twoFactorEnabled?: boolean | null }).twoFactorEnabled === true, // the plugin's own column
      sessionId: session.id,
    },
    cookies: answered.getSetCookie(),
  }
}

/**
 * A cookie comes along whoever made the browser ask, so a write must come from our own pages.
 * @throws 403 when Origin is absent or another site's
 */
export function checkOrigin(request: Request, publicUrl: string): void {
  const origin = request.headers.get('origin')
  if (origin !== null && (origin === new URL(publicUrl).origin || origin === sameHostOrigin(request))) return
  throw new Problem('origin-forbidden', 'A write with a session needs an Origin header of this very installation.')
}

/** Signs in somebody who has just proved themselves by a one-time link: the answer carries the session cookie. */
export async function signIn(auth: Auth, c: Context<AppEnv>, email: string, password: string): Promise<Person> {
  const headers = new Headers({ 'user-agent': c.req.header('user-agent') ?? '', [ADDRESS_HEADER]: c.get('address') ?? '' })
  const { headers: answered } = await auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true })
  const cookies = answered.getSetCookie()
  for (const cookie of cookies) c.header('Set-Cookie', cookie, { append: true })
  const found = await findPerson(auth, cookieHeader(cookies))
  if (found === undefined) throw new Error('the session that was just made is not found')
  return found.person
}

/** The request header that hands Set-Cookie answers back. */
export const cookieHeader = (cookies: readonly string[]): Headers =>
  new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })
