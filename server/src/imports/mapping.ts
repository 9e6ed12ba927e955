import { unguardCell } from '../platform/csv.ts'

export const TARGETS = [
  'phone',
  'countryCode',
  'firstName',
  'lastName',
  'name',
  'email',
  'language',
  'timeZone',
  'externalId',
  'tags',
  'isActive',
  'marketingOptIn',
] as const
export type Target = (typeof TARGETS)[number]

/** Headers people really use, folded: letters and digits only. */
const SYNONYMS: Record<Target, readonly string[]> = {
  phone: [
    'phone',
    'phonenumber',
    'mobile',
    'mobilenumber',
    'mobilephone',
    'cell',
    'cellphone',
    'whatsapp',
    'whatsappnumber',
    'tel',
    'telephone',
    'number',
    'msisdn',
    'contactnumber',
    'telefono',
    'celular',
    'telefone',
    'movil',
    'telephon',
    'telefon',
    'handy',
    'portable',
    'waid',
  ],
  countryCode: ['countrycode', 'callingcode', 'dialcode', 'dialingcode', 'isdcode', 'phonecountrycode'],
  firstName: ['firstname', 'first', 'givenname', 'forename', 'nombre', 'prenom', 'vorname', 'primeironome'],
  lastName: ['lastname', 'last', 'surname', 'familyname', 'apellido', 'apellidos', 'nachname', 'sobrenome', 'nomdefamille'],
  name: ['name', 'fullname', 'contactname', 'customername', 'nome', 'nombrecompleto', 'nomecompleto', 'contact'],
  email: ['email', 'emailaddress', 'mail', 'correo', 'correoelectronico'],
  language: ['language', 'lang', 'locale', 'idioma', 'langue', 'sprache'],
  timeZone: ['timezone', 'tz'],
  externalId: ['externalid', 'customerid', 'userid', 'id', 'crmid', 'contactid'],
  tags: ['tags', 'tag', 'labels', 'label', 'segment', 'segments', 'groups', 'etiquetas'],
  isActive: ['isactive', 'active', 'enabled'],
  marketingOptIn: [
    'marketingoptin',
    'optin',
    'optedin',
    'consent',
    'marketing',
    'subscribed',
    'allowbroadcast', // Wati
    'whatsappopted', // Interakt
    'whatsappoptedin',
    'whatsappoptin',
    'waoptedin',
    'optinstatus',
  ],
}
const BY_SYNONYM = new Map(Object.entries(SYNONYMS).flatMap(([target, names]) => names.map((name) => [name, target as Target])))
const fold = (header: string): string =>
  header
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

/** Which column wins when a file has several for one target; otherwise the first. Wati keeps both: what holds broadcasts back is the former. */
const PREFERRED: Partial<Record<Target, string>> = { marketingOptIn: 'allowbroadcast' }

/** Header → target, `attributes.<key>` or `ignore`. What the caller maps wins; the rest is guessed; what is unknown becomes an attribute. */
export function mapColumns(headers: readonly string[], given: Readonly<Record<string, string>>): string[] {
  const taken = new Set<string>(Object.values(given))
  const folded = new Set(headers.map(fold))
  return headers.map((header) => {
    const wanted = Object.hasOwn(given, header) ? given[header] : undefined // a column may be called “constructor”
    if (wanted !== undefined) return wanted
    const guess = BY_SYNONYM.get(fold(header))
    const preferred = guess && PREFERRED[guess]
    const yields = preferred !== undefined && folded.has(preferred) && fold(header) !== preferred
    if (guess !== undefined && !yields && !taken.has(guess)) {
      taken.add(guess)
      return guess
    }
    return header.trim() === '' ? 'ignore' : `attributes.${header.trim().slice(0, 200)}`
  })
}

/** What the caller maps, and the rest as the last time, where that leaves no target twice. */
export function remembered(
  given: Readonly<Record<string, string>>,
  headers: readonly string[],
  last: readonly string[] | undefined,
): Record<string, string> {
  const taken = new Set(Object.values(given))
  const again = headers.flatMap((header, i): [string, string][] => {
    const target = last?.[i]
    return target === undefined || Object.hasOwn(given, header) || (target !== 'ignore' && taken.has(target)) ? [] : [[header, target]]
  })
  return { ...Object.fromEntries(again), ...given }
}

