import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { instantOf, offsetMs } from './wall-time.ts'

const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Pacific/Apia',
]
const wallOf = (ms: number, zone: string) => new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, 19)

for (const [wall, zone, at, kind] of [
  ['2026-05-28T09:00', 'Asia/Kolkata', '2026-05-28T03:30:00.000Z', 'plain'],
  ['2026-03-29T01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59.000Z', 'plain'],
  ['2026-03-29T02:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z', 'gap'],
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z', 'gap'],
  ['2026-03-29T03:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z', 'plain'],
  ['2026-10-25T01:59', 'Europe/Berlin', '2026-10-24T23:59:00.000Z', 'plain'],
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z', 'overlap'],
  ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z', 'plain'],
  ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30:00.000Z', 'overlap'],
  ['2026-03-08T02:30', 'America/New_York', '2026-03-08T07:30:00.000Z', 'gap'],
  ['2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-03T15:45:00.000Z', 'gap'],
  ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z', 'gap'],
] as const)
  test(`${wall} in ${zone} is ${at} (${kind})`, () => {
    const found = instantOf(wall, zone)
    assert.deepEqual([found.at.toISOString(), found.kind], [at, kind])
  })

for (const wall of ['2026-05-28', '2026-05-28T09:00Z', '2026-05-28T09:00+05:30', '2026-13-01T09:00', 'x2026-05-28T09:00', ''])
  test(`"${wall}" is refused`, () =>
    assert.throws(() => instantOf(wall, 'UTC'), { name: 'RangeError', message: `${wall} is not a wall-clock time` }))
test('a zone that does not exist is refused', () => assert.throws(() => instantOf('2026-05-28T09:00', 'Mars/Base'), RangeError))

const instants = fc.integer({ min: Date.UTC(2009, 0, 1) / 1_000, max: Date.UTC(2036, 0, 1) / 1_000 }).map((seconds) => seconds * 1_000)

test('any instant is found again from its wall time: itself, or the first of the two with that time', () => {
  fc.assert(
    fc.property(instants, fc.constantFrom(...ZONES), (ms, zone) => {
      const { at, kind } = instantOf(wallOf(ms, zone), zone)
      assert.notEqual(kind, 'gap')
      if (kind === 'plain') assert.equal(at.getTime(), ms)
      else assert.ok(at.getTime() <= ms && ms - at.getTime() <= 3 * 3_600_000)
      assert.equal(wallOf(at.getTime(), zone), wallOf(ms, zone))
    }),
    { numRuns: 300 },
  )
})

test('around every change of the clock: a skipped time moves forward by what was skipped, a repeated one is the first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2010, max: 2035 }), fc.constantFrom(...ZONES), fc.nat({ max: 3_599 }), (year, zone, second) => {
      for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 1); ms += 86_400_000) {
        const change = offsetMs(ms + 86_400_000, zone) - offsetMs(ms, zone)
        if (change === 0) continue
        let [low, high] = [ms, ms + 86_400_000] // the instant of the change
        while (high - low > 1_000) {
          const middle = Math.floor((low + high) / 2_000) * 1_000
          if (offsetMs(middle, zone) === offsetMs(ms, zone)) low = middle
          else high = middle
        }
        const inside = (second * 1_000) % Math.abs(change)
        if (change > 0) {
          const skipped = new Date(high + offsetMs(low, zone) + inside).toISOString().slice(0, 19)
          const { at, kind } = instantOf(skipped, zone)
          assert.deepEqual([kind, at.getTime()], ['gap', high + inside])
        } else {
          const repeated = wallOf(high + inside, zone)
          const { at, kind } = instantOf(repeated, zone)
          assert.deepEqual([kind, at.getTime()], ['overlap', high + inside + change])
        }
      }
    }),
    { numRuns: 40 },
  )
})
