import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PERMISSIONS } from '../access/permissions.ts'
import { BUILT_IN_NAMES, builtIn, effectivePermissions } from '../access/roles.ts'
import { one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { addMember, addUser, browserOf, cookiesOf, PASSWORD, signInAs, type TestPerson } from './test-people.ts'

let t: TestApp
let owner: TestPerson
let admin: TestPerson
before(async () => {
  t = await testApp()
  owner = await addMember(t, 'Owner')
  admin = await addMember(t, 'Admin')
})
after(() => t.drop())

const role = (name: (typeof BUILT_IN_NAMES)[number]) => builtIn(name).id
const ownRole = async (...permissions: string[]) =>
  (await owner.request('POST', 'Role', { body: { name: `Role ${Math.random()}`, permissions } })).body.id as string
const roleOf = async (person: TestPerson) => (await person.request('GET', 'Me')).body.workspaces[0].role.name
const invite = (by: TestPerson, email: string, roleId: string, more = {}) =>
  by.request('POST', 'Invitation', { body: { email, roleId, ...more } })
const tokenOf = (link: string) => new URL(link).searchParams.get('token') ?? ''
const accept = (token: string, more = {}) => t.request('POST', 'Invitation/accept', { key: null, body: { token, ...more } })
let seq = 0
const newEmail = () => `guest-${++seq}@example.org`

for (const [name, holds, lacks] of [
  ['Owner', PERMISSIONS, []],
  ['Admin', ['Workspace:Edit', 'User:Create', 'ApiKey:Create'], ['Workspace:Delete']],
  [
    'Marketer',
    ['WhatsappCampaign:Create', 'WhatsappCampaign:Execute', 'Contact:Import', 'Contact:Delete', 'Segment:Create', 'WhatsappTemplate:View'],
    ['WhatsappCampaign:Delete', 'WhatsappTemplate:Sync', 'User:View', 'ApiKey:View', 'WhatsappAccount:View'],
  ],
  ['Approver', ['WhatsappCampaign:View', 'WhatsappCampaign:Execute'], ['WhatsappCampaign:Edit', 'Contact:View']],
  ['Viewer', ['WhatsappCampaign:View', 'AuditLog:View', 'Workspace:View'], ['WhatsappCampaign:Execute', 'Contact:Export']],
] as const)
  test(`the built-in role ${name} holds what it should and no more`, () => {
    const held: readonly string[] = builtIn(name).permissions
    assert.deepEqual([holds.filter((p) => !held.includes(p)), lacks.filter((p) => held.includes(p))], [[], []])
  })

test('only a Marketer loses Execute where campaigns need an approval', () => {
  for (const name of BUILT_IN_NAMES) {
    const lost = builtIn(name).permissions.filter((p) => !effectivePermissions(builtIn(name), { approvalRequired: true }).includes(p))
    assert.deepEqual(lost, name === 'Marketer' ? ['WhatsappCampaign:Execute'] : [])
    assert.deepEqual(effectivePermissions(builtIn(name), { approvalRequired: false }), builtIn(name).permissions)
  }
})

test('the approval setting counts with the Marketer’s next request', async () => {
  const marketer = await addMember(t, 'Marketer')
  const run404 = () => marketer.request('POST', 'WhatsappCampaign/01890a5d-ac96-774b-bcce-b302099a8057/quick-run')
  assert.equal((await run404()).status, 404)
  const setting = (approvalRequired: boolean) =>
    owner.request('PUT', `Workspace/${t.workspaceId}`, { body: { name: 'Own', approvalRequired } })
  assert.equal((await setting(true)).status, 200)
  const refused = await run404()
  assert.deepEqual([refused.status, refused.body.detail], [403, 'This needs the permission WhatsappCampaign:Execute.'])
  await setting(false)
  assert.equal((await run404()).status, 404)
})

test('an invitation makes an account, signs it in, and works once', async () => {
  const email = newEmail()
  const made = await invite(owner, email.toUpperCase(), role('Marketer'))
  assert.deepEqual([made.status, made.body.email, made.body.state, made.body.role.name], [201, email, 'Open', 'Marketer'])
  assert.ok(made.body.link.startsWith(`${t.deps.config.PUBLIC_URL}/invitation?token=`))
  const token = tokenOf(made.body.link)
  const { rows } = await t.deps.pool.query('SELECT invitation::text AS text FROM invitation')
  assert.ok(!JSON.stringify(rows).includes(token), 'the token is not stored')

  const preview = await t.request('POST', 'Invitation/preview', { key: null, body: { token } })
  assert.deepEqual(
    [preview.body.email, preview.body.workspace.name, preview.body.role.name, preview.body.invitedBy, preview.body.hasAccount],
    [email, 'Own', 'Marketer', owner.name, false],
  )
  const incomplete = await accept(token)
  assert.deepEqual([incomplete.status, incomplete.body.errors.length], [422, 2])
  const accepted = await accept(token, { name: 'Guest', password: PASSWORD })
  assert.deepEqual([accepted.status, accepted.body.user.email, accepted.body.workspaces[0].role.name], [201, email, 'Marketer'])
  const me = await t.request('GET', 'Me', { key: null, headers: { cookie: cookiesOf(accepted) } })
  assert.equal(me.body.user.email, email)
  assert.equal((await signInAs(t, email)).status, 200)
  assert.equal((await accept(token, { name: 'Guest', password: PASSWORD })).status, 404)
  const listed = (await owner.request('GET', 'Invitation')).body.items[0]
  assert.deepEqual([listed.state, 'link' in listed], ['Accepted', false])
})

test('ten people who take one link at once are one member', async () => {
  const token = tokenOf((await invite(owner, newEmail(), role('Viewer'))).body.link)
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => accept(token, { name: `N${i}`, password: PASSWORD })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(404)])
})

