import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  invalidInput,
  json,
  PAGE_DEPTH_MAX,
  Paged,
  pageOf,
  pageTooDeep,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { createCampaign, deleteCampaign, updateCampaign } from './actions.ts'
import { answerOf, mayOf } from './answer.ts'
import { campaignItem } from './figures.ts'
import { excludedPeople, previewAudience } from './preview.ts'
import { type CampaignRow, campaignById, campaignSort, isFiltered, listCampaigns, statusCounts } from './queries.ts'
import {
  Campaign,
  CampaignInput,
  CampaignItem,
  CampaignListQuery,
  ExcludedInput,
  ExcludedPerson,
  Preview,
  PreviewInput,
  StatusCounts,
} from './schema.ts'
import { CAMPAIGN_STATUSES } from './status.ts'

const BASE = '/api/v1/WhatsappCampaign'
const absent = () => new Problem('not-found', 'There is no such campaign.')

/** Campaigns: the ten routes of the user's spec (its reports are in analytics/) and their life cycle. */
export function campaignRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const etag = (row: CampaignRow) => etagOf(row.version)
  const tagged = async (c: Context<AppEnv>, row: CampaignRow): Promise<Campaign> => {
    c.header('ETag', etag(row))
    return answerOf(deps, pool, principalOf(c), row)
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: BASE,
      operationId: 'createCampaign',
      tags: ['Campaigns'],
      summary: 'Create a campaign: a draft, or scheduled when it has a time',
      ...requirePermission('WhatsappCampaign:Create'),
      request: { body: body(CampaignInput) },
      responses: { 201: json(Campaign), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 201, async (tx, principal) =>
        answerOf(deps, tx, principal, await createCampaign(deps, tx, principal, input)),
      )
      c.header('Location', `${BASE}/${made.id}`)
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/getall`,
      operationId: 'listCampaigns',
      tags: ['Campaigns'],
      summary: 'Campaigns, a page at a time',
      ...requirePermission('WhatsappCampaign:View'),
      request: { body: body(CampaignListQuery) },
      responses: { 200: json(Paged(CampaignItem, 'Campaigns')), ...usualBody() },
    }),
    async (c) => {
      const query = c.req.valid('json')
      const principal = principalOf(c)
      const sort = campaignSort(query.sortBy)
      if (sort === undefined)
        throw invalidInput([{ pointer: '/sortBy', detail: 'is one of createddate updateddate scheduledat name status, with asc or desc.' }])
      const offset = (query.pageNumber - 1) * query.pageSize
      if (offset >= PAGE_DEPTH_MAX && isFiltered(query)) throw pageTooDeep('/pageNumber', 'choose more narrowly')
      const { rows, total } = await listCampaigns(pool, principal.workspaceId, query, sort, query.pageSize, offset)
      const items = rows.map((row) => campaignItem(row, mayOf(principal), deps.now()))
      return c.json(pageOf(items, { pageNumber: query.pageNumber, pageSize: query.pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/status-counts`,
      operationId: 'countCampaigns',
      tags: ['Campaigns'],
      summary: 'Campaigns by status, for tabs',
      ...requirePermission('WhatsappCampaign:View'),
      request: { query: z.strictObject({ nameFilter: z.string().max(200).optional() }) },
      responses: { 200: json(StatusCounts), ...usual() },
    }),
    async (c) => {
      const rows = await statusCounts(pool, principalOf(c).workspaceId, c.req.valid('query').nameFilter)
      const counts: Record<string, number> = { All: rows.reduce((sum, { n }) => sum + n, 0) }
      for (const status of CAMPAIGN_STATUSES) counts[status] = rows.find((row) => row.status === status)?.n ?? 0
      return c.json(counts, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/preview`,
      operationId: 'previewCampaign',
      tags: ['Campaigns'],
      summary: 'Who would be reached, who left out and why, and what they would see; nothing is stored',
      ...requirePermission('WhatsappCampaign:View'),
      request: { body: body(PreviewInput) },
      responses: { 200: json(Preview), ...usualBody(409) },
    }),
    async (c) => {
      const waterfall = await previewAudience(deps, pool, principalOf(c).workspaceId, c.req.valid('json'))
      const samples = waterfall.samples.map((sample) => ({
        ...sample,
        text: sample.text && { ...sample.text, buttons: sample.text.buttons.map((button) => ({ ...button })) },
      }))
      return c.json({ ...waterfall, samples }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/preview/excluded`,
      operationId: 'listExcluded',
      tags: ['Campaigns'],
      summary: 'The people whom one reason of the preview leaves out',
      ...requirePermission('WhatsappCampaign:View', 'Contact:View'),
      request: { body: body(ExcludedInput) },
      responses: { 200: json(Paged(ExcludedPerson, 'ExcludedPeople')), ...usualBody(409) },
    }),
    async (c) => {
      const { pageNumber, pageSize, reason, ...input } = c.req.valid('json')
      const offset = (pageNumber - 1) * pageSize
      if (offset >= PAGE_DEPTH_MAX) throw pageTooDeep('/pageNumber', 'a launched campaign’s export has everybody')
      const { workspaceId } = principalOf(c)
      const { people, total, isExact } = await excludedPeople(deps, pool, workspaceId, input, reason, pageSize, offset)
      return c.json(pageOf(people, { pageNumber, pageSize }, total, isExact), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}`,
      operationId: 'getCampaign',
      tags: ['Campaigns'],
      summary: 'One campaign with counts, funnel, rates and progress',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(Campaign), ...usual(404) },
    }),
    async (c) => {
      const row = await campaignById(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      if (row === undefined) throw absent()
      return c.json(await tagged(c, row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${BASE}/{id}`,
      operationId: 'updateCampaign',
      tags: ['Campaigns'],
      summary: 'Replace a draft or scheduled campaign',
      ...requirePermission('WhatsappCampaign:Edit'),
      request: { params: IdParam, body: body(CampaignInput) },
      responses: { 200: json(Campaign), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, (tx, principal) =>
        updateCampaign(deps, tx, principal, id, input, (known) => checkIfMatch(c, etag(known))),
      )
      return c.json(await tagged(c, row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${BASE}/{id}`,
      operationId: 'deleteCampaign',
      tags: ['Campaigns'],
      summary: 'Delete a campaign that is not running; what was sent stays in totals',
      ...requirePermission('WhatsappCampaign:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, (tx, principal) => deleteCampaign(tx, principal, id, (known) => checkIfMatch(c, etag(known))))
      return c.body(null, 204)
    },
  )

  return routes
}
