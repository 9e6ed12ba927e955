import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type AppEnv, body, checkIfMatch, type Deps, IdParam, iso, json, principalOf, requirePermission, router } from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { changeConsent, changeContact, createContact, deleteContact, knownContact, type Made } from './actions.ts'
import { eraseContact } from './erasure.ts'
import { Contact, ContactInput, type ContactRow, ContactTimelineEntry, contactOf, contactEtag as etag, OptChange } from './schema.ts'
import { timelineOf } from './timeline.ts'

/** One contact: create, read, change, delete, consent, timeline. */
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
      const { row, isNew } = await write(
        c,
        (made: Made) => (made.isNew ? 201 : 200),
        (tx, principal) => createContact(tx, secrets, principal, input, isUpsert),
        (made) => contactOf(made.row),
      )
      return isNew ? c.json(answer(c, row), 201) : c.json(answer(c, row), 200)
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
    async (c) => c.json(answer(c, await knownContact(pool, principalOf(c).workspaceId, c.req.valid('param').id)), 200),
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
      const row = await write(c, 200, (tx, principal) =>
        changeContact(tx, secrets, principal, id, input, (known) => checkIfMatch(c, etag(known))),
      )
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
      description:
        'With `erase=true` the person is forgotten: everything about them in campaigns, replies, receipts, imports, test sends and remembered answers goes at once, and news of Meta about them within a minute. Counts stay; a keyed hash keeps them from being messaged again.',
      ...requirePermission('Contact:Delete'),
      request: { params: IdParam, query: z.strictObject({ erase: z.enum(['true', 'false']).optional() }) },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const remove = c.req.valid('query').erase === 'true' ? eraseContact : deleteContact
      await write(c, 204, (tx, principal) => remove(tx, principal, id, (known) => checkIfMatch(c, etag(known))))
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
        const said = c.req.valid('json')
        const contact = await write(c, 200, async (tx, principal) => contactOf(await changeConsent(tx, principal, id, stopped, said)))
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
      responses: { 200: json(z.object({ items: z.array(ContactTimelineEntry) }).openapi('ContactTimeline')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = await knownContact(pool, workspaceId, c.req.valid('param').id)
      const rows = await timelineOf(pool, workspaceId, id)
      return c.json({ items: rows.map((row) => ({ ...row, at: iso(row.at) })) }, 200)
    },
  )
  return routes
}
