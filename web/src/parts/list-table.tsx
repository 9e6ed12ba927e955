import { Box, Group, Skeleton, Stack } from '@mantine/core'
import { DataTable, type DataTableColumn } from 'mantine-datatable'
import type { ReactNode } from 'react'
import { useStrings } from '../strings/language.tsx'
import classes from './list-table.module.css'
import { type PageOf, Pages } from './pages.tsx'
import { FailureState } from './states.tsx'

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
  /** Without both, the order is the server's own and no column can be sorted. */
  readonly sort?: Sort
  readonly onSort?: (sort: Sort) => void
  readonly onPage: (page: number) => void
  readonly isNested?: (item: Item) => boolean
  /** With both, rows of this page can be chosen. */
  readonly selected?: readonly Item[]
  /** What a row is called, for a screen reader. */
  readonly nameOf?: (item: Item) => string
  readonly onSelect?: (items: Item[]) => void
}

/** One list for every page: rows, sorting, pages, and what stands there while, instead of, or without rows. */
export function ListTable<Item extends { readonly id: string }>(props: ListTable<Item>) {
  const { label, query, columns, empty, sort, onSort, onPage, isNested, selected, nameOf = () => '', onSelect } = props
  const { t } = useStrings()
  const { data } = query
  if (data === undefined && query.error !== null) return <FailureState error={query.error} onRetry={() => void query.refetch()} />
  if (data === undefined) return <Waiting label={label} />
  if (data.items.length === 0) return <>{empty}</>
  const [accessor = '', direction = 'asc'] = (sort ?? '').split(' ')
  const sorting =
    onSort === undefined
      ? {}
      : {
          sortStatus: { columnAccessor: accessor, direction: direction === 'desc' ? ('desc' as const) : ('asc' as const) },
          onSortStatusChange: (status: { columnAccessor: PropertyKey; direction: string }) =>
            onSort(`${String(status.columnAccessor)} ${status.direction}`),
        }
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
        {...sorting}
        {...(selected === undefined || onSelect === undefined
          ? {}
          : {
              selectedRecords: [...selected],
              onSelectedRecordsChange: onSelect,
              allRecordsSelectionCheckboxProps: { 'aria-label': t('list.selectPage') },
              getRecordSelectionCheckboxProps: (item: Item) => ({ 'aria-label': t('list.select', { label: nameOf(item) }) }),
            })}
      />
      <Pages label={label} page={data} onPage={onPage} />
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
