import { z } from 'zod'

/** What a validator found, as far as a sentence needs it. */
export interface Finding {
  readonly code?: string | undefined
  readonly input?: unknown
  readonly expected?: string | undefined
  readonly origin?: string | undefined
  readonly minimum?: number | bigint | undefined
  readonly maximum?: number | bigint | undefined
  readonly format?: string | undefined
  readonly values?: readonly unknown[] | undefined
}

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  date: 'a date',
}
const UNITS: Record<string, string> = {
  string: 'characters',
  array: 'entries',
  set: 'entries',
  record: 'entries',
  object: 'fields',
  file: 'bytes',
}
const FORMATS: Record<string, string> = { url: 'a web address', email: 'an e-mail address', uuid: 'an id', datetime: 'an instant' }

const bound = (word: 'at least' | 'at most', limit: number | bigint | undefined, origin: string | undefined): string => {
  const unit = UNITS[origin ?? '']
  return unit === undefined
    ? `must be ${word} ${limit}.`
    : `must have ${word} ${limit} ${Number(limit) === 1 ? unit.replace(/ies$/, 'y').replace(/s$/, '') : unit}.`
}

/** A finding as the end of a sentence that begins with the field's name; undefined: the schema's own words say it. */
export function inPlainWords(finding: Finding): string | undefined {
  switch (finding.code) {
    case 'invalid_type':
      if (finding.input === undefined) return 'is needed.'
      return `must be ${KINDS[finding.expected ?? ''] ?? `of another kind (${finding.expected})`}.`
    case 'too_small':
      if (finding.input === '' || (finding.minimum === 1 && UNITS[finding.origin ?? ''] !== undefined)) return 'must not be empty.'
      return bound('at least', finding.minimum, finding.origin)
    case 'too_big':
      return bound('at most', finding.maximum, finding.origin)
    case 'invalid_value':
      return finding.input === undefined ? 'is needed.' : `must be one of ${(finding.values ?? []).map(String).join(', ')}.`
    case 'invalid_format':
      return `must be ${FORMATS[finding.format ?? ''] ?? 'written in another way'}.`
    case 'invalid_union':
      return finding.input === undefined ? 'is needed.' : 'has none of the allowed shapes.'
    case 'invalid_key':
      return 'has a name that is not allowed.'
    case 'not_multiple_of':
      return 'is not a multiple of the step.'
    case 'custom':
      return 'is not valid.'
    default:
      return undefined
  }
}

/** Makes every schema of this process speak in sentences; a schema's own words win. */
export const speakPlainly = (): void => {
  z.config({ customError: (issue) => inPlainWords(issue as Finding) })
}
