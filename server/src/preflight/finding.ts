import type { Problem } from '../platform/problem.ts'

/** `blocker`: quick-run refuses. `warning`: it would start, and somebody should know. `ok`: looked at and good. */
export const LEVELS = ['blocker', 'warning', 'ok'] as const
export type Level = (typeof LEVELS)[number]

/** What a check saw, without words: which of its outcomes, and what it counted. Instants in ISO 8601, shares as fractions. */
export interface Seen {
  readonly name: string
  readonly values: Readonly<Record<string, string | number>>
}
export const seen = (name: string, values: Seen['values'] = {}): Seen => ({ name, values })

/** What one check saw. Programs branch on `code`; a blocker has the code with which quick-run refuses. */
export interface Finding {
  readonly code: string
  readonly level: Level
  readonly title: string
  /** What was seen. */
  readonly detail: string
  /** The same for whoever says it in another language; null where only the sentence tells it. */
  readonly seen: Seen | null
  /** One sentence: what to do. Null when all is well. */
  readonly fix: string | null
  /** The field in which it is mended, as a JSON pointer into the campaign; empty: in none. */
  readonly pointer: string
}

/** A check: its words and where it is mended. */
export interface Check {
  readonly code: string
  readonly title: string
  readonly fix: string
  readonly pointer: string
}
export const ok = ({ code, title, pointer }: Check, detail: string, seen: Seen | null): Finding => ({
  code,
  level: 'ok',
  title,
  detail,
  seen,
  fix: null,
  pointer,
})
export const warning = ({ code, title, fix, pointer }: Check, detail: string, seen: Seen | null): Finding => ({
  code,
  level: 'warning',
  title,
  detail,
  seen,
  fix,
  pointer,
})

/** What mends each refusal of a launch. */
const FIXES: Readonly<Record<string, string>> = {
  'campaign-not-runnable': 'Duplicate the campaign and run the copy.',
  'empty-audience': 'Choose other people, or see in the count why each of these is left out.',
  'filter-empty': 'Add a condition, or choose everyone.',
  'invalid-input': 'Correct what is named here.',
  'media-missing': 'Choose the media of the header, or upload it again.',
  'parameters-unmapped': 'Give each of these parameters a value.',
  'sender-missing': 'Choose a number of the template’s account, or make one its default.',
  'template-not-approved': 'Wait until Meta approves or releases the template, or choose another one.',
  'template-not-sendable': 'Choose another template.',
}

/** Refusals whose title and fix say it all. */
const SELF_EVIDENT = ['campaign-not-runnable', 'empty-audience', 'filter-empty', 'media-missing', 'sender-missing', 'template-not-approved']
/** Which parameters have no value; what else is wrong with a field only its sentence tells. */
const fieldsOf = ({ slug, errors }: Problem): Seen | null =>
  slug === 'parameters-unmapped' && errors.length > 0
    ? seen('unmapped', { keys: errors.map(({ pointer }) => pointer.split('/').at(-1)).join(', ') })
    : null

/** A refusal of quick-run, as a finding. */
export function blocker(refusal: Problem): Finding {
  const { code, title, detail } = refusal.toBody('', '')
  return {
    code,
    level: 'blocker',
    title,
    detail: detailOf(refusal, detail),
    seen: SELF_EVIDENT.includes(code) ? seen('refused') : fieldsOf(refusal),
    fix: FIXES[code] ?? 'Correct what is named here.',
    pointer: refusal.errors[0]?.pointer ?? '',
  }
}

/** Of a bad field the name is in its pointer alone. */
const detailOf = ({ slug, errors }: Problem, detail: string): string =>
  slug === 'invalid-input' && errors.length > 0 ? errors.map((error) => `${error.pointer}: ${error.detail}`).join(' ') : detail

/** What stops it first, then what should be known; within a level in the order of the checks. */
export const inOrder = (findings: readonly Finding[]): Finding[] =>
  LEVELS.flatMap((level) => findings.filter((found) => found.level === level))
export const isReady = (findings: readonly Finding[]): boolean => findings.every(({ level }) => level !== 'blocker')

export const people = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`)
