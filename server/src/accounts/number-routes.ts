import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import { type Db, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOfFields,
  IdParam,
  invalidInput,
  json,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { knownAccount } from './connection.ts'
import { type NumberRow, numberById, numbersWhere, updateNumber } from './numbers.ts'
import { NumberChange, numberOf, PhoneNumber } from './schema.ts'

/** Phone numbers: what Meta says of them, and the pace you allow them. */
export function numberRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()
  const etag = (row: NumberRow) => etagOfFields(row.rate_per_second, row.max_in_flight, row.daily_limit, row.is_default)
  const found = async (db: Db, workspaceId: string, id: string): Promise<NumberRow> => {
    const row = await numberById(db, workspaceId, id)
    if (row === undefined) throw new Problem('not-found', 'There is no such phone number.')
    return row
  }

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/WhatsappAccount/{id}/phone-numbers',
      operationId: 'listPhoneNumbers',
      tags: ['WhatsApp accounts'],
      summary: 'The numbers of an account',
      ...requirePermission('WhatsappAccount:View'),
      request: { params: IdParam },
      responses: { 200: json(z.object({ items: z.array(PhoneNumber) }).openapi('PhoneNumbers')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = await knownAccount(pool, workspaceId, c.req.valid('param').id)
      return c.json({ items: (await numbersWhere(pool, workspaceId, sql`n.account_id = ${id}`)).map(numberOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/PhoneNumber/{id}',
      operationId: 'getPhoneNumber',
      tags: ['WhatsApp accounts'],
      summary: 'One number: quality, limit, what it sent in 24 hours',
      ...requirePermission('WhatsappAccount:View'),
      request: { params: IdParam },
      responses: { 200: json(PhoneNumber), ...usual(404) },
    }),
    async (c) => {
      const row = await found(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
      return c.json(numberOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/PhoneNumber/{id}',
      operationId: 'updatePhoneNumber',
      tags: ['WhatsApp accounts'],
      summary: 'Set your own pace, window, limit, or make it the default',
      ...requirePermission('WhatsappAccount:Edit'),
      request: { params: IdParam, body: body(NumberChange) },
      responses: { 200: json(PhoneNumber), ...usualBody(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await found(tx, workspaceId, id)
        checkIfMatch(c, etag(known))
        if (input.isDefault === false && known.is_default)
          throw invalidInput([{ pointer: '/isDefault', detail: 'Make another number the default instead.' }])
        await updateNumber(tx, workspaceId, known, input)
        await audit(tx, principal, { action: 'phoneNumber.update', objectType: 'PhoneNumber', objectId: id, detail: input })
        return found(tx, workspaceId, id)
      })
      c.header('ETag', etag(row))
      return c.json(numberOf(row), 200)
    },
  )
  return routes
}
