import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { misfits } from './document.ts'
import { fuzz } from './run.ts'
import { fuzzedServer } from './server.ts'

let server: Awaited<ReturnType<typeof fuzzedServer>>
before(async () => {
  server = await fuzzedServer()
})
after(() => server?.close())

test('wrong requests of every kind to every route: no 5xx, no hang, and every answer is as the document says', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const report = await fuzz({ ...server, seed, bodiesPerRoute: 2_000, withinMs: 45_000 })
  const told = report.faults.map(({ route, what, request }) => `${route} ${what}\n${request}`).join('\n\n')
  assert.equal(report.faults.length, 0, `seed ${seed}\n${told}\n${server.output().slice(-2_000)}`)
  assert.ok(report.routes > 60 && report.fewestPerRoute >= 5, JSON.stringify(report))
  console.log(`${report.requests} requests to ${report.routes} routes, seed ${seed}`)
})

test('the judge sees a missing field, a wrong type, a value that is not named and a wrong item', () => {
  const document = { paths: {} }
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'string' },
      n: { type: ['integer', 'null'] },
      s: { enum: ['a'] },
      list: { type: 'array', items: { type: 'string' } },
    },
  } as const
  assert.deepEqual(misfits(document, schema, { id: 'x', n: null, s: 'a', list: ['y'] }), [])
  assert.equal(misfits(document, schema, { n: '1', s: 'b', list: [1] }).length, 4)
})
