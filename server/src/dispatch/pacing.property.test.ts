import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { capPaceOf, FULL_SPEED, paceOf, returnPermits, slowDown, speedUp, stepOf, takePermits, waitMs, windowOf } from './pacing.ts'

const pace = { perSecond: 40, burstMax: 4 }

for (const [what, permits, elapsedMs, wanted, granted, left] of [
  ['an empty bucket grants what time refilled', 0, 50, 9, 2, 0],
  ['never more than wanted', 3, 0, 2, 2, 1],
  ['never more than the burst, however long it waited', 0, 60_000, 9, 4, 0],
  ['parts of a permit stay', 0, 60, 9, 2, 0.4],
  ['a clock that steps back earns nothing and costs nothing', 2, -5_000, 9, 2, 0],
] as const)
  test(what, () => {
    const taken = takePermits({ permits, refilledAtMs: 10_000 }, pace, wanted, 10_000 + elapsedMs)
    assert.equal(taken.granted, granted)
    assert.ok(Math.abs(taken.bucket.permits - left) < 1e-9)
    assert.equal(taken.bucket.refilledAtMs, 10_000 + elapsedMs)
  })

test('permits given back add to those that are there, up to the burst', () => {
  const bucket = { permits: 1, refilledAtMs: 7 }
  assert.deepEqual(returnPermits(bucket, pace, 2), { permits: 3, refilledAtMs: 7 })
  assert.deepEqual(returnPermits(bucket, pace, 20), { permits: 4, refilledAtMs: 7 })
})

for (const [permits, elapsedMs, wanted, ms] of [
  [0, 0, 1, 25],
  [0, 0, 4, 100],
  [0, 0, 400, 100], // more than a burst is never waited for
  [1, 0, 3, 50],
  [0, 50, 3, 25],
  [4, 0, 4, 0],
  [0, 60_000, 4, 0],
  [1, -5_000, 2, 25],
] as const)
  test(`with ${permits} permits, ${elapsedMs} ms after, ${wanted} are there in ${ms} ms`, () =>
    assert.ok(Math.abs(waitMs({ permits, refilledAtMs: 10_000 }, pace, wanted, 10_000 + elapsedMs) - ms) < 1e-9))

test('waiting exactly as told is enough, and anything shorter is not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 9 }),
      (rate, share, wanted) => {
        const own = paceOf(rate)
        const bucket = { permits: share * own.burstMax, refilledAtMs: 0 }
        const reach = Math.floor(Math.min(wanted, own.burstMax))
        const ms = waitMs(bucket, own, reach, 0)
        assert.ok(takePermits(bucket, own, reach, ms + 1e-3).granted >= reach)
        if (ms > 1) assert.ok(takePermits(bucket, own, reach, ms * 0.99).granted < reach)
      },
    ),
  )
})

test('an intent asks for a twentieth of a second’s rate, from 200/s on a tenth, at least one, from 20/s on two; twice that may gather, from 200/s on four times', () => {
  assert.deepEqual([5, 20, 80, 1_000].map(stepOf), [1, 2, 4, 100])
  assert.deepEqual(
    [5, 20, 80, 1_000].map((rate) => paceOf(rate).burstMax),
    [2, 4, 8, 400],
  )
  assert.deepEqual(
    [5, 80, 1_000].map((rate) => capPaceOf(rate).burstMax),
    [1, 4, 50],
  )
})

test('timers and transactions less than a step late lose no permits: the rate is kept over any ten seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 2_000 }),
      fc.array(fc.double({ min: 0, max: 0.99, noNaN: true }), { minLength: 150, maxLength: 150 }),
      (rate, lates) => {
        const own = paceOf(rate)
        let bucket = { permits: 0, refilledAtMs: 0 }
        let now = 0
        let granted = 0
        for (const late of lates) {
          now += waitMs(bucket, own, stepOf(rate), now) + (late * stepOf(rate) * 1_000) / rate
          const taken = takePermits(bucket, own, stepOf(rate), now)
          bucket = taken.bucket
          granted += taken.granted
        }
        assert.ok(granted >= (now / 1_000) * rate - own.burstMax - 2, `${granted} in ${now} ms at ${rate}/s`)
      },
    ),
  )
})

test('the share never leaves 0.01 … 1, halves at most once a second, and comes back to full speed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 3_000 }), isThrottled: fc.boolean() }), { maxLength: 80 }),
      (steps) => {
        let throttle = FULL_SPEED
        let now = 1_000
        let halvedAt = Number.NEGATIVE_INFINITY
        for (const { waitMs: ms, isThrottled } of steps) {
          now += ms
          const before = speedUp(throttle, now)
          assert.ok(before.share >= throttle.share)
          throttle = isThrottled ? slowDown(before, now) : before
          if (throttle.share < before.share) {
            assert.ok(now - halvedAt >= 0)
            halvedAt = now
          }
          assert.ok(throttle.share >= 0.01 && throttle.share <= 1)
        }
        assert.equal(speedUp(throttle, now + 120_000).share, 1)
      },
    ),
  )
  let slowest = FULL_SPEED
  for (let second = 1; second < 20; second++) slowest = slowDown(slowest, second * 1_000)
  assert.equal(slowest.share, 0.01)
})

test('a part of a second climbs nothing, and is not lost', () => {
  const halved = slowDown(FULL_SPEED, 10_000)
  assert.equal(speedUp(halved, 10_999), halved)
  const climbed = speedUp(halved, 12_700)
  assert.equal(climbed.share, 0.5 * 1.05 ** 2)
  assert.equal(speedUp(climbed, 12_999), climbed)
  assert.equal(speedUp(climbed, 13_000).share, 0.5 * 1.05 ** 2 * 1.05) // counted from 12,000, not from 12,700
  assert.equal(speedUp(FULL_SPEED, 99_000), FULL_SPEED)
})

test('a window is four tenths of a second’s rate, rounded up, from 4 to 2,000', () => {
  assert.deepEqual([1, 10, 11, 81, 4_999, 50_000].map(windowOf), [4, 4, 5, 33, 2_000, 2_000])
})
