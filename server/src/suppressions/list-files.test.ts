import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestApp, testApp } from '../platform/test-app.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

const bulk = (entries: unknown, options = {}) => t.request('POST', 'Suppression/bulk', { body: { entries }, ...options })
const csv = async () => (await t.request('GET', 'Suppression/export')).body as string

test('many numbers are listed at once; those that are none are told back by their place; repeating changes nothing', async () => {
  const entries = [
    { phone: '+91 98111 00001', reason: 'Asked us to' },
    { phone: 'no number' },
    { phone: '+919811100002' },
    { phone: '00919811100001' },
  ]
  const first = await bulk(entries)
  assert.deepEqual([first.status, first.body], [200, { added: 2, known: 1, invalid: [{ index: 1, phone: 'no number' }] }])
  assert.deepEqual((await bulk(entries)).body, { added: 0, known: 3, invalid: [{ index: 1, phone: 'no number' }] })
  const listed = (await t.request('GET', 'Suppression')).body
  assert.equal(listed.totalCount, 2)
  const logged = (await t.request('POST', 'AuditLog/getall', { body: { action: 'suppression.createMany' } })).body.items[0]
  assert.deepEqual(logged.detail, { added: 0, known: 3, invalid: 1 })
})

test('the list leaves as CSV with its cells guarded, and comes back the same', async () => {
  await bulk([{ phone: '+919811100003', reason: '=HYPERLINK("x")' }])
  const rows = (await csv()).trim().split('\r\n')
  assert.equal(rows[0]?.replace('\uFEFF', ''), 'phone,reason,source,createdAt')
  assert.deepEqual(
    rows
      .slice(1)
      .map((row) => row.split(',')[0])
      .sort(),
    ['919811100001', '919811100002', '919811100003'],
  )
  assert.ok(
    rows.some((row) => row.includes(`"'=HYPERLINK(""x"")"`)),
    rows.join('\n'),
  )
  const again = rows.slice(1).map((row) => ({ phone: `+${row.split(',')[0]}` }))
  assert.deepEqual((await bulk(again)).body, { added: 0, known: 3, invalid: [] })
})

test('bad input, no key, a missing permission, another workspace', async () => {
  assert.equal((await bulk([])).status, 422)
  assert.equal((await bulk([{ phone: '+919811100001', why: 'x' }])).body.errors[0].pointer, '/entries/0/why')
  assert.equal((await bulk([{ phone: '+919811100009' }], { key: null })).status, 401)
  assert.equal((await bulk([{ phone: '+919811100009' }], { key: await t.keyWith('Suppression:View') })).status, 403)
  assert.equal((await t.request('GET', 'Suppression/export', { key: await t.keyWith('Suppression:Create') })).status, 403)
  const theirs = await t.request('GET', 'Suppression/export', { key: t.foreign.key })
  assert.equal((theirs.body as string).includes('9198111'), false)
})
