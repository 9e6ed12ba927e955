import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import { knownContact } from '../contacts/actions.ts'
import { audit } from '../platform/audit.ts'
import { sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOfFields,
  IdParam,
  iso,
  isoOrNull,
  json,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { usual, usualBody } from '../platform/problem.ts'
import { ContactTopics, Topic, TopicInput, TopicQuery } from './topic-schema.ts'
import { deleteTopic, insertTopic, knownTopic, listTopics, type TopicRow, topicsOf, updateTopic } from './topics.ts'

const BASE = '/api/v1/Topic'
const tags = ['Consent']
const topicOf = (row: TopicRow): z.infer<typeof Topic> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  createdBy: row.created_by_name,
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})
const etag = ({ name, description }: Pick<TopicRow, 'name' | 'description'>) => etagOfFields(name, description)

/** What messages are about, so that somebody may go out of one thing and stay in the others. */
export function topicRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: `${BASE}/getall`,
      operationId: 'listTopics',
      tags,
      summary: 'Topics by name',
      ...requirePermission('Contact:View'),
      request: { body: body(TopicQuery) },
      responses: { 200: json(Paged(Topic, 'Topics')), ...usualBody() },
    }),
    async (c) => {
      const { pageNumber, pageSize, nameFilter } = c.req.valid('json')
      const { rows, total } = await listTopics(pool, principalOf(c).workspaceId, nameFilter, pageSize, (pageNumber - 1) * pageSize)
      return c.json(pageOf(rows.map(topicOf), { pageNumber, pageSize }, total), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: BASE,
      operationId: 'createTopic',
      tags,
      summary: 'Make a topic',
      ...requirePermission('Contact:Create'),
      request: { body: body(TopicInput) },
      responses: { 201: json(Topic), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 201, async (tx, principal) => {
        const row = await insertTopic(tx, principal.workspaceId, input, principal.actor.name)
        await audit(tx, principal, { action: 'topic.create', objectType: 'Topic', objectId: row.id, detail: { name: row.name } })
        return topicOf(row)
      })
      c.header('ETag', etag(made))
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}`,
      operationId: 'getTopic',
      tags,
      summary: 'A topic',
      ...requirePermission('Contact:View'),
      request: { params: IdParam },
      responses: { 200: json(Topic), ...usual(404) },
    }),
    async (c) => {
      const row = await knownTopic(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
      return c.json(topicOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: `${BASE}/{id}`,
      operationId: 'updateTopic',
      tags,
      summary: 'Change a topic’s name and description',
      ...requirePermission('Contact:Edit'),
      request: { params: IdParam, body: body(TopicInput) },
      responses: { 200: json(Topic), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 200, async (tx, principal) => {
        const known = await knownTopic(tx, principal.workspaceId, c.req.valid('param').id, sql`FOR UPDATE`)
        checkIfMatch(c, etag(known))
        const row = await updateTopic(tx, principal.workspaceId, known.id, input)
        await audit(tx, principal, { action: 'topic.update', objectType: 'Topic', objectId: row.id, detail: { name: row.name } })
        return topicOf(row)
      })
      c.header('ETag', etag(made))
      return c.json(made, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: `${BASE}/{id}`,
      operationId: 'deleteTopic',
      tags,
      summary: 'Delete a topic that no campaign is going to use; opt-outs and history stay',
      ...requirePermission('Contact:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 409, 412) },
    }),
    async (c) => {
      await write(c, 204, async (tx, principal) => {
        const known = await knownTopic(tx, principal.workspaceId, c.req.valid('param').id, sql`FOR UPDATE`)
        checkIfMatch(c, etag(known))
        await deleteTopic(tx, principal.workspaceId, known.id)
        await audit(tx, principal, { action: 'topic.delete', objectType: 'Topic', objectId: known.id, detail: { name: known.name } })
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/{id}/topics',
      operationId: 'getContactTopics',
      tags,
      summary: 'Which topics this person is out of',
      ...requirePermission('Contact:View'),
      request: { params: IdParam },
      responses: { 200: json(ContactTopics), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = await knownContact(pool, workspaceId, c.req.valid('param').id)
      const rows = await topicsOf(pool, workspaceId, id)
      return c.json({ items: rows.map((row) => ({ id: row.id, name: row.name, optedOutAt: isoOrNull(row.opted_out_at) })) }, 200)
    },
  )
  return routes
}
