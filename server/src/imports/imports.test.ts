import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { countAll } from '../contacts/count.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { decodeText, guessDelimiter } from './decode.ts'
import { runImportsOnce } from './runner.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

async function upload(file: string | Uint8Array<ArrayBuffer>, fields: Record<string, string | string[]> = {}, key?: string | null) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one)
  form.append('file', new Blob([file]), 'people.csv')
  return t.request('POST', 'Contact/import', { raw: form, ...(key === undefined ? {} : { key }) })
}
async function imported(file: string | Uint8Array<ArrayBuffer>, fields: Record<string, string | string[]> = {}) {
  const { status, body } = await upload(file, fields)
  assert.equal(status, 202, JSON.stringify(body))
  await runImportsOnce(t.deps)
  return (await t.request('GET', `Contact/import/${body.importId}`)).body
}
const byTag = async (tag: string) =>
  (await t.request('POST', 'Contact/getall', { body: { contactFilter: { tags: [tag] }, sortBy: 'phone', pageSize: 200 } })).body.items

test('good rows are imported, bad ones are offered with line and reason, and one bad row stops nothing', async () => {
  const file =
    'Mobile,First Name,City,E-mail\n+919876511111,Asha,Pune,a@x.example\nnonsense,Bad,Pune,\n+919876511112,"Multi\nline",Delhi,not-mail\n+919876511113,Om,Goa,\n+919876511113,Twice,Goa,\n'
  const done = await imported(file, { tags: ['A', 'B'] })
  assert.deepEqual([done.status, done.rows, done.created, done.failed], ['Completed', 5, 2, 3])
  const people = await byTag('A')
  assert.deepEqual(
    people.map((p: { firstName: string; attributes: unknown; tags: string[] }) => [p.firstName, p.attributes, p.tags]),
    [
      ['Asha', { City: 'Pune' }, ['A', 'B']],
      ['Om', { City: 'Goa' }, ['A', 'B']],
    ],
  )
  const errors = (await t.request('GET', `Contact/import/${done.id}/errors`)).body.trim().split('\r\n')
  assert.match(errors[0], /line,reason,detail,Mobile,First Name,City,E-mail/)
  assert.match(errors[1], /^3,invalid_phone,.*nonsense,Bad,Pune,$/)
  assert.match(errors[2], /^\d,invalid_email,/)
  assert.match(errors.at(-1) ?? '', /duplicate_in_file/)
})

for (const [what, encode] of [
  ['UTF-8 with mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16 little endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16 big endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ['Latin-1', (text: string) => Buffer.from(text, 'latin1')],
] as const)
  test(`a file in ${what} keeps its accents`, async () => {
    const number = `+9198765${20_000 + what.length}`
    await imported(new Uint8Array(encode(`phone;nome;cidade\n${number};João Conceição;São Paulo\n`)), { tags: [what] })
    const [person] = await byTag(what)
    assert.deepEqual([person.firstName, person.lastName, person.attributes.cidade], ['João', 'Conceição', 'São Paulo'])
  })

test('text is the same however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 7 }), async (text, size) => {
      const plain = text
        .replaceAll('\0', '')
        .replace(/^\uFEFF/, '')
        .toWellFormed()
      const bytes = Buffer.from(`abcd${plain}`)
      const cut = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
      }
      let out = ''
      for await (const piece of decodeText(cut())) out += piece
      assert.equal(out, `abcd${plain}`)
    }),
  )
})

test('the delimiter is found outside quotes', () => {
  assert.deepEqual(['a,b;c', 'a;b;c', 'a\tb\tc,d', '"a,b,c";d;e'].map(guessDelimiter), [',', ';', '\t', ';'])
})

test('existing contacts are updated or skipped as asked, an opt-out is never undone, and undo restores them', async () => {
  const { id } = (
    await t.request('POST', 'Contact', { body: { phone: '+919876533331', firstName: 'Old', tags: ['Keep'], marketingOptIn: false } })
  ).body
  await t.request('POST', `Contact/${id}/opt-out`)
  const file = 'phone,first name,tags,opt in\n+919876533331,New,keep;More,yes\n+919876533332,Fresh,,yes\n'
  const skipped = await imported(file.split('\n').slice(0, 2).join('\n'), { onExisting: 'skip' })
  assert.deepEqual([skipped.skipped, skipped.updated], [1, 0])
  const before = await countAll(t.deps.pool, t.workspaceId)
  const updated = await imported(file)
  assert.deepEqual([updated.created, updated.updated], [1, 1])
  assert.equal(await countAll(t.deps.pool, t.workspaceId), before + 1)
  const seen = (await t.request('GET', `Contact/${id}`)).body
  assert.deepEqual([seen.firstName, seen.tags, seen.marketingOptIn], ['New', ['Keep', 'More'], false])
  assert.ok(seen.optedOutAt)
  assert.equal((await t.request('POST', `Contact/import/${updated.id}/undo`)).status, 200)
  const restored = (await t.request('GET', `Contact/${id}`)).body
  assert.deepEqual([restored.firstName, restored.tags], ['Old', ['Keep']])
  assert.equal((await t.request('POST', 'Contact/getall', { body: { contactFilter: { phones: ['+919876533332'] } } })).body.totalCount, 0)
  assert.equal(await countAll(t.deps.pool, t.workspaceId), before)
  assert.equal((await t.request('POST', `Contact/import/${updated.id}/undo`)).status, 409)
})

