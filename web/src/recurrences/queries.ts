import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Recurrence = Schema<'Recurrence'>

export const recurrencesQuery = (q: string | undefined, page: number) =>
  queryOptions({
    queryKey: ['recurrences', 'list', { q, page }],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/Recurrence/getall', {
          body: { pageNumber: page, pageSize: 20, ...(q === undefined ? {} : { nameFilter: q }) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })

/** When a rule happens next. */
export const occurrencesQuery = (when: { readonly rule: string; readonly startsAt: string; readonly timeZone: string }) =>
  queryOptions({
    queryKey: ['recurrences', 'preview', when],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/Recurrence/preview', { body: when, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  })