test('a revoked, replaced, expired, used or made-up link answers alike', async () => {
  const email = newEmail()
  const replaced = tokenOf((await invite(owner, email, role('Viewer'))).body.link)
  const revoked = await invite(owner, email, role('Viewer'))
  assert.equal((await owner.request('DELETE', `Invitation/${revoked.body.id}`)).status, 204)
  const expired = await invite(owner, newEmail(), role('Viewer'))
  await run(t.deps.pool, sql`UPDATE invitation SET expires_at = now() WHERE id = ${expired.body.id}`)
  for (const token of [replaced, tokenOf(revoked.body.link), tokenOf(expired.body.link), 'made-up']) {
    const answer = await accept(token, { name: 'X', password: PASSWORD })
    assert.deepEqual([answer.status, answer.body.detail], [404, 'This invitation does not exist, was used, or is over.'])
  }
})

test('who has an account signs in and accepts with it; nobody accepts for somebody else', async () => {
  const guest = await browserOf(t, await addUser(t))
  const token = tokenOf((await invite(owner, guest.email, role('Approver'))).body.link)
  assert.equal((await accept(token, { name: 'Not me', password: 'another password' })).body.code, 'user-exists')
  assert.equal((await signInAs(t, guest.email, 'another password')).status, 401, 'the account was not touched')
  const other = await owner.request('POST', 'Invitation/accept', { body: { token } })
  assert.deepEqual([other.status, other.body.code], [409, 'invitation-for-another'])
  const accepted = await guest.request('POST', 'Invitation/accept', { body: { token }, workspaceId: null })
  assert.deepEqual([accepted.status, accepted.body.workspaces[0].role.name], [200, 'Approver'])
  assert.equal((await invite(owner, guest.email, role('Viewer'))).body.code, 'already-member')
})

