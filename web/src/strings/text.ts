/** A text, or its plural forms by `count`. `{name}` is a place for a value; numbers are written by the language's own rules. */
export type Text =
  | string
  | {
      readonly zero?: string
      readonly one?: string
      readonly two?: string
      readonly few?: string
      readonly many?: string
      readonly other: string
    }

/** The names in a text's `{…}` places. */
type Places<Pattern> = Pattern extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : never
type Values<T> = T extends string ? Places<T> : T extends { readonly other: infer Other } ? Places<Other> | 'count' : never
/** What a text must be given: nothing when it has no places. */
export type Arguments<T> = [Values<T>] extends [never] ? [] : [values: { readonly [Name in Values<T>]: string | number }]

/** The same keys, in another language. */
export type Translation<Catalogue> = { readonly [Key in keyof Catalogue]: Text }

/** A language's own rules, made once: Intl's writers are dear, and a page has hundreds of texts. */
const rulesOf = (() => {
  const known = new Map<string, { readonly plural: Intl.PluralRules; readonly number: Intl.NumberFormat }>()
  return (language: string) => {
    const rules = known.get(language) ?? { plural: new Intl.PluralRules(language), number: new Intl.NumberFormat(language) }
    known.set(language, rules)
    return rules
  }
})()

/**
 * Fills a text's places.
 * @param language BCP 47; picks the plural form and writes numbers
 */
export function fill(text: Text, language: string, values: Readonly<Record<string, string | number>> = {}): string {
  const pattern = typeof text === 'string' ? text : (text[rulesOf(language).plural.select(Number(values.count))] ?? text.other)
  return pattern.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name]
    return typeof value === 'number' ? rulesOf(language).number.format(value) : (value ?? place)
  })
}
