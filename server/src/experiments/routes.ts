import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Db } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  json,
  Paged,
  type Principal,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { cancelExperiment, createExperiment, decideExperiment, deleteExperiment, startExperiment, updateExperiment } from './actions.ts'
import { answersOf } from './answer.ts'
import { type ExperimentRow, knownExperiment, listExperiments } from './queries.ts'
import { DecideInput, Experiment, ExperimentInput, ExperimentQuery } from './schema.ts'

const BASE = '/api/v1/Experiment'
const tags = ['Experiments']
const etag = (row: { version: number }) => etagOf(row.version)
const answerOf = async (db: Db, row: ExperimentRow): Promise<z.infer<typeof Experiment>> =>
  (await answersOf(db, row.workspace_id, [row]))[0] as z.infer<typeof Experiment>

/** Experiments: two to four messages to parts of an audience; the better one goes to the rest. */
export function experimentRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/getall`,
      operationId: 'listExperiments',
      tags,
      summary: 'Experiments, the latest first',
      ...requirePermission('WhatsappCampaign:View'),
      request: { body: body(ExperimentQuery) },
      responses: { 200: json(Paged(Experiment, 'Experiments')), ...usualBody() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { pageNumber, pageSize, nameFilter } = c.req.valid('json')
      const { rows, total } = await listExperiments(pool, workspaceId, nameFilter, pageSize, (pageNumber - 1) * pageSize)
      return c.json(pageOf(await answersOf(pool, workspaceId, rows), { pageNumber, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: BASE,
      operationId: 'createExperiment',
      tags,
      summary: 'Plan an experiment; nothing is sent before it is started',
      ...requirePermission('WhatsappCampaign:Create'),
      request: { body: body(ExperimentInput) },
      responses: { 201: json(Experiment), ...usualBody() },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 201, async (tx, principal) => answerOf(tx, await createExperiment(deps, tx, principal, input)))
      c.header('ETag', etag({ version: 1 }))
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}`,
      operationId: 'getExperiment',
      tags,
      summary: 'An experiment with the results of its parts',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(Experiment), ...usual(404) },
    }),
    async (c) => {
      const row = await knownExperiment(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
      return c.json(await answerOf(pool, row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${BASE}/{id}`,
      operationId: 'updateExperiment',
      tags,
      summary: 'Change an experiment that was not started',
      ...requirePermission('WhatsappCampaign:Edit'),
      request: { params: IdParam, body: body(ExperimentInput) },
      responses: { 200: json(Experiment), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      let version = 0
      const made = await write(c, 200, async (tx, principal) => {
        const row = await updateExperiment(deps, tx, principal, c.req.valid('param').id, input, (known) => checkIfMatch(c, etag(known)))
        version = row.version
        return answerOf(tx, row)
      })
      c.header('ETag', etag({ version }))
      return c.json(made, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${BASE}/{id}`,
      operationId: 'deleteExperiment',
      tags,
      summary: 'Delete an experiment that is not under way; its campaigns stay',
      ...requirePermission('WhatsappCampaign:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 409, 412) },
    }),
    async (c) => {
      await write(c, 204, (tx, principal) => deleteExperiment(tx, principal, c.req.valid('param').id, (row) => checkIfMatch(c, etag(row))))
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/{id}/decide`,
      operationId: 'decideExperiment',
      tags,
      summary: 'Name the winner now; it goes to the rest at once',
      ...requirePermission('WhatsappCampaign:Execute'),
      request: { params: IdParam, body: body(DecideInput) },
      responses: { 200: json(Experiment), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { winner } = c.req.valid('json')
      return c.json(await write(c, 200, async (tx, principal) => answerOf(tx, await decideExperiment(tx, principal, id, winner))), 200)
    },
  )

  const steps: readonly (readonly [string, string, (tx: Db, principal: Principal, id: string) => Promise<ExperimentRow>])[] = [
    ['start', 'Draw the audience and send the variants', (tx, principal, id) => startExperiment(deps, tx, principal, id)],
    ['cancel', 'Cancel what is still to be sent; no rest follows', cancelExperiment],
  ]
  for (const [verb, summary, act] of steps)
    routes.openapi(
      createRoute({
        method: 'post',
        path: `${BASE}/{id}/${verb}`,
        operationId: `${verb}Experiment`,
        tags,
        summary,
        ...requirePermission('WhatsappCampaign:Execute'),
        request: { params: IdParam },
        responses: { 200: json(Experiment), ...usual(404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid('param')
        return c.json(await write(c, 200, async (tx, principal) => answerOf(tx, await act(tx, principal, id))), 200)
      },
    )
  return routes
}
