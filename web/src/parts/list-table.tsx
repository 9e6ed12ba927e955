import { Box, Group, Pagination, Skeleton, Stack, Text } from '@mantine/core'
import { DataTable, type DataTableColumn } from 'mantine-datatable'
import type { ReactNode } from 'react'
import { useStrings } from '../strings/language.tsx'
import classes from './list-table.module.css'
import { FailureState } from './states.tsx'
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
/** Column and direction, as the address holds them: `name asc`. */
export type Sort = string

interface ListTable<Item> {
  /** What the table lists, for a screen reader. */
  readonly label: string
  /** A TanStack query; its skeleton, its failure and its rows are shown here. */
  readonly query: {
    readonly data: PageOf<Item> | undefined
    readonly error: unknown
    readonly isPlaceholderData: boolean
    refetch(): Promise<unknown>
  }
  /** A column with `sortable` is sorted by its accessor. */
  readonly columns: readonly DataTableColumn<Item>[]
  /** Shown instead of rows when there are none: an `EmptyState` with the next step. */
  readonly empty: ReactNode
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
  readonly onPage: (page: number) => void
  readonly isNested?: (item: Item) => boolean
}

/** One list for every page: rows, sorting, pages, and what stands there while, instead of, or without rows. */
export function ListTable<Item extends { readonly id: string }>(props: ListTable<Item>) {
  const { label, query, columns, empty, sort, onSort, onPage, isNested } = props
  const { data } = query
  if (data === undefined && query.error !== null) return <FailureState error={query.error} onRetry={() => void query.refetch()} />
  if (data === undefined) return <Waiting label={label} />
  if (data.items.length === 0) return <>{empty}</>
  const [accessor = '', direction = 'asc'] = sort.split(' ')
  return (
    <Box component="section" aria-label={label}>
      <DataTable<Item>
        records={[...data.items]}
        columns={[...columns]}
        idAccessor="id"
        minHeight={0}
        backgroundColor="var(--surface-card)"
        rowBorderColor="var(--line)"
        verticalSpacing="sm"
        horizontalSpacing="md"
        className={classes.table ?? ''}
        data-stale={query.isPlaceholderData}
        rowClassName={(item) => (isNested?.(item) ? classes.nested : undefined)}
        sortStatus={{ columnAccessor: accessor, direction: direction === 'desc' ? 'desc' : 'asc' }}
        onSortStatusChange={({ columnAccessor, direction: to }) => onSort(`${String(columnAccessor)} ${to}`)}
      />
      <Pages page={data} onPage={onPage} />
    </Box>
  )
}

function Waiting({ label }: { readonly label: string }) {
  const { t } = useStrings()
  return (
    <Stack gap={0} role="status" aria-label={t('list.loading', { label })} aria-busy>
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars of a skeleton have no other name
        <Group key={row} px="md" py="sm" className={classes.waiting} wrap="nowrap">
          <Stack gap={6} flex={3}>
            <Skeleton height={12} width={`${70 - ((row * 13) % 35)}%`} />
            <Skeleton height={9} width="40%" />
          </Stack>
          <Skeleton height={18} flex={1} />
          <Skeleton height={10} flex={2} />
        </Group>
      ))}
    </Stack>
  )
}

/** "11–20 of 128" and the way to the other pages. */
function Pages({ page, onPage }: { readonly page: PageOf<unknown>; readonly onPage: (page: number) => void }) {
  const { t } = useStrings()
  const format = useFormat()
  const first = (page.pageNumber - 1) * page.pageSize + 1
  const range = { from: format.number(first), to: format.number(first + page.items.length - 1), total: format.number(page.totalCount) }
  return (
    <Group justify="space-between" px="md" py="sm" className={classes.pages} gap="xs">
      <Text size="sm" className="number">
        {t(page.totalIsExact ? 'list.range' : 'list.rangeAbout', range)}
      </Text>
      {page.totalPages > 1 && (
        <Box component="nav" aria-label={t('list.pages')}>
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
