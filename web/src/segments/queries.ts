import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, answerWithEtag, api, type Schema } from '../api/client.ts'

export type Segment = Schema<'Segment'>

export const segmentsQuery = (q: string | undefined, page: number) =>
  queryOptions({
    queryKey: ['segments', 'list', { q, page }],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/Segment/getall', {
          body: { pageNumber: page, pageSize: 20, ...(q === undefined ? {} : { nameFilter: q }) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  })

export const segmentQuery = (id: string) =>
  queryOptions({
    queryKey: ['segments', 'one', id],
    queryFn: ({ signal }) => answerWithEtag(api.GET('/api/v1/Segment/{id}', { params: { path: { id } }, signal })),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })

/** How many a filter means now, and some of them. @param filter as JSON, so that the same question is asked once */
export const countQuery = (filter: string) =>
  queryOptions({
    queryKey: ['segments', 'count', filter],
    queryFn: ({ signal }) =>
      answer(api.POST('/api/v1/Segment/preview', { body: { contactFilter: JSON.parse(filter) as Schema<'ContactFilter'> }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })

/** Campaigns to choose from, by a part of their name. */
export const campaignChoicesQuery = (nameFilter: string) =>
  queryOptions({
    queryKey: ['campaigns', 'choices', nameFilter],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/WhatsappCampaign/getall', {
          body: { pageSize: 50, sortBy: 'createddate desc', ...(nameFilter === '' ? {} : { nameFilter }) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
