import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ContactFilter } from '../contacts/filter.ts'
import { type Db, inTransaction } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  Instant,
  invalidInput,
  json,
  PAGE_DEPTH_MAX,
  PageBody,
  Paged,
  type Principal,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { HeaderMediaInput, RenderedText, Variables } from '../templates/schema.ts'
import {
  approveCampaign,
  cancelCampaign,
  createCampaign,
  deleteCampaign,
  duplicateCampaign,
  pauseCampaign,
  quickRun,
  resumeCampaign,
  scheduleCampaign,
  unscheduleCampaign,
  updateCampaign,
} from './actions.ts'
import { countMatched } from './launch.ts'
import { previewAudience } from './preview.ts'
import { type CampaignRow, campaignById, campaignItem, campaignSort, listCampaigns, statusCounts } from './queries.ts'
import { reprobeHolds } from './reprobe.ts'
import { decideUnknown, RESEND_OUTCOMES, resendCampaign } from './resend.ts'
import { Campaign, CampaignInput, CampaignItem, Status } from './schema.ts'
import { CAMPAIGN_STATUSES, isEditable } from './status.ts'
import { testSend } from './test-send.ts'

const BASE = '/api/v1/WhatsappCampaign'
const ResendInput = z
  .strictObject({
    outcome: z.enum(RESEND_OUTCOMES),
    templateId: z.string().refine(isUuid, 'is not an id').optional(),
    acceptDoubles: z.boolean().optional().openapi({ description: 'Adds the Unknown to Failed and NotDelivered: they may get it twice.' }),
  })
  .openapi('Resend')
const UnknownInput = z.strictObject({ action: z.enum(['resend', 'giveUp']) }).openapi('UnknownDecision')
const ListQuery = z
  .strictObject({
    ...PageBody,
    sortBy: z.string().max(50).default('createddate desc'),
    status: Status.optional(),
    nameFilter: z.string().max(200).optional(),
    templateId: z.string().refine(isUuid, 'is not an id').optional(),
    createdFrom: Instant.optional(),
    createdTo: Instant.optional(),
  })
  .openapi('CampaignQuery')
const StatusCounts = z
  .object(Object.fromEntries(['All', ...CAMPAIGN_STATUSES].map((status) => [status, z.int()])))
  .openapi('CampaignStatusCounts')
const PreviewInput = z
  .strictObject({
    templateId: z.string().refine(isUuid, 'is not an id'),
    contactFilter: ContactFilter,
    variables: Variables.default({}),
    headerMedia: HeaderMediaInput.nullable().default(null),
    senderId: z.string().refine(isUuid, 'is not an id').nullable().default(null),
  })
  .openapi('CampaignPreviewInput')
const Preview = z
  .object({
    matched: z.int(),
    eligible: z.int(),
    excluded: z.array(z.object({ reason: z.string(), count: z.int() })),
    approximate: z.boolean(),
    countries: z.array(z.object({ country: z.string(), count: z.int() })),
    estimatedCost: z.null(),
    estimatedSeconds: z.int(),
    samples: z.array(
      z.object({
        contactId: z.string(),
        name: z.string().nullable(),
        phone: z.string().nullable(),
        text: RenderedText.nullable(),
        reason: z.string().nullable(),
      }),
    ),
  })
  .openapi('CampaignPreview')
const TestInput = z.strictObject({ phones: z.array(z.string().max(40)).min(1).max(10) }).openapi('TestSendInput')
const TestResults = z
  .object({
    results: z.array(
      z.object({
        phone: z.string(),
        status: z.string(),
        wamid: z.string().nullable(),
        errorCode: z.int().nullable(),
        errorTitle: z.string().nullable(),
      }),
    ),
  })
  .openapi('TestSendResults')
const absent = () => new Problem('not-found', 'There is no such campaign.')

/** Campaigns: the ten routes of the user's spec (its reports are in analytics/) and their life cycle. */
export function campaignRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const may = (principal: Principal) => (permission: string) => (principal.permissions as ReadonlySet<string>).has(permission)
  const whole = async (db: Db, principal: Principal, row: CampaignRow): Promise<Campaign> => ({
    ...campaignItem(row, may(principal), deps.now()),
    variables: row.variables,
    estimatedAudience: isEditable(row.status) ? await countMatched(db, principal.workspaceId, row.contact_filter) : null,
  })
  const etag = (row: CampaignRow) => etagOf(row.version)
  const tagged = async (c: Context<AppEnv>, row: CampaignRow): Promise<Campaign> => {
    c.header('ETag', etag(row))
    return whole(pool, principalOf(c), row)
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
      const made = await write(c, 201, async (tx, principal) => whole(tx, principal, await createCampaign(deps, tx, principal, input)))
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
      request: { body: body(ListQuery) },
      responses: { 200: json(Paged(CampaignItem, 'Campaigns')), ...usualBody() },
    }),
    async (c) => {
      const query = c.req.valid('json')
      const principal = principalOf(c)
      const sort = campaignSort(query.sortBy)
      if (sort === undefined)
        throw invalidInput([{ pointer: '/sortBy', detail: 'is one of createddate updateddate scheduledat name status, with asc or desc.' }])
      const offset = (query.pageNumber - 1) * query.pageSize
      if (offset >= PAGE_DEPTH_MAX) throw new Problem('page-too-deep', `Pages go to ${PAGE_DEPTH_MAX} rows.`)
      const { rows, total } = await listCampaigns(pool, principal.workspaceId, query, sort, query.pageSize, offset)
      const items = rows.map((row) => campaignItem(row, may(principal), deps.now()))
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
      const answer = await write(c, 202, async (tx, principal) => whole(tx, principal, await quickRun(deps, tx, principal, id)))
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
        const answer = await write(c, 200, async (tx, principal) => whole(tx, principal, await act(tx, principal, id)))
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
        return inTransaction(pool, async (tx) => whole(tx, principal, await resumeCampaign(tx, principal, id, before)))
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
        whole(tx, principal, await scheduleCampaign(deps, tx, principal, id, scheduledAt)),
      )
      return c.json(answer, 200)
    },
  )

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
      const answer = await write(c, 201, async (tx, principal) => whole(tx, principal, await resendCampaign(tx, principal, id, input)))
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
        whole(tx, principal, await decideUnknown(deps, tx, principal, id, action)),
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
      const answer = await write(c, 201, async (tx, principal) => whole(tx, principal, await duplicateCampaign(tx, principal, id)))
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
