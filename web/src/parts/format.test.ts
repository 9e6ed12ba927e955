import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFormat } from './format.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const format = makeFormat('en', 'Asia/Kolkata')

for (const [instant, text] of [
  ['2026-11-25T12:00:20Z', 'now'],
  ['2026-11-25T11:59:01Z', 'now'],
  ['2026-11-25T12:05:30Z', 'in 5 minutes'],
  ['2026-11-25T09:00:00Z', '3 hours ago'],
  ['2026-11-23T11:00:00Z', '2 days ago'],
  ['2026-09-01T20:00:00Z', 'Sep 2, 2026'],
] as const)
  test(`${instant} is told as "${text}"`, () => assert.equal(format.relative(instant, NOW), text))

test('times are those of the workspace, the exact one names the zone', () => {
  assert.equal(format.time('2026-11-25T18:45:09Z'), '00:15:09')
  assert.match(format.exact('2026-11-25T18:45:09Z'), /Nov 26, 2026.*00:15:09.*GMT\+5:30/)
})

test('a share of nothing is a dash, not zero', () =>
  assert.deepEqual([format.share(null), format.share(0), format.share(0.8743)], ['–', '0.0%', '87.4%']))

test('what still goes on is never over now', () => {
  const remaining = (at: string) => makeFormat('en', 'UTC').remaining(at, new Date('2026-11-25T12:00:00Z'))
  assert.deepEqual(['2026-11-25T12:00:50Z', '2026-11-25T11:59:58Z', '2026-11-25T12:02:10Z'].map(remaining), [
    'in 50 seconds',
    'in 1 second',
    'in 2 minutes',
  ])
})
