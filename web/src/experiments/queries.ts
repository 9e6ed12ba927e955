import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Experiment = Schema<'Experiment'>

/** One that goes on changes as receipts come. */
const LIVE_MS = 4_000
const isLive = ({ status }: Experiment): boolean => status === 'Starting' || status === 'Testing'

export const experimentsQuery = (q: string | undefined, page: number) =>
  queryOptions({
    queryKey: ['experiments', 'list', { q, page }],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/Experiment/getall', {
          body: { pageNumber: page, pageSize: 20, ...(q === undefined ? {} : { nameFilter: q }) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isLive) ? LIVE_MS : false),
  })

export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/Experiment/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data !== undefined && state.data.status !== 'Decided' && !isLive(state.data) ? false : LIVE_MS),
  })

/** Drafts, whose messages can be variants. */
export const draftsQuery = () =>
  queryOptions({
    queryKey: ['campaigns', 'drafts'],
    queryFn: ({ signal }) =>
      answer(api.POST('/api/v1/WhatsappCampaign/getall', { body: { status: 'Draft', pageSize: 100, sortBy: 'updateddate desc' }, signal })),
  })
