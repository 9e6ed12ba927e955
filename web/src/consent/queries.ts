import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, answerWithEtag, api, type Schema } from '../api/client.ts'
import { dayAfter, startOfDay } from '../parts/wall-time.ts'

export type Topic = Schema<'Topic'>
export type WordList = Schema<'WordList'>
export type ConsentWords = Schema<'ConsentWords'>
/** An event with a name of its own for the list: its key is all of it. */
export type ConsentEvent = Schema<'ConsentEvent'> & { readonly id: string }
export const SOURCES = ['word', 'button', 'meta', 'admin', 'api', 'import', 'earlier'] as const
export const ACTIONS = ['opted_out', 'opted_in', 'marketing_yes', 'marketing_no', 'marketing_unset'] as const

export interface ConsentSearch {
  /** A whole number, in any spelling. */
  readonly phone?: string | undefined
  /** A contact's id. */
  readonly contact?: string | undefined
  readonly topic?: string | undefined
  readonly source?: (typeof SOURCES)[number] | undefined
  readonly action?: (typeof ACTIONS)[number] | undefined
  /** First and last day, written 2026-11-25. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly page?: number | undefined
}

/** What the search means to the API. @param timeZone whose days are meant */
export const filtersOf = ({ phone, contact, topic, source, action, from, to }: ConsentSearch, timeZone: string) => ({
  ...(phone === undefined ? {} : { phone }),
  ...(contact === undefined ? {} : { contactId: contact }),
  ...(topic === undefined ? {} : { topicId: topic }),
  ...(source === undefined ? {} : { source }),
  ...(action === undefined ? {} : { action }),
  ...(from === undefined ? {} : { from: startOfDay(from, timeZone) }),
  ...(to === undefined ? {} : { to: startOfDay(dayAfter(to), timeZone) }),
})

export const historyQuery = (search: ConsentSearch, timeZone: string, pageSize = 20) => {
  const body = { pageNumber: search.page ?? 1, pageSize, ...filtersOf(search, timeZone) }
  return queryOptions({
    queryKey: ['consent', 'history', body],
    queryFn: async ({ signal }) => {
      const page = await answer(api.POST('/api/v1/Contact/consent/getall', { body, signal }))
      return { ...page, items: page.items.map((event): ConsentEvent => ({ ...event, id: keyOf(event) })) }
    },
    placeholderData: keepPreviousData,
  })
}
const keyOf = ({ contact, saidAt, recordedAt, source, action, topic, note }: Schema<'ConsentEvent'>): string =>
  [contact.id, saidAt, recordedAt, source, action, topic?.id, note].join(' ')

/** All of them: a workspace has fifty at most. */
export const topicsQuery = queryOptions({
  queryKey: ['consent', 'topics'],
  queryFn: ({ signal }) => answer(api.POST('/api/v1/Topic/getall', { body: { pageSize: 200 }, signal })),
})

export const contactTopicsQuery = (id: string) =>
  queryOptions({
    queryKey: ['consent', 'contact', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/Contact/{id}/topics', { params: { path: { id } }, signal })),
  })

export const wordsQuery = (id: string) =>
  queryOptions({
    queryKey: ['consent', 'words', id],
    queryFn: ({ signal }) => answerWithEtag(api.GET('/api/v1/Workspace/{id}/words', { params: { path: { id } }, signal })),
  })
