import { Group, Paper, SegmentedControl, SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { AsOf } from '../parts/as-of.tsx'
import { Page } from '../parts/page.tsx'
import { FailureState } from '../parts/states.tsx'
import { useStrings } from '../strings/language.tsx'
import { FailuresCard } from './failures-card.tsx'
import { GettingStarted } from './getting-started.tsx'
import { NumbersCard } from './numbers-card.tsx'
import { type Dashboard, dashboardQuery, PERIODS } from './queries.ts'
import { dashboardRoute } from './routes.ts'
import { RunningCard } from './running-card.tsx'
import { Tiles } from './tiles.tsx'
import { TopCampaigns, TopTemplates } from './top-cards.tsx'
import { UpcomingCard } from './upcoming-card.tsx'
import { VolumeCard } from './volume-card.tsx'

/** How the workspace does: what is sent now and next, and how the last days went against those before. */
export default function DashboardPage() {
  const { t } = useStrings()
  const { days = '30' } = dashboardRoute.useSearch()
  const navigate = useNavigate({ from: dashboardRoute.fullPath })
  const found = useQuery(dashboardQuery(days))
  const { data } = found
  return (
    <Page title={t('area.dashboard')} subtitle={t('dashboard.hint', { count: Number(days) })}>
      <Group justify="space-between" mb="sm">
        <SegmentedControl
          aria-label={t('dashboard.period')}
          value={days}
          onChange={(value) => {
            const period = PERIODS.find((known) => known === value)
            void navigate({ search: { days: period === '30' ? undefined : period } })
          }}
          data={PERIODS.map((value) => ({ value, label: t('dashboard.days', { count: Number(value) }) }))}
        />
        <AsOf at={found.dataUpdatedAt} />
      </Group>
      {data === undefined && found.error !== null && (
        <Paper bg="var(--surface-card)">
          <FailureState error={found.error} onRetry={() => void found.refetch()} />
        </Paper>
      )}
      {data === undefined && found.error === null && (
        <Stack role="status" aria-busy aria-label={t('list.loading', { label: t('area.dashboard') })}>
          <Skeleton height={180} />
          <Skeleton height={320} />
        </Stack>
      )}
      {data !== undefined && (data.statusCounts.All === 0 ? <GettingStarted dashboard={data} /> : <Report dashboard={data} />)}
    </Page>
  )
}

function Report({ dashboard }: { readonly dashboard: Dashboard }) {
  return (
    <Stack>
      <Tiles dashboard={dashboard} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <RunningCard running={dashboard.running} />
        <UpcomingCard upcoming={dashboard.upcoming} />
        <VolumeCard series={dashboard.series} />
        <FailuresCard failures={dashboard.failures} />
        <TopCampaigns campaigns={dashboard.topCampaigns} />
        <TopTemplates templates={dashboard.topTemplates} />
      </SimpleGrid>
      <NumbersCard senders={dashboard.senders} />
    </Stack>
  )
}
