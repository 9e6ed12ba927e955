import { Anchor, Box, Button, Group, Paper, ScrollArea, Tabs, Text } from '@mantine/core'
import { IconDownload, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { memo, useMemo } from 'react'
import { workspaceHeaders } from '../../api/client.ts'
import { useDownload } from '../../api/download.ts'
import { ListTable } from '../../parts/list-table.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { When } from '../../parts/when.tsx'
import { useSession } from '../../session/session.tsx'
import { useFailureWords } from '../../strings/failure-words.ts'
import { useStrings } from '../../strings/language.tsx'
import { languageName } from '../../templates/language-name.ts'
import { type Campaign, campaignQuery } from '../queries.ts'
import { campaignRoute } from '../routes.ts'
import classes from './detail.module.css'
import { RECIPIENT_STATUSES, type Recipient, recipientParameters, recipientsQuery } from './queries.ts'

type Row = Recipient & { readonly id: string }
const FROM_TABLET = '(min-width: 48em)'
const FROM_DESKTOP = '(min-width: 75em)'

/** Everybody of the audience with where their message stands; search, status and page are in the address. */
export const Deliveries = memo(function Deliveries({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const { may } = useSession()
  const { status, q, page = 1 } = campaignRoute.useSearch()
  const navigate = useNavigate({ from: campaignRoute.fullPath })
  const recipients = useQuery(recipientsQuery(campaign.id, { status, q }, page, campaign.status === 'Running'))
  const columns = useColumns(campaign)
  const change = (changes: { status?: typeof status; q?: string | undefined; page?: number }, replace = false) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...changes }), replace, resetScroll: false })
  return (
    <Paper bg="var(--surface-card)" component="section">
      <Group justify="space-between" p="md" pb="xs">
        <Text component="h2" id="deliveries" fw={650} fz="h3">
          {t('campaign.deliveries')}
        </Text>
        <Group gap="xs" flex={1} justify="flex-end">
          <SearchField label={t('campaign.searchPeople')} q={q} onChange={(text) => change({ q: text }, true)} />
          {may('Contact:Export') && <ExportButton campaign={campaign} />}
        </Group>
      </Group>
      <StatusTabs campaign={campaign} status={status} onChange={(next) => change({ status: next })} />
      <ListTable
        label={t('campaign.deliveries')}
        query={recipients}
        columns={columns}
        onPage={(number) => change({ page: number })}
        empty={
          <EmptyState
            icon={IconSearchOff}
            title={t('campaign.nobodyMatches')}
            action={
              <Button variant="default" onClick={() => change({ status: undefined, q: undefined })}>
                {t('list.clearFilters')}
              </Button>
            }
          />
        }
      />
    </Paper>
  )
})

