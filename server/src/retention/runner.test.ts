import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, run, sql } from '../platform/db.ts'
import { createLogger } from '../platform/log.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import type { Step } from './people.ts'
import { startRetention } from './runner.ts'

const HOUR_MS = 3_600_000
const lines: string[] = []
let t: TestApp
before(async () => {
  t = await testApp({ environment: { RETENTION_DAYS: '30' }, log: createLogger('info', { write: (line) => void lines.push(line) }) })
})
after(() => t.drop())

interface Pause {
  readonly ms: number
  readonly end: () => void
}
/**
 * Pauses that last until the test ends them or the loop is told to stop. The first asked for after that ends at once, others never:
 * a loop that goes on is seen instead of keeping the test for ever.
 */
function heldPauses() {
  let asksWhenStopped = 0
  const begun: Pause[] = []
  let tell: ((pause: Pause) => void) | undefined
  return {
    pause: (ms: number, signal: AbortSignal) =>
      new Promise<void>((end) => {
        if (signal.aborted) {
          if (++asksWhenStopped === 1) end()
          return
        }
        signal.addEventListener('abort', () => end(), { once: true })
        if (tell === undefined) begun.push({ ms, end })
        else tell({ ms, end })
        tell = undefined
      }),
    /** The next pause that the loop makes. */
    next: () =>
      new Promise<Pause>((resolve) => {
        const pause = begun.shift()
        if (pause === undefined) tell = resolve
        else resolve(pause)
      }),
  }
}

/** Nothing that is left to do when a loop stops needs more than the turn it is told in. */
const stop = (retention: { stop(): Promise<void> }) =>
  Promise.race([retention.stop().then(() => 'stopped'), new Promise((resolve) => setImmediate(resolve, 'going on'))])

test('the loop deletes what is older than RETENTION_DAYS, step by step, and nothing younger', async () => {
  await run(
    t.deps.pool,
    sql`INSERT INTO unmatched_receipt (workspace_id, id, receipt, next_try_at, first_at, filed_as)
        SELECT ${t.workspaceId}, gen_random_uuid(), jsonb_build_object('age', age), now(), now() - age * interval '1 day', 'foreign'
          FROM unnest(ARRAY[29, 31, 32]) AS age`,
  )
  const { pause, next } = heldPauses()
  const retention = startRetention(t.deps, { pause })
  for (let step = await next(); step.ms !== HOUR_MS; step = await next()) step.end()
  assert.equal(await stop(retention), 'stopped')
  const kept = await many<{ age: number }>(t.deps.pool, sql`SELECT (receipt->>'age')::int AS age FROM unmatched_receipt`)
  assert.deepEqual(kept, [{ age: 29 }])
})

test('after a step that deleted the next follows soon, else it looks again in an hour, and is told the setting each time', async () => {
  const steps: Step[] = ['deleted', 'deleted', 'idle', 'busy', 'deleted']
  const told: unknown[] = []
  const { pause, next } = heldPauses()
  const retention = startRetention(t.deps, {
    pause,
    async deleteSome(pool, days) {
      told.push(pool === t.deps.pool && days)
      return steps.shift() ?? 'idle'
    },
  })
  const pauses: number[] = []
  for (let i = 0; i < 5; i++) {
    const { ms, end } = await next()
    pauses.push(ms)
    if (i < 4) end()
  }
  assert.equal(await stop(retention), 'stopped')
  assert.deepEqual(pauses, [200, 200, HOUR_MS, HOUR_MS, 200])
  assert.deepEqual(told, [30, 30, 30, 30, 30])
})

test('a step that fails is logged as a warning, and the loop goes on an hour later', async () => {
  lines.length = 0
  const steps = [() => Promise.reject(new Error('the database is away')), async (): Promise<Step> => 'deleted']
  const { pause, next } = heldPauses()
  const retention = startRetention(t.deps, { pause, deleteSome: async () => (await steps.shift()?.()) ?? 'idle' })
  const failed = await next()
  assert.equal(failed.ms, HOUR_MS)
  failed.end()
  assert.equal((await next()).ms, 200, 'the next step deleted')
  assert.equal(await stop(retention), 'stopped')
  const warnings = lines.map((line) => JSON.parse(line)).filter(({ msg }) => /could not be deleted/.test(msg))
  assert.deepEqual(
    warnings.map(({ level, err }) => [level, err.message]),
    [[40, 'the database is away']],
  )
})

test('told to stop in the middle of a step it waits for its end and begins no other', async () => {
  let begun = 0
  const step = Promise.withResolvers<Step>()
  const retention = startRetention(t.deps, {
    pause: heldPauses().pause,
    deleteSome: () => (++begun === 1 ? step.promise : new Promise(() => {})),
  })
  assert.equal(await stop(retention), 'going on')
  step.resolve('deleted')
  assert.equal(await stop(retention), 'stopped')
  assert.equal(begun, 1)
})

test('told to stop while it waits for the next hour it stops at once, and may be told again', async () => {
  let begun = 0
  const waiting = Promise.withResolvers<void>()
  const retention = startRetention(t.deps, {
    deleteSome: () => {
      setImmediate(waiting.resolve)
      return ++begun === 1 ? Promise.resolve('idle') : new Promise(() => {})
    },
  })
  await waiting.promise
  assert.equal(await stop(retention), 'stopped')
  assert.equal(await stop(retention), 'stopped')
  assert.equal(begun, 1)
})
