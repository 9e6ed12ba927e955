import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { addUpCounts, countAll } from './count.ts'
import { parsePhone, phoneKey } from './identity.ts'
import { contactWorld } from './test-contacts.ts'

const { t, phone, create } = await contactWorld()
after(() => t.drop())

for (const [text, country, e164] of [
  ['+91 98765 00011', null, '+919876500011'],
  ['00919876500011', null, '+919876500011'],
  ['919876500011', null, '+919876500011'],
  ['098765 00011', 'IN', '+919876500011'],
  ['(85) 98765-4321', 'BR', '+5585987654321'],
  ['12345', 'IN', undefined],
  ['not a number', 'IN', undefined],
] as const)
  test(`“${text}” (${country}) is ${e164 ?? 'no phone number'}`, () => assert.equal(parsePhone(text, country)?.e164, e164))

test('national alternates of one line have one key, and keys are stable', () => {
  assert.equal(phoneKey('+525512345678'), phoneKey('5215512345678'))
  assert.equal(phoneKey('+5585987654321'), phoneKey('558587654321'))
  assert.equal(phoneKey('+5491123456789'), phoneKey('+541123456789'))
  fc.assert(fc.property(fc.stringMatching(/^[1-9]\d{7,14}$/), (digits) => assert.equal(phoneKey(phoneKey(digits)), phoneKey(digits))))
})

test('a contact is created, read, replaced and deleted; the second one with its number is refused with its id', async () => {
  const made = await t.request('POST', 'Contact', {
    body: { phone: '+91 98765 43210', firstName: 'Asha', tags: ['VIP', 'vip', 'New'], attributes: { city: 'Pune', age: 31 } },
  })
  assert.equal(made.status, 201)
  assert.deepEqual([made.body.phone, made.body.tags, made.body.attributes], ['+919876543210', ['VIP', 'New'], { age: '31', city: 'Pune' }])
  const twice = await t.request('POST', 'Contact', { body: { phone: '+919876543210' } })
  assert.deepEqual([twice.status, twice.body.code, twice.body.id], [409, 'contact-exists', made.body.id])
  const upsert = await t.request('POST', 'Contact?upsert=true', { body: { phone: '+919876543210', firstName: 'Asha R' } })
  assert.deepEqual([upsert.status, upsert.body.id, upsert.body.firstName], [200, made.body.id, 'Asha R'])
  const seen = await t.request('GET', `Contact/${made.body.id}`)
  const put = await t.request('PUT', `Contact/${made.body.id}`, {
    body: { phone: '+919876543211' },
    headers: { 'if-match': seen.headers.get('etag') ?? '' },
  })
  assert.deepEqual([put.status, put.body.phone, put.body.firstName], [200, '+919876543211', null])
  assert.equal(
    (await t.request('PUT', `Contact/${made.body.id}`, { body: { phone: phone() }, headers: { 'if-match': '"0"' } })).status,
    412,
  )
  assert.equal((await t.request('DELETE', `Contact/${made.body.id}`)).status, 204)
  assert.equal((await t.request('GET', `Contact/${made.body.id}`)).status, 404)
})

test('bad fields are all named', async () => {
  const answer = await t.request('POST', 'Contact', {
    body: { phone: 'x', email: 'nope', language: '??', timeZone: 'Mars/X', tags: [''], nonsense: 1 },
  })
  assert.equal(answer.status, 422)
  assert.deepEqual(answer.body.errors.map((e: { pointer: string }) => e.pointer).sort(), [
    '/email',
    '/language',
    '/nonsense',
    '/tags/0',
    '/timeZone',
  ])
  const bad = await t.request('POST', 'Contact', { body: { phone: 'x' } })
  assert.deepEqual([bad.status, bad.body.errors[0].pointer], [422, '/phone'])
})

test('without key, permission or in another workspace nothing is seen or changed', async () => {
  const { id } = await create()
  assert.equal((await t.request('GET', `Contact/${id}`, { key: null })).status, 401)
  assert.equal((await t.request('DELETE', `Contact/${id}`, { key: await t.keyWith('Contact:View') })).status, 403)
  for (const method of ['GET', 'DELETE']) assert.equal((await t.request(method, `Contact/${id}`, { key: t.foreign.key })).status, 404)
  assert.equal((await t.request('PUT', `Contact/${id}`, { key: t.foreign.key, body: { phone: phone() } })).status, 404)
})

