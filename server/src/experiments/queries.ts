import type { CampaignStatus } from '../campaigns/status.ts'
import type { ContactFilter } from '../contacts/filter.ts'
import { type Db, likeText, many, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import { Problem } from '../platform/problem.ts'
import type { Experiment, Variant } from './schema.ts'

export interface ExperimentRow {
  id: string
  workspace_id: string
  name: string
  status: Experiment['status']
  contact_filter: ContactFilter
  variants: Variant[]
  test_share: number
  hold_out_share: number
  decide_by: 'read' | 'click'
  decide_minutes: number
  certainty: number | null
  seed: string
  /** Of each part. */
  people: number[]
  started_at: Date | null
  decide_at: Date | null
  decided_at: Date | null
  winner: number | null
  decision: { how: string; by: string; certainty: number | null } | null
  failure: string | null
  created_by_id: string | null
  created_by_name: string
  created_by_type: string
  created_at: Date
  updated_at: Date
  version: number
}

/** Locks the experiment; or 404. */
export async function lockExperiment(tx: Db, workspaceId: string, id: string): Promise<ExperimentRow> {
  const row = await maybeOne<ExperimentRow>(tx, sql`SELECT * FROM experiment WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`)
  if (row === undefined) throw absent()
  return row
}
export async function knownExperiment(db: Db, workspaceId: string, id: string): Promise<ExperimentRow> {
  const row = await maybeOne<ExperimentRow>(db, sql`SELECT * FROM experiment WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  if (row === undefined) throw absent()
  return row
}
const absent = () => new Problem('not-found', 'There is no such experiment.')

/** The latest first. */
export async function listExperiments(db: Db, workspaceId: string, nameFilter: string | undefined, limit: number, offset: number) {
  const condition: Sql = sql`workspace_id = ${workspaceId} AND name ILIKE ${`%${likeText(nameFilter ?? '')}%`}`
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM experiment WHERE ${condition}`)
  const rows = await many<ExperimentRow>(
    db,
    sql`SELECT * FROM experiment WHERE ${condition} ORDER BY created_at DESC, id DESC LIMIT ${limit} OFFSET ${offset}`,
  )
  return { rows, total: n }
}

/** A part's campaign with its counters. */
export interface PartCampaign {
  readonly experimentId: string
  readonly part: number
  readonly id: string
  readonly status: CampaignStatus
  readonly sent: number
  readonly delivered: number
  readonly read: number
  readonly clicked: number
}
export const campaignsOf = (db: Db, workspaceId: string, experimentIds: readonly string[]): Promise<PartCampaign[]> =>
  many(
    db,
    sql`SELECT c.experiment_id AS "experimentId", c.experiment_part AS part, c.id, c.status, coalesce(k.sent + k.delivered + k.read + k.undelivered, 0) AS sent,
               coalesce(k.delivered + k.read, 0) AS delivered, coalesce(k.read, 0) AS read, coalesce(k.clicked, 0) AS clicked
          FROM campaign c LEFT JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
         WHERE c.workspace_id = ${workspaceId} AND c.experiment_id = ANY(${experimentIds}::uuid[]) ORDER BY c.experiment_part`,
  )

/** Names of the variants' templates. */
export const templatesOf = (db: Db, workspaceId: string, ids: readonly string[]) =>
  many<{ id: string; name: string; language: string }>(
    db,
    sql`SELECT id, name, language FROM template WHERE workspace_id = ${workspaceId} AND id = ANY(${ids}::uuid[])`,
  )
