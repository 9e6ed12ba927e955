import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeJointRecord } from './joint-record.ts'
import type { Result } from './ports.ts'

/** A store that keeps what it is given until it is let go on; a batch with a bad result fails. */
function store() {
  const batches: { workspaceId: string; names: string[]; finish: () => void }[] = []
  const write = (workspaceId: string, results: readonly Result[]) =>
    new Promise<void>((resolve, reject) => {
      const names = results as unknown as string[]
      batches.push({ workspaceId, names: [...names], finish: () => (names.includes('bad') ? reject(new Error('bad')) : resolve()) })
    })
  return { batches, joint: makeJointRecord(write) }
}
const results = (...names: string[]) => names as unknown as Result[]
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what comes while a batch is being written goes together into the next one, and each caller waits for its own', async () => {
  const { batches, joint } = store()
  const done: string[] = []
  const record = (name: string, workspaceId = 'w') => joint.record(workspaceId, results(name)).then(() => void done.push(name))
  const all = [record('a'), record('b'), record('c'), record('other', 'v')]
  assert.deepEqual(
    batches.map(({ names }) => names),
    [['a'], ['other']],
  )
  batches[0]?.finish()
  await turn()
  assert.deepEqual(done, ['a'])
  assert.deepEqual(batches[2]?.names, ['b', 'c'])
  batches[1]?.finish()
  batches[2]?.finish()
  await Promise.all(all)
})

test('a batch that fails is taken apart: no number fails for another’s sake', async () => {
  const { batches, joint } = store()
  const calls = ['first', 'good', 'bad', 'late'].map((name) =>
    joint.record('w', results(name)).then(
      () => name,
      () => `${name} failed`,
    ),
  )
  const outcome = Promise.all(calls)
  for (let i = 0; i < 6; i++) {
    await turn()
    batches[i]?.finish()
  }
  assert.deepEqual(await outcome, ['first', 'good', 'bad failed', 'late'])
  assert.deepEqual(
    batches.map(({ names }) => names.join(' ')),
    ['first', 'good bad late', 'good', 'bad', 'late'],
  )
})

test('no transaction has more than 2,000 results, unless one number alone brings more', async () => {
  const { batches, joint } = store()
  const many = (n: number) => results(...Array.from({ length: n }, () => 'x'))
  const all = Promise.all([1, 1_500, 600, 2_500].map((n) => joint.record('w', many(n))))
  for (let i = 0; i < 4; i++) {
    await turn()
    batches[i]?.finish()
  }
  await all
  assert.deepEqual(
    batches.map(({ names }) => names.length),
    [1, 1_500, 600, 2_500],
  )
})
