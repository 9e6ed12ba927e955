// `npm run licences`: the licence of everything that is shipped; fails on one that is not on the list.
import { fileURLToPath } from 'node:url'
import { readLock, type Shipped, shippedOf } from './lock.ts'

/** Licences under which others' work may stand in ours: they ask for notices, not for our source. */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'PostgreSQL',
  'Unlicense',
])

/** Whether an SPDX expression can be met: one side of OR, both of AND. What cannot be read is not allowed. */
export function isAllowed(expression: string): boolean {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? []
  let at = 0
  const one = (): boolean => {
    const token = tokens[at++]
    if (token !== '(') return token !== undefined && ALLOWED.has(token)
    const inner = either()
    return tokens[at++] === ')' && inner
  }
  const both = (): boolean => {
    let met = one()
    while (tokens[at] === 'AND') {
      at++
      const next = one()
      met = met && next
    }
    return met
  }
  const either = (): boolean => {
    let met = both()
    while (tokens[at] === 'OR') {
      at++
      const next = both()
      met = met || next
    }
    return met
  }
  const met = either()
  return met && at === tokens.length
}

export const refused = (shipped: readonly Shipped[]): Shipped[] =>
  shipped.filter(({ licence }) => licence === undefined || !isAllowed(licence))

if (import.meta.main) {
  const shipped = shippedOf(readLock(fileURLToPath(new URL('..', import.meta.url))))
  for (const [licence, packages] of [...Map.groupBy(shipped, (one) => one.licence ?? 'none')].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${licence} (${packages.length})\n  ${packages.map(({ name, version }) => `${name} ${version}`).join(', ')}\n`)
  const wrong = refused(shipped)
  for (const { name, version, licence } of wrong) console.error(`Not on the list: ${name} ${version}, ${licence ?? 'no licence'}`)
  console.log(`${shipped.length} packages, ${wrong.length} with a licence that is not on the list`)
  process.exitCode = wrong.length > 0 ? 1 : 0
}
