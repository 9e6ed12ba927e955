import type pg from 'pg'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import { many, sql } from '../platform/db.ts'
import { contactColumns } from './queries.ts'
import type { ContactRow } from './schema.ts'

const BATCH = 2_000
const HEADER = [
  'phone',
  'firstName',
  'lastName',
  'email',
  'language',
  'timeZone',
  'externalId',
  'tags',
  'isActive',
  'marketingOptIn',
  'optedOutAt',
  'attributes',
]

/** Every contact as CSV, in id order, a batch at a time. */
export function contactsCsv(pool: pg.Pool, workspaceId: string): ReadableStream<Uint8Array> {
  let after = '00000000-0000-0000-0000-000000000000'
  return csvStream(csvLine(HEADER), async () => {
    const rows = await many<ContactRow>(
      pool,
      sql`SELECT ${contactColumns} FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.id > ${after} ORDER BY c.id LIMIT ${BATCH}`,
    )
    const last = rows.at(-1)
    if (last === undefined) return undefined
    after = last.id
    return rows.map((row) => csvLine(cellsOf(row))).join('')
  })
}

const cellsOf = (row: ContactRow): string[] => [
  row.phone_e164?.slice(1) ?? '',
  guardCell(row.first_name ?? ''),
  guardCell(row.last_name ?? ''),
  guardCell(row.email ?? ''),
  row.language ?? '',
  row.time_zone ?? '',
  guardCell(row.external_id ?? ''),
  guardCell(row.tags.join(';')),
  String(row.is_active),
  row.marketing_opt_in === null ? '' : String(row.marketing_opt_in),
  row.opted_out_at?.toISOString() ?? '',
  Object.keys(row.attributes).length === 0 ? '' : guardCell(JSON.stringify(row.attributes)),
]
