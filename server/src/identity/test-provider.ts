import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Claims {
  readonly sub: string
  readonly email: string
  readonly email_verified: boolean
  readonly name: string
}

/** A small OpenID Connect provider: discovery, keys, codes by PKCE, signed id tokens. Whoever comes is whom `claims` says. */
export async function startProvider(port = 0) {
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
    if (url.pathname === '/authorize') return response.writeHead(302, { location: String(agree(url)) }).end()
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
  }).listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  /** What a browser does at the provider: agrees, and is sent back with a code. */
  const agree = (authorizeUrl: URL): URL => {
    assert.equal(authorizeUrl.searchParams.get('code_challenge_method'), 'S256')
    const code = randomBytes(8).toString('hex')
    codes.set(code, { nonce: authorizeUrl.searchParams.get('nonce'), claims: state.claims })
    const back = new URL(authorizeUrl.searchParams.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', authorizeUrl.searchParams.get('state') ?? '')
    return back
  }
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    state,
    agree: (authorizeUrl: string) => agree(new URL(authorizeUrl)),
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}

async function read(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

export type TestProvider = Awaited<ReturnType<typeof startProvider>>
