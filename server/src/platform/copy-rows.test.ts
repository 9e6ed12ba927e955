import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { COPY_BEGIN, COPY_END, makeCopyRows } from './copy-rows.ts'
import { many, run, sql } from './db.ts'
import { newId } from './ids.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'
import { inTransaction } from './transaction.ts'

let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.drop())

const text = fc.string({ unit: 'grapheme', maxLength: 400 }).map((value) => value.replaceAll('\0', '').toWellFormed())
const row = fc.record({
  t: fc.option(text),
  b: fc.option(fc.boolean()),
  u: fc.constant(null).map(() => newId()),
  h: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  a: fc.array(text, { maxLength: 5 }),
  j: fc.dictionary(text, text, { maxKeys: 3 }).map((value) => ({ ...value })),
})

test('rows come back as they were written, whatever is in them and however few bytes were expected', async () => {
  await database.pool.query(
    'CREATE TABLE copied (n int GENERATED ALWAYS AS IDENTITY, t text, b boolean, u uuid, id uuid, h bytea, a text[], j jsonb)',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 5_000 }), async (given, expected) => {
      const rows = makeCopyRows(expected)
      const starts: number[] = []
      const ids = given.map(({ t, b, u, h, a, j }) => {
        starts.push(rows.length())
        rows.row(7)
        rows.text(t)
        rows.bool(b)
        rows.uuid(u)
        const place = rows.newId()
        rows.hex(h)
        rows.texts(a)
        rows.jsonb(j)
        return place
      })
      await inTransaction(
        database.pool,
        async (tx) => {
          await run(tx, sql`TRUNCATE copied RESTART IDENTITY`)
          const copy = (tx as pg.PoolClient).query(copyFrom('COPY copied (t, b, u, id, h, a, j) FROM STDIN (FORMAT binary)'))
          copy.end(Buffer.concat([COPY_BEGIN, ...starts.map((from, i) => rows.bytes(from, starts[i + 1] ?? rows.length())), COPY_END]))
          await once(copy, 'finish')
        },
        { copies: true },
      )
      const back = await many<object>(database.pool, sql`SELECT t, b, u, id, encode(h, 'hex') AS h, a, j FROM copied ORDER BY n`)
      assert.deepEqual(
        back,
        given.map((one, i) => ({ ...one, id: rows.idAt(ids[i] ?? 0) })),
      )
    }),
    { numRuns: 60 },
  )
})
