import { queryOptions } from '@tanstack/react-query'
import { answer, answerWithEtag, api, type Schema } from '../../api/client.ts'
import type { Campaign } from '../queries.ts'
import type { Store, Stored } from './saver.ts'

const load = (id: string, signal?: AbortSignal): Promise<Stored<Campaign>> =>
  answerWithEtag(api.GET('/api/v1/WhatsappCampaign/{id}', { params: { path: { id } }, ...(signal === undefined ? {} : { signal }) }))

/** The campaign with the version that is edited: read once, then the editor's own. */
export const storedQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', 'edited', id],
    queryFn: ({ signal }) => load(id, signal),
    staleTime: 0,
    gcTime: 0,
  })

export const campaignStore: Store<Campaign> & { readonly load: typeof load } = {
  load,
  async create(body, key) {
    const made = await answer(api.POST('/api/v1/WhatsappCampaign', { body, headers: { 'Idempotency-Key': key } }))
    return load(made.id)
  },
  update: ({ item }, body, etag) =>
    answerWithEtag(
      api.PUT('/api/v1/WhatsappCampaign/{id}', {
        params: { path: { id: item.id } },
        body,
        headers: etag === null ? {} : { 'If-Match': etag },
      }),
    ),
}

/** @param input as JSON, so that the same question is asked once */
export const previewQuery = (input: string) =>
  queryOptions({
    queryKey: ['campaigns', 'preview', input],
    queryFn: ({ signal }) =>
      answer(api.POST('/api/v1/WhatsappCampaign/preview', { body: JSON.parse(input) as Schema<'CampaignPreviewInput'>, signal })),
    staleTime: 30_000,
  })

/** @param input as JSON, as for the preview */
export const preflightQuery = (input: string) =>
  queryOptions({
    queryKey: ['campaigns', 'preflight', input],
    queryFn: ({ signal }) =>
      answer(api.POST('/api/v1/WhatsappCampaign/preflight', { body: JSON.parse(input) as Schema<'CampaignPreflightInput'>, signal })),
    staleTime: 30_000,
  })

export const segmentChoicesQuery = queryOptions({
  queryKey: ['segments', 'choices'],
  queryFn: ({ signal }) => answer(api.POST('/api/v1/Segment/getall', { body: { pageSize: 200 }, signal })),
  staleTime: 30_000,
})
