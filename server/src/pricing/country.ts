import parseWithMetadata, { type CountryCode, getCountries, getCountryCallingCode } from 'libphonenumber-js/max'

/** Calling code → its countries: 91 → IN; 1 → US, CA, DO … */
const COUNTRIES = Map.groupBy(getCountries(), (country) => String(getCountryCallingCode(country)))
/** Countries that share the calling code 1 are told apart by their area code, whatever follows it. */
const byAreaCode = new Map<string, string>()

/** What no country can be told from. */
export const NO_COUNTRY = '??'

/**
 * The country that prices a message, from the address it was sent to. Most calling codes belong to one country, so hardly any number has to
 * be parsed: this runs once per delivered message.
 * @param address `+E.164`, or a business-scoped user id, which begins with its country
 */
export function countryOfAddress(address: string | null): string {
  if (address === null) return NO_COUNTRY
  const digits = /^\+(\d+)$/.exec(address)?.[1]
  if (digits === undefined) return /^([A-Z]{2})\./.exec(address)?.[1] ?? NO_COUNTRY
  for (const length of [1, 2, 3]) {
    const code = digits.slice(0, length)
    const countries = COUNTRIES.get(code)
    if (countries === undefined) continue
    if (countries.length === 1) return countries[0] as CountryCode
    if (code !== '1') return parseWithMetadata(address, { extract: false })?.country ?? NO_COUNTRY
    const area = digits.slice(1, 4)
    const known = byAreaCode.get(area) ?? parseWithMetadata(address, { extract: false })?.country ?? NO_COUNTRY
    byAreaCode.set(area, known)
    return known
  }
  return NO_COUNTRY
}
