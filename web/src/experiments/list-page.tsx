import { Box, Button, Paper, Text } from '@mantine/core'
import { IconFlask, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { ListBar } from '../parts/list-bar.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { RowLink } from '../parts/row-link.tsx'
import { EmptyState } from '../parts/states.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { NewExperiment } from './new-dialog.tsx'
import { type Experiment, experimentsQuery } from './queries.ts'
import { experimentListRoute } from './routes.ts'

/** Experiments, the latest first. */
export default function ExperimentListPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const { q, page = 1 } = experimentListRoute.useSearch()
  const navigate = useNavigate({ from: experimentListRoute.fullPath })
  const experiments = useQuery(experimentsQuery(q, page))
  const columns = useColumns()
  const [isOpen, setOpen] = useState(false)
  const create = may('WhatsappCampaign:Create') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen(true)}>
      {t('experiments.new')}
    </Button>
  )
  return (
    <Page title={t('area.experiments')} subtitle={t('experiments.hint')} actions={create}>
      <Paper bg="var(--surface-card)">
        <ListBar
          label={t('experiments.search')}
          q={q}
          at={experiments.dataUpdatedAt}
          onChange={(text) => void navigate({ search: { q: text }, replace: true })}
        />
        <ListTable
          label={t('area.experiments')}
          query={experiments}
          columns={columns}
          onPage={(number) => void navigate({ search: (old) => ({ ...old, page: number }) })}
          empty={
            <EmptyState
              icon={IconFlask}
              title={t(q === undefined ? 'experiments.none' : 'experiments.noneMatch')}
              hint={t('experiments.noneHint')}
              action={create}
            />
          }
        />
      </Paper>
      {isOpen && <NewExperiment onClose={() => setOpen(false)} />}
    </Page>
  )
}

function useColumns(): readonly DataTableColumn<Experiment>[] {
  const { t } = useStrings()
  return [
    {
      accessor: 'name',
      title: t('experiments.name'),
      render: ({ id, name, status, groups }) => (
        <Box miw={0}>
          <RowLink to="/experiments/$id" id={id}>
            {name}
          </RowLink>
          <Text size="xs" c="dimmed" className="typed" lineClamp={2}>
            {groups.flatMap(({ group, template }) => (template === null ? [] : [`${group} ${template.name}`])).join(' · ')}
          </Text>
          <Box hiddenFrom="sm" mt={4}>
            <StatusChip status={status} />
          </Box>
        </Box>
      ),
    },
    {
      accessor: 'status',
      title: t('experiments.status'),
      width: 150,
      visibleMediaQuery: '(min-width: 48em)',
      render: ({ status }) => <StatusChip status={status} />,
    },
    {
      accessor: 'winner',
      title: t('experiments.winner'),
      width: 100,
      visibleMediaQuery: '(min-width: 48em)',
      render: ({ winner }) => winner ?? '–',
    },
    { accessor: 'createdAt', title: t('experiments.made'), width: 140, render: ({ createdAt }) => <When at={createdAt} size="sm" /> },
  ]
}
