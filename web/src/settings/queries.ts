import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, answerWithEtag, api, type Schema } from '../api/client.ts'
import { dayAfter, startOfDay } from '../parts/wall-time.ts'

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

export type AuditEntry = Schema<'AuditEntry'>
/** What entries are about, as the API names it. */
export const AUDIT_OBJECTS = [
  'WhatsappCampaign',
  'Contact',
  'ContactImport',
  'Segment',
  'Suppression',
  'Topic',
  'WhatsappTemplate',
  'WhatsappAccount',
  'PhoneNumber',
  'RateCard',
  'Media',
  'ApiKey',
  'User',
  'Role',
  'Invitation',
  'WebhookEndpoint',
  'Workspace',
] as const
export interface AuditSearch {
  readonly object?: (typeof AUDIT_OBJECTS)[number] | undefined
  /** First and last day, written 2026-11-25. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly page?: number | undefined
}

/** @param timeZone whose days are meant */
export const auditQuery = ({ object, from, to, page = 1 }: AuditSearch, timeZone: string) =>
  queryOptions({
    queryKey: ['audit', { object, from, to, page, timeZone }],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/AuditLog/getall', {
          body: {
            pageNumber: page,
            pageSize: 20,
            ...(object === undefined ? {} : { objectType: object }),
            ...(from === undefined ? {} : { from: startOfDay(from, timeZone) }),
            ...(to === undefined ? {} : { to: startOfDay(dayAfter(to), timeZone) }),
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  })

export const workspaceQuery = (id: string) =>
  queryOptions({
    queryKey: ['workspace', id],
    queryFn: ({ signal }) => answerWithEtag(api.GET('/api/v1/Workspace/{id}', { params: { path: { id } }, signal })),
  })