/** What is wrong with a mapping the caller gave. */
export function mappingProblems(
  headers: readonly string[],
  given: Readonly<Record<string, string>>,
): { pointer: string; detail: string }[] {
  return Object.entries(given).flatMap(([header, target]) => {
    if (!headers.includes(header)) return [{ pointer: `/mapping/${header}`, detail: 'The file has no such column.' }]
    const isKnown = (TARGETS as readonly string[]).includes(target) || target === 'ignore' || /^attributes\..{1,200}$/.test(target)
    return isKnown ? [] : [{ pointer: `/mapping/${header}`, detail: `is none of ${TARGETS.join(' ')}, attributes.<key> or ignore.` }]
  })
}

export interface RowError {
  readonly reason: string
  readonly detail: string
}
/** A row as contact fields; empty cells are undefined. */
export interface RowValues {
  readonly phone: string
  /** Of a number that stands without it: digits such as 91, or a country such as IN. */
  readonly countryCode: string | undefined
  readonly firstName: string | undefined
  readonly lastName: string | undefined
  readonly email: string | undefined
  readonly language: string | undefined
  readonly timeZone: string | undefined
  readonly externalId: string | undefined
  readonly tags: readonly string[]
  readonly isActive: boolean | undefined
  readonly marketingOptIn: boolean | undefined
  readonly attributes: Readonly<Record<string, string>>
}

const YES = new Set(['true', 'yes', 'y', '1', 'si', 'sí', 'ja', 'oui', 'sim', 'opted in', 'opted-in', 'optedin'])
const NO = new Set(['false', 'no', 'n', '0', 'nein', 'non', 'não', 'nao', 'opted out', 'opted-out', 'optedout'])

/** Reads and checks rows by their mapping. Pure; the phone is checked by the caller. */
export function makeRowReader(
  columns: readonly string[],
): (cells: readonly string[]) => { readonly values: RowValues } | { readonly error: RowError } {
  const targets = columns.map((column) => {
    const attribute = column.startsWith('attributes.') ? column.slice('attributes.'.length) : undefined
    return { column, attribute }
  })
  return (cells) => {
    if (cells.length > columns.length)
      return { error: { reason: 'too_many_columns', detail: `${cells.length} cells, the header has ${columns.length}.` } }
    const values = emptyRow()
    for (let i = 0; i < targets.length; i++) {
      const { column, attribute } = targets[i] as (typeof targets)[number]
      const text = unguardCell(cells[i] ?? '').trim()
      if (text === '' || column === 'ignore') continue
      const error = attribute === undefined ? readCell(values, column as Target, text) : readAttribute(values, attribute, text)
      if (error !== undefined) return { error }
    }
    if (values.tags.length > 50 || values.tags.some((tag) => tag.length > 64))
      return { error: { reason: 'too_many_tags', detail: 'At most 50 tags of 64 characters.' } }
    if (values.phone === undefined) return { error: { reason: 'phone_missing', detail: 'The row has no phone number.' } }
    return { values: values as RowValues }
  }
}

type RowBeingRead = { -readonly [Field in keyof RowValues]: RowValues[Field] | undefined } & {
  tags: string[]
  attributes: Record<string, string>
}
const emptyRow = (): RowBeingRead => ({
  phone: undefined,
  countryCode: undefined,
  firstName: undefined,
  lastName: undefined,
  email: undefined,
  language: undefined,
  timeZone: undefined,
  externalId: undefined,
  tags: [],
  isActive: undefined,
  marketingOptIn: undefined,
  attributes: {},
})

function readAttribute(values: RowBeingRead, key: string, text: string): RowError | undefined {
  if (text.length > 1_024) return { reason: 'too_long', detail: `attributes.${key} has more than 1,024 characters.` }
  values.attributes[key] = text
  return undefined
}

function readCell(values: RowBeingRead, target: Target, text: string): RowError | undefined {
  if (target === 'tags') {
    for (const tag of text.split(/[;|]/)) {
      const bare = tag.replaceAll('\u001f', '').trim()
      if (bare !== '') values.tags.push(bare)
    }
  } else if (target === 'isActive' || target === 'marketingOptIn') {
    const folded = text.toLowerCase()
    if (!YES.has(folded) && !NO.has(folded))
      return { reason: 'not_yes_or_no', detail: `“${text.slice(0, 50)}” in ${target} is neither yes nor no.` }
    values[target] = YES.has(folded)
  } else if (target === 'name') {
    const [first, ...rest] = text.split(/\s+/)
    values.firstName ??= first
    if (rest.length > 0) values.lastName ??= rest.join(' ')
  } else {
    if (text.length > 320) return { reason: 'too_long', detail: `${target} has more than 320 characters.` }
    if (target === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text))
      return { reason: 'invalid_email', detail: `“${text.slice(0, 100)}” is not an e-mail address.` }
    values[target] = text
  }
  return undefined
}
