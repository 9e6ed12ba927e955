import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cumulative } from './cumulative.ts'

const minute = (n: number, counts: Partial<Record<'sent' | 'delivered' | 'read' | 'clicked' | 'failed', number>>) => ({
  at: new Date(n * 60_000).toISOString(),
  sent: 0,
  delivered: 0,
  read: 0,
  clicked: 0,
  failed: 0,
  ...counts,
})

test('minutes become a curve from nothing to the totals', () => {
  assert.deepEqual(cumulative([minute(0, { sent: 5, failed: 1 }), minute(3, { sent: 2, delivered: 6 })]), [
    { at: 0, sent: 0, delivered: 0, read: 0, clicked: 0, failed: 0 },
    { at: 60_000, sent: 5, delivered: 0, read: 0, clicked: 0, failed: 1 },
    { at: 240_000, sent: 7, delivered: 6, read: 0, clicked: 0, failed: 1 },
  ])
  assert.deepEqual(cumulative([]), [])
})

test('a campaign of days has few points and the same totals', () => {
  const points = cumulative(Array.from({ length: 5_000 }, (_, n) => minute(n, { sent: 1 })))
  assert.ok(points.length <= 202)
  assert.equal(points[0]?.sent, 0)
  assert.equal(points.at(-1)?.sent, 5_000)
})
