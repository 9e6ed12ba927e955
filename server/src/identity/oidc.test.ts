import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { builtIn } from '../access/roles.ts'
import { addMember, cookiesOf, ORIGIN, type TestPerson } from '../people/test-people.ts'
import { many, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { type Claims, startProvider, type TestProvider } from './test-provider.ts'

let t: TestApp
let provider: TestProvider
let member: TestPerson
before(async () => {
  provider = await startProvider()
  t = await testApp({ environment: { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: 'fanfare', OIDC_CLIENT_SECRET: 'shh' } })
  member = await addMember(t, 'Viewer')
})
after(async () => {
  await t.drop()
  await provider.stop()
})

/** The whole dance of a browser; the answer of the callback. */
async function signInBy(claims: Partial<Claims>, options: { readonly state?: string; readonly cookie?: string } = {}) {
  provider.state.claims = { sub: 's-1', email: member.email, email_verified: true, name: 'From there', ...claims }
  const started = await t.request('POST', '/api/auth/sign-in/social', {
    key: null,
    body: { provider: 'oidc', callbackURL: '/campaigns' },
    headers: { origin: ORIGIN },
  })
  assert.equal(started.status, 200, JSON.stringify(started.body))
  const back = provider.agree(started.body.url)
  assert.equal(back.origin + back.pathname, `${t.deps.config.PUBLIC_URL}/api/auth/callback/oidc`)
  if (options.state !== undefined) back.searchParams.set('state', options.state)
  return t.request('GET', `${back.pathname}${back.search}`, { key: null, headers: { cookie: options.cookie ?? cookiesOf(started) } })
}
const meOf = (cookie: string) => t.request('GET', 'Me', { key: null, headers: { cookie } })

test('a member signs in through the provider by their verified address; its tokens are not kept', async () => {
  const answer = await signInBy({})
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/campaigns'])
  const me = await meOf(cookiesOf(answer))
  assert.deepEqual([me.body.user.id, me.body.workspaces[0].role.name], [member.userId, 'Viewer'])
  const accounts = await many<{ text: string }>(
    t.deps.pool,
    sql`SELECT concat(access_token, refresh_token, id_token) AS text FROM identity_account WHERE provider_id = 'oidc'`,
  )
  assert.deepEqual(accounts, [{ text: '' }])
  const { body } = await t.request('POST', 'AuditLog/getall', { body: { action: 'user.signIn', objectId: member.userId } })
  assert.equal(body.totalCount, 2)
})

test('the same subject is the same person, whatever address the provider gives later', async () => {
  const me = await meOf(cookiesOf(await signInBy({ email: 'renamed@example.org' })))
  assert.equal(me.body.user?.id, member.userId)
})

for (const [what, claims, options] of [
  ['an address that nobody invited', { sub: 's-2', email: 'stranger@example.org' }, {}],
  ['an address that the provider did not verify', { sub: 's-3', email_verified: false }, {}],
  ['a made-up state', {}, { state: 'made-up' }],
  ['another browser', {}, { cookie: '' }],
] as const)
  test(`${what} does not get in`, async () => {
    const answer = await signInBy(claims, options)
    assert.equal(answer.status, 302)
    assert.match(answer.headers.get('location') ?? '', /error=/)
    assert.doesNotMatch(cookiesOf(answer), /session_token/)
  })

test('an id token of another key does not get in', async () => {
  provider.state.isForged = true
  const answer = await signInBy({})
  provider.state.isForged = false
  assert.match(answer.headers.get('location') ?? '', /error=/)
  assert.doesNotMatch(cookiesOf(answer), /session_token/)
})

test('who is invited makes their account by the provider, then accepts', async () => {
  const email = 'invited@example.org'
  const invited = await t.request('POST', 'Invitation', { body: { email, roleId: builtIn('Approver').id } })
  const cookie = cookiesOf(await signInBy({ sub: 's-4', email: 'Invited@Example.org' }))
  assert.deepEqual([(await meOf(cookie)).body.user.email, (await meOf(cookie)).body.workspaces], [email, []])
  const token = new URL(invited.body.link).searchParams.get('token')
  const accepted = await t.request('POST', 'Invitation/accept', { key: null, body: { token }, headers: { cookie, origin: ORIGIN } })
  assert.deepEqual([accepted.status, accepted.body.workspaces[0].role.name], [200, 'Approver'])
})

test('the way back leads only to our own pages', async () => {
  for (const callbackURL of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
    const answer = await t.request('POST', '/api/auth/sign-in/social', {
      key: null,
      body: { provider: 'oidc', callbackURL },
      headers: { origin: ORIGIN },
    })
    assert.equal(answer.status, 403, callbackURL)
  }
})
