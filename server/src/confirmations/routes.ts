import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { answerOf } from '../campaigns/answer.ts'
import { Campaign } from '../campaigns/schema.ts'
import {
  type AppEnv,
  body,
  type Deps,
  IdParam,
  InstantOut,
  iso,
  json,
  personOf,
  requirePermission,
  requirePersonWith,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { usualBody } from '../platform/problem.ts'
import { confirmLaunch, launchConfirmed, MINUTES_MAX } from './actions.ts'

const BASE = '/api/v1/WhatsappCampaign'

const ConfirmationInput = z
  .strictObject({
    audienceMax: z.int().min(1).max(2_000_000_000).optional().openapi({ description: 'At most so many people; default: as many as now' }),
    minutes: z
      .int()
      .min(1)
      .max(MINUTES_MAX)
      .optional()
      .openapi({ description: `How long it is good; default ${MINUTES_MAX}` }),
  })
  .openapi('ConfirmationInput')
const ConfirmationOut = z
  .object({
    confirmation: z.string().openapi({ description: 'Shown this once; good for one launch' }),
    campaignId: z.string(),
    name: z.string(),
    template: z.object({ name: z.string(), language: z.string() }),
    audience: z.int().openapi({ description: 'How many may be messaged now' }),
    audienceMax: z.int(),
    expiresAt: InstantOut,
  })
  .openapi('Confirmation')
const LaunchInput = z.strictObject({ confirmation: z.string().min(1).max(1_000) }).openapi('LaunchInput')

/** A person confirms, a program launches: docs/decisions/0010-confirmed-launch.md. */
export function confirmationRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/confirmation`,
      operationId: 'confirmCampaign',
      tags: ['Campaigns'],
      summary: 'Confirm a campaign as it stands, so that a program may launch it; for signed-in people only',
      ...requirePersonWith('WhatsappCampaign:Execute'),
      request: { params: IdParam, body: body(ConfirmationInput) },
      responses: { 201: json(ConfirmationOut), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const asked = c.req.valid('json')
      const { userId } = personOf(c)
      const made = await write(
        c,
        201,
        (tx, principal) => confirmLaunch(deps, tx, { actor: principal, userId }, id, asked),
        ({ confirmation: _, ...shown }) => shown,
      )
      return c.json({ ...made, expiresAt: iso(made.expiresAt) }, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/launch`,
      operationId: 'launchCampaign',
      tags: ['Campaigns'],
      summary: 'Dispatch now, on the confirmation of a person who may run it; exactly what was confirmed, once',
      ...requirePermission('WhatsappCampaign:Edit'),
      request: { params: IdParam, body: body(LaunchInput) },
      responses: { 202: json(Campaign), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { confirmation } = c.req.valid('json')
      const answer = await write(c, 202, async (tx, principal) =>
        answerOf(deps, tx, principal, await launchConfirmed(deps, tx, principal, id, confirmation)),
      )
      return c.json(answer, 202)
    },
  )

  return routes
}
