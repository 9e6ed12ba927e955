import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addMember, addUser, browserOf, cookiesOf, ORIGIN, PASSWORD, signInAs, type TestPerson } from '../people/test-people.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { codeOf } from './test-authenticator.ts'

let t: TestApp
let owner: TestPerson
before(async () => {
  t = await testApp()
  owner = await addMember(t, 'Owner')
})
after(() => t.drop())

const auth = (person: TestPerson, path: string, body: unknown = {}) => person.request('POST', `/api/auth/${path}`, { body })

test('signing in sets an HttpOnly, SameSite=Lax cookie of this host and never shows the token', async () => {
  const answer = await signInAs(t, owner.email)
  assert.deepEqual([answer.status, answer.body.user.email, 'token' in answer.body], [200, owner.email, false])
  const [cookie = ''] = answer.headers.getSetCookie()
  assert.match(cookie, /^fanfare\.session_token=[^;]+;.*Path=\/;.*HttpOnly;.*SameSite=Lax/)
  assert.doesNotMatch(cookie, /Domain|Secure/)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
})

test('behind https the cookie is Secure and bound to the host by its name', async () => {
  const secure = await testApp({ environment: { PUBLIC_URL: 'https://fanfare.example' } })
  try {
    const { email } = await addUser(secure)
    const answer = await secure.request('POST', '/api/auth/sign-in/email', { key: null, body: { email, password: PASSWORD } })
    assert.match(answer.headers.getSetCookie()[0] ?? '', /^__Host-fanfare\.session_token=[^;]+;.*Path=\/.*Secure/)
    const me = await secure.request('GET', 'Me', { key: null, headers: { cookie: cookiesOf(answer) } })
    assert.equal(me.body.user.email, email)
  } finally {
    await secure.drop()
  }
})

test('a wrong password, an unknown account and an account without a password get the same answer', async () => {
  const { userId, email } = await addUser(t)
  await run(t.deps.pool, sql`DELETE FROM identity_account WHERE user_id = ${userId}`)
  const answers = await Promise.all([
    signInAs(t, owner.email, 'not the password'),
    signInAs(t, 'nobody@example.org', 'not the password'),
    signInAs(t, email, 'not the password'),
  ])
  for (const { status, body, headers } of answers) {
    assert.deepEqual([status, body.code, body.detail], [401, 'sign-in-refused', answers[0]?.body.detail])
    assert.deepEqual(headers.getSetCookie(), [])
  }
})

for (const [what, make] of [
  ['known', () => addUser(t)],
  ['unknown', async () => ({ email: 'absent@example.org' })],
] as const)
  test(`the eleventh attempt at a${what === 'known' ? '' : 'n'} ${what} account waits, even with the right password`, async () => {
    const { email } = await make()
    for (let attempt = 1; attempt <= 10; attempt++) assert.equal((await signInAs(t, email, 'wrong one')).status, 401)
    const answer = await signInAs(t, email.toUpperCase())
    assert.deepEqual([answer.status, answer.body.code], [429, 'too-many-requests'])
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
  })

test('one address cannot try many accounts; another address still may', async () => {
  const from = (address: string, n: number) =>
    t.app.fetch(
      new Request(`${ORIGIN}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.0.0.${n}` },
        body: JSON.stringify({ email: `n${n}@example.org`, password: 'wrong one' }),
      }),
      { incoming: { socket: { remoteAddress: address } } },
    )
  await run(t.deps.pool, sql`UPDATE sign_in_throttle SET attempts = 0`)
  assert.equal((await from('192.0.2.1', 0)).status, 401)
  await run(t.deps.pool, sql`UPDATE sign_in_throttle SET attempts = 100 WHERE attempts = 1`)
  assert.equal((await from('192.0.2.1', 1)).status, 429)
  assert.equal((await from('192.0.2.2', 2)).status, 401)
})

test('a success forgives the account its failures', async () => {
  const { email } = await addUser(t)
  for (let round = 1; round <= 3; round++) {
    for (let attempt = 1; attempt <= 5; attempt++) assert.equal((await signInAs(t, email, 'wrong one')).status, 401)
    assert.equal((await signInAs(t, email)).status, 200)
  }
})

