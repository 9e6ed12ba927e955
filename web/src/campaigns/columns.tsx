import { Anchor, Box, Group, Stack, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconCornerDownRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useMemo } from 'react'
import { StatusChip } from '../parts/status-chip.tsx'
import { TallyBar } from '../parts/tally-bar.tsx'
import { useFormat } from '../parts/use-format.ts'
import { When } from '../parts/when.tsx'
import { useStrings } from '../strings/language.tsx'
import classes from './columns.module.css'
import { CampaignMenu } from './menu.tsx'
import type { CampaignItem } from './queries.ts'

const FROM_TABLET = '(min-width: 48em)'
const FROM_DESKTOP = '(min-width: 75em)'

/** The columns of the list; narrow windows keep the name with what matters most below it. */
export function useCampaignColumns(): readonly DataTableColumn<CampaignItem>[] {
  const { t } = useStrings()
  const format = useFormat()
  const isWide = useMediaQuery(FROM_TABLET, undefined, { getInitialValueInEffect: false })
  return useMemo(
    () => [
      {
        accessor: 'name',
        title: t('campaigns.campaign'),
        sortable: true,
        render: (campaign) => <Name campaign={campaign} isWide={isWide} />,
      },
      {
        accessor: 'status',
        title: t('campaigns.status'),
        sortable: true,
        width: 140,
        visibleMediaQuery: FROM_TABLET,
        render: (campaign) => <Chip campaign={campaign} />,
      },
      {
        accessor: 'audience',
        title: t('campaigns.audience'),
        width: 170,
        visibleMediaQuery: FROM_DESKTOP,
        render: (campaign) => <Audience filter={campaign.contactFilter} />,
      },
      {
        accessor: 'progress',
        title: t('campaigns.progress'),
        width: 200,
        visibleMediaQuery: FROM_TABLET,
        render: (campaign) => <Progress campaign={campaign} />,
      },
      {
        accessor: 'read',
        title: t('campaigns.read'),
        titleClassName: classes.end ?? '',
        cellsClassName: classes.end ?? '',
        width: 80,
        visibleMediaQuery: FROM_DESKTOP,
        render: ({ rates }) => <span className="number">{format.share(rates.read)}</span>,
      },
      {
        accessor: 'clicks',
        title: t('campaigns.clicks'),
        titleClassName: classes.end ?? '',
        cellsClassName: classes.end ?? '',
        width: 80,
        visibleMediaQuery: FROM_DESKTOP,
        render: ({ rates }) => <span className="number">{format.share(rates.click)}</span>,
      },
      {
        accessor: 'createddate',
        title: t('campaigns.when'),
        sortable: true,
        width: 160,
        visibleMediaQuery: FROM_TABLET,
        render: (campaign) => <WhenAndWho campaign={campaign} />,
      },
      {
        accessor: 'menu',
        title: <span style={{ position: 'absolute', clipPath: 'inset(50%)' }}>{t('campaigns.actions')}</span>,
        width: 56,
        titleClassName: classes.end ?? '',
        cellsClassName: classes.end ?? '',
        render: (campaign) => <CampaignMenu campaign={campaign} />,
      },
    ],
    [t, format, isWide],
  )
}

function Name({ campaign, isWide }: { readonly campaign: CampaignItem; readonly isWide: boolean | undefined }) {
  const { t, named } = useStrings()
  const { template } = campaign
  return (
    <Box miw={0} maw={420}>
      <Anchor
        fw={600}
        size="sm"
        c="var(--mantine-color-text)"
        className="typed"
        lineClamp={2}
        renderRoot={(props) => <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }} {...props} />}
      >
        {campaign.parentId !== null && (
          <IconCornerDownRight size={14} aria-label={t('campaigns.resendOf')} style={{ verticalAlign: '-2px', marginInlineEnd: 4 }} />
        )}
        {campaign.name}
      </Anchor>
      <Text size="xs" c="dimmed" className="typed">
        {template.name} · {template.language} · {named('category', template.category)}
      </Text>
      {!isWide && (
        <Stack gap={6} mt={6}>
          <Group gap="xs">
            <Chip campaign={campaign} />
            <Text size="xs" c="dimmed">
              <CampaignTime campaign={campaign} />
            </Text>
          </Group>
          <Progress campaign={campaign} />
        </Stack>
      )}
    </Box>
  )
}

/** A paused campaign stays Running or Scheduled (its status), but what a person must know is that it waits. */
const Chip = ({ campaign }: { readonly campaign: CampaignItem }) => (
  <Stack gap={2} align="flex-start">
    <StatusChip status={campaign.hold === null ? campaign.status : 'Held'} />
    {campaign.hold !== null && <HoldReason reason={campaign.hold.reason} />}
  </Stack>
)

function HoldReason({ reason }: { readonly reason: string }) {
  const { named } = useStrings()
  return (
    <Text size="xs" c="dimmed">
      {named('hold', reason)}
    </Text>
  )
}

/** Whom it goes to, in short: tags first, other conditions counted. */
function Audience({ filter }: { readonly filter: CampaignItem['contactFilter'] }) {
  const { t } = useStrings()
  const tags = Array.isArray(filter.tags) ? filter.tags.map(String) : []
  const others = Object.entries(filter).filter(
    ([key, value]) => !['tags', 'tagsMatch', 'isActive', 'everyone'].includes(key) && value != null,
  ).length
  if (filter.everyone === true) return <Text size="sm">{t('campaigns.everyone')}</Text>
  return (
    <Group gap={4}>
      {tags.slice(0, 2).map((tag) => (
        <Text component="bdi" key={tag} size="xs" className={classes.tag ?? ''} truncate>
          {tag}
        </Text>
      ))}
      {tags.length + others > 2 || others > 0 ? (
        <Text size="xs" c="dimmed">
          {t('campaigns.more', { count: Math.max(0, tags.length - 2) + others })}
        </Text>
      ) : null}
    </Group>
  )
}

function Progress({ campaign: { counts, funnel, status } }: { readonly campaign: CampaignItem }) {
  const { t } = useStrings()
  const format = useFormat()
  if (counts.audience === 0)
    return (
      <Text size="sm" c="dimmed">
        {t(status === 'Running' ? 'campaigns.freezing' : 'campaigns.notStarted')}
      </Text>
    )
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="2px 10px">
        <Text size="xs" className="number">
          {t('campaigns.sentOf', { sent: funnel.sent, audience: counts.audience })}
        </Text>
        {counts.failed > 0 ? (
          <Text size="xs" className="number" style={{ color: 'var(--bad-text)' }}>
            {t('campaigns.failed', { count: counts.failed })}
          </Text>
        ) : (
          <Text size="xs" c="dimmed" className="number">
            {format.share(funnel.sent / counts.audience)}
          </Text>
        )}
      </Group>
      <TallyBar tally={counts} />
    </Stack>
  )
}

/** The time that says most about where the campaign stands. */
function CampaignTime({ campaign }: { readonly campaign: CampaignItem }) {
  const { t } = useStrings()
  const { status, scheduledAt, startedAt, completedAt, createdAt } = campaign
  if (status === 'Scheduled' && scheduledAt !== null) return <When at={scheduledAt} />
  if (status === 'Draft') return <span>{t('campaigns.notScheduled')}</span>
  return <When at={completedAt ?? startedAt ?? createdAt} />
}

const WhenAndWho = ({ campaign }: { readonly campaign: CampaignItem }) => (
  <Box>
    <Text size="sm" component="div">
      <CampaignTime campaign={campaign} />
    </Text>
    <Text size="xs" c="dimmed" className="typed">
      {campaign.createdBy.name}
    </Text>
  </Box>
)
