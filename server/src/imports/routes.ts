import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type pg from 'pg'
import { audit } from '../platform/audit.ts'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import { many, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  type Deps,
  IdParam,
  json,
  Paged,
  PageQuery,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, usual } from '../platform/problem.ts'
import { receiveImport } from './receive.ts'
import { firstRefused, Import, type ImportRow, ImportWithRefused, importById, importOf } from './schema.ts'
import { undo } from './undo.ts'

/** CSV import: streamed into a staging table, applied in the background, with errors, cancel and undo. */
export function importRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/import',
      operationId: 'importContacts',
      tags: ['Contact imports'],
      summary: 'Import a CSV file of contacts',
      ...requirePermission('Contact:Import'),
      request: {
        body: {
          required: true,
          content: {
            'multipart/form-data': {
              // a plain schema: it documents the form, and nothing reads the file into memory to check it
              schema: {
                type: 'object',
                required: ['file'],
                properties: {
                  file: { type: 'string', format: 'binary' },
                  mapping: { type: 'string', description: 'JSON: column header → contact field, attributes.<key> or ignore' },
                  defaultCountry: { type: 'string', description: 'ISO 3166 alpha-2, for national numbers' },
                  tags: { type: 'array', items: { type: 'string' } },
                  onExisting: { type: 'string', enum: ['update', 'skip'] },
                  dryRun: { type: 'string', enum: ['true', 'false'] },
                },
              },
            },
          },
        },
      },
      responses: { 202: json(z.object({ importId: z.string() }).openapi('ImportStarted')), ...usual(400, 409, 413, 415) },
    }),
    receiveImport as never,
  )
  progressRoutes(routes, pool)
  return routes
}

/** Progress, cancel, undo, the refused rows. */
function progressRoutes(routes: OpenAPIHono<AppEnv>, pool: pg.Pool): void {
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/import',
      operationId: 'listImports',
      tags: ['Contact imports'],
      summary: 'Imports, newest first',
      ...requirePermission('Contact:Import'),
      request: { query: z.strictObject(PageQuery) },
      responses: { 200: json(Paged(Import, 'ContactImports')), ...usual() },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { page, pageSize } = c.req.valid('query')
      const { n } = await one<{ n: number }>(pool, sql`SELECT count(*) AS n FROM contact_import WHERE workspace_id = ${workspaceId}`)
      const rows = await many<ImportRow>(
        pool,
        sql`SELECT * FROM contact_import WHERE workspace_id = ${workspaceId} ORDER BY id DESC LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      )
      return c.json(pageOf(rows.map(importOf), { pageNumber: page, pageSize }, n), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/import/{id}',
      operationId: 'getImport',
      tags: ['Contact imports'],
      summary: 'How far an import is',
      ...requirePermission('Contact:Import'),
      request: { params: IdParam },
      responses: { 200: json(ImportWithRefused), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = c.req.valid('param')
      const found = importOf(await importById(pool, workspaceId, id))
      return c.json({ ...found, firstRefused: await firstRefused(pool, workspaceId, id) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/import/{id}/cancel',
      operationId: 'cancelImport',
      tags: ['Contact imports'],
      summary: 'Stop an import; what is applied stays',
      ...requirePermission('Contact:Import'),
      request: { params: IdParam },
      responses: { 200: json(Import), ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await importById(tx, workspaceId, id, 'FOR UPDATE')
        if (known.status !== 'Queued' && known.status !== 'Running')
          throw new Problem('import-not-cancellable', `The import is ${known.status}.`)
        await run(
          tx,
          sql`UPDATE contact_import SET status = 'Cancelled', completed_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`,
        )
        await run(tx, sql`DELETE FROM contact_import_chunk WHERE workspace_id = ${workspaceId} AND import_id = ${id}`)
        await audit(tx, principal, { action: 'contact.import.cancel', objectType: 'ContactImport', objectId: id })
        return importOf(await importById(tx, workspaceId, id))
      })
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Contact/import/{id}/undo',
      operationId: 'undoImport',
      tags: ['Contact imports'],
      summary: 'Take an import back: created contacts that were not messaged since go, changed ones are as before',
      ...requirePermission('Contact:Import'),
      request: { params: IdParam },
      responses: { 200: json(Import), ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await write(c, 200, async (tx, principal) => {
        const { workspaceId } = principal
        const known = await importById(tx, workspaceId, id, 'FOR UPDATE')
        if (known.status === 'Queued' || known.status === 'Running')
          throw new Problem('import-not-undoable', 'The import is still running; cancel it first.')
        if (known.undone_at !== null || known.options.dryRun)
          throw new Problem('import-not-undoable', known.undone_at ? 'The import is undone already.' : 'A dry run changed nothing.')
        await undo(tx, workspaceId, id)
        await audit(tx, principal, { action: 'contact.import.undo', objectType: 'ContactImport', objectId: id })
        return importOf(await importById(tx, workspaceId, id))
      })
      return c.json(answer, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/import/{id}/errors',
      operationId: 'getImportErrors',
      tags: ['Contact imports'],
      summary: 'The refused rows as CSV: line, reason, detail, then the original columns',
      ...requirePermission('Contact:Import'),
      request: { params: IdParam },
      responses: { 200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } }, ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = c.req.valid('param')
      const row = await importById(pool, workspaceId, id)
      let after = 0
      const stream = csvStream(csvLine(['line', 'reason', 'detail', ...row.headers.map(guardCell)]), async () => {
        const errors = await many<{ line: number; reason: string; detail: string; cells: string[] }>(
          pool,
          sql`SELECT line, reason, detail, cells FROM contact_import_error WHERE workspace_id = ${workspaceId} AND import_id = ${id} AND line > ${after}
               ORDER BY line LIMIT 2000`,
        )
        const last = errors.at(-1)
        if (last === undefined) return undefined
        after = last.line
        return errors
          .map(({ line, reason, detail, cells }) => csvLine([String(line), reason, guardCell(detail), ...cells.map(guardCell)]))
          .join('')
      })
      return c.body(stream, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="import-errors.csv"',
      }) as never
    },
  )
}
