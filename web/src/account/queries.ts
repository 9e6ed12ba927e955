import { queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type OwnSession = Schema<'Session'>

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/Session', { signal })),
})
