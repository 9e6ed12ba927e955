import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../../api/client.ts'

export const RECIPIENT_STATUSES = ['Pending', 'Sent', 'Delivered', 'Read', 'Failed', 'Unknown', 'Skipped', 'Cancelled'] as const
export type RecipientStatus = (typeof RECIPIENT_STATUSES)[number]
export type Recipient = Schema<'Recipient'>

/** How often reports of a campaign that still moves are asked for again; its figures come by events. */
const LIVE_MS = 4_000

/** What the delivery list is asked for: the same for its rows and its export. */
export interface RecipientFilter {
  readonly status?: RecipientStatus | undefined
  readonly q?: string | undefined
}
export const recipientParameters = ({ status, q }: RecipientFilter) => ({
  ...(status === undefined ? {} : { statusFilter: status }),
  ...(q === undefined ? {} : { searchTerm: q }),
})

const PAGE_SIZE = 20
export const recipientsQuery = (id: string, filter: RecipientFilter, page: number, isLive: boolean) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'recipients', filter, page],
    queryFn: async ({ signal }) => {
      const query = { page, pageSize: PAGE_SIZE, ...recipientParameters(filter) }
      const answered = await answer(api.GET('/api/v1/WhatsappCampaign/{id}/contacts', { params: { path: { id }, query }, signal }))
      return { ...answered, items: answered.items.map((item) => ({ ...item, id: item.contactId })) }
    },
    placeholderData: keepPreviousData,
    refetchInterval: isLive && LIVE_MS,
  })

export const trailQuery = (id: string, contactId: string, isLive: boolean) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'trail', contactId],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/WhatsappCampaign/{id}/contacts/{contactId}', { params: { path: { id, contactId } }, signal })),
    refetchInterval: isLive && LIVE_MS,
  })

export const failuresQuery = (id: string, isLive: boolean) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'failures'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappCampaign/{id}/failures', { params: { path: { id } }, signal })),
    refetchInterval: isLive && LIVE_MS,
  })

export const buttonClicksQuery = (id: string, isLive: boolean) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'buttons'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappCampaign/{id}/button-clicks', { params: { path: { id } }, signal })),
    refetchInterval: isLive && LIVE_MS,
  })

/** Who pressed one button, latest first. */
export const pressersQuery = (id: string, button: number, page: number) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'pressers', button, page],
    queryFn: async ({ signal }) => {
      const query = { button, page, pageSize: 10 }
      const { contacts } = await answer(api.GET('/api/v1/WhatsappCampaign/{id}/button-clicks', { params: { path: { id }, query }, signal }))
      return contacts && { ...contacts, items: contacts.items.map((item) => ({ ...item, id: item.contactId })) }
    },
    placeholderData: keepPreviousData,
  })

export const repliesQuery = (id: string, isLive: boolean) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'replies'],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/WhatsappCampaign/{id}/replies', { params: { path: { id }, query: { pageSize: 5 } }, signal })),
    refetchInterval: isLive && LIVE_MS,
  })

export const timelineQuery = (id: string, isLive: boolean) =>
  queryOptions({
    queryKey: ['campaigns', 'report', id, 'timeline'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappCampaign/{id}/timeline', { params: { path: { id } }, signal })),
    refetchInterval: isLive && LIVE_MS * 2,
  })

/** The template of the campaign, for its preview. */
export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: ['templates', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappTemplate/{id}', { params: { path: { id } }, signal })),
    staleTime: 60_000,
  })
