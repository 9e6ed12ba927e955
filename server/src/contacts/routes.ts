import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { audit } from '../platform/audit.ts'
import { type Db, many, maybeOne, one, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
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
import { write } from '../platform/idempotency.ts'
import { isUuid } from '../platform/ids.ts'
import { maskPhone } from '../platform/log.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { recordConsent } from './consent.ts'
import { contactsCsv } from './export.ts'
import { ContactFilter, compileFilter, filterProblems, isEmptyFilter } from './filter.ts'
import { type Phone, parsePhone } from './identity.ts'
import {
  changeTags,
  contactById,
  contactByPhone,
  countContacts,
  deleteContacts,
  insertContact,
  listContacts,
  matchSql,
  sortSql,
  updateContact,
} from './queries.ts'
import { Contact, ContactInput, type ContactRow, contactOf, TAGS_MAX, Tag } from './schema.ts'

const COUNT_MAX = 10_000
const ListQuery = z
  .strictObject({
    ...PageBody,
    searchTerm: z.string().max(200).optional(),
    contactFilter: ContactFilter.optional(),
    sortBy: z.string().max(50).default('createddate desc'),
  })
  .openapi('ContactQuery')
const BulkTags = z
  .strictObject({
    contactFilter: ContactFilter.optional(),
    contactIds: z.array(z.string().refine(isUuid, 'is not an id')).min(1).max(10_000).optional(),
    add: z.array(Tag).max(TAGS_MAX).default([]),
    remove: z.array(Tag).max(TAGS_MAX).default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, { error: 'Name tags to add or to remove.', path: ['add'] })
  .openapi('BulkTags')
const BulkDelete = z.strictObject({ contactFilter: ContactFilter, confirmCount: z.int().min(0) }).openapi('BulkDelete')
const OptChange = z
  .strictObject({ source: z.string().trim().max(200).default(''), note: z.string().trim().max(1_000).default('') })
  .openapi('OptChange')
const Changed = z.object({ changed: z.int() }).openapi('Changed')
const TimelineEntry = z
  .object({ at: InstantOut, kind: z.string(), detail: z.string(), campaignId: z.string().nullable() })
  .openapi('ContactTimelineEntry')

const etag = (row: ContactRow) => etagOf(row.updated_at.getTime())
const absent = () => new Problem('not-found', 'There is no such contact.')

async function phoneOf(db: Db, principal: Principal, input: ContactInput): Promise<Phone> {
  const { default_country } = await one<{ default_country: string | null }>(
    db,
    sql`SELECT default_country FROM workspace WHERE id = ${principal.workspaceId}`,
  )
  const phone = parsePhone(input.phone, default_country)
  if (phone !== undefined) return phone
  const hint = default_country === null ? ' Write it with + and country code.' : ''
  throw invalidInput([{ pointer: '/phone', detail: `This is not a valid phone number.${hint}` }])
}

const exists = (row: ContactRow | undefined) =>
  new Problem('contact-exists', 'A contact with this phone number exists; change it with PUT, or use ?upsert=true.', {
    extra: { id: row?.id },
  })

/** Refuses filters that name what does not exist here. */
async function checkFilter(db: Db, workspaceId: string, filter: ContactFilter | undefined): Promise<void> {
  const problems = filter === undefined ? [] : await filterProblems(db, workspaceId, filter)
  if (problems.length > 0) throw invalidInput(problems)
}

/** Contacts: CRUD, list, tags, consent, export. */
export function contactRoutes({ pool, secrets }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()
  const answer = (c: Context<AppEnv>, row: ContactRow) => {
    c.header('ETag', etag(row))
    return contactOf(row)
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact',
      operationId: 'createContact',
      tags: ['Contacts'],
      summary: 'Create a contact, or with upsert=true change the one with this number',
      ...requirePermission('Contact:Create'),
      request: { query: z.strictObject({ upsert: z.enum(['true', 'false']).optional() }), body: body(ContactInput) },
      responses: { 200: json(Contact, 'Changed'), 201: json(Contact, 'Created'), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const isUpsert = c.req.valid('query').upsert === 'true'
      const made = await write(
        c,
        (answer: { contact: z.infer<typeof Contact>; isNew: boolean; etag: string }) => (answer.isNew ? 201 : 200),
        async (tx, principal) => {
          const { workspaceId } = principal
          const phone = await phoneOf(tx, principal, input)
          const made = await insertContact(tx, secrets, workspaceId, phone, input)
          const isNew = made !== undefined
          const known = isNew ? undefined : await contactByPhone(tx, workspaceId, phone.e164)
          if (!isNew && !isUpsert) throw exists(known)
          if (!isNew && !principal.permissions.has('Contact:Edit'))
            throw new Problem('forbidden', 'This needs the permission Contact:Edit.')
          const row = made ?? (await updateContact(tx, secrets, workspaceId, known?.id ?? '', known?.user_id ?? null, phone, input))
          await audit(tx, principal, {
            action: isNew ? 'contact.create' : 'contact.update',
            objectType: 'Contact',
            objectId: row.id,
            detail: { phone: maskPhone(phone.e164) },
          })
          return { contact: contactOf(row), isNew, etag: etag(row) }
        },
        ({ contact }) => contact,
      )
      c.header('ETag', made.etag)
      return made.isNew ? c.json(made.contact, 201) : c.json(made.contact, 200)
    },
  )

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
      const items = await many<{ tag: string; count: number }>(
        pool,
        sql`SELECT min(tag) AS tag, count(*) AS count FROM contact c, unnest(c.tags) AS tag WHERE c.workspace_id = ${principalOf(c).workspaceId}
             GROUP BY lower(tag) ORDER BY count(*) DESC, lower(tag) LIMIT 1000`,
      )
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
      request: { body: body(ListQuery) },
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
      if (offset >= PAGE_DEPTH_MAX)
        throw new Problem('page-too-deep', `Pages go to ${PAGE_DEPTH_MAX} rows; GET /Contact/export has them all.`)
      const match = matchSql(workspaceId, query)
      const { count, isExact } = await countContacts(pool, match, query.searchTerm?.trim() ? COUNT_MAX : undefined)
      const rows = await listContacts(pool, match, sort, query.pageSize, offset)
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
      const changed = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        if ((input.contactFilter === undefined) === (input.contactIds === undefined))
          throw invalidInput([{ pointer: '/contactFilter', detail: 'Give either contactFilter or contactIds.' }])
        if (input.contactFilter !== undefined && isEmptyFilter(input.contactFilter))
          throw new Problem('filter-empty', 'Say { "everyone": true } to mean all contacts.')
        await checkFilter(tx, workspaceId, input.contactFilter)
        const which = input.contactFilter ? compileFilter(input.contactFilter, workspaceId) : sql`c.id = ANY(${input.contactIds}::uuid[])`
        const n = await changeTags(tx, workspaceId, which, input.add, input.remove)
        await audit(tx, principal, {
          action: 'contact.tags',
          objectType: 'Contact',
          detail: { add: input.add, remove: input.remove, changed: n },
        })
        return { changed: n }
      })
      return c.json(changed, 200)
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
      const changed = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        if (isEmptyFilter(input.contactFilter)) throw new Problem('filter-empty', 'Say { "everyone": true } to mean all contacts.')
        await checkFilter(tx, workspaceId, input.contactFilter)
        const which = compileFilter(input.contactFilter, workspaceId)
        const { count } = await countContacts(tx, which, undefined)
        if (count !== input.confirmCount)
          throw new Problem('confirm-count-mismatch', `${count} contacts match, ${input.confirmCount} were confirmed.`)
        const n = await deleteContacts(tx, workspaceId, which)
        await audit(tx, principal, { action: 'contact.bulkDelete', objectType: 'Contact', detail: { deleted: n } })
        return { changed: n }
      })
      return c.json(changed, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/{id}',
      operationId: 'getContact',
      tags: ['Contacts'],
      summary: 'One contact',
      ...requirePermission('Contact:View'),
      request: { params: IdParam },
      responses: { 200: json(Contact), ...usual(404) },
    }),
    async (c) => {
      const row = await contactById(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      if (row === undefined) throw absent()
      return c.json(answer(c, row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/Contact/{id}',
      operationId: 'updateContact',
      tags: ['Contacts'],
      summary: 'Replace a contact’s fields; consent is none of them',
      ...requirePermission('Contact:Edit'),
      request: { params: IdParam, body: body(ContactInput) },
      responses: { 200: json(Contact), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await contactById(tx, workspaceId, id, 'FOR UPDATE')
        if (known === undefined) throw absent()
        checkIfMatch(c, etag(known))
        const phone = await phoneOf(tx, principal, input)
        const other = await contactByPhone(tx, workspaceId, phone.e164)
        if (other !== undefined && other.id !== id) throw exists(other)
        const updated = await updateContact(tx, secrets, workspaceId, id, known.user_id, phone, input)
        await audit(tx, principal, { action: 'contact.update', objectType: 'Contact', objectId: id })
        return updated
      })
      return c.json(answer(c, row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/Contact/{id}',
      operationId: 'deleteContact',
      tags: ['Contacts'],
      summary: 'Delete a contact; an opt-out outlives it as a keyed hash',
      ...requirePermission('Contact:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const known = await contactById(tx, principal.workspaceId, id, 'FOR UPDATE')
        if (known === undefined) throw absent()
        checkIfMatch(c, etag(known))
        await deleteContacts(tx, principal.workspaceId, sql`c.id = ${id}`)
        await audit(tx, principal, { action: 'contact.delete', objectType: 'Contact', objectId: id })
      })
      return c.body(null, 204)
    },
  )

  for (const [verb, stopped] of [
    ['opt-out', true],
    ['opt-in', false],
  ] as const)
    routes.openapi(
      createRoute({
        method: 'post',
        path: `/api/v1/Contact/{id}/${verb}`,
        operationId: stopped ? 'optOutContact' : 'optInContact',
        tags: ['Contacts'],
        summary: stopped ? 'Record that the person wants no more messages' : 'Record that the person may be messaged again',
        ...requirePermission('Contact:Edit'),
        request: { params: IdParam, body: body(OptChange) },
        responses: { 200: json(Contact), ...usualBody(404) },
      }),
      async (c) => {
        const { id } = c.req.valid('param')
        const { source, note } = c.req.valid('json')
        const contact = await write(c, 200, async (tx, principal) => {
          const { workspaceId, actor } = principal
          if ((await contactById(tx, workspaceId, id)) === undefined) throw absent()
          const { now } = await one<{ now: Date }>(tx, sql`SELECT clock_timestamp() AS now`)
          const said = actor.type === 'user' ? 'admin' : 'api'
          const entry = {
            workspaceId,
            contactId: id,
            source: said,
            stopped,
            saidAt: now,
            note: [source, note].filter(Boolean).join(': '),
            actorName: actor.name,
          } as const
          await recordConsent(tx, [entry])
          await audit(tx, principal, {
            action: `contact.${stopped ? 'optOut' : 'optIn'}`,
            objectType: 'Contact',
            objectId: id,
            detail: { source, note },
          })
          return contactOf(await one<ContactRow>(tx, sql`SELECT * FROM contact WHERE workspace_id = ${workspaceId} AND id = ${id}`))
        })
        return c.json(contact, 200)
      },
    )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/{id}/timeline',
      operationId: 'getContactTimeline',
      tags: ['Contacts'],
      summary: 'What happened between this person and you, newest first',
      ...requirePermission('Contact:View'),
      request: { params: IdParam },
      responses: { 200: json(z.object({ items: z.array(TimelineEntry) }).openapi('ContactTimeline')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = c.req.valid('param')
      const contact = await maybeOne(pool, sql`SELECT 1 FROM contact WHERE workspace_id = ${workspaceId} AND id = ${id}`)
      if (contact === undefined) throw absent()
      const rows = await many<{ at: Date; kind: string; detail: string; campaignId: string | null }>(
        pool,
        sql`WITH latest AS (SELECT campaign_id, seq FROM recipient WHERE workspace_id = ${workspaceId} AND contact_id = ${id}
                             ORDER BY campaign_id DESC LIMIT 100)
            SELECT * FROM (
              SELECT coalesce(m.read_at, m.delivered_at, m.failed_at, m.sent_at, m.accepted_at, m.settled_at) AS at,
                     CASE m.state WHEN 9 THEN 'read' WHEN 8 THEN 'delivered' WHEN 7 THEN 'failed' WHEN 6 THEN 'sent' WHEN 5 THEN 'failed'
                                  WHEN 3 THEN 'skipped' WHEN 2 THEN 'unknown' WHEN 4 THEN 'cancelled' ELSE 'pending' END AS kind,
                     c.name || coalesce(': ' || coalesce(m.skip_reason, m.error_title), '') AS detail, c.id AS "campaignId"
                FROM latest r JOIN campaign c ON c.workspace_id = ${workspaceId} AND c.id = r.campaign_id
                JOIN message m ON m.workspace_id = ${workspaceId} AND m.campaign_id = r.campaign_id AND m.seq = r.seq
              UNION ALL
              SELECT at, 'reply', left(text, 200), campaign_id FROM reply WHERE workspace_id = ${workspaceId} AND contact_id = ${id}
              UNION ALL
              SELECT said_at, CASE WHEN stopped THEN 'opted_out' ELSE 'opted_in' END, source || CASE WHEN note = '' THEN '' ELSE ': ' || note END, NULL
                FROM consent WHERE workspace_id = ${workspaceId} AND contact_id = ${id}) AS everything
             WHERE at IS NOT NULL ORDER BY at DESC LIMIT 200`,
      )
      return c.json({ items: rows.map((row) => ({ ...row, at: iso(row.at) })) }, 200)
    },
  )
  return routes
}
