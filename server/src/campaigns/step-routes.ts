import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Db } from '../platform/db.ts'
import { type AppEnv, body, type Deps, IdParam, Instant, json, type Principal, requirePermission, router } from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import {
  approveCampaign,
  cancelCampaign,
  pauseCampaign,
  quickRun,
  resumeCampaign,
  scheduleCampaign,
  unscheduleCampaign,
} from './actions.ts'
import { answerOf } from './answer.ts'
import type { CampaignRow } from './queries.ts'
import { reprobeHolds } from './reprobe.ts'
import { Campaign } from './schema.ts'

const BASE = '/api/v1/WhatsappCampaign'

/** The steps of a campaign's life: run, pause, resume, cancel, approve, schedule, unschedule. */
export function campaignStepRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/quick-run`,
      operationId: 'runCampaign',
      tags: ['Campaigns'],
      summary: 'Dispatch now; fifty calls at once start it once',
      ...requirePermission('WhatsappCampaign:Execute'),
      request: { params: IdParam },
      responses: { 202: json(Campaign), ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await write(c, 202, async (tx, principal) => answerOf(deps, tx, principal, await quickRun(deps, tx, principal, id)))
      return c.json(answer, 202)
    },
  )

  const steps: readonly (readonly [
    string,
    string,
    'WhatsappCampaign:Execute' | 'WhatsappCampaign:Edit',
    (tx: Db, principal: Principal, id: string) => Promise<CampaignRow>,
  ])[] = [
    ['cancel', 'Cancel: nobody further is messaged; what was sent keeps its results', 'WhatsappCampaign:Execute', cancelCampaign],
    ['pause', 'Pause: the campaign keeps its status and waits', 'WhatsappCampaign:Execute', pauseCampaign],
    ['approve', 'Approve the content as it stands, where the workspace requires it', 'WhatsappCampaign:Execute', approveCampaign],
    ['unschedule', 'Back to a draft', 'WhatsappCampaign:Edit', unscheduleCampaign],
  ]
  for (const [verb, summary, permission, act] of steps)
    routes.openapi(
      createRoute({
        method: 'post',
        path: `${BASE}/{id}/${verb}`,
        operationId: `${verb}Campaign`,
        tags: ['Campaigns'],
        summary,
        ...requirePermission(permission),
        request: { params: IdParam },
        responses: { 200: json(Campaign), ...usual(404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid('param')
        const answer = await write(c, 200, async (tx, principal) => answerOf(deps, tx, principal, await act(tx, principal, id)))
        return c.json(answer, 200)
      },
    )
  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/resume`,
      operationId: 'resumeCampaign',
      tags: ['Campaigns'],
      summary: 'Go on exactly where it stopped; asks Meta first when the account, number or template is on hold',
      ...requirePermission('WhatsappCampaign:Execute'),
      request: { params: IdParam },
      responses: { 200: json(Campaign), ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await writeSlow(c, 200, async (principal) => {
        const before = await reprobeHolds(deps, principal, id)
        return inTransaction(deps.pool, async (tx) => answerOf(deps, tx, principal, await resumeCampaign(tx, principal, id, before)))
      })
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/schedule`,
      operationId: 'scheduleCampaign',
      tags: ['Campaigns'],
      summary: 'Dispatch at a time',
      ...requirePermission('WhatsappCampaign:Edit'),
      request: { params: IdParam, body: body(z.strictObject({ scheduledAt: Instant }).openapi('ScheduleInput')) },
      responses: { 200: json(Campaign), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { scheduledAt } = c.req.valid('json')
      const answer = await write(c, 200, async (tx, principal) =>
        answerOf(deps, tx, principal, await scheduleCampaign(deps, tx, principal, id, scheduledAt)),
      )
      return c.json(answer, 200)
    },
  )

  return routes
}
