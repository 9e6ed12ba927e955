import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { parsePhone } from '../contacts/identity.ts'
import { defaultCountry } from '../contacts/queries.ts'
import { audit } from '../platform/audit.ts'
import type { Db } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  Instant,
  InstantOut,
  invalidInput,
  json,
  PAGE_DEPTH_MAX,
  PageBody,
  Paged,
  pageOf,
  pageTooDeep,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { CONSENT_ACTIONS, eventOf, HISTORY_SOURCES, type HistoryFilter, historyCsv, isNarrowed, listHistory } from './history.ts'

const Id = z.string().refine(isUuid, 'is not an id').openapi({ format: 'uuid' })
const Filters = {
  contactId: Id.optional(),
  phone: z.string().trim().min(1).max(40).optional().openapi({ description: 'A whole number, in any common writing' }),
  topicId: Id.optional(),
  source: z.enum(HISTORY_SOURCES).optional(),
  action: z.enum(CONSENT_ACTIONS).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
}
const ConsentQuery = z.strictObject({ ...PageBody, ...Filters }).openapi('ConsentQuery')
const ConsentEvent = z
  .object({
    contact: z.object({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
    saidAt: InstantOut.openapi({ description: 'When it was said; Meta’s time where it told one' }),
    action: z.enum(CONSENT_ACTIONS),
    topic: z.object({ id: z.string(), name: z.string() }).nullable().openapi({ description: 'null: about every message' }),
    source: z.enum(HISTORY_SOURCES),
    note: z.string().openapi({ description: 'The evidence: what was said, or where, or which file' }),
    recordedBy: z
      .string()
      .nullable()
      .openapi({ description: 'The user or key that recorded it; null: the person themselves, by a message' }),
    recordedAt: InstantOut,
  })
  .openapi('ConsentEvent')

/** Who said yes or no, when, how, with which evidence: append-only, of the whole workspace. */
export function consentHistoryRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/consent/getall',
      operationId: 'listConsent',
      tags: ['Consent'],
      summary: 'The history of consent, newest first',
      ...requirePermission('Contact:View'),
      request: { body: body(ConsentQuery) },
      responses: { 200: json(Paged(ConsentEvent, 'ConsentEvents')), ...usualBody() },
    }),
    async (c) => {
      const { pageNumber, pageSize, ...asked } = c.req.valid('json')
      const { workspaceId } = principalOf(c)
      const offset = (pageNumber - 1) * pageSize
      if (offset >= PAGE_DEPTH_MAX && isNarrowed(asked)) throw pageTooDeep('/pageNumber', 'GET /Contact/consent/export has all of it')
      const filter = await readFilter(pool, workspaceId, asked, '/phone')
      const { rows, total } = await listHistory(pool, workspaceId, filter, pageSize, offset)
      return c.json(pageOf(rows.map(eventOf), { pageNumber, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/consent/export',
      operationId: 'exportConsent',
      tags: ['Consent'],
      summary: 'The history of consent as CSV, streamed, with the same filters',
      ...requirePermission('Contact:Export'),
      request: { query: z.strictObject(Filters) },
      responses: { 200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } }, ...usual() },
    }),
    async (c) => {
      const principal = principalOf(c)
      const filter = await readFilter(pool, principal.workspaceId, c.req.valid('query'), '?phone')
      await audit(pool, principal, { action: 'contact.consentExport', objectType: 'Contact' })
      return c.body(historyCsv(pool, principal.workspaceId, filter), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="consent.csv"',
      }) as never
    },
  )
  return routes
}

/** A number in any writing becomes the one that contacts are stored with. */
async function readFilter(db: Db, workspaceId: string, filter: HistoryFilter, pointer: string): Promise<HistoryFilter> {
  if (filter.phone === undefined) return filter
  const phone = parsePhone(filter.phone, await defaultCountry(db, workspaceId))
  if (phone === undefined) throw invalidInput([{ pointer, detail: 'This is not a valid phone number.' }])
  return { ...filter, phone: phone.e164 }
}
