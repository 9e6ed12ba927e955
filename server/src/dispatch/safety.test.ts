import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { breakerTrip, CANARY_MIN, canarySize, canaryVerdict } from './safety.ts'

const canary = { share: 0.01, waitMinutes: 30 }
const minutes = (n: number) => n * 60_000

for (const [what, heard, waitedMs, kind] of [
  ['half delivered, nobody failed', { asked: 20, delivered: 10, failed: 0 }, 0, 'go'],
  ['half delivered, a tenth failed', { asked: 20, delivered: 10, failed: 2 }, 0, 'go'],
  ['too few delivered, time left', { asked: 20, delivered: 9, failed: 0 }, minutes(29), 'wait'],
  ['too few delivered, time over', { asked: 20, delivered: 9, failed: 0 }, minutes(30), 'stop'],
  ['more than a tenth failed', { asked: 20, delivered: 17, failed: 3 }, 0, 'stop'],
  ['nobody could be sent to', { asked: 0, delivered: 0, failed: 0 }, 0, 'stop'],
  ['still being sent to', { asked: 12, delivered: 12, failed: 0 }, null, 'wait'],
  ['still being sent to, a few of all failed', { asked: 3, delivered: 0, failed: 2 }, null, 'wait'],
  ['still being sent to, too many of all failed', { asked: 3, delivered: 0, failed: 3 }, null, 'stop'],
] as const)
  test(`a canary, ${what}: ${kind}`, () => {
    assert.equal(canaryVerdict(heard, canary, null, 20, waitedMs).kind, kind)
  })

test('a campaign’s own circuit breaker says how many failures its canary tolerates', () => {
  const heard = { asked: 20, delivered: 15, failed: 5 }
  assert.equal(canaryVerdict(heard, canary, { failureShare: 0.25, afterMessages: 100 }, 20, 0).kind, 'go')
  const stopped = canaryVerdict(heard, canary, { failureShare: 0.2, afterMessages: 100 }, 20, 0)
  assert.equal(stopped.kind, 'stop')
  assert.match(stopped.kind === 'stop' ? stopped.why : '', /5 of the first 20 failed, more than 20 %/)
})

test('a canary is its share of the eligible, never fewer than ten, and a wait never outlasts its minutes', () => {
  assert.equal(canarySize(100_000, canary), 1_000)
  assert.equal(canarySize(50, canary), CANARY_MIN)
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.nat(1_000),
      fc.nat(1_000),
      fc.integer({ min: 1, max: 1_440 }),
      (delivered, failed, unheard, waitMinutes) => {
        const heard = { asked: delivered + failed + unheard, delivered, failed }
        assert.notEqual(canaryVerdict(heard, { share: 0.01, waitMinutes }, null, heard.asked, minutes(waitMinutes)).kind, 'wait')
      },
    ),
  )
})

test('the circuit breaker trips above its share, and not before its number of messages', () => {
  const breaker = { failureShare: 0.1, afterMessages: 100 }
  assert.equal(breakerTrip({ asked: 99, delivered: 0, failed: 99 }, breaker), undefined)
  assert.equal(breakerTrip({ asked: 100, delivered: 90, failed: 10 }, breaker), undefined)
  assert.match(breakerTrip({ asked: 100, delivered: 89, failed: 11 }, breaker) ?? '', /^11 of the last 100 messages failed, more than 10 %/)
})
