import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../../api/client.ts'

export type ContactImport = Schema<'ContactImport'>
export type ImportProgress = Schema<'ContactImportProgress'>

const LIVE_MS = 700
export const isUnderWay = ({ status }: Pick<ContactImport, 'status'>): boolean => status === 'Queued' || status === 'Running'

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['imports', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/Contact/import/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? LIVE_MS : false),
  })

export const importsQuery = (page: number) =>
  queryOptions({
    queryKey: ['imports', 'list', page],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/Contact/import', { params: { query: { page, pageSize: 10 } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? LIVE_MS : false),
  })
