let known: readonly string[] | undefined

/** ISO 3166 codes in use that the browser has a name for; XA and its like are of nobody. */
export function countryCodes(): readonly string[] {
  if (known !== undefined) return known
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  known = letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => names.of(code) !== undefined && !/^(X[A-JL-Z]|Q[M-Z]|ZZ|EU|EZ|UN)$/.test(code))
    .filter((code) => Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`) // a withdrawn code stands for another
  return known
}
