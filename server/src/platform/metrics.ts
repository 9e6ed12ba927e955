import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** Every metric of this process. Slices register their own here. */
export const metrics = new Registry()
collectDefaultMetrics({ register: metrics })

export const requestSeconds = new Histogram({
  name: 'fanfare_http_request_seconds',
  help: 'Time to answer an API request, by method, route and status',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  registers: [metrics],
})
