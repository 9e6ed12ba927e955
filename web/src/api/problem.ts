/** A refusal of the API (RFC 9457), or a failure to reach it. Branch on `code`, never on text. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly requestId: string | undefined
  /** Every bad field: a JSON pointer and what is wrong with it. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]

  constructor(status: number, body: Record<string, unknown>) {
    const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
    super(text(body.detail) ?? text(body.message) ?? text(body.title) ?? '')
    this.status = status
    this.code = text(body.code) ?? (status === 0 ? 'unreachable' : 'unexpected-answer')
    this.title = text(body.title) ?? text(body.message) ?? ''
    this.requestId = text(body.requestId)
    this.errors = Array.isArray(body.errors) ? body.errors : []
  }
}

/**
 * Errors by form field, for Mantine's `form.setErrors`: `/contactFilter/tags/0` → `contactFilter.tags.0`. What belongs to no field of
 * the form stays in `rest`, to be shown above it.
 */
export function fieldErrors(problem: ApiProblem, fields: readonly string[]): { byField: Record<string, string>; rest: string[] } {
  const byField: Record<string, string> = {}
  const rest: string[] = []
  for (const { pointer, detail } of problem.errors) {
    const path = pointer
      .replace(/^[/?]/, '')
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .join('.')
    const field = fields.find((name) => path === name) ?? fields.find((name) => path.startsWith(`${name}.`))
    if (field === undefined) rest.push(pointer === '' ? detail : `${pointer} ${detail}`)
    else byField[field] ??= detail
  }
  if (problem.errors.length === 0) rest.push(problem.message)
  return { byField, rest }
}
