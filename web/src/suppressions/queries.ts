import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Suppression = Schema<'Suppression'>

export interface SuppressionSearch {
  /** A whole number, in any spelling. */
  readonly phone?: string | undefined
  readonly page?: number | undefined
}

export const suppressionsQuery = ({ phone, page = 1 }: SuppressionSearch) =>
  queryOptions({
    queryKey: ['suppressions', { phone, page }],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/Suppression', { params: { query: { page, pageSize: 20, ...(phone === undefined ? {} : { phone }) } }, signal }),
      ),
    placeholderData: keepPreviousData,
  })
