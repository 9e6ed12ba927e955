import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { type AppEnv, body, type Deps, IdParam, json, requirePermission, router } from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { duplicateCampaign } from './actions.ts'
import { answerOf } from './answer.ts'
import { decideUnknown, resendCampaign } from './resend.ts'
import { Campaign, ResendInput, TestInput, TestResults, UnknownInput } from './schema.ts'
import { testSend } from './test-send.ts'

const BASE = '/api/v1/WhatsappCampaign'

/** What is made from a campaign: test messages, a copy, a second try for some, a decision about the Unknown. */
export function campaignFollowUpRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/resend`,
      operationId: 'resendCampaign',
      tags: ['Campaigns'],
      summary: 'A draft to the people with one outcome, linked to this campaign',
      ...requirePermission('WhatsappCampaign:Create'),
      request: { params: IdParam, body: body(ResendInput) },
      responses: { 201: json(Campaign), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const answer = await write(c, 201, async (tx, principal) =>
        answerOf(deps, tx, principal, await resendCampaign(tx, principal, id, input)),
      )
      return c.json(answer, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/unknown`,
      operationId: 'decideUnknown',
      tags: ['Campaigns'],
      summary: 'Decide about the Unknown: send again, accepting doubles, or give up; answers the campaign, or the child that sends',
      ...requirePermission('WhatsappCampaign:Execute'),
      request: { params: IdParam, body: body(UnknownInput) },
      responses: { 200: json(Campaign), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { action } = c.req.valid('json')
      const answer = await write(c, 200, async (tx, principal) =>
        answerOf(deps, tx, principal, await decideUnknown(deps, tx, principal, id, action)),
      )
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/duplicate`,
      operationId: 'duplicateCampaign',
      tags: ['Campaigns'],
      summary: 'A draft with the same content',
      ...requirePermission('WhatsappCampaign:Create'),
      request: { params: IdParam },
      responses: { 201: json(Campaign), ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await write(c, 201, async (tx, principal) => answerOf(deps, tx, principal, await duplicateCampaign(tx, principal, id)))
      return c.json(answer, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/test-send`,
      operationId: 'testSendCampaign',
      tags: ['Campaigns'],
      summary: 'Send the message to up to ten people; not in results',
      ...requirePermission('WhatsappCampaign:Execute'),
      request: { params: IdParam, body: body(TestInput) },
      responses: { 200: json(TestResults), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { phones } = c.req.valid('json')
      const answer = await writeSlow(c, 200, async (principal) => ({ results: [...(await testSend(deps, principal, id, phones))] }))
      return c.json(answer, 200)
    },
  )
  return routes
}
