import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { cookiesOf, PASSWORD, signInAs } from '../people/test-people.ts'
import { one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { bootstrap } from './bootstrap.ts'

let t: TestApp | undefined
beforeEach(async () => {
  await t?.drop()
  t = await testApp()
  await run(t.deps.pool, sql`DELETE FROM api_key`)
  await run(t.deps.pool, sql`DELETE FROM workspace`)
})
after(() => t?.drop())

const app = () => t as TestApp
const start = (more = {}) => bootstrap(app().deps.pool, { offersSetup: true, ...more })
const setUp = (token: string, more = {}) =>
  app().request('POST', 'Setup', {
    key: null,
    body: { token, name: 'Asha', email: 'Asha@Example.org', password: PASSWORD, workspaceName: 'Acme', timeZone: 'Asia/Kolkata', ...more },
  })
const isNeeded = async () => (await app().request('GET', 'Setup', { key: null })).body.isNeeded

test('a first start gives a key and a set-up link; the link makes the owner of the first workspace and signs them in', async () => {
  const { generatedKey, setupToken = '' } = await start()
  assert.ok(generatedKey?.startsWith('ff_'))
  const { kept } = await one<{ kept: string }>(app().deps.pool, sql`SELECT install::text AS kept FROM install`)
  assert.ok(!kept.includes(setupToken), 'the token is not stored')
  assert.equal(await isNeeded(), true)
  const made = await setUp(setupToken)
  assert.deepEqual([made.status, made.body.user.email], [201, 'asha@example.org'])
  assert.deepEqual(
    made.body.workspaces.map((w: { name: string; timeZone: string; role: { name: string } }) => [w.name, w.timeZone, w.role.name]),
    [['Acme', 'Asia/Kolkata', 'Owner']],
  )
  assert.equal((await app().request('GET', 'Me', { key: null, headers: { cookie: cookiesOf(made) } })).status, 200)
  assert.equal(
    (await app().request('GET', 'Workspace', { key: generatedKey ?? '' })).body.items[0].name,
    'Acme',
    'the key is of the same workspace',
  )
  assert.equal(await isNeeded(), false)
  assert.equal((await setUp(setupToken)).body.code, 'setup-not-needed')
  assert.deepEqual(Object.keys(await start()), ['installId'], 'a later start prints nothing')
})

test('each start replaces the link until it is used; a wrong one says so', async () => {
  const first = await start()
  const second = await start()
  for (const token of [first.setupToken ?? '', 'made-up', 'x'.repeat(200)])
    assert.deepEqual([(await setUp(token)).status, (await setUp(token)).body.code], [403, 'setup-token-wrong'])
  const short = await setUp(second.setupToken ?? '', { password: 'short', email: 'nonsense', timeZone: 'Mars/Base' })
  assert.deepEqual([short.status, short.body.errors.length], [422, 3])
  assert.equal((await setUp(second.setupToken ?? '')).status, 201)
})

test('one link taken twenty times at once makes one owner', async () => {
  const { setupToken = '' } = await start()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => setUp(setupToken, { email: `a${i}@example.org` })))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.ok(answers.every(({ status }) => status === 201 || status === 409))
})

test('an administrator in the settings makes the owner, and no link', async () => {
  const admin = { email: 'Ops@example.org', password: PASSWORD }
  const { setupToken, generatedKey } = await start({ admin, apiKey: 'k'.repeat(40) })
  assert.deepEqual([setupToken, generatedKey, await isNeeded()], [undefined, undefined, false])
  const signedIn = await signInAs(app(), admin.email)
  const me = await app().request('GET', 'Me', { key: null, headers: { cookie: cookiesOf(signedIn) } })
  assert.equal(me.body.workspaces[0].role.name, 'Owner')
  assert.equal((await app().request('GET', 'Me', { key: 'k'.repeat(40) })).status, 200)
  await start({ admin: { ...admin, password: 'another password' } })
  assert.equal((await signInAs(app(), admin.email)).status, 200, 'settings do not change a password that exists')
})

test('a worker offers no link, and many processes that start at once agree', async () => {
  assert.equal((await start({ offersSetup: false })).setupToken, undefined)
  const starts = await Promise.all(Array.from({ length: 5 }, () => start()))
  const working = []
  for (const { setupToken = '' } of starts) if ((await setUp(setupToken)).status === 201) working.push(setupToken)
  assert.equal(working.length, 1)
  const { workspaces } = await one<{ workspaces: number }>(app().deps.pool, sql`SELECT count(*) AS workspaces FROM workspace`)
  assert.equal(workspaces, 1)
})
