import { ApiProblem } from '../api/problem.ts'

/**
 * Calls identity (`/api/auth/*`), which has a document of its own; throws an `ApiProblem` like every other call.
 * @param path below /api/auth, such as `sign-in/email`
 */
export async function identity<Output = unknown>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Output> {
  const response = await fetch(`/api/auth/${path}`, {
    method,
    credentials: 'same-origin',
    ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) } : {}),
  }).catch(() => {
    throw new ApiProblem(0, {})
  })
  const parsed: unknown = await response.json().catch(() => ({}))
  if (!response.ok) throw new ApiProblem(response.status, parsed as Record<string, unknown>)
  return parsed as Output
}