test('nobody signs up, and nothing of the library is reachable that the product does not use', async () => {
  const body = { email: 'new@example.org', password: PASSWORD, name: 'New' }
  for (const [method, path] of [
    ['POST', 'sign-up/email'],
    ['GET', 'get-session'],
    ['GET', 'list-sessions'],
    ['POST', 'delete-user'],
    ['POST', 'update-user'],
    ['POST', 'request-password-reset'],
    ['POST', 'link-social'],
    ['GET', 'ok'],
    ['GET', 'reset-password/x'],
    ['GET', 'callback/not-a-provider'],
    ['POST', '__proto__'],
  ] as const)
    assert.equal((await owner.request(method, `/api/auth/${path}`, method === 'POST' ? { body } : {})).status, 404, path)
  assert.equal((await owner.request('GET', '/api/auth/sign-in/email')).status, 405)
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM identity_user WHERE email = 'new@example.org'`)
  assert.equal(n, 0)
})

test('a session acts in the workspace that the request names', async () => {
  assert.equal((await owner.request('GET', 'ApiKey')).status, 200)
  const unnamed = await owner.request('GET', 'ApiKey', { workspaceId: null })
  assert.deepEqual([unnamed.status, unnamed.body.code], [422, 'workspace-missing'])
  assert.equal((await owner.request('GET', `ApiKey?workspaceId=${t.workspaceId}`, { workspaceId: null })).status, 200)
  for (const workspaceId of [t.foreign.workspaceId, '01890a5d-ac96-774b-bcce-b302099a8057', 'nonsense']) {
    const answer = await owner.request('GET', 'ApiKey', { workspaceId })
    assert.deepEqual([answer.status, answer.body.detail], [404, 'There is no such workspace.'])
  }
})

test('an API key that names another workspace is refused rather than surprising', async () => {
  const headers = { 'x-workspace-id': t.foreign.workspaceId }
  assert.equal((await t.request('GET', 'ApiKey', { headers })).status, 404)
  assert.equal((await t.request('GET', 'ApiKey', { headers: { 'x-workspace-id': t.workspaceId } })).status, 200)
})

test('a write with a cookie needs an origin of this installation; reading needs none', async () => {
  const write = (origin: string | undefined) =>
    t.request('PUT', 'Me', {
      key: null,
      body: { name: 'Owner' },
      headers: { cookie: owner.cookie, ...(origin === undefined ? {} : { origin }) },
    })
  for (const origin of [undefined, 'null', 'https://evil.example', 'http://test.local.evil.example', 'http://test.local:81']) {
    const answer = await write(origin)
    assert.deepEqual([answer.status, answer.body.code], [403, 'origin-forbidden'], String(origin))
  }
  for (const origin of [ORIGIN, new URL(t.deps.config.PUBLIC_URL).origin]) assert.equal((await write(origin)).status, 200)
  assert.equal((await t.request('GET', 'Me', { key: null, headers: { cookie: owner.cookie } })).status, 200)
})

test('signing in and out is refused from other pages, in other content types, with unknown fields', async () => {
  const send = (headers: Record<string, string>, raw: string) => t.request('POST', '/api/auth/sign-in/email', { key: null, headers, raw })
  const good = JSON.stringify({ email: owner.email, password: PASSWORD })
  const isJson = { 'content-type': 'application/json' }
  for (const [headers, raw, status, code] of [
    [{ ...isJson, origin: 'https://evil.example' }, good, 403, 'origin-forbidden'],
    [{ ...isJson, cookie: owner.cookie }, good, 403, 'origin-forbidden'],
    [{ 'content-type': 'text/plain' }, good, 415, 'content-type-unsupported'],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'email=x&password=y', 415, 'content-type-unsupported'],
    [isJson, '{', 400, 'bad-request'],
    [isJson, '[]', 422, 'invalid-input'],
    [isJson, JSON.stringify({ email: owner.email, password: PASSWORD, callbackURL: '/' }), 422, 'invalid-input'],
    [isJson, JSON.stringify({ email: 1, password: {} }), 422, 'invalid-input'],
    [isJson, JSON.stringify({ email: 'not an address', password: PASSWORD }), 422, 'invalid-input'],
    [isJson, JSON.stringify({ email: owner.email, password: 'x'.repeat(5_000) }), 422, 'password-unfit'],
  ] as const) {
    const answer = await send(headers, raw)
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${JSON.stringify(headers)} ${raw.slice(0, 80)}`)
  }
})