test('an answer in a file stands in the contact’s history with the file and its uploader; undo stands there too', async () => {
  const told = async (id: string) =>
    (await t.request('GET', `Contact/${id}/timeline`)).body.items
      .map(({ kind, detail }: { kind: string; detail: string }) => `${kind} ${detail}`)
      .reverse()
  const { id } = (await t.request('POST', 'Contact', { body: { phone: '+919876588881', firstName: 'Old' } })).body
  const done = await imported('phone,tags,opt in\n+919876588881,answers,yes\n+919876588882,answers,no\n+919876588883,answers,\n')
  const byPhone = new Map<string, string>((await byTag('answers')).map((one: { phone: string; id: string }) => [one.phone, one.id]))
  assert.deepEqual(await told(id), ['marketing_yes import: people.csv (test)'])
  assert.deepEqual(await told(byPhone.get('+919876588882') ?? ''), ['marketing_no import: people.csv (test)'])
  assert.deepEqual(await told(byPhone.get('+919876588883') ?? ''), [])
  assert.equal((await t.request('POST', `Contact/import/${done.id}/undo`)).status, 200)
  assert.deepEqual(await told(id), ['marketing_yes import: people.csv (test)', 'marketing_unset import: import undone'])
})

test('a dry run counts and changes nothing', async () => {
  const done = await imported('phone\n+919876544441\nx\n', { dryRun: 'true' })
  assert.deepEqual([done.created, done.failed], [1, 1])
  assert.equal((await t.request('POST', 'Contact/getall', { body: { contactFilter: { phones: ['+919876544441'] } } })).body.totalCount, 0)
})

test('an explicit mapping, a default country and guarded formulas are honoured', async () => {
  await imported("Número,Quien,Note\n098765 55551,'=Evil,skip me\n", {
    mapping: JSON.stringify({ Número: 'phone', Quien: 'firstName', Note: 'ignore' }),
    defaultCountry: 'IN',
    tags: ['mapped'],
  })
  const [person] = await byTag('mapped')
  assert.deepEqual([person.phone, person.firstName, person.attributes], ['+919876555551', '=Evil', {}])
})

test('what cannot be imported is refused with its reason', async () => {
  assert.equal((await upload('first name,city\nA,B\n')).body.code, 'phone-column-missing')
  assert.equal((await upload('')).body.code, 'unreadable-file')
  assert.equal((await upload('phone\n1\n', { mapping: '{"Nope":"phone"}' })).status, 422)
  assert.equal((await upload('phone\n1\n', { onExisting: 'explode', defaultCountry: 'xx' })).body.errors.length, 2)
  assert.equal((await t.request('POST', 'Contact/import', { body: { file: 'x' } })).status, 415)
  assert.equal((await upload('phone\n1\n', {}, null)).status, 401)
  assert.equal((await upload('phone\n1\n', {}, await t.keyWith('Contact:View'))).status, 403)
})

test('imports of another workspace do not exist; a waiting one can be cancelled once', async () => {
  const { body } = await upload('phone\n+919876566661\n')
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/cancel'],
    ['POST', '/undo'],
    ['GET', '/errors'],
  ] as const)
    assert.equal((await t.request(method, `Contact/import/${body.importId}${path}`, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('POST', `Contact/import/${body.importId}/cancel`)).body.status, 'Cancelled')
  assert.equal((await t.request('POST', `Contact/import/${body.importId}/cancel`)).status, 409)
})

test('the same file under one idempotency key is one import', async () => {
  const send = async () => {
    const form = new FormData()
    form.append('file', new Blob(['phone\n+919876577771\n']), 'a.csv')
    return t.request('POST', 'Contact/import', { raw: form, headers: { 'idempotency-key': 'file-1' } })
  }
  const first = await send()
  const second = await send()
  assert.deepEqual([first.status, second.status, second.body.importId], [202, 202, first.body.importId])
})
