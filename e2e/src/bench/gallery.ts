import { bars, lines } from './charts.ts'
import { WINDOW_MAX } from './goals.ts'
import type { PartResult } from './report.ts'
import { median } from './statistics.ts'

export interface Chart {
  /** File name in docs/images, without its ending. */
  readonly name: string
  /** What it shows, in a sentence. */
  readonly alt: string
  readonly svg: string
}

/** The charts of what was measured; a part that was not, or did not come to its end, has none. */
export function chartsOf(parts: readonly PartResult[]): Chart[] {
  const of = (name: string) => parts.find((part) => part.name === name)?.series ?? {}
  return [
    ...sending(of('send')),
    ...pace(of('pace')),
    ...fairness(of('numbers')),
    ...receipts(of('receipts')),
    ...imports(of('import')),
    ...memory(of('launch')),
    ...pages(of('pages')),
  ]
}
type Series = PartResult['series']

function sending(series: Series): Chart[] {
  const groups = Object.keys(series)
    .map((name) => /^ours at (\d+) ms$/.exec(name)?.[1])
    .filter((latency) => latency !== undefined)
    .map((latency) => ({
      label: `${latency} ms latency`,
      values: [median(series[`ours at ${latency} ms`] ?? []), median(series[`bare at ${latency} ms`] ?? [])],
    }))
  if (groups.length === 0) return []
  const alt = 'Messages a second over ten numbers, everything durable, beside a bare undici loop'
  const svg = bars({
    title: 'Messages a second over ten numbers, everything durable',
    unit: '/s',
    series: ['Fanfare', 'bare undici loop'],
    groups,
    mark: { at: 10_000, name: 'goal at 100 ms: 10,000/s' },
  })
  return [{ name: 'bench-send', alt, svg }]
}

function pace(series: Series): Chart[] {
  const points = series['messages per 100 ms']
  if (points === undefined) return []
  const alt = 'One number at 1,000 a second: messages in each 100 ms'
  const svg = lines({
    title: alt,
    unit: 'messages',
    across: 'seconds',
    step: 0.1,
    series: [
      { name: 'Fanfare', points: points.slice(0, -1) }, // the last window is not whole
      { name: 'bare loop at the same pace', points: (series['bare messages per 100 ms'] ?? []).slice(0, -1) },
    ],
    mark: { at: WINDOW_MAX, name: `at most ${WINDOW_MAX}` },
  })
  return [{ name: 'bench-pace', alt, svg }]
}

function fairness(series: Series): Chart[] {
  const name = Object.keys(series).find((one) => one.startsWith('rates of 50'))
  if (name === undefined) return []
  const alt = 'Fifty numbers at 20 a second: what each got'
  const points = (series[name] ?? []).toSorted((a, b) => a - b)
  const svg = lines({ title: alt, unit: '/s', across: 'numbers, slowest first', step: 1, series: [{ name: 'messages a second', points }] })
  return [{ name: 'bench-fairness', alt, svg }]
}

function receipts(series: Series): Chart[] {
  const of = (name: string) => median(series[`receipts ${name}`] ?? [])
  if (series['receipts applied'] === undefined) return []
  const alt = 'Receipts a second, 50 to a post, beside a bare server that only stores'
  const groups = [
    { label: 'applied', values: [of('applied')] },
    { label: 'acknowledged', values: [of('acknowledged')] },
    { label: 'bare server, acknowledged', values: [of('bare')], isBaseline: true },
  ]
  return [
    {
      name: 'bench-receipts',
      alt,
      svg: bars({ title: alt, unit: '/s', series: [''], groups, mark: { at: 20_000, name: 'goal 20,000/s' } }),
    },
  ]
}

function imports(series: Series): Chart[] {
  const of = (name: string) => median(series[name] ?? [])
  if (series['import (s)'] === undefined) return []
  const alt = 'Import of a CSV file beside raw COPY'
  const groups = [
    { label: 'Fanfare, upload to stored', values: [of('import (s)')] },
    { label: 'COPY of the file, no index', values: [of('raw COPY (s)')], isBaseline: true },
    { label: 'COPY of contacts, all indexes', values: [of('raw COPY with indexes (s)')], isBaseline: true },
  ]
  return [{ name: 'bench-import', alt, svg: bars({ title: alt, unit: 's', series: [''], groups, mark: { at: 20, name: 'goal 20 s' } }) }]
}

function memory(series: Series): Chart[] {
  const server = series['memory of the server (MB)']
  if (server === undefined) return []
  const alt = 'Memory while a large campaign is launched and sent'
  const svg = lines({
    title: alt,
    unit: 'MB',
    across: 'seconds',
    step: 1,
    series: [
      { name: 'server process', points: server },
      { name: 'PostgreSQL with its buffers', points: series['memory of PostgreSQL (MB)'] ?? [] },
    ],
    mark: { at: 200, name: 'goal of the server: 200 MB' },
  })
  return [{ name: 'bench-memory', alt, svg }]
}

const sizeShown = (size: number): string =>
  size >= 1_000_000 ? `${size / 1_000_000} M` : size >= 1_000 ? `${size / 1_000} k` : String(size)

function pages(series: Series): Chart[] {
  const sizes = series.sizes?.slice(0, 3)
  if (sizes === undefined || sizes.length === 0) return []
  const names = sizes.map((size) => `${sizeShown(size)} recipients`)
  const routes = Object.keys(series).flatMap((name) => /^p99 of (.*) \(ms\)$/.exec(name)?.[1] ?? [])
  const title = 'Every page at several sizes of history, p99'
  const groups = routes.map((label) => ({ label, values: series[`p99 of ${label} (ms)`] ?? [] }))
  const mark = { at: 50, name: 'goal 50 ms (search 100)' }
  const cost = 'What a message costs over its whole life, by the size of the history around it'
  const groupsOf = (name: string) => sizes.map((size, n) => ({ label: sizeShown(size), values: [series[name]?.[n] ?? 0] }))
  const bytes = sizes.map((size, n) => ({
    label: sizeShown(size),
    values: [series['WAL of a message (bytes)']?.[n] ?? 0, series['disk of a message (bytes)']?.[n] ?? 0],
  }))
  return [
    { name: 'bench-pages', alt: title, svg: bars({ title, unit: 'ms', series: names, groups, mark }) },
    {
      name: 'bench-life',
      alt: `${cost}: CPU of server and database`,
      svg: bars({
        title: 'CPU of a message’s whole life, server and database',
        unit: 'µs',
        series: [''],
        groups: groupsOf('CPU of a message (µs)'),
        mark: { at: 120, name: 'goal 120 µs' },
      }),
    },
    {
      name: 'bench-bytes',
      alt: `${cost}: bytes of log and disk`,
      svg: bars({ title: 'Bytes of a message’s whole life', unit: 'B', series: ['log of changes (WAL)', 'disk'], groups: bytes }),
    },
  ]
}
