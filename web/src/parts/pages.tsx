import { Box, Group, Pagination, Text } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'
import { useFormat } from './use-format.ts'

/** A page of a list, as the API answers it. */
export interface PageOf<Item> {
  readonly items: readonly Item[]
  readonly pageNumber: number
  readonly pageSize: number
  readonly totalCount: number
  readonly totalIsExact: boolean
  readonly totalPages: number
}
/** "11–20 of 128" and the way to the other pages. */
export function Pages({
  label,
  page,
  onPage,
}: {
  readonly label: string
  readonly page: Omit<PageOf<unknown>, 'totalIsExact'> & { readonly totalIsExact?: boolean }
  readonly onPage: (page: number) => void
}) {
  const { t } = useStrings()
  const format = useFormat()
  const first = (page.pageNumber - 1) * page.pageSize + 1
  const range = { from: format.number(first), to: format.number(first + page.items.length - 1), total: format.number(page.totalCount) }
  return (
    <Group justify="space-between" px="md" py="sm" gap="xs" style={{ borderBlockStart: '1px solid var(--line)' }}>
      <Text size="sm" className="number">
        {t(page.totalIsExact !== false ? 'list.range' : 'list.rangeAbout', range)}
      </Text>
      {page.totalPages > 1 && (
        <Box component="nav" aria-label={t('list.pages', { label })}>
          <Pagination
            value={page.pageNumber}
            total={page.totalPages}
            onChange={onPage}
            size="sm"
            siblings={1}
            getItemProps={(number) => ({ 'aria-label': t('list.page', { number }) })}
            getControlProps={(control) => ({ 'aria-label': t(control === 'next' ? 'list.next' : 'list.previous') })}
          />
        </Box>
      )}
    </Group>
  )
}