test('search finds parts of name and phone, filters combine, and pages are stable', async () => {
  await create({ firstName: 'Zubeida', lastName: 'Qureshi', tags: ['Rare'], attributes: { score: '12' } })
  await create({ firstName: 'Zubin', tags: ['rare', 'Other'], attributes: { score: '7' }, isActive: false })
  const find = async (body: Record<string, unknown>) =>
    (await t.request('POST', 'Contact/getall', { body: { sortBy: 'name', ...body } })).body
  assert.equal((await find({ searchTerm: 'ureshi' })).totalCount, 1)
  assert.equal((await find({ searchTerm: 'zu' })).totalCount, 2)
  assert.equal((await find({ searchTerm: '50%_' })).totalCount, 0)
  assert.equal((await find({ contactFilter: { tags: ['RARE'] } })).totalCount, 2)
  assert.equal((await find({ contactFilter: { tags: ['RARE', 'other'], tagsMatch: 'all' } })).totalCount, 1)
  assert.equal((await find({ contactFilter: { tags: ['rare'], excludeTags: ['Other'] } })).totalCount, 1)
  assert.equal((await find({ contactFilter: { tags: ['rare'], isActive: true } })).items[0].firstName, 'Zubeida')
  assert.equal((await find({ contactFilter: { attributes: [{ key: 'score', op: 'gt', value: 8 }] } })).totalCount, 1)
  assert.equal((await find({ contactFilter: { attributes: [{ key: 'score', op: 'exists' }] } })).totalCount, 2)
  assert.equal((await t.request('POST', 'Contact/getall', { body: { sortBy: 'age' } })).status, 422)
  assert.equal((await t.request('POST', 'Contact/getall')).status, 200)
})

