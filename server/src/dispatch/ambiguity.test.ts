import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { watchAmbiguity } from './ambiguity.ts'

const MINUTE = 60_000
/** How many ambiguous answers pass before it trips, after so many good ones, all at one time. */
function allowance(good: number, window: number): number {
  const watch = watchAmbiguity()
  for (let i = 0; i < good; i++) watch.saw(false, 0, window)
  for (let n = 1; ; n++) if (watch.saw(true, 0, window)) return n - 1
}

test('it trips past twice the window, or past one answer in a hundred when that is more', () => {
  assert.equal(allowance(0, 32), 64)
  assert.equal(allowance(6_000, 32), 64)
  assert.equal(allowance(100_000, 32), 1_010)
})

test('doubt spread thinner than the allowance over ten minutes never trips', () => {
  const watch = watchAmbiguity()
  for (let second = 0; second < 7_200; second++) assert.equal(watch.saw(second % 10 === 0, second * 1_000, 32), false)
})

test('what is older than ten minutes no longer counts; after it tripped the count starts anew', () => {
  const watch = watchAmbiguity()
  for (let i = 0; i < 64; i++) assert.equal(watch.saw(true, 0, 32), false)
  for (let i = 0; i < 64; i++) assert.equal(watch.saw(true, 11 * MINUTE, 32), false)
  assert.equal(watch.saw(true, 11 * MINUTE, 32), true)
  for (let i = 0; i < 64; i++) assert.equal(watch.saw(true, 11 * MINUTE, 32), false)
})

test('never within the allowance, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (answers, window) => {
      const watch = watchAmbiguity()
      let ambiguous = 0
      answers.forEach((isAmbiguous, i) => {
        if (isAmbiguous) ambiguous++
        const trips = watch.saw(isAmbiguous, i, window)
        if (ambiguous <= 2 * window) assert.equal(trips, false)
        else if (trips) ambiguous = 0
      })
    }),
  )
})
