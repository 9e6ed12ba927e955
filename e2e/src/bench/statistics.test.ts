import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busiestWindow, countsByWindow, fairness, latenessMs, median, percentile, rateOf, shownAfterMs } from './statistics.ts'

test('percentiles are values that were measured', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(percentile([4, 3, 2, 1], 0.99), 4)
  assert.equal(
    percentile(
      Array.from({ length: 200 }, (_, n) => n + 1),
      0.99,
    ),
    198,
  )
  assert.ok(Number.isNaN(median([])))
})

test('the busiest window is found wherever it begins', () => {
  assert.equal(busiestWindow([0, 90, 95, 105, 180, 400], 100), 4) // 90 … 180
  assert.equal(busiestWindow([0, 100, 200], 100), 1)
  assert.deepEqual(countsByWindow([50, 60, 149, 150, 350], 100), [3, 1, 0, 1])
})

test('an even pace is not late, a stall makes all after it late, and a burst none', () => {
  assert.deepEqual(latenessMs([5, 15, 25], 100), [0, 0, 0])
  assert.deepEqual(latenessMs([0, 10, 120, 130], 100), [0, 0, 100, 100])
  assert.deepEqual(latenessMs([0, 1, 2], 100), [0, 0, 0])
  assert.equal(rateOf([0, 10, 20, 30]), 100)
})

test('equal shares are fair, one share of everything is not', () => {
  assert.equal(fairness([20, 20, 20, 20]), 1)
  assert.equal(fairness([80, 0, 0, 0]), 0.25)
})

test('a receipt is shown by the first look that counts it', () => {
  const looks = [
    { atMs: 100, count: 1 },
    { atMs: 600, count: 3 },
  ]
  assert.deepEqual(shownAfterMs([20, 90, 110, 700], looks), [80, 510, 490])
})
