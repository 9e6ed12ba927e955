import { Box, Button, Group, Paper, Text } from '@mantine/core'
import { IconFilter, IconPlus, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { AsOf } from '../parts/as-of.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { RowLink } from '../parts/row-link.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { EmptyState } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Segment, segmentsQuery } from './queries.ts'
import { segmentListRoute } from './routes.ts'

/** Saved filters: whoever matches when one is used is in it. */
export default function SegmentListPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const { q, page = 1 } = segmentListRoute.useSearch()
  const navigate = useNavigate({ from: segmentListRoute.fullPath })
  const segments = useQuery(segmentsQuery(q, page))
  const columns = useColumns()
  const create = may('Segment:Create') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} renderRoot={(props) => <Link to={'/segments/new' as string} {...props} />}>
      {t('segments.new')}
    </Button>
  )
  return (
    <Page title={t('area.segments')} subtitle={t('segments.hint')} actions={create}>
      <Paper bg="var(--surface-card)">
        <Group p="md" gap="sm" justify="space-between">
          <SearchField label={t('segments.search')} q={q} onChange={(text) => void navigate({ search: { q: text }, replace: true })} />
          <AsOf at={segments.dataUpdatedAt} />
        </Group>
        <ListTable
          label={t('area.segments')}
          query={segments}
          columns={columns}
          onPage={(number) => void navigate({ search: (old) => ({ ...old, page: number }) })}
          empty={
            q === undefined ? (
              <EmptyState icon={IconFilter} title={t('segments.none')} hint={t('segments.noneHint')} action={create} />
            ) : (
              <EmptyState
                icon={IconSearchOff}
                title={t('segments.noneMatch')}
                action={
                  <Button variant="default" onClick={() => void navigate({ search: {} })}>
                    {t('list.clearFilters')}
                  </Button>
                }
              />
            )
          }
        />
      </Paper>
    </Page>
  )
}

function useColumns(): readonly DataTableColumn<Segment>[] {
  const { t } = useStrings()
  return [
    {
      accessor: 'name',
      title: t('segments.name'),
      render: ({ id, name, description }) => (
        <Box miw={0}>
          <RowLink to="/segments/$id" id={id}>
            {name}
          </RowLink>
          {description !== '' && (
            <Text size="xs" c="dimmed" className="typed" lineClamp={2}>
              {description}
            </Text>
          )}
        </Box>
      ),
    },
    {
      accessor: 'createdBy',
      title: t('segments.by'),
      width: 220,
      visibleMediaQuery: '(min-width: 48em)',
      render: ({ createdBy }) => <span className="typed">{createdBy}</span>,
    },
    { accessor: 'updatedAt', title: t('segments.changed'), width: 140, render: ({ updatedAt }) => <When at={updatedAt} size="sm" /> },
  ]
}