/** Follows the figures by itself, so that the list below rests while they move. */
function StatusTabs({
  campaign,
  status,
  onChange,
}: {
  readonly campaign: Campaign
  readonly status: Recipient['status'] | undefined
  onChange(status: Recipient['status'] | undefined): void
}) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { counts } = useQuery({ ...campaignQuery(campaign.id), refetchOnMount: false }).data ?? campaign
  const countOf = (name: Recipient['status']) => counts[name.toLowerCase() as Lowercase<Recipient['status']>]
  const shown = RECIPIENT_STATUSES.filter((name) => countOf(name) > 0 || name === status)
  return (
    <Tabs value={status ?? 'All'} onChange={(value) => onChange(RECIPIENT_STATUSES.find((known) => known === value))}>
      <ScrollArea type="never" viewportProps={{ tabIndex: -1 }}>
        <Tabs.List className={classes.tabs ?? ''} aria-label={t('campaign.byStatus')}>
          {(['All', ...shown] as const).map((tab) => (
            <Tabs.Tab
              key={tab}
              value={tab}
              rightSection={
                <span className={`number ${classes.count}`}>{format.number(tab === 'All' ? counts.audience : countOf(tab))}</span>
              }
            >
              {named('status', tab)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </ScrollArea>
    </Tabs>
  )
}

/** The whole list as CSV, with the filters that are set. */
function ExportButton({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const { status, q } = campaignRoute.useSearch()
  const { download, isPending } = useDownload()
  const parameters = new URLSearchParams(Object.entries(recipientParameters({ status, q })))
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
      loading={isPending}
      onClick={() =>
        download({
          path: `/api/v1/WhatsappCampaign/${campaign.id}/export?${parameters}`,
          headers: workspaceHeaders(),
          fileName: `${campaign.name.replaceAll(/[^\p{L}\p{N} _-]/gu, '').slice(0, 80) || 'campaign'}.csv`,
        })
      }
    >
      {t('campaign.export')}
    </Button>
  )
}

function useColumns(campaign: Campaign): readonly DataTableColumn<Row>[] {
  const { t, locale } = useStrings()
  return useMemo(
    () => [
      {
        accessor: 'name',
        title: t('campaign.person'),
        render: (row) => (
          <Box miw={0}>
            <Anchor
              size="sm"
              fw={600}
              c="var(--mantine-color-text)"
              className="typed"
              lineClamp={2}
              renderRoot={(props) => (
                <Link
                  to="/campaigns/$campaignId"
                  params={{ campaignId: campaign.id }}
                  search={(old) => ({ ...old, recipient: row.contactId })}
                  resetScroll={false}
                  {...props}
                />
              )}
            >
              {row.name ?? row.phone ?? t('campaign.noName')}
            </Anchor>
            <Text size="xs" c="dimmed" hiddenFrom="sm">
              <bdi>{row.phone}</bdi>
            </Text>
            <Box hiddenFrom="sm" mt={4}>
              <StatusChip status={row.status} />
            </Box>
          </Box>
        ),
      },
      {
        accessor: 'phone',
        title: t('campaign.phone'),
        width: 170,
        visibleMediaQuery: FROM_TABLET,
        render: ({ phone }) => (
          <bdi className="number" style={{ fontSize: 'var(--mantine-font-size-sm)' }}>
            {phone}
          </bdi>
        ),
      },
      {
        accessor: 'status',
        title: t('campaign.status'),
        width: 140,
        visibleMediaQuery: FROM_TABLET,
        render: ({ status }) => <StatusChip status={status} />,
      },
      ...(campaign.languages === 'family'
        ? [
            {
              accessor: 'language',
              title: t('campaign.language'),
              width: 130,
              visibleMediaQuery: FROM_TABLET,
              render: ({ language }: Row) =>
                language !== null && (
                  <Text size="sm" title={language}>
                    {languageName(language, locale)}
                  </Text>
                ),
            },
          ]
        : []),
      {
        accessor: 'updated',
        title: t('campaign.updated'),
        width: 150,
        visibleMediaQuery: FROM_TABLET,
        render: (row) => {
          const at = row.failedAt ?? row.readAt ?? row.deliveredAt ?? row.sentAt
          return at === null ? null : <When at={at} size="sm" />
        },
      },
      { accessor: 'detail', title: t('campaign.detail'), visibleMediaQuery: FROM_DESKTOP, render: (row) => <Detail row={row} /> },
    ],
    [t, locale, campaign.id, campaign.languages],
  )
}

function Detail({ row }: { readonly row: Row }) {
  const words = useFailureWords()
  const { t, named } = useStrings()
  if (row.status === 'Failed')
    return (
      <Text size="sm" style={{ color: 'var(--bad-text)' }} className="typed">
        {row.errorCode !== null && <span className="number">{row.errorCode} </span>}
        {words.titleOf(row.errorCode, row.errorTitle)}
      </Text>
    )
  if (row.status === 'Skipped' && row.reason !== null) return <Text size="sm">{named('skipReason', row.reason)}</Text>
  const said = [...new Set(row.clicked.map(({ text }) => text))]
  return (
    <Text size="sm" c="dimmed" className="typed" lineClamp={1}>
      {[
        ...(said.length > 0 ? [t('campaign.clickedOn', { buttons: said.join(', ') })] : []),
        ...(row.repliedAt === null ? [] : [t('campaign.hasReplied')]),
      ].join(' · ')}
    </Text>
  )
}
