import { queryOptions } from '@tanstack/react-query'
import { ApiProblem } from '../api/problem.ts'

export interface Workspace {
  readonly id: string
  readonly name: string
  /** IANA name: every time on screen is in it. */
  readonly timeZone: string
  readonly role: { readonly id: string; readonly name: string }
  readonly permissions: readonly string[]
}
export interface Me {
  readonly user: { readonly id: string; readonly name: string; readonly email: string }
  readonly workspaces: readonly Workspace[]
}

/** A call that belongs to no workspace. */
export async function outsideWorkspaces<Output>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Output> {
  const response = await fetch(`/api/v1/${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new ApiProblem(0, {})
  })
  const parsed: unknown = await response.json().catch(() => ({}))
  if (!response.ok) throw new ApiProblem(response.status, parsed as Record<string, unknown>)
  return parsed as Output
}

/** Who is signed in, and where they may go; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () =>
    outsideWorkspaces<Me>('GET', 'Me').catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 401) return null
      throw error
    }),
  staleTime: 60_000,
})

/** Whether this installation still waits for its owner. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: () => outsideWorkspaces<{ isNeeded: boolean }>('GET', 'Setup'),
})
