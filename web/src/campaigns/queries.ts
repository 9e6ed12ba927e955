import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type CampaignItem = Schema<'CampaignItem'>
export type Campaign = Schema<'Campaign'>
export const STATUSES = ['Draft', 'Scheduled', 'Running', 'Completed', 'Failed', 'Cancelled'] as const
export type Status = (typeof STATUSES)[number]
/** Orders of the list, in the API's own words. */
export const SORTS = [
  'createddate desc',
  'createddate asc',
  'scheduledat desc',
  'scheduledat asc',
  'name asc',
  'name desc',
  'status asc',
  'status desc',
] as const
export type CampaignSort = (typeof SORTS)[number]

export interface CampaignSearch {
  readonly status?: Status | undefined
  readonly q?: string | undefined
  readonly template?: string | undefined
  readonly sort?: CampaignSort | undefined
  readonly page?: number | undefined
  readonly size?: number
}

/** How often a list with something running is asked for again. */
const LIVE_MS = 3_000

export const campaignsQuery = ({ status, q, template, sort = 'createddate desc', page = 1, size = 10 }: CampaignSearch) =>
  queryOptions({
    queryKey: ['campaigns', { status, q, template, sort, page, size }],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/WhatsappCampaign/getall', {
          body: {
            pageNumber: page,
            pageSize: size,
            sortBy: sort,
            ...(status === undefined ? {} : { status }),
            ...(q === undefined ? {} : { nameFilter: q }),
            ...(template === undefined ? {} : { templateId: template }),
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some((campaign) => campaign.status === 'Running') ? LIVE_MS : false),
  })

export const statusCountsQuery = (q: string | undefined) =>
  queryOptions({
    queryKey: ['campaigns', 'status-counts', q],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/WhatsappCampaign/status-counts', { params: { query: q === undefined ? {} : { nameFilter: q } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MS * 3,
  })

export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappCampaign/{id}', { params: { path: { id } }, signal })),
  })

/** Templates to choose from, by name. */
export const templateChoicesQuery = queryOptions({
  queryKey: ['templates', 'choices'],
  queryFn: ({ signal }) => answer(api.POST('/api/v1/WhatsappTemplate/getall', { body: { pageSize: 200 }, signal })),
  staleTime: 60_000,
})
