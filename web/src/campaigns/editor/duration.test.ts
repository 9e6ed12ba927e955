import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationOf } from './duration.ts'

for (const [estimated, now, eligible, rate, seconds] of [
  [100, 8_000, 8_000, null, 100],
  [100, 8_000, 8_000, 40, 200], // the campaign's own cap is slower
  [100, 8_000, 8_000, 400, 100], // the number is slower
  [100, 2_000, 8_000, null, 25], // the limit lets a quarter go now
  [0, 0, 0, 10, 0],
] as const)
  test(`${now} of ${eligible} people at ${rate ?? 'the number’s pace'} take ${seconds} s`, () =>
    assert.equal(durationOf(estimated, now, eligible, rate), seconds))
