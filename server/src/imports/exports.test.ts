import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { mapColumns } from './mapping.ts'
import { runImportsOnce } from './runner.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

const fileOf = (name: string) => readFileSync(new URL(`../../fixtures/imports/${name}.csv`, import.meta.url), 'utf8')

/** Imports a file of another product as it came, and shows who is there afterwards. */
async function imported(name: string, fields: Record<string, string> = {}) {
  const form = new FormData()
  for (const [field, value] of Object.entries({ tags: name, ...fields })) form.append(field, value)
  form.append('file', new Blob([fileOf(name)]), `${name}.csv`)
  const { status, body } = await t.request('POST', 'Contact/import', { raw: form })
  assert.equal(status, 202, JSON.stringify(body))
  await runImportsOnce(t.deps)
  const done = (await t.request('GET', `Contact/import/${body.importId}`)).body
  assert.deepEqual([done.status, done.rows, done.created, done.failed], ['Completed', 3, 3, 0])
  const { items } = (
    await t.request('POST', 'Contact/getall', { body: { contactFilter: { tags: [name] }, sortBy: 'phone', pageSize: 10 } })
  ).body
  return items as Record<string, unknown>[]
}
const shown = (people: Record<string, unknown>[], ...fields: string[]) => people.map((person) => fields.map((field) => person[field]))

test('a contact list of Wati: code and number in two columns, AllowBroadcast as consent, its attributes as attributes', async () => {
  const people = await imported('wati')
  assert.deepEqual(shown(people, 'phone', 'firstName', 'lastName', 'marketingOptIn', 'attributes'), [
    ['+6281234567801', 'Sari', 'Dewi', true, { AllowSMS: 'FALSE', OptedIn: 'TRUE', plan: 'gold', last_order: '2026-11-01' }],
    [
      '+919876541001',
      'Asha',
      'Rao',
      true,
      { AllowSMS: 'TRUE', OptedIn: 'FALSE', Source: 'Import', plan: 'gold', last_order: '2026-10-03' },
    ],
    ['+919876541002', 'Om', 'Menon', false, { AllowSMS: 'TRUE', OptedIn: 'FALSE', Source: 'Widget', plan: 'silver' }],
  ])
})

test('a contact list of AiSensy: Indian numbers without a code, tags, and whatever else it tells as attributes', async () => {
  const people = await imported('aisensy', { defaultCountry: 'IN' })
  assert.deepEqual(shown(people, 'phone', 'firstName', 'email', 'tags', 'marketingOptIn'), [
    ['+15417543010', 'Ann', 'ann@example.com', ['VIP', 'aisensy'], null],
    ['+919876542001', 'Mohit', 'mohit@example.com', ['Diwali', 'VIP', 'aisensy'], null],
    ['+919876542002', 'Neha', null, ['aisensy'], null],
  ])
  assert.deepEqual(people[2]?.attributes, { Source: 'ORGANIC', 'First Message': 'Hi', City: 'Pune', State: 'Requesting' })
  assert.equal(people[1]?.isActive, true)
})

test('a contact list of Interakt: code and number in two columns, WhatsApp Opted as consent, User ID as external id', async () => {
  const people = await imported('interakt')
  assert.deepEqual(shown(people, 'phone', 'marketingOptIn', 'externalId', 'attributes'), [
    ['+233241234567', null, 'u-3', { Area: 'Osu', City: 'Accra' }],
    ['+525512345678', false, 'u-2', { Area: 'Roma Norte', City: 'Ciudad de Mexico' }],
    ['+919876543001', true, 'u-1', { Area: 'Indiranagar', City: 'Bengaluru' }],
  ])
})

test('the columns of each are guessed as the documentation says', () => {
  const documented = readFileSync(new URL('../../../docs/importing.md', import.meta.url), 'utf8')
  for (const name of ['wati', 'aisensy', 'interakt']) {
    const headers = fileOf(name).split('\n', 1)[0]?.split(',') ?? []
    const columns = mapColumns(headers, {})
    const table = documented.split(`<!-- ${name} -->`)[1]?.split('\n\n')[0] ?? ''
    for (const [i, header] of headers.entries())
      if (!columns[i]?.startsWith('attributes.'))
        assert.ok(table.includes(`\`${header}\` → \`${columns[i]}\``), `${name}: ${header} → ${columns[i]}`)
  }
})

for (const [what, row, phone] of [
  ['a country in place of a code', 'IN,98765 44001', '+919876544001'],
  ['a code with a plus', '+91,9876544002', '+919876544002'],
  ['a code with zeros before it', '0091,9876544003', '+919876544003'],
  ['a number that has its own code', '1,+919876544004', '+919876544004'],
  ['the code in both columns', '91,919876544005', '+919876544005'],
  ['no code at all', ',+919876544006', '+919876544006'],
  ['a code that is no code', 'x,+919876544007', '+919876544007'],
] as const)
  test(`a number beside ${what} is read`, async () => {
    const form = new FormData()
    form.append('tags', what)
    form.append('file', new Blob([`Country Code,Phone\n${row}\n`]), 'a.csv')
    await t.request('POST', 'Contact/import', { raw: form })
    await runImportsOnce(t.deps)
    const { items } = (await t.request('POST', 'Contact/getall', { body: { contactFilter: { tags: [what] } } })).body
    assert.deepEqual(shown(items, 'phone'), [[phone]])
  })

test('a code that contradicts its number refuses the row instead of guessing', async () => {
  const form = new FormData()
  form.append('file', new Blob(['Country Code,Phone\n91,12345\nzz,9876544008\n']), 'a.csv')
  const { importId } = (await t.request('POST', 'Contact/import', { raw: form })).body
  await runImportsOnce(t.deps)
  const done = (await t.request('GET', `Contact/import/${importId}`)).body
  assert.deepEqual([done.created, done.failed], [0, 2])
})
