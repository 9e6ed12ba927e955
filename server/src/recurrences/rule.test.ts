import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkRule, nextOccurrence, occurrencesAfter, RuleFault } from './rule.ts'

const berlin = (rule: string, startsAt = '2027-03-26T01:30:00Z') => ({ rule, startsAt: new Date(startsAt), timeZone: 'Europe/Berlin' })
const before = new Date('2027-01-01T00:00:00Z')
const list = (rule: string, count = 4, startsAt?: string) =>
  occurrencesAfter(berlin(rule, startsAt), before, count).map((at) => at.toISOString().slice(0, 16))

test('the clock time stays through changes of the clock; one that is skipped moves forward, one that comes twice counts once, the first', () => {
  assert.deepEqual(list('FREQ=DAILY'), ['2027-03-26T01:30', '2027-03-27T01:30', '2027-03-28T01:30', '2027-03-29T00:30'])
  assert.deepEqual(list('FREQ=DAILY', 3, '2027-10-30T00:30:00Z'), ['2027-10-30T00:30', '2027-10-31T00:30', '2027-11-01T01:30'])
})

for (const [rule, expected] of [
  ['FREQ=WEEKLY;BYDAY=MO,TH', ['2027-03-29T00:30', '2027-04-01T00:30', '2027-04-05T00:30', '2027-04-08T00:30']],
  ['FREQ=WEEKLY;INTERVAL=2;BYDAY=FR', ['2027-03-26T01:30', '2027-04-09T00:30', '2027-04-23T00:30', '2027-05-07T00:30']],
  ['FREQ=MONTHLY;BYDAY=-1FR', ['2027-03-26T01:30', '2027-04-30T00:30', '2027-05-28T00:30', '2027-06-25T00:30']],
  ['FREQ=MONTHLY;BYMONTHDAY=31', ['2027-03-31T00:30', '2027-05-31T00:30', '2027-07-31T00:30', '2027-08-31T00:30']],
  ['FREQ=DAILY;COUNT=2', ['2027-03-26T01:30', '2027-03-27T01:30']],
  ['FREQ=DAILY;UNTIL=20270327', ['2027-03-26T01:30', '2027-03-27T01:30']],
  ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', []],
] as const)
  test(`${rule} happens ${expected.length === 0 ? 'never' : expected.join(', ')}`, () => assert.deepEqual(list(rule), expected))

for (const [rule, what] of [
  ['FREQ=HOURLY', /FREQ must be one of/],
  ['INTERVAL=2', /FREQ must be one of/],
  ['', /is none of/],
  ['FREQ=DAILY;BYHOUR=3', /“BYHOUR” is none of/],
  ['FREQ=DAILY;INTERVAL=0', /greater than 0/],
  ['FREQ=DAILY;COUNT=', /COUNT has no value/],
  ['FREQ=DAILY;UNTIL=20270327T100000Z', /UNTIL must be a day/],
  ['FREQ=DAILY;COUNT=2;UNTIL=20270327', /COUNT|UNTIL/],
  ['FREQ=WEEKLY;BYDAY=XX', /./],
  ['FREQ=DAILY\nDTSTART:20270101T000000Z', /./],
] as const)
  test(`“${rule.replace('\n', '⏎')}” is refused with a reason`, () => {
    assert.throws(
      () => checkRule(berlin(rule)),
      (error) => error instanceof RuleFault && what.test(error.message),
    )
  })

test('walking from one occurrence to the next visits exactly the list, never one twice, never one before its start', () => {
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC')
  const freq = fc.constantFrom(
    'FREQ=DAILY',
    'FREQ=DAILY;INTERVAL=3',
    'FREQ=WEEKLY;BYDAY=SU,WE',
    'FREQ=MONTHLY',
    'FREQ=MONTHLY;BYDAY=1SU',
    'FREQ=DAILY;COUNT=7',
  )
  const start = fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(zone, freq, start, (timeZone, rule, at) => {
      const startsAt = new Date(Math.floor(at.getTime() / 60_000) * 60_000)
      const recurring = { rule, startsAt, timeZone }
      const all = occurrencesAfter(recurring, new Date(0), 12)
      assert.ok(all.every((one, i) => one >= startsAt && (i === 0 || one > (all[i - 1] as Date))))
      const walked: Date[] = []
      for (let after = new Date(0); walked.length < 12; ) {
        const next = nextOccurrence(recurring, after)
        if (next === null) break
        walked.push(next)
        after = next
      }
      assert.deepEqual(walked, all)
    }),
    { numRuns: 60 },
  )
})
