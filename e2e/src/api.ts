/** A small client of the public API, for journeys, demo and bench: knows nothing but the contract. */
export interface Api {
  readonly baseUrl: string
  readonly key: string
  /** Sends JSON and expects a 2xx; throws with the problem otherwise. */
  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>
  /** The raw answer, whatever its status. */
  raw(method: string, path: string, init?: { body?: BodyInit; headers?: Record<string, string> }): Promise<Response>
}

export class ApiError extends Error {
  readonly status: number
  readonly problem: { code?: string; detail?: string; errors?: unknown }
  constructor(method: string, path: string, status: number, problem: ApiError['problem']) {
    super(`${method} ${path} → ${status} ${problem.code ?? ''} ${problem.detail ?? ''} ${JSON.stringify(problem.errors ?? '')}`)
    this.status = status
    this.problem = problem
  }
}

export function makeApi(baseUrl: string, key: string): Api {
  const raw: Api['raw'] = (method, path, init = {}) =>
    fetch(`${baseUrl}/api/v1${path}`, { method, ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
  return {
    baseUrl,
    key,
    raw,
    async call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
      const answer = await raw(method, path, {
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      })
      const text = await answer.text()
      const parsed = text === '' ? undefined : JSON.parse(text)
      if (!answer.ok) throw new ApiError(method, path, answer.status, parsed ?? {})
      return parsed as T
    },
  }
}

/** Asks again until the answer satisfies; throws with the last answer when the time is up. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
  timeoutMs = 60_000,
  everyMs = 100,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (isDone(answer)) return answer
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${JSON.stringify(answer).slice(0, 2_000)}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
