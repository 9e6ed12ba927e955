import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { type ServerProcess, startServer } from './server-process.ts'

test('a first start prints a set-up link; with it a person becomes the owner, signs in and invites; the next start prints none', async () => {
  const database = await testDatabase({ migrated: false })
  const environment = { DATABASE_URL: database.url, ENCRYPTION_KEY: randomBytes(32).toString('base64'), LOG_LEVEL: 'debug' }
  let server = await startServer(environment)
  try {
    const link = await printed(server, /^Set-up link, for one use: (\S+)$/m)
    assert.ok(link.startsWith(`${server.url}/setup?token=`), server.output())
    const call = async (method: string, path: string, body?: unknown, cookie = '', workspaceId = '') => {
      const answer = await fetch(`${server.url}${path}`, {
        method,
        headers: {
          origin: server.url,
          'content-type': 'application/json',
          ...(cookie === '' ? {} : { cookie }),
          ...(workspaceId === '' ? {} : { 'x-workspace-id': workspaceId }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const cookies = answer.headers.getSetCookie().map((text) => text.split(';')[0])
      return { status: answer.status, body: await answer.json(), cookie: cookies.join('; ') }
    }
    const password = 'correct horse battery'
    const token = new URL(link).searchParams.get('token')
    const owner = { name: 'Asha', email: 'asha@example.org', password, workspaceName: 'Acme', timeZone: 'Asia/Kolkata' }
    assert.deepEqual((await call('GET', '/api/v1/Setup')).body, { isNeeded: true, hasOidc: false })
    const made = await call('POST', '/api/v1/Setup', { token, ...owner })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const workspaceId = made.body.workspaces[0].id
    const roles = await call('GET', '/api/v1/Role', undefined, made.cookie, workspaceId)
    const viewer = roles.body.items.find(({ name }: { name: string }) => name === 'Viewer')
    const invited = await call('POST', '/api/v1/Invitation', { email: 'v@example.org', roleId: viewer.id }, made.cookie, workspaceId)
    assert.equal(invited.status, 201, JSON.stringify(invited.body))
    const sessions = await call('GET', '/api/v1/Session', undefined, made.cookie)
    assert.match(sessions.body.items[0].address, /127\.0\.0\.1$/)

    assert.equal(await server.stop(), 0)
    for (const secret of [password, token, new URL(invited.body.link).searchParams.get('token')].map(String))
      assert.equal(server.output().split(secret).length - 1, secret === token ? 1 : 0, 'no secret is logged; the link is printed once')
    server = await startServer(environment)
    await printed(server, /^(Fanfare is ready)/m)
    const again = await call('POST', '/api/auth/sign-in/email', { email: owner.email, password })
    assert.equal((await call('GET', '/api/v1/Me', undefined, again.cookie)).body.workspaces[0].name, 'Acme')
    assert.equal((await call('GET', '/api/v1/Me', undefined, made.cookie)).status, 200, 'a session outlives a restart')
    await server.stop()
    assert.doesNotMatch(server.output(), /Set-up link|API key, shown/)
  } finally {
    await server.stop()
    await database.drop()
  }
})

/** What the server prints once it listens: /readyz may answer a moment earlier. */
async function printed(server: ServerProcess, line: RegExp): Promise<string> {
  const untilMs = Date.now() + 30_000
  for (;;) {
    const found = line.exec(server.output())?.[1]
    if (found !== undefined) return found
    assert.ok(Date.now() < untilMs, server.output())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
