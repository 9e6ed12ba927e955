import { useQuery } from '@tanstack/react-query'
import { templatesQuery } from '../../templates/queries.ts'
import type { Template } from './draft.ts'

/** The templates of the same account and name, the chosen one first: one for each language. */
export function familyIn(templates: readonly Template[], own: Template): readonly Template[] {
  const others = templates.filter(({ id, name, accountId }) => id !== own.id && name === own.name && accountId === own.accountId)
  return [own, ...others.sort((a, b) => a.language.localeCompare(b.language))]
}

/** Whether anybody gets it, as the server decides: approved, of the same category, and one that campaigns can send. */
export const isUsed = (member: Template, own: Template): boolean =>
  member.id === own.id || (member.status === 'APPROVED' && member.category === own.category && member.unsupportedReason === null)

/** The chosen template asking for what all languages ask for together. */
export function askingFor(own: Template, family: readonly Template[]): Template {
  const asked = new Map(
    family
      .filter((member) => isUsed(member, own))
      .toReversed()
      .flatMap(({ parameters }) => parameters.map((parameter) => [parameter.key, parameter] as const)),
  )
  const ownKeys = own.parameters.map(({ key }) => key)
  const more = [...asked.keys()].filter((key) => !ownKeys.includes(key)).sort()
  return { ...own, parameters: [...ownKeys, ...more].flatMap((key) => asked.get(key) ?? []) }
}

export function useFamily(own: Template | undefined): readonly Template[] {
  const { data } = useQuery({ ...templatesQuery({ q: own?.name, size: 200 }), enabled: own !== undefined, staleTime: 30_000 })
  return own === undefined ? [] : familyIn(data?.items ?? [], own)
}