test('a session ends when it is signed out, revoked, expired; a forged cookie is nobody', async () => {
  const person = await addMember(t, 'Viewer')
  const isSignedIn = async (cookie: string) => (await t.request('GET', 'Me', { key: null, headers: { cookie } })).status === 200
  const second = await browserOf(t, person)
  assert.ok((await isSignedIn(person.cookie)) && (await isSignedIn(second.cookie)))
  assert.equal((await auth(second, 'sign-out')).status, 200)
  assert.ok(!(await isSignedIn(second.cookie)))

  const third = await browserOf(t, person)
  const { body: listed } = await person.request('GET', 'Session')
  assert.deepEqual(
    listed.items.map((session: { isCurrent: boolean }) => session.isCurrent),
    [false, true],
  )
  assert.ok(!JSON.stringify(listed).includes('token'))
  assert.equal((await person.request('DELETE', `Session/${listed.items[0].id}`)).status, 204)
  assert.ok(!(await isSignedIn(third.cookie)))
  assert.equal((await owner.request('DELETE', `Session/${listed.items[1].id}`)).status, 404, 'not another person’s')

  const fourth = await browserOf(t, person)
  assert.deepEqual((await person.request('POST', 'Session/revoke-others')).body, { ended: 1 })
  assert.ok(!(await isSignedIn(fourth.cookie)) && (await isSignedIn(person.cookie)))

  assert.ok(!(await isSignedIn(`${person.cookie.slice(0, -8)}AAAAAAA%3D`)), 'a wrong signature')
  const { token } = await one<{ token: string }>(t.deps.pool, sql`SELECT token FROM identity_session WHERE user_id = ${person.userId}`)
  assert.ok(!(await isSignedIn(`fanfare.session_token=${token}`)), 'what the database holds opens nothing')
  await run(t.deps.pool, sql`UPDATE identity_session SET expires_at = now() WHERE user_id = ${person.userId}`)
  assert.ok(!(await isSignedIn(person.cookie)))
})

test('an old session is prolonged by use and its cookie handed out again', async () => {
  const person = await browserOf(t, await addUser(t))
  await run(t.deps.pool, sql`UPDATE identity_session SET expires_at = now() + interval '5 days' WHERE user_id = ${person.userId}`)
  const answer = await person.request('GET', 'Me', { workspaceId: null })
  assert.match(answer.headers.getSetCookie().join(), /fanfare\.session_token=/)
  const { days } = await one<{ days: number }>(
    t.deps.pool,
    sql`SELECT extract(epoch FROM expires_at - now()) / 86400 AS days FROM identity_session WHERE user_id = ${person.userId}`,
  )
  assert.ok(days > 6)
})

test('changing the password needs the old one, refuses a short one, and may end the other sessions', async () => {
  const person = await browserOf(t, await addUser(t))
  const other = await browserOf(t, person)
  const change = (currentPassword: string, newPassword: string) =>
    auth(person, 'change-password', { currentPassword, newPassword, revokeOtherSessions: true })
  assert.equal((await change('not the password', 'another good one')).body.code, 'password-wrong')
  assert.equal((await change(PASSWORD, 'short')).body.code, 'password-unfit')
  const changed = await change(PASSWORD, 'another good one')
  assert.deepEqual([changed.status, 'token' in changed.body], [200, false])
  assert.equal((await t.request('GET', 'Me', { key: null, headers: { cookie: other.cookie } })).status, 401)
  assert.equal((await t.request('GET', 'Me', { key: null, headers: { cookie: cookiesOf(changed) } })).status, 200)
  assert.equal((await signInAs(t, person.email)).status, 401)
  assert.equal((await signInAs(t, person.email, 'another good one')).status, 200)
})

