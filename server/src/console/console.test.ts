import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { consoleRoutes } from './routes.ts'

const SCRIPT = 'export const a = 1\n'
let dist: string
let t: TestApp
before(async () => {
  dist = mkdtempSync(join(tmpdir(), 'fanfare-console-'))
  mkdirSync(join(dist, 'assets'))
  writeFileSync(join(dist, 'index.html'), '<!doctype html><div id="root"></div>')
  writeFileSync(join(dist, 'mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(dist, 'assets', 'app-1a2b.js'), SCRIPT)
  writeFileSync(join(dist, 'assets', 'app-1a2b.js.gz'), gzipSync(SCRIPT))
  writeFileSync(join(dist, 'assets', 'app-1a2b.js.br'), brotliCompressSync(SCRIPT))
  t = await testApp()
})
after(async () => {
  rmSync(dist, { recursive: true, force: true })
  await t.drop()
})

const get = (path: string, headers: Record<string, string> = {}) => consoleRoutes(dist).request(path, { headers })
const asBrowser = { accept: 'text/html,application/xhtml+xml' }

test('every address a browser navigates to is the console, under a policy without inline scripts or strangers', async () => {
  for (const path of ['/', '/setup?token=x', '/w/01890a5d-ac96-774b-bcce-b302099a8057/campaigns']) {
    const answer = await get(path, asBrowser)
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /id="root"/)
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'; script-src 'self';/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  }
})

for (const [accepted, encoding] of [
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['', null],
] as const)
  test(`a hashed file is kept for ever, sent as ${encoding ?? 'it is'} to "${accepted}"`, async () => {
    const answer = await get('/assets/app-1a2b.js', { 'accept-encoding': accepted })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-encoding'), encoding)
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8')
  })

test('a file without a hash in its name is asked for again each time', async () =>
  assert.equal((await get('/mark.svg')).headers.get('cache-control'), 'no-cache'))

test('an absent file is never answered with the page', async () => {
  for (const path of ['/assets/gone-1.js', '/favicon.svg', '/assets/..%2f..%2fpackage.json', '/assets/.env.js'])
    assert.equal((await get(path)).status, 404, path)
})

test('an unknown address of the API stays a problem, even for a browser', async () => {
  for (const path of ['/api/v1/nothing', '/webhooks/nothing', '/docs/nothing']) {
    const answer = await t.app.request(path, { headers: asBrowser })
    assert.equal(answer.status, 404, path)
    assert.match(answer.headers.get('content-type') ?? '', /problem\+json/)
  }
})

test('a program that asks for no page gets a problem at an unknown address', async () => {
  const answer = await t.app.request('/nothing', { headers: { accept: 'application/json' } })
  assert.equal(answer.status, 404)
  assert.match(answer.headers.get('content-type') ?? '', /problem\+json/)
})

test('without a build the console says how to make one', async () => {
  const answer = await consoleRoutes(join(dist, 'nowhere')).request('/', { headers: asBrowser })
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /npm run -w web build/)
})