test('nobody grants or takes what they do not hold: invitations, roles, members', async () => {
  const hr = await addMember(t, {
    id: await ownRole('User:Create', 'User:Edit', 'User:Delete', 'User:View', 'Contact:View'),
    name: 'HR',
    isBuiltIn: false,
    permissions: [],
  })
  const viewer = await addMember(t, 'Viewer')
  const small = await ownRole('Contact:View')
  const big = await ownRole('Contact:View', 'Contact:Delete')
  for (const [what, answer] of [
    ['inviting an owner', await invite(admin, newEmail(), role('Owner'))],
    ['inviting a viewer', await invite(hr, newEmail(), role('Viewer'))],
    ['making a role', await hr.request('POST', 'Role', { body: { name: 'Bigger', permissions: ['Contact:View', 'Contact:Export'] } })],
    ['widening a role', await hr.request('PUT', `Role/${small}`, { body: { name: 'S', permissions: ['Contact:Edit'] } })],
    ['narrowing a greater role', await hr.request('PUT', `Role/${big}`, { body: { name: 'S', permissions: ['Contact:View'] } })],
    ['deleting a greater role', await hr.request('DELETE', `Role/${big}`)],
    ['demoting an owner', await admin.request('PUT', `User/${owner.userId}`, { body: { roleId: role('Viewer') } })],
    ['making oneself an owner', await admin.request('PUT', `User/${admin.userId}`, { body: { roleId: role('Owner') } })],
    ['removing an owner', await admin.request('DELETE', `User/${owner.userId}`)],
    ['removing who holds more', await hr.request('DELETE', `User/${viewer.userId}`)],
  ] as const)
    assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], what)
  assert.equal((await invite(hr, newEmail(), small)).status, 201)
  assert.equal(await roleOf(owner), 'Owner')
  assert.equal(
    (await t.request('POST', 'Invitation', { key: await t.keyWith('User:Create'), body: { email: newEmail(), roleId: small } })).status,
    403,
  )
})

test('a workspace keeps an owner, even when two go at once', async () => {
  const only = await owner.request('PUT', `User/${owner.userId}`, { body: { roleId: role('Admin') } })
  assert.deepEqual([only.status, only.body.code], [409, 'last-owner'])
  assert.equal((await owner.request('DELETE', `User/${owner.userId}`)).body.code, 'last-owner')
  const second = await addMember(t, 'Owner')
  const answers = await Promise.all([owner.request('DELETE', `User/${second.userId}`), second.request('DELETE', `User/${owner.userId}`)])
  const { owners } = await one<{ owners: number }>(
    t.deps.pool,
    sql`SELECT count(*) AS owners FROM workspace_member WHERE workspace_id = ${t.workspaceId} AND built_in_role = 'Owner'`,
  )
  assert.deepEqual([answers.filter(({ status }) => status === 204).length, owners], [1, 1])
  if (answers[1]?.status === 204) owner = second
})

test('a change of role and a removal count with the next request', async () => {
  const member = await addMember(t, 'Admin')
  assert.equal((await member.request('GET', 'ApiKey')).status, 200)
  const changed = await owner.request('PUT', `User/${member.userId}`, { body: { roleId: role('Approver') } })
  assert.deepEqual([changed.status, changed.body.role.name, changed.body.email], [200, 'Approver', member.email])
  assert.equal((await member.request('GET', 'ApiKey')).status, 403)
  assert.equal((await owner.request('DELETE', `User/${member.userId}`)).status, 204)
  assert.equal((await member.request('GET', 'ApiKey')).status, 404)
  assert.deepEqual((await member.request('GET', 'Me', { workspaceId: null })).body.workspaces, [])
  const log = await owner.request('POST', 'AuditLog/getall', { body: { action: 'user.changeRole', objectId: member.userId } })
  assert.deepEqual(
    [log.body.items[0].actor, log.body.items[0].detail],
    [
      { type: 'user', id: owner.userId, name: owner.name },
      { from: 'Admin', to: 'Approver' },
    ],
  )
})

