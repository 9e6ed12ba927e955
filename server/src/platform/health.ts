import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type AppEnv, type Deps, json, router } from './http.ts'
import { metrics, metricsText } from './metrics.ts'
import { type SchemaStanding, schemaStanding } from './migrate.ts'
import { Problem, problems } from './problem.ts'

const Health = z.object({ status: z.literal('ok') }).openapi('Health')

const NOT_READY: Readonly<Record<SchemaStanding, string | undefined>> = {
  behind: 'The database is not migrated yet: `npm run fanfare -- migrate`, or start a process of this version.',
  current: undefined,
  ahead: undefined, // a newer version is being rolled out, and this one goes on beside it
  beyond: 'A newer version of Fanfare changed the database in a way this program cannot live with. Upgrade it.',
}

/** /healthz: alive. /readyz: store reachable and migrated. /metrics: Prometheus text, behind METRICS_TOKEN when set. */
export function healthRoutes({ system, config }: Deps): OpenAPIHono<AppEnv> {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/healthz',
        operationId: 'healthz',
        tags: ['Operation'],
        summary: 'The process is alive',
        responses: { 200: json(Health) },
      }),
      (c) => c.json({ status: 'ok' as const }, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/readyz',
        operationId: 'readyz',
        tags: ['Operation'],
        summary: 'The store is reachable and migrated',
        responses: { 200: json(Health), ...problems(503) },
      }),
      async (c) => {
        const standing = await schemaStanding(system).catch((error: unknown) => {
          throw new Problem('store-unavailable', 'The database cannot be reached.', { headers: { 'Retry-After': '5' }, cause: error })
        })
        const refusal = NOT_READY[standing]
        if (refusal !== undefined) throw new Problem('store-unavailable', refusal, { headers: { 'Retry-After': '5' } })
        return c.json({ status: 'ok' as const }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/metrics',
        operationId: 'metrics',
        tags: ['Operation'],
        summary: 'Prometheus metrics',
        responses: { 200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } }, ...problems(401) },
      }),
      async (c) => {
        if (config.METRICS_TOKEN !== undefined && c.req.header('authorization') !== `Bearer ${config.METRICS_TOKEN}`)
          throw new Problem('unauthorized', 'Send METRICS_TOKEN as "Authorization: Bearer <token>".', {
            headers: { 'WWW-Authenticate': 'Bearer' },
          })
        return c.text(await metricsText(system), 200, { 'Content-Type': metrics.contentType })
      },
    )
}
