import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { type UserCommand, type UserOptions, userCommand } from './commands.ts'
import { addMember, PASSWORD, signInAs } from './test-people.ts'

let t: TestApp
before(async () => {
  t = await testApp()
  await run(t.deps.pool, sql`INSERT INTO install (id) VALUES (${newId()})`)
})
after(() => t.drop())

const PUBLIC_URL = 'https://fanfare.example'
const users = async (command: UserCommand, options: UserOptions = {}) =>
  (await userCommand(t.deps.pool, PUBLIC_URL, command, options)).lines
const rest = (line = '', start: string) => {
  assert.ok(line.startsWith(start), line)
  return line.slice(start.length)
}

test('while nobody is here the link sets the installation up', async () => {
  const [line] = await users('make-link')
  const token = rest(line, `set-up link ${PUBLIC_URL}/setup?token=`)
  const body = { token, name: 'A', email: 'first@example.org', password: PASSWORD, workspaceName: 'Own' }
  assert.equal((await t.request('POST', 'Setup', { key: null, body })).status, 201)
})

test('afterwards it invites', async () => {
  const [line] = await users('make-link', { email: 'Second@example.org', role: 'viewer', workspace: t.workspaceId })
  const token = rest(line, `invitation link ${PUBLIC_URL}/invitation?token=`)
  const accepted = await t.request('POST', 'Invitation/accept', { key: null, body: { token, name: 'B', password: PASSWORD } })
  assert.deepEqual([accepted.status, accepted.body.workspaces[0].role.name], [201, 'Viewer'])
})

test('a person made here signs in with the password that was shown, as an owner unless said', async () => {
  const [user, password] = await users('create', { email: 'ops@example.org', name: 'Ops' })
  assert.match(user ?? '', /^user [0-9a-f-]{36}$/)
  assert.equal((await signInAs(t, 'ops@example.org', rest(password, 'password '))).status, 200)
  assert.ok((await users('list')).some((line) => line === 'ops@example.org\tOps\t-\tOwn: Owner'))
  const entry = await one<{ actor: string }>(
    t.deps.pool,
    sql`SELECT actor_type || ' ' || actor_name AS actor FROM audit_entry WHERE action = 'user.create'`,
  )
  assert.equal(entry.actor, 'system Command line')
})

test('a reset gives a new password, ends every session and, if asked, the second factor', async () => {
  const member = await addMember(t, 'Viewer')
  const enabled = await member.request('POST', '/api/auth/two-factor/enable', { body: { password: PASSWORD } })
  assert.equal(enabled.status, 200)
  await run(t.deps.pool, sql`UPDATE identity_user SET two_factor_enabled = true WHERE id = ${member.userId}`)
  const [line] = await users('reset-password', { email: member.email, withoutTwoFactor: true })
  assert.equal((await member.request('GET', 'Me')).status, 401)
  assert.equal((await signInAs(t, member.email)).status, 401)
  const signedIn = await signInAs(t, member.email, rest(line, 'password '))
  assert.deepEqual([signedIn.status, signedIn.body.twoFactorRedirect], [200, undefined])
})

for (const [what, command, options, says] of [
  ['no address', 'create', {}, /--email/],
  ['a bad address', 'create', { email: 'nonsense' }, /--email/],
  ['an address that is taken', 'create', { email: 'first@example.org' }, /There is an account/],
  ['a role that does not exist', 'create', { email: 'x@example.org', role: 'Boss' }, /There is no role Boss\. There are Owner, Admin/],
  ['a workspace that does not exist', 'make-link', { email: 'x@example.org', workspace: 'nonsense' }, /There is no workspace nonsense/],
  ['nobody to reset', 'reset-password', { email: 'absent@example.org' }, /There is no account/],
] as const)
  test(`${what} is said plainly and changes nothing`, () => assert.rejects(users(command, options), says))
