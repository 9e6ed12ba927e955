import { ActionIcon, Box, Button, Menu, Paper, Text, VisuallyHidden } from '@mantine/core'
import { IconDots, IconPencil, IconPlayerPause, IconPlayerPlay, IconRepeat, IconRosetteDiscountCheck, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { CampaignLink } from '../campaigns/campaign-link.tsx'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { ListBar } from '../parts/list-bar.tsx'
import { ListTable } from '../parts/list-table.tsx'
import { Page } from '../parts/page.tsx'
import { EmptyState } from '../parts/states.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Recurrence, recurrencesQuery } from './queries.ts'
import { RepeatDialog } from './repeat-dialog.tsx'
import { recurrenceListRoute } from './routes.ts'
import { useRuleText } from './rule-text.ts'

/** Campaigns that are sent again and again, the next one first. */
export default function RecurrenceListPage() {
  const { t } = useStrings()
  const { q, page = 1 } = recurrenceListRoute.useSearch()
  const navigate = useNavigate({ from: recurrenceListRoute.fullPath })
  const recurrences = useQuery(recurrencesQuery(q, page))
  const columns = useColumns()
  return (
    <Page title={t('area.recurring')} subtitle={t('recurrences.hint')}>
      <Paper bg="var(--surface-card)">
        <ListBar
          label={t('recurrences.search')}
          q={q}
          at={recurrences.dataUpdatedAt}
          onChange={(text) => void navigate({ search: { q: text }, replace: true })}
        />
        <ListTable
          label={t('area.recurring')}
          query={recurrences}
          columns={columns}
          onPage={(number) => void navigate({ search: (old) => ({ ...old, page: number }) })}
          empty={
            <EmptyState
              icon={IconRepeat}
              title={t(q === undefined ? 'recurrences.none' : 'recurrences.noneMatch')}
              hint={t('recurrences.noneHint')}
              action={
                <Button variant="default" renderRoot={(props) => <Link to="/campaigns" {...props} />}>
                  {t('recurrences.toCampaigns')}
                </Button>
              }
            />
          }
        />
      </Paper>
    </Page>
  )
}

function useColumns(): readonly DataTableColumn<Recurrence>[] {
  const { t } = useStrings()
  const format = useFormat()
  const ruleText = useRuleText()
  return [
    {
      accessor: 'name',
      title: t('recurrences.name'),
      render: ({ name, rule, timeZone, status }) => (
        <Box miw={0}>
          <Text size="sm" fw={600} className="typed" lineClamp={2}>
            {name}
          </Text>
          <Text size="xs" c="dimmed" lineClamp={2}>
            {ruleText(rule)} · {timeZone}
          </Text>
          <Box hiddenFrom="sm" mt={4}>
            <StatusChip status={status} />
          </Box>
        </Box>
      ),
    },
    {
      accessor: 'status',
      title: t('recurrences.status'),
      width: 130,
      visibleMediaQuery: '(min-width: 48em)',
      render: ({ status }) => <StatusChip status={status} />,
    },
    {
      accessor: 'nextAt',
      title: t('recurrences.nextAt'),
      width: 150,
      render: ({ nextAt }) => (nextAt === null ? '–' : <span className="number">{format.dateTime(nextAt)}</span>),
    },
    {
      accessor: 'lastCampaign',
      title: t('recurrences.last'),
      width: 260,
      visibleMediaQuery: '(min-width: 62em)',
      render: ({ lastCampaign }) => (lastCampaign === null ? '–' : <CampaignLink campaign={lastCampaign} />),
    },
    { accessor: 'campaigns', title: t('recurrences.campaigns'), width: 110, visibleMediaQuery: '(min-width: 62em)' },
    {
      accessor: 'acts',
      title: <VisuallyHidden>{t('campaigns.actions')}</VisuallyHidden>,
      width: 60,
      render: (recurrence) => <RecurrenceMenu recurrence={recurrence} />,
    },
  ]
}

function RecurrenceMenu({ recurrence }: { readonly recurrence: Recurrence }) {
  const { t } = useStrings()
  const { may } = useSession()
  const { id, name, status, isApproved } = recurrence
  const [open, setOpen] = useState<'change' | 'delete'>()
  const { act, isPending } = useAct({
    run: (what: 'pause' | 'resume' | 'approve' | 'delete', key) => {
      const params = { params: { path: { id } }, headers: { 'Idempotency-Key': key } }
      if (what === 'pause') return answer(api.POST('/api/v1/Recurrence/{id}/pause', params))
      if (what === 'resume') return answer(api.POST('/api/v1/Recurrence/{id}/resume', params))
      if (what === 'approve') return answer(api.POST('/api/v1/Recurrence/{id}/approve', params))
      return answer(api.DELETE('/api/v1/Recurrence/{id}', { params: { path: { id } } }))
    },
    done: (_, what) => {
      setOpen(undefined)
      return t(`recurrences.${what}.done`, { name })
    },
    changes: [['recurrences']],
  })
  const executes = may('WhatsappCampaign:Execute')
  const items = [
    ...(may('WhatsappCampaign:Edit') ? [{ what: 'change' as const, icon: IconPencil, run: () => setOpen('change') }] : []),
    ...(executes && status === 'Active' ? [{ what: 'pause' as const, icon: IconPlayerPause, run: () => act('pause') }] : []),
    ...(executes && status === 'Paused' ? [{ what: 'resume' as const, icon: IconPlayerPlay, run: () => act('resume') }] : []),
    ...(executes && !isApproved && status !== 'Ended'
      ? [{ what: 'approve' as const, icon: IconRosetteDiscountCheck, run: () => act('approve') }]
      : []),
    ...(may('WhatsappCampaign:Delete') ? [{ what: 'delete' as const, icon: IconTrash, run: () => setOpen('delete') }] : []),
  ]
  if (items.length === 0) return null
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={t('campaigns.actionsOf', { name })}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {items.map(({ what, icon: Icon, run }) => (
            <Menu.Item
              key={what}
              leftSection={<Icon size={16} stroke={1.7} aria-hidden />}
              {...(what === 'delete' ? { c: 'var(--mantine-color-error)' } : {})}
              onClick={run}
            >
              {t(what === 'change' ? 'recurrences.change' : `recurrences.${what}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {open === 'change' && <RepeatDialog of={{ recurrence }} onClose={() => setOpen(undefined)} />}
      {open === 'delete' && (
        <ConfirmDialog
          title={t('recurrences.deleteTitle', { name })}
          verb={t('recurrences.delete')}
          isDangerous
          isPending={isPending}
          onConfirm={() => act('delete')}
          onClose={() => setOpen(undefined)}
        >
          {t('recurrences.deleteHint', { count: recurrence.campaigns })}
        </ConfirmDialog>
      )}
    </>
  )
}
