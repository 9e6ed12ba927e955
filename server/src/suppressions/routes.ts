import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { keyHash, parsePhone, phoneKey } from '../contacts/identity.ts'
import { audit } from '../platform/audit.ts'
import { type Db, empty, many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  json,
  Paged,
  PageQuery,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { maskPhone } from '../platform/log.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { suppressAll, suppressionsCsv } from './list-files.ts'

const Suppression = z
  .object({ id: z.string(), phone: z.string().nullable(), reason: z.string(), source: z.string(), createdAt: InstantOut })
  .openapi('Suppression')
const SuppressionInput = z
  .strictObject({ phone: z.string().max(40), reason: z.string().trim().max(500).default('') })
  .openapi('SuppressionInput')

const SuppressionsInput = z
  .strictObject({ entries: z.array(SuppressionInput).min(1).max(10_000) })
  .openapi('SuppressionsInput', { description: 'Up to 10,000 numbers at once; send a longer list in parts.' })
const AddedSuppressions = z
  .object({
    added: z.int(),
    known: z.int().openapi({ description: 'Listed already, repetitions included.' }),
    invalid: z.array(z.object({ index: z.int(), phone: z.string() })).openapi({ description: 'No phone numbers; they stopped nothing.' }),
  })
  .openapi('AddedSuppressions')

interface Row {
  id: string
  phone_e164: string | null
  reason: string
  source: string
  created_at: Date
}
const suppressionOf = (row: Row) => ({
  id: row.id,
  phone: row.phone_e164,
  reason: row.reason,
  source: row.source,
  createdAt: iso(row.created_at),
})

/** Numbers that must never be messaged, known contacts or not. */
export function suppressionRoutes({ pool, secrets }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  /** What a number is listed under, in whatever spelling; undefined when it is none. Numbers listed without their digits are found too. */
  async function keyOf(db: Db, workspaceId: string, text: string) {
    const workspace = await one<{ default_country: string | null }>(
      db,
      sql`SELECT default_country FROM workspace WHERE id = ${workspaceId}`,
    )
    const phone = parsePhone(text, workspace.default_country)
    return phone && { e164: phone.e164, hash: keyHash(secrets, workspaceId, phoneKey(phone.e164)) }
  }

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Suppression',
      operationId: 'listSuppressions',
      tags: ['Suppressions'],
      summary: 'The suppression list, newest first',
      ...requirePermission('Suppression:View'),
      request: {
        query: z.strictObject({
          ...PageQuery,
          phone: z.string().max(40).optional().openapi({ description: 'Only this number, in any spelling; it must be whole.' }),
        }),
      },
      responses: { 200: json(Paged(Suppression, 'Suppressions')), ...usual() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { page, pageSize, phone } = c.req.valid('query')
      const key = phone === undefined ? undefined : await keyOf(pool, workspaceId, phone)
      if (phone !== undefined && key === undefined) return c.json(pageOf([], { pageNumber: page, pageSize }, 0), 200)
      const listed = sql`workspace_id = ${workspaceId} ${key === undefined ? empty : sql`AND key_hash = ${key.hash}`}`
      const { n } = await one<{ n: number }>(pool, sql`SELECT count(*) AS n FROM suppression WHERE ${listed}`)
      const rows = await many<Row>(
        pool,
        sql`SELECT id, phone_e164, reason, source, created_at FROM suppression WHERE ${listed}
             ORDER BY created_at DESC, id LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      )
      return c.json(pageOf(rows.map(suppressionOf), { pageNumber: page, pageSize }, n), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Suppression',
      operationId: 'createSuppression',
      tags: ['Suppressions'],
      summary: 'Never message this number; repeating changes nothing',
      ...requirePermission('Suppression:Create'),
      request: { body: body(SuppressionInput) },
      responses: { 201: json(Suppression), ...usualBody() },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const row = await write(c, 201, async (tx, principal) => {
        const { workspaceId } = principal
        const key = await keyOf(tx, workspaceId, input.phone)
        if (key === undefined) throw invalidInput([{ pointer: '/phone', detail: 'This is not a valid phone number.' }])
        const made = await one<Row>(
          tx,
          sql`INSERT INTO suppression AS s (workspace_id, key_hash, id, phone_e164, reason, source)
              VALUES (${workspaceId}, ${key.hash}, ${newId()}, ${key.e164}, ${input.reason}, 'api')
              ON CONFLICT (workspace_id, key_hash) DO UPDATE SET phone_e164 = coalesce(s.phone_e164, excluded.phone_e164),
                        reason = CASE WHEN excluded.reason = '' THEN s.reason ELSE excluded.reason END
              RETURNING id, phone_e164, reason, source, created_at`,
        )
        await audit(tx, principal, {
          action: 'suppression.create',
          objectType: 'Suppression',
          objectId: made.id,
          detail: { phone: maskPhone(key.e164) }, // the reason is free text: it may name the person, and this log is for ever
        })
        return suppressionOf(made)
      })
      return c.json(row, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Suppression/bulk',
      operationId: 'createSuppressions',
      tags: ['Suppressions'],
      summary: 'Never message these numbers; repeating changes nothing',
      ...requirePermission('Suppression:Create'),
      request: { body: body(SuppressionsInput) },
      responses: { 200: json(AddedSuppressions), ...usualBody() },
    }),
    async (c) => {
      const { entries } = c.req.valid('json')
      const result = await write(c, 200, async (tx, principal) => {
        const done = await suppressAll(tx, secrets, principal.workspaceId, entries)
        await audit(tx, principal, {
          action: 'suppression.createMany',
          objectType: 'Suppression',
          detail: { added: done.added, known: done.known, invalid: done.invalid.length },
        })
        return { ...done, invalid: [...done.invalid] }
      })
      return c.json(result, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Suppression/export',
      operationId: 'exportSuppressions',
      tags: ['Suppressions'],
      summary: 'The suppression list as CSV, streamed',
      ...requirePermission('Suppression:View'),
      responses: { 200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } }, ...usual() },
    }),
    async (c) => {
      const principal = principalOf(c)
      await audit(pool, principal, { action: 'suppression.export', objectType: 'Suppression' })
      return c.body(suppressionsCsv(pool, principal.workspaceId), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="suppressions.csv"',
      }) as never
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/Suppression/{id}',
      operationId: 'deleteSuppression',
      tags: ['Suppressions'],
      summary: 'Take a number off the list',
      ...requirePermission('Suppression:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await write(c, 204, async (tx, principal) => {
        const known = await maybeOne(tx, sql`SELECT 1 FROM suppression WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`)
        if (known === undefined) throw new Problem('not-found', 'There is no such suppression.')
        await run(tx, sql`DELETE FROM suppression WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`)
        await audit(tx, principal, { action: 'suppression.delete', objectType: 'Suppression', objectId: id })
      })
      return c.body(null, 204)
    },
  )
  return routes
}
