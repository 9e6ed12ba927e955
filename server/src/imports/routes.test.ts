import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { runImportsOnce } from './runner.ts'

let t: TestApp
let completed: string
before(async () => {
  t = await testApp()
  completed = (await upload('phone,name\n+919612300001,Asha Rao\nnonsense,"=Bad, really"\n')).body.importId
  await runImportsOnce(t.deps)
})
after(() => t.drop())

async function upload(file: string, fields: Record<string, string> = {}, key?: string | null) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([file]), 'people.csv')
  return t.request('POST', 'Contact/import', { raw: form, ...(key === undefined ? {} : { key }) })
}
const waiting = async (fields: Record<string, string> = {}) => (await upload('phone\n+919612300009\n', fields)).body.importId as string

const ROUTES = [
  ['GET', ''],
  ['POST', '/cancel'],
  ['POST', '/undo'],
  ['GET', '/errors'],
] as const

for (const [method, path] of ROUTES)
  test(`${method} Contact/import/{id}${path} needs a key with Contact:Import, an import that is there, in this workspace`, async () => {
    const at = (id: string) => `Contact/import/${id}${path}`
    assert.equal((await t.request(method, at(completed), { key: null })).status, 401)
    const refused = await t.request(method, at(completed), { key: await t.keyWith('Contact:View', 'Contact:Edit') })
    assert.equal(refused.status, 403)
    assert.match(refused.body.detail, /Contact:Import/)
    for (const [id, key] of [
      [completed, t.foreign.key],
      [newId(), undefined],
      ['not-an-id', undefined],
    ] as const)
      assert.equal((await t.request(method, at(id), key === undefined ? {} : { key })).status, 404)
  })

test('uploading needs a key with Contact:Import and leaves an audit entry', async () => {
  assert.equal((await upload('phone\n+919612300002\n', {}, null)).status, 401)
  assert.equal((await upload('phone\n+919612300002\n', {}, await t.keyWith('Contact:Create'))).status, 403)
  const { rows } = await t.deps.pool.query(`SELECT detail FROM audit_entry WHERE action = 'contact.import' AND object_id = $1`, [completed])
  assert.deepEqual(
    rows.map(({ detail }) => detail),
    [{ fileName: 'people.csv', rows: 2 }],
  )
})

test('imports are listed newest first, page by page, with Contact:Import, in this workspace', async () => {
  assert.equal((await t.request('GET', 'Contact/import', { key: null })).status, 401)
  assert.equal((await t.request('GET', 'Contact/import', { key: await t.keyWith('Contact:View') })).status, 403)
  assert.equal((await t.request('GET', 'Contact/import?pageSize=0')).status, 422)
  const latest = await waiting()
  const { body } = await t.request('GET', 'Contact/import?pageSize=1')
  assert.deepEqual([body.items[0].id, body.items[0].status, body.items.length], [latest, 'Queued', 1])
  const { items } = (await t.request('GET', `Contact/import?pageSize=${body.totalCount}`)).body
  assert.equal(items.at(-1).id, completed)
  assert.equal((await t.request('GET', 'Contact/import', { key: t.foreign.key })).body.totalCount, 0)
})

test('the first refused rows stand with the progress, as they came', async () => {
  const { body } = await t.request('GET', `Contact/import/${completed}`)
  assert.deepEqual(
    body.firstRefused.map(({ line, reason, cells }: { line: number; reason: string; cells: string[] }) => [line, reason, cells]),
    [[3, body.firstRefused[0].reason, ['nonsense', '=Bad, really']]],
  )
  assert.ok(body.firstRefused[0].detail !== '')
})

test('progress tells mapping, counts and times', async () => {
  const { status, body } = await t.request('GET', `Contact/import/${completed}`)
  assert.equal(status, 200)
  assert.deepEqual(body.mapping, { phone: 'phone', name: 'name' })
  assert.deepEqual([body.status, body.fileName, body.rows, body.created, body.failed], ['Completed', 'people.csv', 2, 1, 1])
  assert.ok(body.createdAt <= body.startedAt && body.startedAt <= body.completedAt)
})

test('refused rows come back as CSV with line, reason and their own cells, formulas made harmless', async () => {
  const { status, body } = await t.request('GET', `Contact/import/${completed}/errors`)
  assert.equal(status, 200)
  const [header, row, ...more] = body.trim().split('\r\n')
  assert.equal(header.replace('\uFEFF', ''), 'line,reason,detail,phone,name')
  assert.match(row, /^3,invalid_phone,.*,nonsense,"'=Bad, really"$/)
  assert.deepEqual(more, [])
})

for (const [what, file, fields, status, code] of [
  ['an empty file', '', {}, 422, 'unreadable-file'],
  ['a file without a phone column', 'name,city\nA,B\n', {}, 422, 'phone-column-missing'],
  ['more than 200 columns', `phone${',c'.repeat(200)}\n`, {}, 422, 'unreadable-file'],
  ['a row of more than a million characters', `phone,note\n1,${'x'.repeat(1_100_000)}`, {}, 422, 'unreadable-file'],
  ['a mapping that is no JSON', 'phone\n1\n', { mapping: '{' }, 422, 'invalid-input'],
  ['a mapping to nothing we know', 'phone\n1\n', { mapping: '{"phone":"shoeSize"}' }, 422, 'invalid-input'],
  ['a field we do not know', 'phone\n1\n', { colour: 'red' }, 422, 'invalid-input'],
] as const)
  test(`${what} is refused as ${code}, and nothing of it stays`, async () => {
    const before = (await t.deps.pool.query('SELECT count(*) AS n FROM contact_import_chunk')).rows[0].n
    const answer = await upload(file, { ...fields })
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body))
    assert.equal((await t.deps.pool.query('SELECT count(*) AS n FROM contact_import_chunk')).rows[0].n, before)
  })

test('a form without a file and a body that is no form are refused', async () => {
  const form = new FormData()
  form.append('onExisting', 'skip')
  assert.equal((await t.request('POST', 'Contact/import', { raw: form })).body.errors[0].pointer, '/file')
  assert.equal((await t.request('POST', 'Contact/import', { body: {} })).status, 415)
})

test('only a waiting or running import can be cancelled, only a finished one undone, once, and no dry run', async () => {
  const cancel = (id: string) => t.request('POST', `Contact/import/${id}/cancel`)
  const undo = (id: string) => t.request('POST', `Contact/import/${id}/undo`)
  assert.deepEqual([(await cancel(completed)).status, (await cancel(completed)).body.code], [409, 'import-not-cancellable'])
  const queued = await waiting()
  assert.equal((await undo(queued)).body.code, 'import-not-undoable')
  assert.equal((await cancel(queued)).body.status, 'Cancelled')
  assert.equal((await cancel(queued)).status, 409)
  const dry = await waiting({ dryRun: 'true' })
  await runImportsOnce(t.deps)
  assert.match((await undo(dry)).body.detail, /dry run/)
  const undone = await undo(completed)
  assert.ok(undone.body.undoneAt)
  assert.equal((await undo(completed)).status, 409)
})

test('a stray quote spoils its own row; the rows around it are imported', async () => {
  const { body } = await upload('phone,name\n+919612300011,"Asha\n+919612300012,Om\n')
  await runImportsOnce(t.deps)
  const done = (await t.request('GET', `Contact/import/${body.importId}`)).body
  assert.deepEqual([done.status, done.rows, done.created], ['Completed', 2, 2])
})
