import { type CountryCode, getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import { isCountry } from '../contacts/identity.ts'

/**
 * Meta prices by market: a calling code, or a group of them under one name
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing, state of July 2026). A card may name countries itself
 * wherever Meta moves one out of its group.
 */
const GROUPS: Record<string, string> = {
  'rest of africa':
    '213 244 229 267 226 257 237 235 242 291 251 241 220 233 245 225 254 266 231 218 261 265 223 222 212 258 264 227 250 221 232 252 211 249 268 255 228 216 256 260 263',
  'rest of asia pacific': '93 61 880 855 86 81 856 976 977 64 675 63 94 886 992 66 993 998 84',
  'rest of central & eastern europe': '355 374 994 375 359 385 420 995 30 371 370 373 389 381 421 386 380',
  'rest of western europe': '43 32 45 358 353 47 351 46 41',
  'rest of latin america': '591 506 593 503 502 509 504 505 507 595 598 58',
  'rest of middle east': '973 964 962 965 961 968 967',
}
/** Countries of the calling code 1 that belong to a group; it is shared by more than twenty. */
const ALSO: Record<string, readonly string[]> = { 'rest of latin america': ['DO', 'JM', 'PR'], 'north america': ['CA', 'US'] }
const names = new Intl.DisplayNames('en', { type: 'region' })
const fold = (text: string) => text.trim().toLowerCase().replaceAll(' and ', ' & ').replace(/\s+/g, ' ')
const byName = new Map(getCountries().map((country) => [fold(names.of(country) ?? country), country]))
byName.set('turkey', 'TR')
byName.set('hong kong', 'HK')

const ofCode = (code: string): CountryCode[] => getCountries().filter((country) => getCountryCallingCode(country) === code)

/**
 * The countries a line of a rate card means: an ISO code, a country's English name, one of Meta's market groups, or `*` and "Other" for all
 * the rest. A country brings those that share its calling code, as Meta's market does (+44: Jersey with the United Kingdom), `+1` excepted.
 * @returns undefined: no such market
 */
export function countriesOfMarket(text: string): readonly string[] | undefined {
  const name = fold(text)
  if (name === '*' || name === 'other') return ['*']
  const also = ALSO[name] ?? []
  const group = GROUPS[name]
  if (group !== undefined || also.length > 0) return [...(group ?? '').split(' ').filter(Boolean).flatMap(ofCode), ...also]
  if (/^[a-z]{2}$/.test(name)) return isCountry(name.toUpperCase()) ? [name.toUpperCase()] : undefined
  const country = byName.get(name)
  if (country === undefined) return undefined
  const code = getCountryCallingCode(country)
  return code === '1' || code === '7' ? [country] : ofCode(code)
}