test('contacts are counted, however they come and go, beside one another and taken back', async () => {
  const counted = async () => {
    const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM contact WHERE workspace_id = ${t.workspaceId}`)
    assert.equal(await countAll(t.deps.pool, t.workspaceId), n)
    assert.equal((await t.request('POST', 'Contact/getall', { body: {} })).body.totalCount, n)
    return n
  }
  const start = await counted()
  const many = await Promise.all(
    Array.from({ length: 40 }, (_, n) => create({ tags: [n % 2 ? 'Odd' : 'Even'], firstName: `Counted ${n}` })),
  )
  assert.equal(await counted(), start + 40)
  assert.equal((await t.request('POST', 'Contact', { body: { phone: many[0].phone } })).status, 409)
  assert.equal((await t.request('DELETE', `Contact/${many[1].id}`)).status, 204)
  await t.request('POST', 'Contact/bulk-delete', { body: { contactFilter: { tags: ['Even'] }, confirmCount: 20 } })
  assert.equal(await counted(), start + 19)
  const gone = inTransaction(t.deps.pool, async (tx) => {
    await run(tx, sql`DELETE FROM contact WHERE workspace_id = ${t.workspaceId}`)
    assert.equal(await countAll(tx, t.workspaceId), 0)
    throw new Error('taken back')
  })
  await assert.rejects(gone, /taken back/)
  await Promise.all([addUpCounts(t.deps.pool), addUpCounts(t.deps.pool), create({ tags: ['Odd'] }), addUpCounts(t.deps.pool)])
  assert.equal(await counted(), start + 20)
  const { rows } = await one<{ rows: number }>(
    t.deps.pool,
    sql`SELECT count(*) AS rows FROM contact_count WHERE workspace_id = ${t.workspaceId}`,
  )
  assert.ok(rows <= 16, `${rows} rows to add up`)
  await inTransaction(t.deps.pool, async (tx) => {
    await tx.query({ text: 'TRUNCATE contact CASCADE', values: [] })
    assert.equal(await countAll(tx, t.workspaceId), 0)
    throw new Error('taken back')
  }).catch((error: Error) => assert.equal(error.message, 'taken back'))
  assert.equal(await counted(), start + 20)
})

test('the pages of a search put together are everybody it finds, in every order', async () => {
  const made = await Promise.all(
    Array.from({ length: 23 }, (_, n) => create({ firstName: `Zebedee ${String.fromCharCode(97 + ((n * 7) % 23))}` })),
  )
  for (const sortBy of ['createddate desc', 'createddate asc', 'name asc', 'phone desc', 'updateddate desc']) {
    const found: { id: string; firstName: string; phone: string }[] = []
    for (let pageNumber = 1; pageNumber <= 4; pageNumber++) {
      const { body } = await t.request('POST', 'Contact/getall', { body: { searchTerm: 'zebedee', sortBy, pageNumber, pageSize: 7 } })
      assert.deepEqual([body.totalCount, body.totalIsExact, body.totalPages], [23, true, 4])
      found.push(...body.items)
    }
    assert.deepEqual(new Set(found.map(({ id }) => id)), new Set(made.map(({ id }) => id)), sortBy)
    if (sortBy === 'name asc')
      assert.deepEqual(
        found,
        [...found].sort((a, b) => (a.firstName < b.firstName ? -1 : 1)),
      )
    if (sortBy === 'phone desc')
      assert.deepEqual(
        found,
        [...found].sort((a, b) => (a.phone < b.phone ? 1 : -1)),
      )
  }
})

test('tags of many contacts change in one call', async () => {
  const a = await create({ tags: ['One'] })
  const b = await create({ tags: ['one', 'Two'] })
  const changed = await t.request('POST', 'Contact/bulk-tags', {
    body: { contactIds: [a.id, b.id], add: ['Three', 'ONE'], remove: ['two'] },
  })
  assert.deepEqual(changed.body, { changed: 2 })
  assert.deepEqual((await t.request('GET', `Contact/${b.id}`)).body.tags, ['one', 'Three'])
  assert.equal((await t.request('POST', 'Contact/bulk-tags', { body: { contactFilter: {}, add: ['x'] } })).body.code, 'filter-empty')
  const tags = (await t.request('GET', 'Contact/tags')).body.items as { tag: string; count: number }[]
  assert.equal(tags.find(({ tag }) => tag.toLowerCase() === 'three')?.count, 2)
})

test('bulk delete needs the number it will delete', async () => {
  await create({ tags: ['Doomed'] })
  await create({ tags: ['Doomed'] })
  const contactFilter = { tags: ['doomed'] }
  assert.equal((await t.request('POST', 'Contact/bulk-delete', { body: { contactFilter, confirmCount: 1 } })).status, 409)
  assert.deepEqual((await t.request('POST', 'Contact/bulk-delete', { body: { contactFilter, confirmCount: 2 } })).body, { changed: 2 })
})

test('the export is CSV for spreadsheets: marked UTF-8, formulas neutralised, phones as digits', async () => {
  await create({ phone: '+919999900001', firstName: '=HYPERLINK("x")' })
  const { body, status } = await t.request('GET', 'Contact/export')
  assert.equal(status, 200)
  assert.ok(body.includes('919999900001,"\'=HYPERLINK(""x"")"'))
  assert.ok(!body.includes('+919999900001'))
})

test('an ETag moves with the fields that PUT replaces, not with consent', async () => {
  const body = { phone: '+919833330001', firstName: 'Ira', attributes: { city: 'Pune' } }
  const { id } = (await t.request('POST', 'Contact', { body })).body
  const etag = async () => (await t.request('GET', `Contact/${id}`)).headers.get('etag') ?? ''
  const first = await etag()
  await t.request('POST', `Contact/${id}/opt-out`, { body: { source: 'phone call' } })
  assert.equal(await etag(), first)
  assert.equal(
    (await t.request('PUT', `Contact/${id}`, { body: { ...body, firstName: 'Mira' }, headers: { 'if-match': first } })).status,
    200,
  )
  assert.notEqual(await etag(), first)
  assert.equal((await t.request('PUT', `Contact/${id}`, { body, headers: { 'if-match': first } })).status, 412)
})

test('every write here left an audit entry', async () => {
  const actions = (await many<{ action: string }>(t.deps.pool, sql`SELECT DISTINCT action FROM audit_entry`)).map(({ action }) => action)
  for (const action of ['contact.create', 'contact.update', 'contact.delete', 'contact.bulkDelete', 'contact.tags', 'contact.export'])
    assert.ok(actions.includes(action), action)
})

test('a number is stored when it is a plus, a digit from 1 on and five to fourteen digits more, whatever else is tried', async () => {
  const { rows } = await t.deps.pool.query<{ rule: string }>(
    `SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conrelid = 'contact'::regclass AND conname = 'contact_phone_e164_check'`,
  )
  const rule = rows[0]?.rule.replace(/^CHECK /, '') ?? 'no rule'
  const near = fc.string({ unit: fc.constantFrom('+', '0', '1', '9', ' ', '/', ':', '-', 'a', '\n', '٣', '１'), maxLength: 18 })
  const digit = fc.constantFrom('0', '1', '5', '9')
  const digits = fc.integer({ min: 0, max: 17 }).chain((length) => fc.string({ unit: digit, minLength: length, maxLength: length }))
  const number = fc.oneof(
    near,
    digits.map((text) => `+${text}`),
    digits.map((text) => `${text}+`),
    fc.tuple(digits, near).map(([head, tail]) => `+${head}${tail.slice(0, 2)}`),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 50, maxLength: 200 }), async (numbers) => {
      const told = await t.deps.pool.query(
        `SELECT phone_e164 FROM unnest($1::text[]) WITH ORDINALITY AS p (phone_e164, n) WHERE ${rule} ORDER BY n`,
        [numbers],
      )
      assert.deepEqual(
        told.rows.map(({ phone_e164 }) => phone_e164),
        numbers.filter((text) => /^\+[1-9][0-9]{5,14}$/.test(text) && !text.includes('\n')),
      )
    }),
    { numRuns: 50 },
  )
})
