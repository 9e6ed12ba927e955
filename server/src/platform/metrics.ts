import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Db } from './db.ts'

/** Every metric of this process. Slices register their own here; docs/metrics.md names them all. */
export const metrics = new Registry()
collectDefaultMetrics({ register: metrics })

export const requestSeconds = new Histogram({
  name: 'fanfare_http_request_seconds',
  help: 'Time to answer an API request, by method, route and status',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  registers: [metrics],
})

/** What holds for the whole installation and stands in the database: any process tells it, as of the moment it is asked. */
interface InstallMetric {
  forget(): void
  read(db: Db): Promise<void>
}
const installMetrics: InstallMetric[] = []

const storeUp = new Gauge({
  name: 'fanfare_store_up',
  help: 'Whether the database answered when this was asked; while it is 0 nothing of the whole installation is told',
  registers: [metrics],
})

type Labels<L extends string> = { readonly [label in L]?: string }
export type Sample<L extends string> = readonly [labels: Labels<L>, value: number]

/** A metric of the installation, read anew whenever somebody asks. Every process tells the same, so sums over processes mean nothing. */
export function installMetric<L extends string>(about: {
  readonly type: 'gauge' | 'counter'
  readonly name: string
  readonly help: string
  readonly labels?: readonly L[]
  /** Few rows, whatever the number of recipients. */
  read(db: Db): Promise<readonly Sample<L>[]>
}): void {
  const options = { name: about.name, help: about.help, labelNames: [...(about.labels ?? [])], registers: [metrics] }
  const metric = about.type === 'gauge' ? new Gauge<L>(options) : new Counter<L>(options)
  const forget = () => {
    metric.reset()
    if (options.labelNames.length === 0) metric.remove() // else it would say 0
  }
  forget()
  installMetrics.push({
    forget,
    async read(db) {
      const samples = await about.read(db)
      metric.reset()
      for (const [labels, value] of samples) metric.inc(labels as Record<L, string>, value)
    },
  })
}

/** Prometheus text. While the store is away the process still tells of itself, and that the store is away. */
export async function metricsText(db: Db): Promise<string> {
  try {
    for (const metric of installMetrics) await metric.read(db)
    storeUp.set(1)
  } catch {
    storeUp.set(0)
    for (const metric of installMetrics) metric.forget()
  }
  return metrics.metrics()
}
