import { Anchor, Paper, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useMemo } from 'react'
import { ListTable } from '../../parts/list-table.tsx'
import { When } from '../../parts/when.tsx'
import { useStrings } from '../../strings/language.tsx'
import { importRoute } from '../routes.ts'
import { type ContactImport, importsQuery } from './queries.ts'

/** What was imported before, and what still runs. */
export function EarlierImports() {
  const { t } = useStrings()
  const { page = 1 } = importRoute.useSearch()
  const navigate = useNavigate({ from: importRoute.fullPath })
  const imports = useQuery(importsQuery(page))
  const columns = useColumns()
  if (imports.data?.totalCount === 0) return null
  return (
    <Paper bg="var(--surface-card)">
      <Text component="h2" fw={650} fz="h3" p="md" pb={0}>
        {t('imports.earlier')}
      </Text>
      <ListTable
        label={t('imports.earlier')}
        query={imports}
        columns={columns}
        onPage={(next) => void navigate({ search: { page: next } })}
        empty={null}
      />
    </Paper>
  )
}

function useColumns(): readonly DataTableColumn<ContactImport>[] {
  const { t, named } = useStrings()
  return useMemo(
    () => [
      {
        accessor: 'fileName',
        title: t('imports.file'),
        render: ({ id, fileName, dryRun }) => (
          <Anchor
            size="sm"
            fw={600}
            c="var(--mantine-color-text)"
            className="typed"
            lineClamp={1}
            renderRoot={(props) => <Link to="/contacts/imports/$importId" params={{ importId: id }} {...props} />}
          >
            {fileName}
            {dryRun && ` (${t('imports.onlyChecked')})`}
          </Anchor>
        ),
      },
      {
        accessor: 'counts',
        title: t('imports.result'),
        visibleMediaQuery: '(min-width: 48em)',
        render: ({ created, updated, failed }) => (
          <Text size="sm" className="typed">
            {t('imports.counts', { created, updated, failed })}
          </Text>
        ),
      },
      {
        accessor: 'status',
        title: t('imports.status'),
        width: 120,
        render: ({ status, undoneAt }) => <Text size="sm">{undoneAt === null ? named('importStatus', status) : t('imports.undone')}</Text>,
      },
      { accessor: 'createdAt', title: t('imports.when'), width: 130, render: ({ createdAt }) => <When at={createdAt} size="sm" /> },
    ],
    [t, named],
  )
}
