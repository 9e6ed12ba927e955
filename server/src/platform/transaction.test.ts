import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, many, one, post, run, sql } from './db.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'
import { inTransaction } from './transaction.ts'

let database: TestDatabase
before(async () => {
  database = await testDatabase({ migrated: false })
  await database.pool.query(
    'CREATE TABLE thing (id int PRIMARY KEY, n int NOT NULL CHECK (n >= 0)); INSERT INTO thing VALUES (1, 0), (2, 0)',
  )
})
after(() => database.drop())

const add = (id: number, n: number) => sql`UPDATE thing SET n = n + ${n} WHERE id = ${id}`
const numberOf = async (db: Db, id: number) => (await one<{ n: number }>(db, sql`SELECT n FROM thing WHERE id = ${id}`)).n

test('statements asked together are answered in their order, and each sees those before it', async () => {
  const values = await inTransaction(database.pool, async (tx) => {
    await post(tx, add(1, 1))
    const [first, , second] = await Promise.all([numberOf(tx, 1), run(tx, add(1, 1)), numberOf(tx, 1)])
    return [first, second]
  })
  assert.deepEqual(values, [1, 2])
  assert.equal(await numberOf(database.pool, 1), 2)
})

test('a posted statement that fails undoes everything, and its own error is told', async () => {
  const before = await numberOf(database.pool, 1)
  const violating = inTransaction(database.pool, async (tx) => {
    await post(tx, add(2, -1_000)) // breaks the CHECK
    await post(tx, add(1, 1))
  })
  await assert.rejects(violating, { code: '23514' })
  assert.equal(await numberOf(database.pool, 1), before)
})

test('the first failure is told, also when a later statement is the one that is waited for', async () => {
  const violating = inTransaction(database.pool, async (tx) => {
    await post(tx, add(2, -1_000))
    await numberOf(tx, 1) // fails too: the transaction is aborted
  })
  await assert.rejects(violating, { code: '23514' })
})

test('an exception of the work rolls back, and the connection is good for the next', async () => {
  const before = await numberOf(database.pool, 1)
  const thrown = inTransaction(database.pool, async (tx) => {
    await run(tx, add(1, 5))
    throw new Error('no')
  })
  await assert.rejects(thrown, { message: 'no' })
  assert.equal(await numberOf(database.pool, 1), before)
})

test('a deadlock runs the work again', async () => {
  const before = [await numberOf(database.pool, 1), await numberOf(database.pool, 2)]
  let rounds = 0
  let met = 0
  const both = Promise.withResolvers<void>()
  const crosswise = (first: number, second: number) =>
    inTransaction(database.pool, async (tx) => {
      rounds++
      await run(tx, add(first, 1))
      if (++met === 2) both.resolve()
      await both.promise
      await post(tx, add(second, 1))
    })
  await Promise.all([crosswise(1, 2), crosswise(2, 1)])
  assert.ok(rounds > 2)
  assert.deepEqual(
    [await numberOf(database.pool, 1), await numberOf(database.pool, 2)],
    before.map((n) => n + 2),
  )
})

test('with copies nothing is on its way while the work asks, and the connection travels together again afterwards', async () => {
  const pipelines: boolean[] = []
  await inTransaction(database.pool, async (tx) => void pipelines.push((tx as unknown as { pipeline: boolean }).pipeline), { copies: true })
  assert.deepEqual(pipelines, [false])
  const [a, b] = await inTransaction(database.pool, (tx) => Promise.all([many(tx, sql`SELECT 1`), many(tx, sql`SELECT 2`)]))
  assert.equal((a?.length ?? 0) + (b?.length ?? 0), 2)
})

test('a connection that breaks in the middle is told and not given out again', async () => {
  const broken = inTransaction(database.pool, async (tx) => {
    await post(tx, add(1, 1))
    await run(tx, sql`SELECT pg_terminate_backend(pg_backend_pid())`)
  })
  await assert.rejects(broken)
  assert.equal(typeof (await numberOf(database.pool, 1)), 'number')
})

test('who goes on after another of them failed asks nothing more on a connection that is somebody else’s by then', async () => {
  const before = await numberOf(database.pool, 1)
  let goOn = (): void => {}
  const failed = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let late: Promise<unknown> = Promise.resolve()
  const work = inTransaction(database.pool, (tx) => {
    late = failed.then(() => run(tx, add(1, 7)))
    return Promise.all([run(tx, add(2, -1_000)), late])
  })
  await assert.rejects(work, { code: '23514' })
  goOn()
  await assert.rejects(late, /the transaction is over/)
  assert.equal(await numberOf(database.pool, 1), before)
})
