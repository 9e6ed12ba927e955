import { Button, Group, Paper, Text, VisuallyHidden } from '@mantine/core'
import { IconBan, IconDownload, IconPlaylistAdd, IconPlus, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { workspaceHeaders } from '../api/client.ts'
import { useDownload } from '../api/download.ts'
import { AsOf } from '../parts/as-of.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { EmptyState } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { AddDialog } from './add-dialog.tsx'
import classes from './list-page.module.css'
import { ManyDialog } from './many-dialog.tsx'
import { type Suppression, suppressionsQuery } from './queries.ts'
import { Remove } from './remove.tsx'
import { suppressionListRoute } from './routes.ts'

const FROM_TABLET = '(min-width: 48em)'

/** Numbers that are never messaged: found, added, taken off. */
export default function SuppressionListPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const search = suppressionListRoute.useSearch()
  const navigate = useNavigate({ from: suppressionListRoute.fullPath })
  const suppressions = useQuery(suppressionsQuery(search))
  const columns = useColumns()
  const [isAdding, setIsAdding] = useState(false)
  const [isAddingMany, setIsAddingMany] = useState(false)
  const { download, isPending } = useDownload()
  const add = may('Suppression:Create') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setIsAdding(true)}>
      {t('suppressions.add')}
    </Button>
  )
  const ways = (
    <>
      {may('Suppression:View') && (suppressions.data?.totalCount ?? 0) > 0 && (
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          loading={isPending}
          onClick={() => download({ path: '/api/v1/Suppression/export', headers: workspaceHeaders(), fileName: 'suppressions.csv' })}
        >
          {t('contacts.export')}
        </Button>
      )}
      {may('Suppression:Create') && (
        <Button variant="default" leftSection={<IconPlaylistAdd size={16} aria-hidden />} onClick={() => setIsAddingMany(true)}>
          {t('suppressions.addMany')}
        </Button>
      )}
      {add}
    </>
  )
  const clear = (
    <Button variant="default" onClick={() => void navigate({ search: {} })}>
      {t('list.clearFilters')}
    </Button>
  )
  return (
    <Page title={t('area.suppressions')} subtitle={t('suppressions.hint')} actions={ways}>
      <Paper bg="var(--surface-card)">
        <Group p="md" gap="sm" justify="space-between">
          <SearchField
            label={t('suppressions.search')}
            className={classes.search}
            q={search.phone}
            onChange={(phone) => void navigate({ search: { phone }, replace: true })}
          />
          <AsOf at={suppressions.dataUpdatedAt} />
        </Group>
        <ListTable
          label={t('area.suppressions')}
          query={suppressions}
          columns={columns}
          onPage={(page) => void navigate({ search: (old) => ({ ...old, page }) })}
          empty={
            search.phone === undefined ? (
              <EmptyState icon={IconBan} title={t('suppressions.none')} hint={t('suppressions.noneHint')} action={add} />
            ) : (
              <EmptyState icon={IconSearchOff} title={t('suppressions.notListed')} hint={t('suppressions.notListedHint')} action={clear} />
            )
          }
        />
      </Paper>
      {isAdding && <AddDialog phone={search.phone} onClose={() => setIsAdding(false)} />}
      {isAddingMany && <ManyDialog onClose={() => setIsAddingMany(false)} />}
    </Page>
  )
}

function useColumns(): readonly DataTableColumn<Suppression>[] {
  const { t, named } = useStrings()
  const { may } = useSession()
  return [
    {
      accessor: 'phone',
      title: t('suppressions.phone'),
      render: ({ phone, reason }) => (
        <>
          {phone === null ? <Text size="sm">{t('suppressions.forgotten')}</Text> : <bdi className="number">{phone}</bdi>}
          {reason !== '' && (
            <Text size="xs" c="dimmed" className="typed" hiddenFrom="sm">
              {reason}
            </Text>
          )}
        </>
      ),
    },
    {
      accessor: 'reason',
      title: t('suppressions.reason'),
      visibleMediaQuery: FROM_TABLET,
      render: ({ reason }) => <span className="typed">{reason || '–'}</span>,
    },
    {
      accessor: 'source',
      title: t('suppressions.source'),
      width: 200,
      visibleMediaQuery: FROM_TABLET,
      render: ({ source }) => named('suppressionSource', source),
    },
    { accessor: 'createdAt', title: t('suppressions.since'), width: 130, render: ({ createdAt }) => <When at={createdAt} /> },
    ...(may('Suppression:Delete')
      ? [
          {
            accessor: 'act',
            title: <VisuallyHidden>{t('suppressions.acts')}</VisuallyHidden>,
            width: 60,
            render: (suppression: Suppression) => <Remove suppression={suppression} />,
          },
        ]
      : []),
  ]
}
