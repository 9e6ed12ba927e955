import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { builtIn } from '../access/roles.ts'
import { addMember, cookiesOf, ORIGIN, type TestPerson } from '../people/test-people.ts'
import { many, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'

interface Claims {
  readonly sub: string
  readonly email: string
  readonly email_verified: boolean
  readonly name: string
}

/** A small OpenID Connect provider: discovery, keys, codes by PKCE, signed id tokens. Whoever comes is whom `claims` says. */
async function startProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
  const codes = new Map<string, { readonly nonce: string | null; readonly claims: Claims }>()
  const state = { claims: {} as Claims, isForged: false, tokenRequests: [] as string[] }
  const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const idToken = (nonce: string | null, claims: Claims) => {
    const now = Math.floor(Date.now() / 1000)
    const head = b64({ alg: 'RS256', kid: 'k1', typ: 'JWT' })
    const payload = b64({ iss: issuer, aud: 'fanfare', iat: now, exp: now + 300, ...(nonce === null ? {} : { nonce }), ...claims })
    const signature = sign('sha256', Buffer.from(`${head}.${payload}`), state.isForged ? stranger : privateKey)
    return `${head}.${payload}.${signature.toString('base64url')}`
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', issuer)
    const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
    if (url.pathname === '/.well-known/openid-configuration')
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      })
    if (url.pathname === '/jwks') return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] })
    if (url.pathname !== '/token') return response.writeHead(404).end()
    const form = await read(request)
    state.tokenRequests.push(form.toString())
    const known = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    if (known === undefined) return response.writeHead(400).end('{"error":"invalid_grant"}')
    return json({
      access_token: randomBytes(8).toString('hex'),
      token_type: 'Bearer',
      expires_in: 300,
      id_token: idToken(known.nonce, known.claims),
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    state,
    /** What a browser does at the provider: agrees, and is sent back with a code. */
    agree(authorizeUrl: string): URL {
      const asked = new URL(authorizeUrl)
      assert.equal(asked.searchParams.get('code_challenge_method'), 'S256')
      const code = randomBytes(8).toString('hex')
      codes.set(code, { nonce: asked.searchParams.get('nonce'), claims: state.claims })
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', code)
      back.searchParams.set('state', asked.searchParams.get('state') ?? '')
      return back
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}

async function read(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

let t: TestApp
let provider: Awaited<ReturnType<typeof startProvider>>
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
