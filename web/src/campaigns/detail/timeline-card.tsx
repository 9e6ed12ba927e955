import { AreaChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { Paper, Table, Text, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { FailureState } from '../../parts/states.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import { cumulative, SERIES } from './cumulative.ts'
import { timelineQuery } from './queries.ts'

const COLOURS = {
  sent: 'var(--bar-sent)',
  delivered: 'var(--bar-delivered)',
  read: 'var(--bar-read)',
  clicked: 'var(--bar-unknown)',
  failed: 'var(--bar-failed)',
} as const

/** The campaign's counts as they grew; the same figures as a table for who cannot see curves. */
export default function TimelineCard({ campaign }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const timeline = useQuery(timelineQuery(campaign.id, campaign.status === 'Running'))
  const points = useMemo(() => cumulative(timeline.data?.minutes ?? []), [timeline.data])
  const shown = SERIES.filter((name) => (points.at(-1)?.[name] ?? 0) > 0)
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
        <>
          <div aria-hidden dir="ltr">
            <AreaChart
              h={240}
              data={points.map((point) => ({ ...point }))}
              dataKey="at"
              series={shown.map((name) => ({ name, label: named('tally', name), color: COLOURS[name] }))}
              withLegend
              withDots={false}
              curveType="monotone"
              fillOpacity={0.12}
              strokeWidth={2}
              legendProps={{ verticalAlign: 'top', height: 36 }}
              valueFormatter={(value) => format.number(value)}
              xAxisProps={{
                type: 'number',
                scale: 'time',
                domain: ['dataMin', 'dataMax'],
                tickFormatter: (at: number) => (at > 0 ? format.time(new Date(at)).slice(0, 5) : ''),
              }}
              tooltipProps={{ labelFormatter: (at) => (Number(at) > 0 ? format.dateTime(new Date(Number(at))) : '') }}
              areaProps={{ isAnimationActive: false }}
              areaChartProps={{ accessibilityLayer: false }}
            />
          </div>
          <VisuallyHidden>
            <Table>
              <caption>{t('campaign.timeline')}</caption>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('campaign.time')}</Table.Th>
                  {shown.map((name) => (
                    <Table.Th key={name} scope="col">
                      {named('tally', name)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {points.slice(-12).map((point) => (
                  <Table.Tr key={point.at}>
                    <Table.Th scope="row">{format.dateTime(new Date(point.at))}</Table.Th>
                    {shown.map((name) => (
                      <Table.Td key={name}>{format.number(point[name])}</Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </VisuallyHidden>
        </>
      )}
    </Paper>
  )
}
