import { lazy, Suspense } from 'react'
import { SERIES } from '../parts/series.ts'
import { useFormat } from '../parts/use-format.ts'
import { useStrings } from '../strings/language.tsx'
import { Card } from './card.tsx'
import type { Dashboard } from './queries.ts'

const SeriesChart = lazy(() => import('../parts/series-chart.tsx'))

/** What happened on each day, in the workspace's zone. */
export function VolumeCard({ series }: { readonly series: Dashboard['series'] }) {
  const { t } = useStrings()
  const format = useFormat()
  const shown = SERIES.filter((name) => series.some((day) => day[name] > 0))
  const formatDay = (at: number) => format.day(new Date(at).toISOString().slice(0, 10))
  return (
    <Card title={t('dashboard.volume')} empty={shown.length === 0 ? t('dashboard.noVolume') : undefined}>
      <Suspense fallback={<div style={{ height: 240 }} aria-busy />}>
        <SeriesChart
          label={t('dashboard.volume')}
          points={series.map(({ date, ...counts }) => ({ at: Date.parse(date), ...counts }))}
          shown={shown}
          formatTick={formatDay}
          formatAt={formatDay}
        />
      </Suspense>
    </Card>
  )
}
