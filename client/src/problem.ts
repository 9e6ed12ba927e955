/** One bad field of a request: where, as a JSON pointer (or `?name` for a query parameter), and what is wrong with it. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

/** An answer that is no success, from its `application/problem+json`. Branch on `code`; the texts are for people and may change. */
export class FanfareError extends Error {
  override readonly name = 'FanfareError'
  readonly status: number
  /** The stable slug, such as `invalid-input` or `campaign-not-runnable`; `no-problem` when something before Fanfare answered. */
  readonly code: string
  readonly title: string
  /** Every bad field at once; empty when the input is not to blame. */
  readonly errors: readonly FieldError[]
  /** Names this request in the server's log. */
  readonly requestId: string | null
  /** How long the server asks to wait, when it said so. */
  readonly retryAfterMs: number | null
  /** The whole problem, with whatever else it tells. */
  readonly problem: Readonly<Record<string, unknown>>

  constructor(status: number, problem: Readonly<Record<string, unknown>>, headers: Headers, nowMs: number) {
    const text = (name: string): string | undefined => (typeof problem[name] === 'string' ? problem[name] : undefined)
    const title = text('title') ?? `HTTP ${status}`
    super(text('detail') ?? title)
    this.status = status
    this.code = text('code') ?? 'no-problem'
    this.title = title
    this.errors = Array.isArray(problem.errors) ? (problem.errors as FieldError[]) : []
    this.requestId = text('requestId') ?? headers.get('x-request-id')
    this.retryAfterMs = readRetryAfter(headers.get('retry-after'), nowMs)
    this.problem = problem
  }
}

/** `Retry-After` in its two writings, seconds and a date; null: absent or neither. */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

/** The error of an answer that is no success; a body that is no JSON (a proxy's page) leaves the status to speak. */
export async function problemOf(answer: Response, nowMs: number): Promise<FanfareError> {
  const text = await answer.text()
  let problem: unknown
  try {
    problem = JSON.parse(text)
  } catch {
    problem = undefined
  }
  const isObject = typeof problem === 'object' && problem !== null && !Array.isArray(problem)
  return new FanfareError(answer.status, isObject ? (problem as Record<string, unknown>) : {}, answer.headers, nowMs)
}
