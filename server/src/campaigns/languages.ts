import { type Sql, sql } from '../platform/db.ts'
import { unsupportedReason } from '../templates/support.ts'
import { COUNTRY_LANGUAGES } from './country-languages.ts'
import type { LaunchTemplate } from './queries.ts'

/** A template of the family: same account and name. `reason` says why nobody gets it; null: it is used. */
export interface FamilyMember {
  readonly template: LaunchTemplate
  readonly reason: string | null
}

/** Which version (0: the campaign's own template) a language code or a country leads to. Keys are lower case, `pt_br` and `pt`. */
export interface VersionLookup {
  readonly codes: Readonly<Record<string, number>>
  readonly countries: Readonly<Record<string, number>>
}

/** The templates a campaign sends, its own first, and who gets which. */
export interface Family {
  readonly versions: readonly LaunchTemplate[]
  readonly lookup: VersionLookup
  readonly members: readonly FamilyMember[]
}

const keyOf = (language: string): string => language.trim().replaceAll('-', '_').toLowerCase()
const baseOf = (key: string): string => key.split('_')[0] ?? ''

/**
 * Decides who gets which template. A member that cannot be sent now leads to the campaign's own template, as if it were not there for
 * anybody but those who ask for exactly it. Pure; the order of `others` does not matter.
 */
export function familyOf(own: LaunchTemplate, others: readonly LaunchTemplate[]): Family {
  const sorted = [own, ...others.filter(({ id }) => id !== own.id).sort((a, b) => (a.language < b.language ? -1 : 1))]
  const members = sorted.map((template) => ({ template, reason: template === own ? null : reasonAgainst(template, own) }))
  const versions = members.filter(({ reason }) => reason === null).map(({ template }) => template)
  const versionOf = (template: LaunchTemplate) => Math.max(0, versions.indexOf(template))
  const codes: Record<string, number> = {}
  // a language without its country: a version of it, whichever comes first; what cannot be sent only where there is no other
  for (const template of [...versions, ...sorted]) codes[baseOf(keyOf(template.language))] ??= versionOf(template)
  for (const template of sorted) codes[keyOf(template.language)] = versionOf(template)
  const countries: Record<string, number> = {}
  for (const [country, language] of COUNTRY_LANGUAGES) {
    const version = codes[keyOf(language)] ?? codes[baseOf(keyOf(language))]
    if (version !== undefined) countries[country] = version
  }
  return { versions, lookup: { codes, countries }, members }
}

function reasonAgainst(template: LaunchTemplate, own: LaunchTemplate): string | null {
  if (template.status !== 'APPROVED') return `It is ${template.status}.`
  if (template.category !== own.category)
    return `Its category is ${template.category}, that of the campaign’s own template ${own.category}.`
  return unsupportedReason(template.components) ?? null
}

/** What of a contact decides: their language, else an attribute of that name, else their country. */
export interface Speaker {
  readonly language: string | null
  readonly languageAttribute: string | null
  readonly country: string | null
}

/** The version somebody gets. The same rule as `versionSql`, for one person. */
export function versionFor({ codes, countries }: VersionLookup, { language, languageAttribute, country }: Speaker): number {
  for (const said of [language, languageAttribute]) {
    const key = keyOf(said ?? '')
    const found = codes[key] ?? codes[baseOf(key)]
    if (found !== undefined) return found
  }
  return countries[country ?? ''] ?? 0
}

/** The version a contact gets, over alias `c`: looked up, not joined, so that it costs the same for each. Zero without a family. */
export function versionSql(family: Family | null): Sql {
  if (family === null) return sql`0::smallint`
  const codes = JSON.stringify(family.lookup.codes)
  const byCode = (said: Sql): Sql => sql`(${codes}::jsonb->>${said})::smallint`
  const key = (said: Sql): Sql => sql`lower(replace(btrim(${said}), '-', '_'))`
  const spoken = (said: Sql): Sql => sql`${byCode(key(said))}, ${byCode(sql`split_part(${key(said)}, '_', 1)`)}`
  return sql`coalesce(${spoken(sql`c.language`)}, ${spoken(sql`(c.attributes->>'language')`)},
    (${JSON.stringify(family.lookup.countries)}::jsonb->>c.country)::smallint, 0::smallint)`
}
