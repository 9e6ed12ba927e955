import { createHash } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type pg from 'pg'
import { noteMarketing } from '../contacts/consent.ts'
import { isCountry } from '../contacts/identity.ts'
import { audit } from '../platform/audit.ts'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  type Deps,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  isoOrNull,
  json,
  type Principal,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write, writeSlow } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { readMultipart } from '../platform/multipart.ts'
import { Problem, usual } from '../platform/problem.ts'
import { mapColumns, mappingProblems } from './mapping.ts'
import { stageRows } from './stage.ts'

const FILE_BYTES_MAX = 200 * 1_048_576

const Import = z
  .object({
    id: z.string(),
    status: z.enum(['Queued', 'Running', 'Completed', 'Failed', 'Cancelled']),
    fileName: z.string().nullable(),
    mapping: z.record(z.string(), z.string()),
    dryRun: z.boolean(),
    rows: z.int(),
    created: z.int(),
    updated: z.int(),
    skipped: z.int(),
    failed: z.int(),
    failure: z.string().nullable(),
    undoneAt: InstantOut.nullable(),
    createdAt: InstantOut,
    startedAt: InstantOut.nullable(),
    completedAt: InstantOut.nullable(),
  })
  .openapi('ContactImport')

interface Row {
  id: string
  status: z.infer<typeof Import>['status']
  file_name: string | null
  headers: string[]
  mapping: string[]
  options: { dryRun: boolean }
  rows: number
  created: number
  updated: number
  skipped: number
  failed: number
  failure: string | null
  undone_at: Date | null
  created_at: Date
  started_at: Date | null
  completed_at: Date | null
}
const importOf = (row: Row): z.infer<typeof Import> => ({
  id: row.id,
  status: row.status,
  fileName: row.file_name,
  mapping: Object.fromEntries(row.headers.map((header, i) => [header, row.mapping[i] ?? 'ignore'])),
  dryRun: row.options.dryRun,
  rows: row.rows,
  created: row.created,
  updated: row.updated,
  skipped: row.skipped,
  failed: row.failed,
  failure: row.failure,
  undoneAt: isoOrNull(row.undone_at),
  createdAt: iso(row.created_at),
  startedAt: isoOrNull(row.started_at),
  completedAt: isoOrNull(row.completed_at),
})

const Form = z.strictObject({
  mapping: z.record(z.string(), z.string()).default({}),
  defaultCountry: z.string().refine(isCountry, 'is not an ISO 3166 alpha-2 code').nullable().default(null),
  tags: z.array(z.string().trim().min(1).max(64)).max(50).default([]),
  onExisting: z.enum(['update', 'skip']).default('update'),
  dryRun: z.boolean().default(false),
})

