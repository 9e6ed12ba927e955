import { type FanfareError, problemOf } from './problem.ts'

export interface FanfareOptions {
  /** Where Fanfare is, such as `https://fanfare.example.com`; `/api/v1` is added. */
  readonly baseUrl: string
  /** Made in the console under API keys; it carries its workspace and its permissions. */
  readonly apiKey: string
  /** Further attempts after a 429 or 503 that says when to come back. Default 4; 0 never repeats. */
  readonly retries?: number
  /** A longer `Retry-After` than this is not waited for: its error is thrown. Default 60,000. */
  readonly retryWaitMaxMs?: number
  /** For tests and proxies. */
  readonly fetch?: typeof fetch
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}
export interface CallOptions {
  /** One intended act has one key: pass your own to repeat a call safely after a crash. Made for you otherwise. */
  readonly idempotencyKey?: string
  /** The `etag` that the object had when you read it: 412 instead of overwriting somebody's later change. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}
export interface Request extends CallOptions {
  readonly method: string
  /** With the query, below `baseUrl`. */
  readonly path: string
  /** JSON, or a form with a file. */
  readonly body?: unknown
  readonly accept?: string
  /** True for a POST that changes something. */
  readonly changes?: boolean
}

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })

/**
 * Sends requests. One is repeated only when the server refused it before it did anything and said when to come back: 429 or 503 with
 * `Retry-After`. A POST that changes something keeps its idempotency key over all its attempts. A lost connection is thrown, not repeated.
 */
export function makeTransport(options: FanfareOptions): (request: Request) => Promise<Response> {
  const { apiKey, retries = 4, retryWaitMaxMs = 60_000, wait = pause } = options
  const base = options.baseUrl.replace(/\/+$/, '')
  const send = options.fetch ?? fetch

  return async (request) => {
    const { method, path, body, signal } = request
    const isForm = body instanceof FormData
    const headers = new Headers({ authorization: `Bearer ${apiKey}`, accept: request.accept ?? 'application/json' })
    if (body !== undefined && !isForm) headers.set('content-type', 'application/json')
    if (request.changes) headers.set('idempotency-key', request.idempotencyKey ?? crypto.randomUUID())
    if (request.ifMatch !== undefined) headers.set('if-match', request.ifMatch)
    const init: RequestInit = { method, headers }
    if (body !== undefined) init.body = isForm ? body : JSON.stringify(body)
    if (signal !== undefined) init.signal = signal
    for (let attempt = 0; ; attempt++) {
      const answer = await send(base + path, init)
      if (answer.ok) return answer
      const problem = await problemOf(answer, Date.now())
      const again = attempt < retries ? waitOf(problem, retryWaitMaxMs) : undefined
      if (again === undefined) throw problem
      await wait(again, signal)
    }
  }
}

/** How long to wait before the next attempt; undefined: there is none. */
function waitOf({ status, retryAfterMs }: FanfareError, maxMs: number): number | undefined {
  if ((status !== 429 && status !== 503) || retryAfterMs === null || retryAfterMs > maxMs) return undefined
  return retryAfterMs
}
