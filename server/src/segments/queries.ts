import type pg from 'pg'
import { type ContactFilter, compileFilter, conditionOf, segmentsOf } from '../contacts/filter.ts'
import { contactColumns } from '../contacts/queries.ts'
import type { ContactRow } from '../contacts/schema.ts'
import { type Db, likeText, many, maybeOne, one, run, type Sql, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { SegmentInput } from './schema.ts'

export interface SegmentRow {
  id: string
  name: string
  description: string
  filter: ContactFilter
  created_by_name: string
  created_at: Date
  updated_at: Date
}
const columns = sql`s.id, s.name, s.description, s.filter, s.created_by_name, s.created_at, s.updated_at`

/** The segment, or 404. */
export async function knownSegment(db: Db, workspaceId: string, id: string, lock: Sql = sql``): Promise<SegmentRow> {
  const row = await maybeOne<SegmentRow>(
    db,
    sql`SELECT ${columns} FROM segment s WHERE s.workspace_id = ${workspaceId} AND s.id = ${id} ${lock}`,
  )
  if (row === undefined) throw new Problem('not-found', 'There is no such segment.')
  return row
}

/** By name. */
export async function listSegments(db: Db, workspaceId: string, nameFilter: string | undefined, limit: number, offset: number) {
  const condition = sql`s.workspace_id = ${workspaceId} AND s.name ILIKE ${`%${likeText(nameFilter ?? '')}%`}`
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM segment s WHERE ${condition}`)
  const rows = await many<SegmentRow>(
    db,
    sql`SELECT ${columns} FROM segment s WHERE ${condition} ORDER BY lower(s.name) LIMIT ${limit} OFFSET ${offset}`,
  )
  return { rows, total: n }
}

const taken = (name: string) => new Problem('segment-exists', `A segment named "${name}" exists.`)

export async function insertSegment(tx: Db, workspaceId: string, input: SegmentInput, createdBy: string): Promise<SegmentRow> {
  const row = await maybeOne<SegmentRow>(
    tx,
    sql`INSERT INTO segment AS s (workspace_id, id, name, description, filter, created_by_name)
        VALUES (${workspaceId}, ${newId()}, ${input.name}, ${input.description ?? ''}, ${JSON.stringify(input.contactFilter)}, ${createdBy})
        ON CONFLICT (workspace_id, lower(name)) DO NOTHING RETURNING ${columns}`,
  )
  if (row === undefined) throw taken(input.name)
  return row
}

export async function updateSegment(tx: Db, workspaceId: string, id: string, input: SegmentInput): Promise<SegmentRow> {
  const other = await maybeOne(
    tx,
    sql`SELECT 1 FROM segment WHERE workspace_id = ${workspaceId} AND lower(name) = lower(${input.name}) AND id <> ${id}`,
  )
  if (other !== undefined) throw taken(input.name)
  return one<SegmentRow>(
    tx,
    sql`UPDATE segment s SET name = ${input.name}, description = ${input.description ?? ''}, filter = ${JSON.stringify(input.contactFilter)}, updated_at = now()
         WHERE s.workspace_id = ${workspaceId} AND s.id = ${id} RETURNING ${columns}`,
  )
}

/** Refuses a filter through which segment `id` would contain itself. */
export async function refuseCircle(db: Db, workspaceId: string, id: string, filter: ContactFilter): Promise<void> {
  const seen = new Set<string>()
  let next = segmentsOf(conditionOf(filter))
  while (next.length > 0) {
    if (next.includes(id)) throw new Problem('segment-circular', 'Its conditions lead back to the segment itself.')
    for (const each of next) seen.add(each)
    const rows = await many<{ filter: ContactFilter }>(
      db,
      sql`SELECT filter FROM segment WHERE workspace_id = ${workspaceId} AND id = ANY(${next}::uuid[])`,
    )
    next = [...new Set(rows.flatMap((row) => segmentsOf(conditionOf(row.filter))))].filter((each) => !seen.has(each))
  }
}

/** Deletes, unless a campaign that has not chosen its people yet, a recurrence that goes on, an experiment not drawn yet, or another segment names it. */
export async function deleteSegment(tx: Db, workspaceId: string, id: string): Promise<void> {
  const names = sql`LIKE ${`%"segmentId": "${id}"%`}`
  const users = await many<{ name: string }>(
    tx,
    sql`SELECT name FROM campaign WHERE workspace_id = ${workspaceId} AND deleted_at IS NULL AND frozen_at IS NULL
           AND status IN ('Draft', 'Scheduled', 'Running') AND contact_filter::text ${names}
        UNION ALL SELECT name FROM recurrence WHERE workspace_id = ${workspaceId} AND next_at IS NOT NULL AND content::text ${names}
        UNION ALL SELECT name FROM experiment WHERE workspace_id = ${workspaceId} AND status IN ('Draft', 'Starting') AND contact_filter::text ${names}
        UNION ALL SELECT name FROM segment WHERE workspace_id = ${workspaceId} AND id <> ${id} AND filter::text ${names} LIMIT 5`,
  )
  if (users.length > 0) throw new Problem('segment-in-use', `Used by ${users.map(({ name }) => `“${name}”`).join(', ')}.`)
  await run(tx, sql`DELETE FROM segment WHERE workspace_id = ${workspaceId} AND id = ${id}`)
}

const SAMPLES = 20

/** How many people a filter means now, and the first twenty of them. */
export const previewFilter = (
  pool: pg.Pool,
  workspaceId: string,
  filter: ContactFilter,
): Promise<{ count: number; samples: ContactRow[] }> =>
  inTransaction(pool, async (tx) => {
    // what people did is hashed once; without room for a million ids the planner asks for each contact instead
    await run(tx, sql`SET LOCAL work_mem = '96MB'`)
    const people = await compileFilter(tx, workspaceId, filter)
    const { n } = await one<{ n: number }>(tx, sql`SELECT count(*) AS n FROM contact_here c WHERE ${people}`)
    const samples =
      n === 0 ? [] : await many<ContactRow>(tx, sql`SELECT ${contactColumns} FROM contact_here c WHERE ${people} LIMIT ${SAMPLES}`)
    return { count: n, samples }
  })
