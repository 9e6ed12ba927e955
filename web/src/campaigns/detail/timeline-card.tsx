import { Paper, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, memo, Suspense, useMemo } from 'react'
import { SERIES } from '../../parts/series.ts'
import { FailureState } from '../../parts/states.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import { cumulative } from './cumulative.ts'
import { timelineQuery } from './queries.ts'

const SeriesChart = lazy(() => import('../../parts/series-chart.tsx'))

/** The campaign's counts as they grew. */
export const TimelineCard = memo(function TimelineCard({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const format = useFormat()
  const timeline = useQuery(timelineQuery(campaign.id, campaign.status === 'Running'))
  const points = useMemo(() => cumulative(timeline.data?.minutes ?? []), [timeline.data])
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="timeline" aria-busy={timeline.isPending}>
      <Text component="h2" id="timeline" fw={650} fz="h3" mb="sm">
        {t('campaign.timeline')}
      </Text>
      {timeline.data === undefined && timeline.error !== null && (
        <FailureState error={timeline.error} onRetry={() => void timeline.refetch()} />
      )}
      {timeline.data !== undefined && points.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('campaign.noTimeline')}
        </Text>
      )}
      {points.length > 0 && (
        <Suspense fallback={<div style={{ height: 240 }} aria-busy />}>
          <SeriesChart
            label={t('campaign.timeline')}
            points={points}
            shown={SERIES.filter((name) => (points.at(-1)?.[name] ?? 0) > 0)}
            formatTick={(at) => format.time(new Date(at)).slice(0, 5)}
            formatAt={(at) => format.dateTime(new Date(at))}
          />
        </Suspense>
      )}
    </Paper>
  )
})
