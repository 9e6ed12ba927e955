import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addMember, browserOf, ORIGIN } from '../people/test-people.ts'
import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { insertKey, newKey } from './keys.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'
import { BUILT_IN_NAMES, builtIn } from './roles.ts'
import { NEEDS, type Need } from './test-authorisation.ts'

let t: TestApp
let routes: string[] = []
before(async () => {
  t = await testApp()
  const { body } = await t.request('GET', '/api/v1/openapi.json', { key: null })
  routes = Object.entries(body.paths as Record<string, object>)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path.slice('/api/v1/'.length)}`),
    )
})
after(() => t.drop())

/** Somebody at the door. */
interface Identity {
  readonly name: string
  readonly headers: Record<string, string>
  readonly kind: 'nobody' | 'bad key' | 'key' | 'person' | 'person without workspace' | 'stranger'
  readonly holds: readonly Permission[]
}
type Verdict = 'in' | '401' | '403' | '404' | '422 workspace-missing'

/** The contract in one function: what somebody meets at a route that needs this. */
function verdict({ kind, holds }: Identity, need: Need): Verdict {
  if (kind === 'bad key') return '401'
  if (kind === 'stranger') return '404'
  if (need === 'everybody') return 'in'
  if (kind === 'nobody') return '401'
  if (need === 'any credential') return 'in'
  if (need === 'a person') return kind === 'key' ? '403' : 'in'
  if (need.ofAPerson && kind === 'key') return '403'
  if (kind === 'person without workspace') return '422 workspace-missing'
  return need.permissions.every((permission) => holds.includes(permission)) ? 'in' : '403'
}

async function identities(): Promise<Identity[]> {
  const key = async (permissions: readonly Permission[], change = sql`id = id`) => {
    const made = newKey()
    const id = await insertKey(t.deps.pool, {
      workspaceId: t.workspaceId,
      key: made,
      name: 'matrix',
      permissions,
      createdBy: { id: null, name: 'test' },
    })
    await run(t.deps.pool, sql`UPDATE api_key SET ${change} WHERE id = ${id}`)
    return { authorization: `Bearer ${made}` }
  }
  const named = { 'x-workspace-id': t.workspaceId }
  const browser = (cookie: string) => ({ cookie, origin: ORIGIN })
  const owner = await addMember(t, 'Owner')
  const expired = await browserOf(t, owner)
  const revoked = await browserOf(t, owner)
  await run(t.deps.pool, sql`UPDATE identity_session SET expires_at = now() WHERE id = (SELECT max(id::text)::uuid FROM identity_session)`)
  const sessions = (await owner.request('GET', 'Session')).body.items.filter(({ isCurrent }: { isCurrent: boolean }) => !isCurrent)
  for (const { id } of sessions) await owner.request('DELETE', `Session/${id}`)
  const stranger = await addMember(t, 'Owner', t.foreign.workspaceId)
  const nobody = { kind: 'nobody', holds: [] } as const
  const badKey = { kind: 'bad key', holds: [] } as const
  return [
    { name: 'no credential', headers: {}, ...nobody },
    { name: 'a forged cookie', headers: { ...browser('fanfare.session_token=abc.def'), ...named }, ...nobody },
    { name: 'an expired session', headers: { ...browser(expired.cookie), ...named }, ...nobody },
    { name: 'a revoked session', headers: { ...browser(revoked.cookie), ...named }, ...nobody },
    { name: 'a made-up key', headers: { authorization: `Bearer ${newKey()}` }, ...badKey },
    { name: 'another scheme', headers: { authorization: 'Basic YTpi' }, ...badKey },
    { name: 'an expired key', headers: await key(PERMISSIONS, sql`expires_at = now()`), ...badKey },
    { name: 'a revoked key', headers: await key(PERMISSIONS, sql`revoked_at = now()`), ...badKey },
    ...(await Promise.all(
      PERMISSIONS.map(async (one) => ({ name: `a key with ${one}`, headers: await key([one]), kind: 'key' as const, holds: [one] })),
    )),
    { name: 'a key with everything', headers: await key(PERMISSIONS), kind: 'key', holds: PERMISSIONS },
    {
      name: 'a key that names another workspace',
      headers: { ...(await key(PERMISSIONS)), 'x-workspace-id': t.foreign.workspaceId },
      kind: 'stranger',
      holds: [],
    },
    ...(await Promise.all(
      BUILT_IN_NAMES.map(async (role) => ({
        name: `the role ${role}`,
        headers: { ...browser((await addMember(t, role)).cookie), ...named },
        kind: 'person' as const,
        holds: builtIn(role).permissions,
      })),
    )),
    { name: 'an owner who names no workspace', headers: browser(owner.cookie), kind: 'person without workspace', holds: [] },
    { name: 'an owner of another workspace', headers: { ...browser(stranger.cookie), ...named }, kind: 'stranger', holds: [] },
  ]
}

test('the table of needs names exactly the routes of OpenAPI', () => {
  assert.deepEqual(
    { missing: routes.filter((route) => !NEEDS.has(route)), gone: [...NEEDS.keys()].filter((route) => !routes.includes(route)) },
    { missing: [], gone: [] },
  )
})

test('the document says what each route needs', async () => {
  const { body } = await t.request('GET', '/api/v1/openapi.json', { key: null })
  for (const [route, need] of NEEDS) {
    const [method = '', path = ''] = route.split(' ')
    const declared = body.paths[`/api/v1/${path}`]?.[method.toLowerCase()]?.['x-permission']
    assert.deepEqual(declared, typeof need === 'string' ? [] : need.permissions, route)
  }
})

test('every route lets in exactly those it should', async (context) => {
  const absent = newId()
  const wrong: string[] = []
  let checks = 0
  for (const identity of await identities())
    await Promise.all(
      routes.map(async (route) => {
        const [method = '', path = ''] = route.split(' ')
        const answer = await t.request(method, path.replaceAll(/\{\w+\}/g, absent), {
          key: null,
          headers: identity.headers,
          ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
        })
        checks++
        const expected = verdict(identity, NEEDS.get(route) as Need)
        const met = answer.status === 422 && answer.body.code === 'workspace-missing' ? '422 workspace-missing' : String(answer.status)
        const isRight = expected === 'in' ? !['401', '403', '422 workspace-missing'].includes(met) && answer.status < 500 : met === expected
        const names = expected !== '403' || /This (needs the permission|is for signed-in people)/.test(answer.body.detail)
        if (!isRight || !names) wrong.push(`${identity.name} at ${route}: expected ${expected}, met ${met} ${JSON.stringify(answer.body)}`)
      }),
    )
  assert.deepEqual(wrong.slice(0, 20), [])
  assert.ok(checks >= 1_200)
  context.diagnostic(`authorisation matrix: ${checks} checks over ${routes.length} routes`)
})
