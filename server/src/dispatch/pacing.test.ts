import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backOffSeconds, FULL_SPEED, paceOf, returnPermits, slowDown, speedUp, takePermits, waitMs, windowOf } from './pacing.ts'

const steps = fc.array(fc.record({ waitMs: fc.integer({ min: -50, max: 2_000 }), wanted: fc.integer({ min: 1, max: 200 }) }), {
  maxLength: 60,
})

test('in no window of time do the permits granted pass burst + rate × time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), steps, (perSecond, moves) => {
      const pace = paceOf(perSecond)
      let bucket = { permits: pace.burstMax, refilledAtMs: 0 }
      let nowMs = 0
      let latestMs = 0
      const grants: { atMs: number; granted: number }[] = []
      for (const move of moves) {
        nowMs = Math.max(0, nowMs + move.waitMs)
        latestMs = Math.max(latestMs, nowMs)
        const taken = takePermits(bucket, pace, move.wanted, latestMs)
        bucket = taken.bucket
        grants.push({ atMs: latestMs, granted: taken.granted })
      }
      for (let i = 0; i < grants.length; i++) {
        let sum = 0
        for (let j = i; j < grants.length; j++) {
          sum += grants[j]?.granted ?? 0
          const seconds = ((grants[j]?.atMs ?? 0) - (grants[i]?.atMs ?? 0)) / 1000
          assert.ok(sum <= pace.burstMax + perSecond * seconds + 1e-6)
        }
      }
    }),
  )
})

test('whoever waits as long as told gets a permit, and permits given back can be taken again but never pile up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat({ max: 300 }), (perSecond, unused) => {
      const pace = paceOf(perSecond)
      const empty = { permits: 0, refilledAtMs: 0 }
      assert.equal(takePermits(empty, pace, 1, waitMs(empty, pace, 1, 0) + 0.001).granted, 1)
      assert.ok(returnPermits(empty, pace, unused).permits <= pace.burstMax)
    }),
  )
})

test('throttling halves the pace at most once a second and it climbs back by 5 % a second', () => {
  const once = slowDown(FULL_SPEED, 10_000)
  assert.equal(once.share, 0.5)
  assert.equal(slowDown(once, 10_900).share, 0.5)
  assert.equal(slowDown(once, 11_000).share, 0.25)
  assert.equal(speedUp(once, 10_999).share, 0.5)
  assert.equal(speedUp(once, 12_000).share, 0.5 * 1.05 ** 2)
  assert.equal(speedUp(once, 100_000).share, 1)
})

for (const [perSecond, window] of [
  [20, 8],
  [80, 32],
  [1_000, 400],
  [10_000, 2_000],
] as const)
  test(`a number at ${perSecond}/s has a window of ${window}`, () => assert.equal(windowOf(perSecond), window))

test('back-off doubles from 5 seconds to at most 10 minutes, with full jitter', () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((tries) => backOffSeconds(tries, 1)),
    [5, 10, 20, 40],
  )
  assert.equal(backOffSeconds(30, 1), 600)
  assert.equal(backOffSeconds(3, 0), 0)
})
