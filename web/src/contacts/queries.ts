import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, answerWithEtag, api, type Schema } from '../api/client.ts'

export type Contact = Schema<'Contact'>
export type ContactFilter = Schema<'ContactFilter'>
export const SORTS = ['createddate desc', 'createddate asc', 'name asc', 'name desc', 'updateddate desc', 'updateddate asc'] as const
export type ContactSort = (typeof SORTS)[number]
export const STANDINGS = ['active', 'inactive'] as const

export interface ContactSearch {
  readonly q?: string | undefined
  readonly tag?: string | undefined
  readonly standing?: (typeof STANDINGS)[number] | undefined
  /** Those in a segment now. */
  readonly segment?: string | undefined
  /** Those that one import created or changed. */
  readonly import?: string | undefined
  readonly sort?: ContactSort | undefined
  readonly page?: number | undefined
}

/** What the list is narrowed to, beside what is typed; undefined: everybody. */
export function filterOf({ tag, standing, segment, import: importId }: ContactSearch): ContactFilter | undefined {
  const filter: ContactFilter = {
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(standing === undefined ? {} : { isActive: standing === 'active' }),
    ...(segment === undefined ? {} : { segmentId: segment }),
    ...(importId === undefined ? {} : { importId }),
  }
  return Object.keys(filter).length === 0 ? undefined : filter
}

const PAGE_SIZE = 20
export const contactsQuery = (search: ContactSearch) => {
  const { q, sort = 'createddate desc', page = 1 } = search
  const contactFilter = filterOf(search)
  const body = {
    pageNumber: page,
    pageSize: PAGE_SIZE,
    sortBy: sort,
    ...(q === undefined ? {} : { searchTerm: q }),
    ...(contactFilter === undefined ? {} : { contactFilter }),
  }
  return queryOptions({
    queryKey: ['contacts', 'list', body],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/Contact/getall', { body, signal })),
    placeholderData: keepPreviousData,
  })
}

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: ['contacts', 'one', id],
    queryFn: ({ signal }) => answerWithEtag(api.GET('/api/v1/Contact/{id}', { params: { path: { id } }, signal })),
  })

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ['contacts', 'timeline', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/Contact/{id}/timeline', { params: { path: { id } }, signal })),
  })

/** Tags in use, most used first. */
export const tagsQuery = queryOptions({
  queryKey: ['contacts', 'tags'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/Contact/tags', { signal })),
  staleTime: 30_000,
})

/** Attributes that some contacts have, to choose from; others can be typed. */
export const attributeKeysQuery = queryOptions({
  queryKey: ['contacts', 'attribute-keys'],
  queryFn: async ({ signal }) => {
    const { items } = await answer(api.POST('/api/v1/Contact/getall', { body: { pageSize: 100 }, signal }))
    return [...new Set(items.flatMap(({ attributes }) => Object.keys(attributes)))].sort()
  },
  staleTime: 60_000,
})

/** How a person is called where there may be no name, and not even a number. */
export const callName = ({ name, phone, userId }: Pick<Contact, 'name' | 'phone' | 'userId'>): string => name ?? phone ?? userId ?? '?'
