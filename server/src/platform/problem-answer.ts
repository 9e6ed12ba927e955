import { HTTPException } from 'hono/http-exception'
import { Problem } from './problem.ts'
import { isBadValue, isStoreAway } from './store-errors.ts'

/** What a caller is told of an exception: everything that nobody foresaw is an internal error, and its cause is for the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isStoreAway(error))
    return new Problem('store-unavailable', 'Try again in a few seconds.', { headers: { 'Retry-After': '5' }, cause: error })
  if (error instanceof HTTPException && error.status === 400)
    return new Problem('bad-request', error.message || 'The request cannot be read.')
  if (isBadValue(error)) return new Problem('invalid-input', 'A value cannot be stored.', { cause: error })
  return new Problem('internal-error', 'It was logged with the id of this request.', { cause: error })
}

/** Headers of the answer that tells a problem. */
export const problemHeaders = (problem: Problem): Record<string, string> => ({
  'Content-Type': 'application/problem+json',
  ...(problem.status === 413 || problem.status === 408 ? { Connection: 'close' } : {}), // the rest of the body is not read
  ...problem.headers,
})

const REQUEST_ID = /^[\w.:-]{1,100}$/

/** The id the caller gave, if it may stand in a log, else a new one. */
export const requestIdOf = (given: string | undefined): string =>
  given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID()
