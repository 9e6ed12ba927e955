import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import {
  type AppEnv,
  body,
  type Deps,
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
import { usual, usualBody } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { checkFilter, deleteMatching, tagContacts } from './actions.ts'
import { countAll } from './count.ts'
import { contactsCsv } from './export.ts'
import { meansEverybody } from './filter.ts'
import { contactsByIds, countContacts, listContacts, matchSql, searchContacts, sortSql, tagsInUse } from './queries.ts'
import { BulkDelete, BulkTags, Changed, Contact, ContactListQuery, contactOf } from './schema.ts'

const COUNT_MAX = 10_000

/** Many contacts at once: list, tags, export, delete. */
export function contactListRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/tags',
      operationId: 'listTags',
      tags: ['Contacts'],
      summary: 'Tags in use, with the number of contacts',
      ...requirePermission('Contact:View'),
      responses: {
        200: json(z.object({ items: z.array(z.object({ tag: z.string(), count: z.int() })) }).openapi('Tags')),
        ...usual(),
      },
    }),
    async (c) => {
      const items = await tagsInUse(pool, principalOf(c).workspaceId)
      return c.json({ items }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/export',
      operationId: 'exportContacts',
      tags: ['Contacts'],
      summary: 'All contacts as CSV, streamed',
      ...requirePermission('Contact:Export'),
      responses: { 200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } }, ...usual() },
    }),
    async (c) => {
      const principal = principalOf(c)
      await audit(pool, principal, { action: 'contact.export', objectType: 'Contact' })
      return c.body(contactsCsv(pool, principal.workspaceId), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="contacts.csv"',
      }) as never
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/getall',
      operationId: 'listContacts',
      tags: ['Contacts'],
      summary: 'Find contacts by filter and search',
      ...requirePermission('Contact:View'),
      request: { body: body(ContactListQuery) },
      responses: { 200: json(Paged(Contact, 'Contacts')), ...usualBody() },
    }),
    async (c) => {
      const query = c.req.valid('json')
      const { workspaceId } = principalOf(c)
      const sort = sortSql(query.sortBy)
      if (sort === undefined)
        throw invalidInput([{ pointer: '/sortBy', detail: 'is one of createddate updateddate name phone, with asc or desc.' }])
      await checkFilter(pool, workspaceId, query.contactFilter)
      const offset = (query.pageNumber - 1) * query.pageSize
      const isFiltered = Boolean(query.searchTerm?.trim()) || (query.contactFilter !== undefined && !meansEverybody(query.contactFilter))
      if (offset >= PAGE_DEPTH_MAX && isFiltered) throw pageTooDeep('/pageNumber', 'GET /Contact/export has everybody')
      const { rows, count, isExact } = await inTransaction(pool, async (tx) => {
        const match = await matchSql(tx, workspaceId, query)
        const list = () => listContacts(tx, workspaceId, match, sort, query.pageSize, offset)
        if (query.searchTerm?.trim()) {
          const { ids, ...found } = await searchContacts(tx, match, sort, COUNT_MAX, query.pageSize, offset)
          return { ...found, rows: ids === undefined ? await list() : await contactsByIds(tx, workspaceId, ids, sort) }
        }
        const [count, rows] = await Promise.all([isFiltered ? countContacts(tx, match) : countAll(tx, workspaceId), list()])
        return { count, isExact: true, rows }
      })
      return c.json(pageOf(rows.map(contactOf), { pageNumber: query.pageNumber, pageSize: query.pageSize }, count, isExact), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/bulk-tags',
      operationId: 'changeTags',
      tags: ['Contacts'],
      summary: 'Add and remove tags of many contacts at once',
      ...requirePermission('Contact:Edit'),
      request: { body: body(BulkTags) },
      responses: { 200: json(Changed), ...usualBody() },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const answer = await write(c, 200, async (tx, principal) => ({ changed: await tagContacts(tx, principal, input) }))
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/bulk-delete',
      operationId: 'deleteContacts',
      tags: ['Contacts'],
      summary: 'Delete all contacts that match, when their number is as confirmed',
      ...requirePermission('Contact:Delete'),
      request: { body: body(BulkDelete) },
      responses: { 200: json(Changed), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const answer = await write(c, 200, async (tx, principal) => ({ changed: await deleteMatching(tx, principal, input) }))
      return c.json(answer, 200)
    },
  )
  return routes
}
