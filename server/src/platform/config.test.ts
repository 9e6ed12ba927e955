import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig, SettingsError } from './config.ts'

/** What is said about RETENTION_DAYS when it is given as this text; no fault: the days. */
function retentionDays(text: string): number | undefined | readonly string[] {
  try {
    return readConfig({ RETENTION_DAYS: text }).RETENTION_DAYS
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.faults
  }
}

for (const [text, days] of [
  ['1', 1],
  ['90', 90],
  ['36500', 36_500],
  ['', undefined],
] as const)
  test(`RETENTION_DAYS “${text}” means ${days ?? 'no end'}`, () => assert.equal(retentionDays(text), days))

test('without RETENTION_DAYS people are kept for ever', () => {
  assert.equal(readConfig({}).RETENTION_DAYS, undefined)
})

for (const [text, why] of [
  ['0', />=1$/],
  ['-7', />=1$/],
  [' ', />=1$/],
  ['36501', /<=36500$/],
  ['1.5', /expected int/],
  ['ninety', /expected number/],
  ['90 days', /expected number/],
  ['true', /expected number/],
  ['Infinity', /expected number/],
] as const)
  test(`RETENTION_DAYS “${text}” is refused with its name and the reason, so that nothing is deleted by a slip`, () => {
    const faults = retentionDays(text)
    assert.ok(Array.isArray(faults))
    assert.equal(faults.length, 1)
    assert.match(faults[0], /^RETENTION_DAYS: /)
    assert.match(faults[0], why)
  })
