import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, answerWithEtag, api, type Schema } from '../api/client.ts'

export type WebhookEndpoint = Schema<'WebhookEndpoint'>
export type WebhookDelivery = Schema<'WebhookDelivery'>
export type EventType = Schema<'WebhookEventType'>

/** Everything an endpoint can ask for, by what it is about. The type check keeps it equal to the API's list. */
export const EVENT_TYPES: { readonly [Type in EventType]: string } = {
  'campaign.started': 'campaign',
  'campaign.completed': 'campaign',
  'campaign.held': 'campaign',
  'message.sent': 'message',
  'message.delivered': 'message',
  'message.read': 'message',
  'message.failed': 'message',
  'button.clicked': 'message',
  'contact.opted_out': 'message',
  'number.quality': 'account',
  'account.disconnected': 'account',
}

/** How often the log is asked for again while something of it is still to be delivered. */
const LIVE_MS = 5_000

export const endpointsQuery = (page: number) =>
  queryOptions({
    queryKey: ['webhooks', 'list', page],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/WebhookEndpoint/getall', { body: { pageNumber: page, pageSize: 20 }, signal })),
    placeholderData: keepPreviousData,
  })

export const endpointQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'one', id],
    queryFn: ({ signal }) => answerWithEtag(api.GET('/api/v1/WebhookEndpoint/{id}', { params: { path: { id } }, signal })),
  })

export const DELIVERY_STATUSES = ['Pending', 'Delivered', 'Failed'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

export const deliveriesQuery = (id: string, page: number, status: DeliveryStatus | undefined) =>
  queryOptions({
    queryKey: ['webhooks', 'deliveries', id, { page, status }],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/WebhookEndpoint/{id}/deliveries', {
          params: { path: { id }, query: { page, pageSize: 20, ...(status === undefined ? {} : { status }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MS,
  })
