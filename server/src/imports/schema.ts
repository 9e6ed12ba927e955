import { z } from '@hono/zod-openapi'
import { type Db, empty, many, maybeOne, type Sql, sql } from '../platform/db.ts'
import { InstantOut, iso, isoOrNull } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'

export const Import = z
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

/** Rows that were not taken, the first of them; all are in the CSV of errors. */
export const RefusedRow = z
  .object({ line: z.int(), reason: z.string(), detail: z.string(), cells: z.array(z.string()) })
  .openapi('RefusedImportRow')
export const ImportWithRefused = Import.extend({ firstRefused: z.array(RefusedRow) }).openapi('ContactImportProgress')
const SHOWN_REFUSED = 20

export const firstRefused = (db: Db, workspaceId: string, id: string) =>
  many<z.infer<typeof RefusedRow>>(
    db,
    sql`SELECT line, reason, detail, cells FROM contact_import_error WHERE workspace_id = ${workspaceId} AND import_id = ${id}
         ORDER BY line LIMIT ${SHOWN_REFUSED}`,
  )

export interface ImportRow {
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
export const importOf = (row: ImportRow): z.infer<typeof Import> => ({
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

/** @throws when there is none in this workspace */
export async function importById(db: Db, workspaceId: string, id: string, lock: 'FOR UPDATE' | '' = ''): Promise<ImportRow> {
  const locked: Sql = lock ? sql`FOR UPDATE` : empty
  const row = await maybeOne<ImportRow>(db, sql`SELECT * FROM contact_import WHERE workspace_id = ${workspaceId} AND id = ${id} ${locked}`)
  if (row === undefined) throw new Problem('not-found', 'There is no such import.')
  return row
}
