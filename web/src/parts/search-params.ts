/** How one parameter of an address is read; undefined when it says nothing usable, so that a mangled link still opens. */
export type Reader<Value> = (raw: unknown) => Value | undefined

export const text =
  (maxLength = 200): Reader<string> =>
  (raw) =>
    typeof raw === 'string' && raw !== '' ? raw.slice(0, maxLength) : undefined

export const oneOf =
  <const Values extends readonly string[]>(values: Values): Reader<Values[number]> =>
  (raw) =>
    values.find((value) => value === raw)

/** A page or a count, from 1. */
export const ordinal: Reader<number> = (raw) => (typeof raw === 'string' && /^[1-9]\d{0,8}$/.test(raw) ? Number(raw) : undefined)

/** A calendar day that exists, written 2026-11-25. */
export const day: Reader<string> = (raw) =>
  typeof raw === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(raw) && !Number.isNaN(Date.parse(raw)) ? raw : undefined

type Search<Readers> = { -readonly [Name in keyof Readers]?: Readers[Name] extends Reader<infer Value> ? Value | undefined : never }

/** `validateSearch` of a route: its parameters, typed; whatever else the address holds is dropped. */
export const searchOf =
  <Readers extends Readonly<Record<string, Reader<unknown>>>>(readers: Readers) =>
  (raw: Record<string, unknown>): Search<Readers> =>
    Object.fromEntries(
      Object.entries(readers).flatMap(([name, read]) => {
        const given = raw[name]
        const value = read(typeof given === 'number' ? String(given) : given)
        return value === undefined ? [] : [[name, value]]
      }),
    ) as Search<Readers>

/** Reads `?a=1&b=x` as plain texts: `1` stays `"1"`, long digits lose nothing. */
export const parseSearch = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search))

/** Writes what `parseSearch` reads; what is undefined or empty is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
  const written = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return written === '' ? '' : `?${written}`
}
