import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { launchOf } from '../campaigns/launch.ts'
import { campaignById } from '../campaigns/queries.ts'
import { hoursOf } from '../campaigns/quiet-hours.ts'
import { checkTopic } from '../consent/topics.ts'
import { type AppEnv, body, type Deps, IdParam, json, principalOf, requirePermission, router } from '../platform/http.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { type Candidate, preflightFacts } from './facts.ts'
import { isReady } from './finding.ts'
import { judge } from './judge.ts'
import { Preflight, PreflightInput } from './schema.ts'

const BASE = '/api/v1/WhatsappCampaign'

/** The list that is gone through before a launch: read, judged, nothing stored. */
export function preflightRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const answer = async (workspaceId: string, candidate: Candidate): Promise<Preflight> => {
    const checks = judge(await preflightFacts(deps, pool, workspaceId, candidate))
    return { ready: isReady(checks), checks }
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/preflight`,
      operationId: 'preflightInput',
      tags: ['Campaigns'],
      summary: 'Everything that would stop a campaign or should be known before it goes out; nothing is stored',
      ...requirePermission('WhatsappCampaign:View'),
      request: { body: body(PreflightInput) },
      responses: { 200: json(Preflight), ...usualBody() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const input = c.req.valid('json')
      await checkTopic(pool, workspaceId, input.topicId)
      return c.json(await answer(workspaceId, input), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/preflight`,
      operationId: 'preflightCampaign',
      tags: ['Campaigns'],
      summary: 'The same of a stored campaign',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(Preflight), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const row = await campaignById(pool, workspaceId, c.req.valid('param').id)
      if (row === undefined) throw new Problem('not-found', 'There is no such campaign.')
      const candidate: Candidate = {
        ...launchOf(row),
        timeZone: row.time_zone,
        ratePerSecond: row.rate_per_second,
        quietHours: hoursOf(row.quiet_from, row.quiet_to),
        scheduledAt: row.scheduled_at,
        finishBy: row.finish_by,
        unknownPolicy: row.unknown_policy,
        canary: row.canary,
        stored: { id: row.id, status: row.status },
      }
      return c.json(await answer(workspaceId, candidate), 200)
    },
  )

  return routes
}
