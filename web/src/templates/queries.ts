import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Template = Schema<'WhatsappTemplate'>
/** As Meta names them. */
export const TEMPLATE_STATUSES = ['APPROVED', 'PENDING', 'REJECTED', 'PAUSED', 'DISABLED'] as const
export const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'] as const

export interface TemplateSearch {
  readonly q?: string | undefined
  readonly status?: (typeof TEMPLATE_STATUSES)[number] | undefined
  readonly category?: (typeof CATEGORIES)[number] | undefined
  readonly language?: string | undefined
  readonly page?: number | undefined
  readonly size?: number
}

export const templatesQuery = ({ q, status, category, language, page = 1, size = 12 }: TemplateSearch) =>
  queryOptions({
    queryKey: ['templates', { q, status, category, language, page, size }],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/v1/WhatsappTemplate/getall', {
          body: {
            pageNumber: page,
            pageSize: size,
            ...(q === undefined ? {} : { nameFilter: q }),
            ...(status === undefined ? {} : { status }),
            ...(category === undefined ? {} : { category }),
            ...(language === undefined ? {} : { language }),
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  })

export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: ['templates', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappTemplate/{id}', { params: { path: { id } }, signal })),
  })

/** Accounts at Meta that templates are read from and submitted to. */
export const templateAccountsQuery = queryOptions({
  queryKey: ['accounts', 'choices'],
  queryFn: ({ signal }) => answer(api.POST('/api/v1/WhatsappAccount/getall', { body: { pageSize: 200 }, signal })),
  staleTime: 30_000,
})

/** What would be refused of a new template. @param input as JSON, so that the same question is asked once */
export const templateCheckQuery = (input: string) =>
  queryOptions({
    queryKey: ['templates', 'check', input],
    queryFn: ({ signal }) =>
      answer(api.POST('/api/v1/WhatsappTemplate/check', { body: JSON.parse(input) as Schema<'WhatsappTemplateInput'>, signal })),
    staleTime: 60_000,
  })
