import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Account = Schema<'WhatsappAccount'>
export type PhoneNumber = Schema<'PhoneNumber'>
export type ApiKey = Schema<'ApiKey'>
export type Permission = Schema<'Permission'>

/** How often numbers are asked for again: what they sent in 24 hours moves while campaigns run. */
const LIVE_MS = 10_000

export const accountsQuery = (page: number) =>
  queryOptions({
    queryKey: ['accounts', page],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/WhatsappAccount/getall', { body: { pageNumber: page, pageSize: 20 }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MS,
  })

export const numbersQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['accounts', accountId, 'numbers'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappAccount/{id}/phone-numbers', { params: { path: { id: accountId } }, signal })),
    refetchInterval: LIVE_MS,
  })

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/ApiKey', { signal })),
})

export const permissionsQuery = queryOptions({
  queryKey: ['permissions'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/ApiKey/permissions', { signal })),
  staleTime: 60_000,
})
