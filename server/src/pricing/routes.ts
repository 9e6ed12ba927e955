import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import { run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  json,
  PageBody,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { checkRates, insertCard, listCards, RateCard, RateCardInput, RateCardItem, replaceCard, wholeCard } from './cards.ts'
import { importRateCards, knownCard } from './import.ts'
import { CampaignCost, campaignCost } from './report.ts'
import { SAMPLE_CARD } from './sample.ts'

const BASE = '/api/v1/RateCard'
const tags = ['Cost']
const CardQuery = z.strictObject(PageBody).openapi('RateCardQuery')
const Imported = z
  .object({ cards: z.array(RateCardItem), ignored: z.int().openapi({ description: 'Lines of higher volume tiers' }) })
  .openapi('RateCardImport')

/** Rate cards, and what campaigns cost by them. */
export function pricingRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/getall`,
      operationId: 'listRateCards',
      tags,
      summary: 'Rate cards, the newest first',
      ...requirePermission('Workspace:View'),
      request: { body: body(CardQuery) },
      responses: { 200: json(Paged(RateCardItem, 'RateCards')), ...usualBody() },
    }),
    async (c) => {
      const { pageNumber, pageSize } = c.req.valid('json')
      const { items, total } = await listCards(pool, principalOf(c).workspaceId, pageSize, (pageNumber - 1) * pageSize)
      return c.json(pageOf(items, { pageNumber, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/sample`,
      operationId: 'createSampleRateCard',
      tags,
      summary: 'Store the sample card: invented figures, marked isSample',
      ...requirePermission('Workspace:Edit'),
      responses: { 201: json(RateCard), ...usual(409) },
    }),
    async (c) =>
      c.json(
        await write(c, 201, async (tx, principal) => {
          const card = await insertCard(tx, principal.workspaceId, { ...SAMPLE_CARD, rates: [...SAMPLE_CARD.rates] }, true)
          await audit(tx, principal, { action: 'rateCard.create', objectType: 'RateCard', objectId: card.id, detail: { isSample: true } })
          return wholeCard(tx, principal.workspaceId, card)
        }),
        201,
      ),
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/import`,
      operationId: 'importRateCards',
      tags,
      summary: 'Store the cards of a CSV file; a card of the same day is replaced',
      description:
        'Columns effective_from, currency, market (a country, its ISO code, one of Meta’s market groups, or *), category, rate, and optionally tier_from. All lines or none.',
      ...requirePermission('Workspace:Edit'),
      request: {
        body: {
          required: true,
          content: {
            'multipart/form-data': {
              schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
            },
          },
        },
      },
      responses: { 201: json(Imported), ...usual(400, 413, 415) },
    }),
    async (c) => c.json(await importRateCards(c), 201),
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: BASE,
      operationId: 'createRateCard',
      tags,
      summary: 'Store a rate card: what a delivered message costs, from a day on',
      ...requirePermission('Workspace:Edit'),
      request: { body: body(RateCardInput) },
      responses: { 201: json(RateCard), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      checkRates(input.rates)
      const made = await write(c, 201, async (tx, principal) => {
        const card = await insertCard(tx, principal.workspaceId, input)
        await audit(tx, principal, { action: 'rateCard.create', objectType: 'RateCard', objectId: card.id })
        return wholeCard(tx, principal.workspaceId, card)
      })
      c.header('ETag', etagOf(Date.parse(made.updatedAt)))
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}`,
      operationId: 'getRateCard',
      tags,
      summary: 'A rate card with its rates',
      ...requirePermission('Workspace:View'),
      request: { params: IdParam },
      responses: { 200: json(RateCard), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const card = await knownCard(pool, workspaceId, c.req.valid('param').id)
      c.header('ETag', etagOf(card.updated_at.getTime()))
      return c.json(await wholeCard(pool, workspaceId, card), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${BASE}/{id}`,
      operationId: 'updateRateCard',
      tags,
      summary: 'Replace a rate card; costs follow at once',
      ...requirePermission('Workspace:Edit'),
      request: { params: IdParam, body: body(RateCardInput) },
      responses: { 200: json(RateCard), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      checkRates(input.rates)
      const made = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await knownCard(tx, workspaceId, c.req.valid('param').id, sql`FOR UPDATE`)
        checkIfMatch(c, etagOf(known.updated_at.getTime()))
        const card = await replaceCard(tx, workspaceId, known.id, input)
        await audit(tx, principal, { action: 'rateCard.update', objectType: 'RateCard', objectId: card.id })
        return wholeCard(tx, workspaceId, card)
      })
      c.header('ETag', etagOf(Date.parse(made.updatedAt)))
      return c.json(made, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${BASE}/{id}`,
      operationId: 'deleteRateCard',
      tags,
      summary: 'Delete a rate card; the one before it holds instead',
      ...requirePermission('Workspace:Edit'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 412) },
    }),
    async (c) => {
      await write(c, 204, async (tx, principal) => {
        const known = await knownCard(tx, principal.workspaceId, c.req.valid('param').id, sql`FOR UPDATE`)
        checkIfMatch(c, etagOf(known.updated_at.getTime()))
        await run(tx, sql`DELETE FROM rate_card WHERE workspace_id = ${principal.workspaceId} AND id = ${known.id}`)
        await audit(tx, principal, { action: 'rateCard.delete', objectType: 'RateCard', objectId: known.id })
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/WhatsappCampaign/{id}/cost',
      operationId: 'getCampaignCost',
      tags,
      summary: 'What a campaign was expected to cost, what it cost so far, and the difference',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(CampaignCost), ...usual(404) },
    }),
    async (c) => {
      const report = await campaignCost(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      if (report === undefined) throw new Problem('not-found', 'There is no such campaign.')
      return c.json(report, 200)
    },
  )
  return routes
}
