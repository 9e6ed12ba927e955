import { type CountryCode, Metadata } from 'libphonenumber-js/max'

/**
 * What an international number of digits alone belongs to, ten times cheaper than the library's parser, which compiles its patterns for each
 * number: they are the library's own, compiled once. Undefined says nothing: ask the library (a number with a national prefix in it, an
 * invalid one). A property test holds both to the same answers.
 * @param digits country calling code and national number, without `+`
 */
export function countryOfDigits(digits: string): CountryCode | undefined {
  for (let length = 1; length <= 3; length++) {
    const plans = plansOf(digits.slice(0, length))
    if (plans.length === 0) continue
    const national = digits.slice(length)
    if (plans[0]?.prefix?.test(national)) return undefined
    const plan =
      plans.length === 1 ? plans[0] : plans.find((one) => (one.leading === undefined ? isValid(one, national) : one.leading.test(national)))
    return plan !== undefined && isValid(plan, national) ? plan.country : undefined
  }
  return undefined
}

interface Plan {
  readonly country: CountryCode
  readonly national: RegExp
  /** National prefixes that people leave in: the library may strip them. */
  readonly prefix: RegExp | undefined
  /** Tells countries that share a calling code apart. */
  readonly leading: RegExp | undefined
  readonly types: readonly { readonly lengths: readonly number[] | undefined; readonly pattern: RegExp }[]
}

/** The part of the library's numbering plans that is read here; its types name only some of it. */
interface PlanSource {
  readonly numberingPlan: {
    nationalNumberPattern(): string
    nationalPrefixForParsing(): string | undefined
    leadingDigits(): string | undefined
  }
  selectNumberingPlan(country: CountryCode): void
  getCountryCodesForCallingCode(callingCode: string): CountryCode[] | undefined
  type(name: string): { pattern(): string; possibleLengths(): number[] | undefined } | undefined
}

const TYPES = ['FIXED_LINE', 'MOBILE', 'PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'VOIP', 'PERSONAL_NUMBER', 'PAGER', 'UAN', 'VOICEMAIL']
const known = new Map<string, readonly Plan[]>()
const source = new Metadata() as unknown as PlanSource

/** Plans of a calling code, its main country first; none when there is no such code. */
function plansOf(callingCode: string): readonly Plan[] {
  const found = known.get(callingCode)
  if (found !== undefined) return found
  const plans = (source.getCountryCodesForCallingCode(callingCode) ?? []).filter((country) => /^[A-Z]{2}$/.test(country)).map(planOf)
  known.set(callingCode, plans)
  return plans
}

function planOf(country: CountryCode): Plan {
  source.selectNumberingPlan(country)
  const plan = source.numberingPlan
  const prefix = plan.nationalPrefixForParsing()
  const leading = plan.leadingDigits()
  return {
    country,
    national: new RegExp(`^(?:${plan.nationalNumberPattern()})$`),
    prefix: prefix ? new RegExp(`^(?:${prefix})`) : undefined,
    leading: leading ? new RegExp(`^(?:${leading})`) : undefined,
    types: TYPES.flatMap((name) => {
      const type = source.type(name)
      const pattern = type?.pattern()
      return type === undefined || !pattern ? [] : [{ lengths: type.possibleLengths(), pattern: new RegExp(`^(?:${pattern})$`) }]
    }),
  }
}

const isValid = (plan: Plan, national: string): boolean =>
  plan.national.test(national) &&
  plan.types.some(({ lengths, pattern }) => (lengths === undefined || lengths.includes(national.length)) && pattern.test(national))
