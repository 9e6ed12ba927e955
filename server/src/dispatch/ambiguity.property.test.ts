import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchAmbiguity } from './ambiguity.ts'

const TEN_MINUTES = 600_000
/** Says so many ambiguous answers at a time; true when the last of them tripped. */
const doubts = (watch: ReturnType<typeof watchAmbiguity>, count: number, atMs: number, window = 32): boolean => {
  let tripped = false
  for (let i = 0; i < count; i++) tripped = watch.saw(true, atMs, window)
  return tripped
}

for (const [ms, isRemembered] of [
  [0, true],
  [9_999, true],
  [10_000, true],
  [TEN_MINUTES - 15_000, true],
  [TEN_MINUTES - 10_000, true],
  [TEN_MINUTES, false],
  [TEN_MINUTES + 10_000, false],
] as const)
  test(`doubt is ${isRemembered ? 'still counted' : 'forgotten'} ${ms / 1_000} s later`, () => {
    const watch = watchAmbiguity()
    assert.equal(doubts(watch, 64, 1_000_000), false)
    assert.equal(watch.saw(true, 1_000_000 + ms, 32), isRemembered)
  })

test('answers within one span of ten seconds are one count, whatever their moment', () => {
  const watch = watchAmbiguity()
  for (let i = 0; i < 65; i++) assert.equal(watch.saw(true, 1_000_000 + i * 150, 32), i === 64)
})

test('a clear answer never trips, even when the doubt before it would', () => {
  const watch = watchAmbiguity()
  assert.equal(doubts(watch, 64, 1_000_000, 32), false)
  assert.equal(watch.saw(false, 1_000_000, 1), false)
  assert.equal(watch.saw(true, 1_000_000, 1), true)
})
