import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { instantOfWall, wallTimeOf } from './wall-time.ts'

for (const [wall, zone, instant] of [
  ['2026-12-24T14:30', 'Asia/Kolkata', '2026-12-24T09:00:00.000Z'],
  ['2026-12-24T00:00', 'UTC', '2026-12-24T00:00:00.000Z'],
  ['2026-07-01T09:00', 'America/New_York', '2026-07-01T13:00:00.000Z'],
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'], // skipped: 03:30 of summer time
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'], // twice: the first
] as const)
  test(`${wall} in ${zone} is ${instant}`, () => assert.equal(instantOfWall(wall, zone)?.toISOString(), instant))

for (const wall of ['', 'now', '2026-02-30', '2026-13-01T10:00', '2026-12-24T25:00'])
  test(`${JSON.stringify(wall)} is no time`, () => assert.equal(instantOfWall(wall, 'UTC'), undefined))

test('an instant is shown by a clock that leads back to it, except in the hour that comes twice', () => {
  const zones = ['UTC', 'Asia/Kolkata', 'America/Sao_Paulo', 'Pacific/Apia', 'Africa/Casablanca']
  fc.assert(
    fc.property(fc.integer({ min: 28_400_000, max: 40_000_000 }), fc.constantFrom(...zones), (minutes, zone) => {
      const at = new Date(minutes * 60_000)
      const back = instantOfWall(wallTimeOf(at, zone), zone)
      assert.equal(back === undefined ? '' : wallTimeOf(back, zone), wallTimeOf(at, zone))
    }),
  )
})
