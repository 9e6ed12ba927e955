import { AreaChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { Table, VisuallyHidden } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'
import type { Point, Series } from './series.ts'
import { useFormat } from './use-format.ts'

const COLOURS: Readonly<Record<Series, string>> = {
  sent: 'var(--bar-sent)',
  delivered: 'var(--bar-delivered)',
  read: 'var(--bar-read)',
  clicked: 'var(--bar-unknown)',
  failed: 'var(--bar-failed)',
}
/** More rows would only be read aloud for longer. */
const TABLE_ROWS = 12

interface Chart {
  readonly label: string
  /** In the order of time. */
  readonly points: readonly Point[]
  readonly shown: readonly Series[]
  /** Below the axis. */
  formatTick(at: number): string
  /** Of one point. */
  formatAt(at: number): string
}

/** Figures over time as curves; the same as a table for who cannot see curves. Loaded on demand, with the library that draws. */
export default function SeriesChart({ label, points, shown, formatTick, formatAt }: Chart) {
  const { t, named } = useStrings()
  const format = useFormat()
  const known = (write: (at: number) => string) => (at: unknown) => (Number(at) > 0 ? write(Number(at)) : '')
  return (
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
          legendProps={{ verticalAlign: 'top', height: 36, itemSorter: null }}
          valueFormatter={(value) => format.number(value)}
          xAxisProps={{ type: 'number', scale: 'time', domain: ['dataMin', 'dataMax'], tickFormatter: known(formatTick) }}
          tooltipProps={{ labelFormatter: known(formatAt) }}
          areaProps={{ isAnimationActive: false }}
          areaChartProps={{ accessibilityLayer: false }}
        />
      </div>
      <VisuallyHidden>
        <Table>
          <caption>{label}</caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('chart.time')}</Table.Th>
              {shown.map((name) => (
                <Table.Th key={name} scope="col">
                  {named('tally', name)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points.slice(-TABLE_ROWS).map((point) => (
              <Table.Tr key={point.at}>
                <Table.Th scope="row">{formatAt(point.at)}</Table.Th>
                {shown.map((name) => (
                  <Table.Td key={name}>{format.number(point[name])}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </VisuallyHidden>
    </>
  )
}
