import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import parseWithMetadata, { type CountryCode, getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import { countryOfDigits } from './numbering-plan.ts'

const byLibrary = (digits: string) => {
  const parsed = parseWithMetadata(`+${digits}`, { extract: false })
  return parsed?.isValid() && !parsed.ext ? { e164: parsed.number, country: parsed.country } : undefined
}

test('the quick look at a number says what the library says, in every country, or nothing', () => {
  const countries = getCountries()
  let said = 0
  fc.assert(
    fc.property(fc.constantFrom(...countries), fc.stringMatching(/^[0-9]{4,12}$/), (country: CountryCode, national) => {
      const digits = `${getCountryCallingCode(country)}${national}`
      const quick = countryOfDigits(digits)
      if (quick === undefined) return
      said++
      assert.deepEqual({ e164: `+${digits}`, country: quick }, byLibrary(digits))
    }),
    { numRuns: 20_000 },
  )
  assert.ok(said > 500, `the quick look answered ${said} times only`)
})

for (const [digits, country] of [
  ['919876500011', 'IN'],
  ['12025550123', 'US'],
  ['14165550123', 'CA'],
  ['5511987654321', 'BR'],
  ['525512345678', 'MX'],
  ['447400123456', 'GB'],
  ['447911123456', 'GG'],
  ['77012345678', 'KZ'],
  ['910000000000', undefined],
  ['5215512345678', undefined],
] as const)
  test(`${digits} is a number of ${country ?? 'nowhere that a quick look tells'}`, () => assert.equal(countryOfDigits(digits), country))
