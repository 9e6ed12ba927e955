import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Dashboard = Schema<'Dashboard'>

/** How many days back the dashboard may look, as the address holds them. */
export const PERIODS = ['7', '30', '90'] as const
export type Period = (typeof PERIODS)[number]

const DAY_MS = 86_400_000
const LIVE_MS = 4_000
const CALM_MS = 30_000

/** The last so many times 24 hours, compared by the server with as many before. */
export const dashboardQuery = (period: Period) =>
  queryOptions({
    queryKey: ['campaigns', 'dashboard', period],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - Number(period) * DAY_MS).toISOString()
      return answer(api.GET('/api/v1/WhatsappCampaign/dashboard/main', { params: { query: { from } }, signal }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.running.length ?? 0) > 0 ? LIVE_MS : CALM_MS),
  })

/** Whether there is anybody to write to yet. */
export const anyContactQuery = queryOptions({
  queryKey: ['contacts', 'any'],
  queryFn: ({ signal }) => answer(api.POST('/api/v1/Contact/getall', { body: { pageSize: 1 }, signal })),
})