test('a second factor: set up with a code, asked for at sign-in, replaced once by a backup code, switched off with the password', async () => {
  const member = await addMember(t, 'Viewer')
  assert.equal((await auth(member, 'two-factor/enable', { password: 'not the password' })).body.code, 'password-wrong')
  const prepared = await auth(member, 'two-factor/enable', { password: PASSWORD })
  assert.equal(prepared.status, 200)
  assert.equal((await member.request('GET', 'Me')).body.user.twoFactorEnabled, false, 'not before a code was seen')
  assert.equal((await auth(member, 'two-factor/verify-totp', { code: '000000' })).body.code, 'code-wrong')
  const confirmed = await auth(member, 'two-factor/verify-totp', { code: codeOf(prepared.body.totpURI) })
  assert.equal(confirmed.status, 200)
  const cookie = cookiesOf(confirmed) || member.cookie
  const me = await t.request('GET', 'Me', { key: null, headers: { cookie } })
  assert.equal(me.body.user.twoFactorEnabled, true)

  const withCookie = (path: string, body: unknown, cookie: string) =>
    t.request('POST', `/api/auth/${path}`, { key: null, body, headers: { cookie, origin: ORIGIN } })
  const half = await signInAs(t, member.email)
  assert.deepEqual([half.status, half.body.twoFactorRedirect], [200, true])
  const pending = cookiesOf(half)
  assert.doesNotMatch(pending, /session_token/)
  assert.equal((await t.request('GET', 'Me', { key: null, headers: { cookie: pending } })).status, 401)
  assert.equal((await withCookie('two-factor/verify-totp', { code: '000000' }, pending)).body.code, 'code-wrong')
  const whole = await withCookie('two-factor/verify-totp', { code: codeOf(prepared.body.totpURI) }, pending)
  assert.deepEqual([whole.status, 'token' in whole.body], [200, false])
  assert.match(cookiesOf(whole), /session_token/)

  const [code] = prepared.body.backupCodes
  const byBackup = async () => withCookie('two-factor/verify-backup-code', { code }, cookiesOf(await signInAs(t, member.email)))
  assert.equal((await byBackup()).status, 200)
  assert.equal((await byBackup()).body.code, 'code-wrong', 'a backup code works once')

  const off = await withCookie('two-factor/disable', { password: PASSWORD }, cookie)
  assert.equal(off.status, 200)
  assert.match(cookiesOf(await signInAs(t, member.email)), /session_token/)
  const stored = await many<{ secret: string }>(t.deps.pool, sql`SELECT secret FROM identity_two_factor`)
  assert.equal(stored.length, 0)
  const tried = ['two-factor/verify-backup-code', 'two-factor/verify-totp', 'two-factor/verify-totp', 'two-factor/enable']
  assert.deepEqual(await refusalsOf(member.userId), tried)
})

/** The steps that the log says were refused for an account, newest first. */
async function refusalsOf(userId: string): Promise<string[]> {
  const log = await owner.request('POST', 'AuditLog/getall', { body: { action: 'user.refused', objectId: userId } })
  for (const { actor } of log.body.items) assert.deepEqual(actor, { type: 'system', id: null, name: 'Not signed in' })
  return log.body.items.map(({ detail }: { detail: { step: string } }) => detail.step)
}

test('a wrong password at sign-in shows in the log of the account’s workspaces, one of nobody’s shows nowhere', async () => {
  const member = await addMember(t, 'Viewer')
  const entries = () => one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM audit_entry WHERE action = 'user.refused'`)
  const { n: before } = await entries()
  assert.equal((await signInAs(t, member.email.toUpperCase(), 'not the password')).status, 401)
  assert.equal((await signInAs(t, 'nobody-at-all@example.org', 'not the password')).status, 401)
  assert.equal((await signInAs(t, member.email)).status, 200)
  assert.deepEqual(await refusalsOf(member.userId), ['sign-in/email'])
  assert.equal((await entries()).n, before + 1)
})

test('what people do with their account is in the log of their workspaces', async () => {
  const member = await addMember(t, 'Viewer')
  await auth(member, 'sign-out')
  const { body } = await t.request('POST', 'AuditLog/getall', { body: { objectType: 'User', objectId: member.userId } })
  assert.deepEqual(
    body.items.map((entry: { action: string; actor: { type: string } }) => `${entry.actor.type} ${entry.action}`),
    ['user user.signOut', 'user user.signIn'],
  )
})

test('who I am: a person with their workspaces, a key with its own', async () => {
  const me = await owner.request('GET', 'Me', { workspaceId: null })
  assert.deepEqual([me.body.user.id, me.body.apiKey, me.body.workspaces.length], [owner.userId, null, 1])
  assert.deepEqual([me.body.workspaces[0].id, me.body.workspaces[0].role.name], [t.workspaceId, 'Owner'])
  assert.ok(me.body.workspaces[0].permissions.includes('Workspace:Delete'))
  const key = await t.request('GET', 'Me', { key: await t.keyWith('Contact:View') })
  assert.deepEqual([key.body.user, key.body.workspaces[0].role, key.body.workspaces[0].permissions], [null, null, ['Contact:View']])
  assert.equal((await t.request('GET', 'Me', { key: null })).status, 401)
})
