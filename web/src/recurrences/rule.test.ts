import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Repetition, repetitionOf, ruleOf, UNITS, WEEKDAYS } from './rule.ts'

test('what the dialog writes it reads again, whatever was chosen', () => {
  const end = fc.oneof(
    fc.constant({ kind: 'never' as const }),
    fc.integer({ min: 1, max: 500 }).map((count) => ({ kind: 'count' as const, count })),
    fc.constantFrom('2027-12-31', '2028-02-29').map((day) => ({ kind: 'until' as const, day })),
  )
  const interval = fc.integer({ min: 1, max: 30 })
  fc.assert(
    fc.property(fc.constantFrom(...UNITS), interval, fc.subarray([...WEEKDAYS]), end, (unit, every, weekdays, ends) => {
      const repetition: Repetition = { unit, interval: every, weekdays: unit === 'WEEKLY' ? weekdays : [], end: ends }
      assert.deepEqual(repetitionOf(ruleOf(repetition)), repetition)
    }),
  )
})

test('a rule that says more is not shown as less', () => {
  for (const rule of [
    'FREQ=YEARLY',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=WEEKLY;BYDAY=MO;BYMONTH=3',
    'FREQ=DAILY;WKST=SU',
    'FREQ=WEEKLY;BYDAY=1MO',
  ])
    assert.equal(repetitionOf(rule), undefined, rule)
})
