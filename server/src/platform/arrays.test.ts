import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { bigints, booleans, byteas, ints, smallints, texts, times, uuids } from './arrays.ts'
import { one, sql } from './db.ts'
import { type TestApp, testApp } from './test-app.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

const rows = <Value>(of: fc.Arbitrary<Value>) => fc.array(fc.option(of), { maxLength: 40 })
const itself = <Value>(value: Value) => value
const stored = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\0', ''))

/** What PostgreSQL makes of our bytes and of the driver's text: one and the same array. */
test('an array in binary form is the array that the driver writes as text, nulls and no elements included', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows(fc.uuid()),
      rows(fc.integer({ min: -32_768, max: 32_767 })),
      rows(fc.integer()),
      rows(fc.maxSafeInteger()),
      rows(fc.boolean()),
      rows(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })),
      rows(stored),
      rows(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
      async (ids, small, whole, large, are, instants, words, bytes) => {
        const found = await one<Record<string, boolean>>(
          t.deps.pool,
          sql`SELECT ${uuids(ids, itself)}::uuid[] = ${ids}::uuid[] AS ids, ${smallints(small, itself)}::smallint[] = ${small}::smallint[] AS small,
                     ${ints(whole, itself)}::int[] = ${whole}::int[] AS whole, ${bigints(large, itself)}::bigint[] = ${large}::bigint[] AS large,
                     ${booleans(are, itself)}::boolean[] = ${are}::boolean[] AS are, ${times(instants, itself)}::timestamptz[] = ${instants}::timestamptz[] AS instants,
                     ${texts(words, itself)}::text[] = ${words}::text[] AS words, ${byteas(bytes, itself)}::bytea[] = ${bytes}::bytea[] AS bytes`,
        )
        assert.deepEqual(new Set(Object.values(found)), new Set([true]), JSON.stringify(found))
      },
    ),
    { numRuns: 60 },
  )
})

test('a batch far larger than the room it begins with is whole', async () => {
  const words = Array.from({ length: 30_000 }, (_, n) => `word ${n} ${'é'.repeat(n % 50)}`)
  const { n, last } = await one<{ n: number; last: string }>(
    t.deps.pool,
    sql`SELECT count(DISTINCT w)::int AS n, max(w) FILTER (WHERE w LIKE 'word 29999 %') AS last FROM unnest(${texts(words, itself)}::text[]) AS w`,
  )
  assert.deepEqual([n, last], [30_000, words.at(-1)])
})

test('what is no id, no whole number or no time is refused here, and never written as something else', () => {
  assert.throws(() => uuids(['01890a5d'], itself), /is no uuid/)
  const good = '01890a5d-ac96-774b-bcce-b302099a8057'
  const bytes = uuids([good], itself)
  for (const bad of ['zz890a5d-ac96-774b-bcce-b302099a8057', `${good}00`, '11', '']) {
    assert.throws(() => uuids([bad], itself), /is no uuid/)
    assert.deepEqual(uuids([good], itself), bytes, 'and the id before it is still itself')
  }
  assert.throws(() => times([new Date(Number.NaN)], itself), RangeError)
  assert.throws(() => bigints([1.5], itself), /is no whole number/)
  assert.throws(() => smallints([40_000], itself), RangeError)
})
