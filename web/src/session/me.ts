import { queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'
import { ApiProblem } from '../api/problem.ts'

export type Workspace = Schema<'Me'>['workspaces'][number]
export type User = NonNullable<Schema<'Me'>['user']>
/** A person who is signed in, and where they may go. */
export interface Me {
  readonly user: User
  readonly workspaces: readonly Workspace[]
}

/** Null when nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      const { user, workspaces } = await answer(api.GET('/api/v1/Me', { signal }))
      return user === null ? null : { user, workspaces }
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

/** Whether this installation still waits for its owner. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/Setup', { signal })),
})
