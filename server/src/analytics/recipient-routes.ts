import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import {
  type AppEnv,
  type Deps,
  IdParam,
  json,
  PAGE_DEPTH_MAX,
  Paged,
  PageQuery,
  pageOf,
  pageTooDeep,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem, usual } from '../platform/problem.ts'
import { recipientsCsv } from './export.ts'
import { listRecipients } from './recipient-list.ts'
import { campaignWithPeople } from './recipient-rows.ts'
import { recipientItem, touches } from './recipients.ts'
import { Filters, Recipient, Trail } from './schema.ts'
import { trailOf } from './trail.ts'

const BASE = '/api/v1/WhatsappCampaign'

/** The delivery list, one recipient of it, and the list as CSV. No page counts rows of recipients or messages. */
export function recipientRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/contacts`,
      operationId: 'listRecipients',
      tags: ['Reports'],
      summary: 'The delivery list: everybody in the audience and what became of their message',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam, query: z.strictObject({ ...PageQuery, ...Filters }) },
      responses: { 200: json(Paged(Recipient, 'Recipients')), ...usual(404, 409) },
    }),
    async (c) => {
      const campaign = await campaignWithPeople(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      const { page, pageSize, searchTerm, statusFilter } = c.req.valid('query')
      const isFiltered = statusFilter !== undefined || (searchTerm ?? '').trim() !== ''
      if (isFiltered && (page - 1) * pageSize >= PAGE_DEPTH_MAX) throw pageTooDeep('?page', `GET ${BASE}/{id}/export has everybody`)
      const { rows, total, isExact } = await listRecipients(pool, campaign, { page, pageSize, searchTerm, status: statusFilter })
      const touched = await touches(pool, campaign, rows)
      return c.json(
        pageOf(
          rows.map((row) => recipientItem(row, campaign, touched)),
          { pageNumber: page, pageSize },
          total,
          isExact,
        ),
        200,
      )
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/contacts/{contactId}`,
      operationId: 'getRecipient',
      tags: ['Reports'],
      summary: 'One recipient’s whole trail, and the message as it was rendered for them',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam.extend({ contactId: z.string().refine(isUuid) }) },
      responses: { 200: json(Trail), ...usual(404, 409) },
    }),
    async (c) => {
      const { id, contactId } = c.req.valid('param')
      const campaign = await campaignWithPeople(pool, principalOf(c).workspaceId, id)
      const trail = await trailOf(deps, campaign, contactId)
      if (trail === undefined) throw new Problem('not-found', 'This contact is not in the audience.')
      return c.json(trail, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/export`,
      operationId: 'exportRecipients',
      tags: ['Reports'],
      summary: 'The delivery list as CSV, streamed, with the same filters',
      ...requirePermission('WhatsappCampaign:View', 'Contact:Export'),
      request: { params: IdParam, query: z.strictObject(Filters) },
      responses: { 200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } }, ...usual(404, 409) },
    }),
    async (c) => {
      const principal = principalOf(c)
      const campaign = await campaignWithPeople(pool, principal.workspaceId, c.req.valid('param').id)
      const { searchTerm, statusFilter } = c.req.valid('query')
      await audit(pool, principal, { action: 'campaign.export', objectType: 'WhatsappCampaign', objectId: campaign.id })
      const stream = recipientsCsv(pool, campaign, { searchTerm, status: statusFilter })
      return c.body(stream, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="campaign-${campaign.id}.csv"`,
      }) as never
    },
  )
  return routes
}
