import { randomBytes } from 'node:crypto'
import { type BuiltInName, builtIn, type Role } from '../access/roles.ts'
import { hashPassword } from '../identity/password.ts'
import { insertUser } from '../identity/users.ts'
import { run, sql } from '../platform/db.ts'
import type { TestAnswer, TestApp } from '../platform/test-app.ts'
import { columnsOf } from './members.ts'

/** Where the test app believes to be reached: its own pages have this origin. */
export const ORIGIN = 'http://test.local'
export const PASSWORD = 'correct horse battery'
let passwordHash: Promise<string> | undefined

export interface TestPerson {
  readonly userId: string
  readonly email: string
  readonly name: string
  /** The cookies of their browser, as a request sends them. */
  readonly cookie: string
  /** A request of their browser: cookie, origin, the workspace they look at. */
  request(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly headers?: Record<string, string>; readonly workspaceId?: string | null },
  ): Promise<TestAnswer>
}

/** Cookies of an answer as the next request sends them; cleared ones are left out. */
export const cookiesOf = (answer: TestAnswer): string =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .filter((cookie) => !cookie.endsWith('='))
    .join('; ')

/** A person with an account, and no workspace yet. */
export async function addUser(t: TestApp, name = 'Asha'): Promise<{ userId: string; email: string; name: string }> {
  passwordHash ??= hashPassword(PASSWORD)
  const email = `${name.toLowerCase()}-${randomBytes(4).toString('hex')}@example.org`
  const userId = await insertUser(t.deps.pool, { name, email, passwordHash: await passwordHash })
  if (userId === undefined) throw new Error('the address was taken')
  return { userId, email, name }
}

export const signInAs = (t: TestApp, email: string, password = PASSWORD): Promise<TestAnswer> =>
  t.request('POST', '/api/auth/sign-in/email', { key: null, body: { email, password }, headers: { origin: ORIGIN } })

/** Signs in by the front door. */
export async function browserOf(t: TestApp, user: { userId: string; email: string; name: string }): Promise<TestPerson> {
  const answer = await signInAs(t, user.email)
  if (answer.status !== 200) throw new Error(`sign-in failed: ${JSON.stringify(answer.body)}`)
  const cookie = cookiesOf(answer)
  return {
    ...user,
    cookie,
    request: (method, path, { body, headers = {}, workspaceId = t.workspaceId } = {}) =>
      t.request(method, path, {
        key: null,
        body,
        headers: { cookie, origin: ORIGIN, ...(workspaceId === null ? {} : { 'x-workspace-id': workspaceId }), ...headers },
      }),
  }
}

/** A signed-in member of the workspace. */
export async function addMember(t: TestApp, role: BuiltInName | Role, workspaceId = t.workspaceId): Promise<TestPerson> {
  const found = typeof role === 'string' ? builtIn(role) : role
  const user = await addUser(t, found.name)
  const { built_in_role, role_id } = columnsOf(found)
  await run(
    t.deps.pool,
    sql`INSERT INTO workspace_member (workspace_id, user_id, built_in_role, role_id)
        VALUES (${workspaceId}, ${user.userId}, ${built_in_role}, ${role_id})`,
  )
  return browserOf(t, user)
}
