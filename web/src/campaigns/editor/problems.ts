import type { ApiProblem } from '../../api/problem.ts'

export const STEPS = ['message', 'audience', 'delivery', 'review'] as const
export type Step = (typeof STEPS)[number]

/** Something the API does not take, and where in the editor it is mended. */
export interface FieldProblem {
  /** `contactFilter.attributes.0`, `variables.body.1`; empty when it belongs to no field. */
  readonly path: string
  readonly detail: string
  readonly step: Step
  /** Merely not filled in yet: said in red once the person has been past it. */
  readonly isMissing: boolean
}

const AUDIENCE = ['contactFilter']
const DELIVERY = ['scheduledAt', 'timeZone', 'ratePerSecond', 'quietHours', 'finishBy', 'canary', 'circuitBreaker', 'unknownPolicy']
const MISSING = ['parameters-unmapped', 'media-missing', 'filter-empty']

/** A field that is not filled in yet. @param path as in `FieldProblem` */
export const missingProblem = (path: string, detail: string): FieldProblem => ({ path, detail, step: stepOf(path), isMissing: true })

/** Where each refusal belongs; what two calls both refuse is said once. */
export function problemsOf(refusals: readonly (ApiProblem | undefined)[]): readonly FieldProblem[] {
  const found = new Map<string, FieldProblem>()
  for (const refusal of refusals) {
    if (refusal === undefined || refusal.status < 400 || refusal.status >= 500 || refusal.status === 412 || refusal.status === 429) continue
    const errors = refusal.errors.length > 0 ? refusal.errors : [{ pointer: '', detail: refusal.message }]
    for (const { pointer, detail } of errors) {
      const path = pathOf(pointer)
      if (!found.has(path)) found.set(path, { path, detail, step: stepOf(path), isMissing: MISSING.includes(refusal.code) })
    }
  }
  return [...found.values()]
}

/** The step in which a field is mended; `review`: none. @param pointer JSON pointer into the campaign */
export const stepOfPointer = (pointer: string): Step => stepOf(pathOf(pointer))

const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')

function stepOf(path: string): Step {
  const [head = ''] = path.split('.')
  if (AUDIENCE.includes(head)) return 'audience'
  if (DELIVERY.includes(head)) return 'delivery'
  return path === '' ? 'review' : 'message'
}
