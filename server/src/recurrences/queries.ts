import type { CampaignContent } from '../campaigns/schema.ts'
import type { CampaignStatus } from '../campaigns/status.ts'
import { type Db, likeText, many, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import { Problem } from '../platform/problem.ts'

export interface RecurrenceRow {
  id: string
  workspace_id: string
  name: string
  content: CampaignContent
  rule: string
  starts_at: Date
  time_zone: string
  is_paused: boolean
  next_at: Date | null
  approved_version: number | null
  version: number
  created_by_id: string | null
  created_by_name: string
  created_by_type: string
  created_at: Date
  updated_at: Date
  campaigns: number
  last: { id: string; name: string; status: CampaignStatus } | null
}

const rowSql = (condition: Sql): Sql => sql`
  SELECT r.*,
         (SELECT count(*)::int FROM campaign c WHERE c.workspace_id = r.workspace_id AND c.recurrence_id = r.id AND c.deleted_at IS NULL) AS campaigns,
         (SELECT jsonb_build_object('id', c.id, 'name', c.name, 'status', c.status) FROM campaign c
           WHERE c.workspace_id = r.workspace_id AND c.recurrence_id = r.id AND c.deleted_at IS NULL ORDER BY c.occurrence_at DESC LIMIT 1) AS last
    FROM recurrence r WHERE ${condition}`

/** Locks the recurrence; or 404. */
export async function lockRecurrence(tx: Db, workspaceId: string, id: string): Promise<RecurrenceRow> {
  await maybeOne(tx, sql`SELECT 1 FROM recurrence WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`)
  return knownRecurrence(tx, workspaceId, id)
}

/** The recurrence, or 404. */
export async function knownRecurrence(db: Db, workspaceId: string, id: string): Promise<RecurrenceRow> {
  const row = await maybeOne<RecurrenceRow>(db, rowSql(sql`r.workspace_id = ${workspaceId} AND r.id = ${id}`))
  if (row === undefined) throw new Problem('not-found', 'There is no such recurrence.')
  return row
}

/** Those that go on first, by their next time; then the ended ones, the latest first. */
export async function listRecurrences(db: Db, workspaceId: string, nameFilter: string | undefined, limit: number, offset: number) {
  const condition = sql`r.workspace_id = ${workspaceId} AND r.name ILIKE ${`%${likeText(nameFilter ?? '')}%`}`
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM recurrence r WHERE ${condition}`)
  const rows = await many<RecurrenceRow>(
    db,
    sql`${rowSql(condition)} ORDER BY r.next_at NULLS LAST, r.created_at DESC, r.id LIMIT ${limit} OFFSET ${offset}`,
  )
  return { rows, total: n }
}