test('an own role: made, given, changed for everybody who has it, not deleted while somebody has it', async () => {
  const made = await owner.request('POST', 'Role', { body: { name: 'Importer', permissions: ['Contact:Import', 'Contact:Import'] } })
  assert.deepEqual([made.status, made.body.permissions, made.body.isBuiltIn], [201, ['Contact:Import'], false])
  const { id } = made.body
  assert.equal(
    (await owner.request('POST', 'Role', { body: { name: 'importer', permissions: ['Contact:View'] } })).body.code,
    'role-exists',
  )
  assert.equal((await owner.request('POST', 'Role', { body: { name: 'owner', permissions: ['Contact:View'] } })).status, 422)
  const member = await addMember(t, { id, name: 'Importer', isBuiltIn: false, permissions: [] })
  assert.equal((await member.request('GET', 'Contact/tags')).status, 403)
  const body = { name: 'Importer', permissions: ['Contact:Import', 'Contact:View'] }
  const stale = await owner.request('PUT', `Role/${id}`, { body, headers: { 'if-match': '"1"' } })
  assert.equal(stale.status, 412)
  assert.equal((await owner.request('PUT', `Role/${id}`, { body })).status, 200)
  assert.equal((await member.request('GET', 'Contact/tags')).status, 200)
  assert.equal((await owner.request('DELETE', `Role/${id}`)).body.code, 'role-in-use')
  await owner.request('PUT', `User/${member.userId}`, { body: { roleId: role('Viewer') } })
  const invited = await invite(owner, newEmail(), id)
  assert.equal((await owner.request('DELETE', `Role/${id}`)).body.code, 'role-in-use')
  await owner.request('DELETE', `Invitation/${invited.body.id}`)
  assert.equal((await owner.request('DELETE', `Role/${id}`)).status, 204)
  assert.equal((await owner.request('GET', `Role/${id}`)).status, 404)
  assert.equal((await owner.request('PUT', `Role/${role('Viewer')}`, { body })).status, 404, 'a built-in role cannot be changed')
  const { items } = (await owner.request('GET', 'Role')).body
  assert.deepEqual(
    items.slice(0, 5).map(({ name }: { name: string }) => name),
    [...BUILT_IN_NAMES],
  )
})

test('roles, members and invitations of another workspace are absent', async () => {
  const stranger = await addMember(t, 'Owner', t.foreign.workspaceId)
  const elsewhere = { workspaceId: t.foreign.workspaceId }
  const theirs = await stranger.request('POST', 'Role', { body: { name: 'Theirs', permissions: ['Contact:View'] }, ...elsewhere })
  const invited = await stranger.request('POST', 'Invitation', { body: { email: newEmail(), roleId: role('Viewer') }, ...elsewhere })
  assert.equal((await invite(owner, newEmail(), theirs.body.id)).status, 422)
  for (const path of [`Role/${theirs.body.id}`, `User/${stranger.userId}`, `Invitation/${invited.body.id}`])
    assert.equal((await owner.request('DELETE', path)).status, 404, path)
  const seen = JSON.stringify([(await owner.request('GET', 'User')).body, (await owner.request('GET', 'Role')).body])
  assert.ok(!seen.includes(stranger.email) && !seen.includes('Theirs'))
})

test('a person makes another workspace and owns it; an API key cannot', async () => {
  const body = { name: 'Second', timeZone: 'Asia/Kolkata' }
  const made = await owner.request('POST', 'Workspace', { body, headers: { 'idempotency-key': 'second' } })
  assert.equal(made.status, 201)
  assert.equal((await owner.request('POST', 'Workspace', { body, headers: { 'idempotency-key': 'second' } })).body.id, made.body.id)
  const me = await owner.request('GET', 'Me', { workspaceId: made.body.id })
  assert.deepEqual(
    me.body.workspaces.map(({ name }: { name: string }) => name),
    ['Own', 'Second'],
  )
  assert.equal((await owner.request('GET', 'Workspace')).body.items.length, 2)
  assert.equal((await admin.request('GET', 'User', { workspaceId: made.body.id })).status, 404)
  assert.equal((await t.request('POST', 'Workspace', { body })).status, 403)
})

test('what a person makes says so', async () => {
  const made = await owner.request('POST', 'ApiKey', { body: { name: 'By hand', permissions: ['Contact:View'] } })
  assert.deepEqual(made.body.createdBy, { id: owner.userId, name: owner.name })
  const matrix = await admin.request('GET', 'ApiKey/permissions')
  assert.ok(!matrix.body.grantable.includes('Workspace:Delete') && matrix.body.grantable.includes('User:Edit'))
  assert.ok(matrix.body.nouns.some(({ noun, verbs }: { noun: string; verbs: string[] }) => noun === 'AuditLog' && verbs.join() === 'View'))
})