/** The form's fields as values; a field that does not fit is named like one of a JSON body. */
function readForm(fields: ReadonlyMap<string, readonly string[]>): z.infer<typeof Form> {
  const raw: Record<string, unknown> = {}
  for (const [name, values] of fields) {
    const last = values.at(-1) ?? ''
    if (name === 'tags' || name === 'tags[]') raw.tags = values.filter((tag) => tag.trim() !== '')
    else if (name === 'dryRun') raw.dryRun = last === 'true' ? true : last === 'false' || last === '' ? false : last
    else if (name === 'mapping') raw.mapping = last === '' ? {} : parseJson(last)
    else if (last !== '') raw[name] = last
  }
  const parsed = Form.safeParse(raw)
  if (parsed.success) return parsed.data
  throw invalidInput(parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.map(String).join('/')}`, detail: issue.message })))
}
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text // fails the check as "expected record"
  }
}

const importById = (db: Db, workspaceId: string, id: string) =>
  maybeOne<Row>(db, sql`SELECT * FROM contact_import WHERE workspace_id = ${workspaceId} AND id = ${id}`)
const absent = () => new Problem('not-found', 'There is no such import.')

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

/** Receives the file: streamed, so the form schema above documents it and does not read it. */
async function receiveImport(c: Context<AppEnv>): Promise<Response> {
  const { pool } = c.get('deps')
  const principal = principalOf(c)
  const client = await pool.connect()
  let failed: Error | undefined
  try {
    const importId = newId()
    const hash = createHash('sha256')
    await client.query('BEGIN')
    const received = await receive(c, client, principal, importId, hash)
    const answer = await writeSlow(
      c,
      202,
      async () => {
        await received.store()
        await client.query('COMMIT')
        return { importId }
      },
      undefined,
      hash.digest(),
    )
    return c.json(answer, 202)
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => {
      failed = rollback
    })
    throw error
  } finally {
    client.release(failed)
  }
}

async function receive(
  c: Context<AppEnv>,
  client: pg.PoolClient,
  principal: Principal,
  importId: string,
  hash: ReturnType<typeof createHash>,
) {
  const { workspaceId } = principal
  let staged: { headers: string[]; rows: number; fileName: string } | undefined
  const hashed = async function* (bytes: AsyncIterable<Buffer>) {
    for await (const chunk of bytes) {
      hash.update(chunk)
      yield chunk
    }
  }
  const fields = await readMultipart(
    { contentType: c.req.header('content-type'), body: c.req.raw.body, announced: Number(c.req.header('content-length') ?? 0) },
    {
      fileField: 'file',
      maxBytes: FILE_BYTES_MAX,
      onFile: async (file) => {
        staged = { ...(await stageRows(client, { workspaceId, importId }, hashed(file.bytes))), fileName: file.fileName.slice(0, 200) }
      },
    },
  )
  if (staged === undefined) throw invalidInput([{ pointer: '/file', detail: 'The form has no file.' }])
  const { headers, rows, fileName } = staged
  const form = readForm(fields)
  hash.update(JSON.stringify(form))
  const problems = mappingProblems(headers, form.mapping)
  if (problems.length > 0) throw invalidInput(problems)
  const columns = mapColumns(headers, form.mapping)
  if (!columns.includes('phone'))
    throw new Problem(
      'phone-column-missing',
      `None of the columns ${headers
        .map((header) => `“${header}”`)
        .join(', ')
        .slice(0, 500)} looks like phone numbers; name it in mapping.`,
    )
  return {
    async store() {
      const tx = client as Db
      const workspace = await maybeOne<{ default_country: string | null }>(
        tx,
        sql`SELECT default_country FROM workspace WHERE id = ${workspaceId}`,
      )
      const options = {
        defaultCountry: form.defaultCountry ?? workspace?.default_country ?? null,
        tags: form.tags,
        onExisting: form.onExisting,
        dryRun: form.dryRun,
      }
      await run(
        tx,
        sql`INSERT INTO contact_import (workspace_id, id, status, file_name, headers, mapping, options, rows, created_by_name)
            VALUES (${workspaceId}, ${importId}, 'Queued', ${fileName}, ${headers}, ${JSON.stringify(columns)}, ${JSON.stringify(options)}, ${rows},
                    ${principal.actor.name})`,
      )
      await audit(tx, principal, { action: 'contact.import', objectType: 'ContactImport', objectId: importId, detail: { fileName, rows } })
    },
  }
}

/** Progress, cancel, undo, the refused rows. */
function progressRoutes(routes: OpenAPIHono<AppEnv>, pool: pg.Pool): void {
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Contact/import/{id}',
      operationId: 'getImport',
      tags: ['Contact imports'],
      summary: 'How far an import is',
      ...requirePermission('Contact:Import'),
      request: { params: IdParam },
      responses: { 200: json(Import), ...usual(404) },
    }),
    async (c) => {
      const row = await importById(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      if (row === undefined) throw absent()
      return c.json(importOf(row), 200)
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
        const known = await maybeOne<Row>(
          tx,
          sql`SELECT * FROM contact_import WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`,
        )
        if (known === undefined) throw absent()
        if (known.status !== 'Queued' && known.status !== 'Running')
          throw new Problem('import-not-cancellable', `The import is ${known.status}.`)
        await run(
          tx,
          sql`UPDATE contact_import SET status = 'Cancelled', completed_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`,
        )
        await run(tx, sql`DELETE FROM contact_import_chunk WHERE workspace_id = ${workspaceId} AND import_id = ${id}`)
        await audit(tx, principal, { action: 'contact.import.cancel', objectType: 'ContactImport', objectId: id })
        const row = await importById(tx, workspaceId, id)
        if (row === undefined) throw absent()
        return importOf(row)
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
        const known = await maybeOne<Row>(
          tx,
          sql`SELECT * FROM contact_import WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`,
        )
        if (known === undefined) throw absent()
        if (known.status === 'Queued' || known.status === 'Running')
          throw new Problem('import-not-undoable', 'The import is still running; cancel it first.')
        if (known.undone_at !== null || known.options.dryRun)
          throw new Problem('import-not-undoable', known.undone_at ? 'The import is undone already.' : 'A dry run changed nothing.')
        await undo(tx, workspaceId, id)
        await audit(tx, principal, { action: 'contact.import.undo', objectType: 'ContactImport', objectId: id })
        const row = await importById(tx, workspaceId, id)
        if (row === undefined) throw absent()
        return importOf(row)
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
      if (row === undefined) throw absent()
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

async function undo(tx: Db, workspaceId: string, id: string): Promise<void> {
  await run(
    tx,
    sql`DELETE FROM contact c
         WHERE c.workspace_id = ${workspaceId} AND c.import_id = ${id}
           AND NOT EXISTS (SELECT 1 FROM contact_import_change k WHERE k.workspace_id = c.workspace_id AND k.import_id = ${id} AND k.contact_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.workspace_id = c.workspace_id AND r.contact_id = c.id)`,
  )
  await run(
    tx,
    sql`UPDATE contact c
           SET first_name = k.before->>'first_name', last_name = k.before->>'last_name', email = k.before->>'email', language = k.before->>'language',
               time_zone = k.before->>'time_zone', external_id = k.before->>'external_id',
               tags = ARRAY(SELECT jsonb_array_elements_text(k.before->'tags')), attributes = k.before->'attributes',
               is_active = (k.before->>'is_active')::boolean, marketing_opt_in = (k.before->>'marketing_opt_in')::boolean,
               import_id = (k.before->>'import_id')::uuid, updated_at = now()
          FROM contact_import_change k
         WHERE k.workspace_id = ${workspaceId} AND k.import_id = ${id}
           AND c.workspace_id = k.workspace_id AND c.id = k.contact_id AND c.import_id = ${id}`,
  )
  const changed = sql`c.id IN (SELECT contact_id FROM contact_import_change WHERE workspace_id = ${workspaceId} AND import_id = ${id})`
  await noteMarketing(tx, workspaceId, changed, { source: 'import', note: 'import undone', actorName: null })
  await run(tx, sql`UPDATE contact_import SET undone_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
}
