import { Anchor, Box, Group, Paper, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { memo, useMemo } from 'react'
import type { Schema } from '../../api/client.ts'
import { ListTable } from '../../parts/list-table.tsx'
import { SidePanel } from '../../parts/side-panel.tsx'
import { FailureState } from '../../parts/states.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { When } from '../../parts/when.tsx'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import { campaignRoute } from '../routes.ts'
import classes from './detail.module.css'
import { buttonClicksQuery, pressersQuery } from './queries.ts'

/** How often each button was pressed and by how many people; each leads to them. */
export const ButtonsCard = memo(function ButtonsCard({ campaign }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  const { button } = campaignRoute.useSearch()
  const navigate = useNavigate({ from: campaignRoute.fullPath })
  const report = useQuery(buttonClicksQuery(campaign.id, campaign.status === 'Running'))
  const buttons = report.data?.buttons ?? []
  const most = Math.max(1, ...buttons.map(({ clicks }) => clicks))
  const opened = buttons.find(({ index }) => String(index) === button)
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="buttons" aria-busy={report.isPending}>
      <Text component="h2" id="buttons" fw={650} fz="h3" mb="xs">
        {t('campaign.buttons')}
      </Text>
      {report.data === undefined && report.error !== null && <FailureState error={report.error} onRetry={() => void report.refetch()} />}
      {report.data !== undefined && buttons.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('campaign.noButtons')}
        </Text>
      )}
      {buttons.map(({ index, text, type, clicks, uniqueContacts, rate }) => (
        <div key={index} className={classes.reason}>
          <Group justify="space-between" wrap="nowrap" align="baseline">
            <Text size="sm" fw={500} className="typed">
              {text}{' '}
              <Text span size="xs" c="dimmed" fw={400}>
                {named('buttonType', type)}
              </Text>
            </Text>
            <Text size="sm" fw={600} className="number">
              {format.number(clicks)}
            </Text>
          </Group>
          <Box className={`${classes.track} ${classes.thin}`} my={4} aria-hidden>
            {clicks > 0 && <Box className={classes.fill} style={{ width: `${(100 * clicks) / most}%` }} />}
          </Box>
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              {t('campaign.pressedBy', { count: uniqueContacts, share: format.share(rate) })}
            </Text>
            {uniqueContacts > 0 && campaign.peopleDeletedAt === null && (
              <Group gap="md">
                <Anchor
                  size="xs"
                  aria-label={t('campaign.seePressersOf', { button: text })}
                  renderRoot={(props) => (
                    <Link
                      to="/campaigns/$campaignId"
                      params={{ campaignId: campaign.id }}
                      search={(old) => ({ ...old, button: String(index) })}
                      resetScroll={false}
                      {...props}
                    />
                  )}
                >
                  {t('campaign.seePressers')}
                </Anchor>
                {may('Segment:Create') && (
                  <Anchor
                    size="xs"
                    aria-label={t('campaign.segmentOf', { button: text })}
                    renderRoot={(props) => <Link to="/segments/new" search={{ campaign: campaign.id, button: index + 1 }} {...props} />}
                  >
                    {t('campaign.makeSegment')}
                  </Anchor>
                )}
              </Group>
            )}
          </Group>
        </div>
      ))}
      {opened !== undefined && campaign.peopleDeletedAt === null && (
        <Pressers
          campaign={campaign}
          button={opened}
          onClose={() => void navigate({ search: (old) => ({ ...old, button: undefined, people: undefined }), resetScroll: false })}
        />
      )}
    </Paper>
  )
})

type Presser = Schema<'ButtonPresser'> & { readonly id: string }

function Pressers({
  campaign,
  button,
  onClose,
}: {
  readonly campaign: Campaign
  readonly button: Schema<'ButtonClicks'>
  onClose(): void
}) {
  const { t } = useStrings()
  const format = useFormat()
  const { people: page = 1 } = campaignRoute.useSearch()
  const navigate = useNavigate({ from: campaignRoute.fullPath })
  const people = useQuery(pressersQuery(campaign.id, button.index, page))
  const columns = useMemo<DataTableColumn<Presser>[]>(
    () => [
      {
        accessor: 'name',
        title: t('campaign.person'),
        render: ({ name, phone }) => (
          <>
            <Text size="sm" fw={500} className="typed">
              {name ?? phone}
            </Text>
            {name !== null && (
              <Text size="xs" c="dimmed">
                <bdi>{phone}</bdi>
              </Text>
            )}
          </>
        ),
      },
      {
        accessor: 'clicks',
        title: t('campaign.presses'),
        width: 90,
        render: ({ clicks }) => <span className="number">{format.number(clicks)}</span>,
      },
      { accessor: 'lastAt', title: t('campaign.lastPress'), width: 130, render: ({ lastAt }) => <When at={lastAt} size="sm" /> },
    ],
    [t, format],
  )
  return (
    <SidePanel onClose={onClose} size="lg" title={t('campaign.pressersOf', { button: button.text })}>
      <ListTable
        label={t('campaign.pressersOf', { button: button.text })}
        query={people}
        columns={columns}
        onPage={(number) => void navigate({ search: (old) => ({ ...old, people: number }), resetScroll: false })}
        empty={null}
      />
    </SidePanel>
  )
}
