/** What is asked beside the file, as the form of `POST /Contact/import` names it. */
export interface ImportSettings {
  /** Column → where its values go; a column that is not here is guessed by the server. */
  readonly mapping: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly onExisting: 'update' | 'skip'
  /** ISO 3166 alpha-2; empty: the workspace's. */
  readonly defaultCountry: string
}
export const NO_SETTINGS: ImportSettings = { mapping: {}, tags: [], onExisting: 'update', defaultCountry: '' }

/** The form that is sent; the file comes last, because what stands before it is read first. */
export function formOf(file: File, { mapping, tags, onExisting, defaultCountry }: ImportSettings, isDryRun: boolean): FormData {
  const form = new FormData()
  form.append('mapping', JSON.stringify(mapping))
  for (const tag of tags) form.append('tags', tag)
  form.append('onExisting', onExisting)
  if (defaultCountry !== '') form.append('defaultCountry', defaultCountry.toUpperCase())
  form.append('dryRun', String(isDryRun))
  form.append('file', file, file.name)
  return form
}

/** Fields of a contact that a column may fill, as the API names them. */
export const TARGETS = [
  'phone',
  'countryCode',
  'name',
  'firstName',
  'lastName',
  'email',
  'language',
  'timeZone',
  'externalId',
  'tags',
  'isActive',
  'marketingOptIn',
] as const

/** What a column can become: a field, an attribute of its own name, or nothing. */
export const targetsFor = (header: string): readonly string[] => [
  ...TARGETS,
  ...(header.trim() === '' ? [] : [`attributes.${header.trim()}`]),
  'ignore',
]
