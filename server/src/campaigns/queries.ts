import type { ContactFilter } from '../contacts/filter.ts'
import { HOLD_REASONS, type HoldReason, type HoldTargets, holdsSql } from '../dispatch/holds.ts'
import type { Canary, CircuitBreaker } from '../dispatch/safety.ts'
import { type Db, empty, join, likeText, many, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import { type Cost, campaignCostSql } from '../pricing/cost.ts'
import type { TemplateComponent } from '../templates/parameters.ts'
import type { HeaderMedia } from '../templates/render.ts'
import type { Quiet } from './quiet-hours.ts'
import type { CampaignStatus } from './status.ts'

export interface CampaignRow {
  id: string
  workspace_id: string
  name: string
  status: CampaignStatus
  template_id: string
  languages: 'template' | 'family'
  sender_id: string | null
  number_id: string | null
  account_id: string | null
  contact_filter: ContactFilter
  variables: Record<string, string>
  header_media: HeaderMedia | null
  rate_per_second: number | null
  quiet_from: string | null
  quiet_to: string | null
  finish_by: Date | null
  topic_id: string | null
  topic_name: string | null
  frozen_quiet: Quiet | null
  canary: Canary | null
  circuit_breaker: CircuitBreaker | null
  unknown_policy: string
  scheduled_at: Date | null
  time_zone: string | null
  parent_id: string | null
  recurrence_id: string | null
  experiment_id: string | null
  failure_reason: { code: string; title: string; detail: string } | null
  created_by_id: string | null
  created_by_name: string
  created_by_type: string
  created_at: Date
  updated_at: Date
  version: number
  started_at: Date | null
  frozen_at: Date | null
  completed_at: Date | null
  people_deleted_at: Date | null
  pressers: number | null
  confirmed_audience_max: number | null
  confirmed_content: Buffer | null
  audience: number
  template_name: string
  template_language: string
  template_category: string
  sent: number
  delivered: number
  read: number
  rejected: number
  undelivered: number
  skipped: number
  unknown: number
  cancelled: number
  clicked: number
  replied: number
  opted_out: number
  cost: Cost | null
  last_minute: number
  effective_rate: number | null
  hold: { reason: HoldReason; since: string; autoResumeAt: string | null; detail: string } | null
}

/** A campaign with its template's name, counters, gravest hold and speed: one row each, whatever its size. */
const campaignSql = (condition: Sql, order: Sql = empty): Sql => sql`
  SELECT c.*, p.name AS topic_name, t.name AS template_name, t.language AS template_language, coalesce(c.frozen_template->>'category', t.category) AS template_category,
         coalesce(k.sent, 0) AS sent, coalesce(k.delivered, 0) AS delivered, coalesce(k.read, 0) AS read, coalesce(k.rejected, 0) AS rejected,
         coalesce(k.undelivered, 0) AS undelivered, coalesce(k.skipped, 0) AS skipped, coalesce(k.unknown, 0) AS unknown,
         coalesce(k.cancelled, 0) AS cancelled, coalesce(k.clicked, 0) AS clicked, coalesce(k.replied, 0) AS replied,
         coalesce(k.opted_out, 0) AS opted_out, ${campaignCostSql} AS cost,
         CASE WHEN c.status = 'Running' THEN (
           SELECT coalesce(sum(m.sent + m.failed), 0) FROM campaign_minute m
            WHERE m.workspace_id = c.workspace_id AND m.campaign_id = c.id AND m.minute > now() - interval '3 minutes') ELSE 0 END AS last_minute,
         (SELECT least(n.throughput_per_second, n.rate_per_second, c.rate_per_second) FROM phone_number n
           WHERE n.workspace_id = c.workspace_id AND n.id = c.number_id) AS effective_rate,
         CASE WHEN c.status IN ('Running', 'Scheduled', 'Draft') THEN (
           SELECT jsonb_build_object('reason', h.reason, 'since', h.since, 'autoResumeAt', h.auto_resume_at, 'detail', h.detail)
             FROM hold h
            WHERE ${holdsSql} AND (c.status <> 'Draft' OR h.scope = 'campaign')
            ORDER BY array_position(${HOLD_REASONS}::text[], h.reason), h.since LIMIT 1) END AS hold
    FROM campaign c
    JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
    LEFT JOIN topic p ON p.workspace_id = c.workspace_id AND p.id = c.topic_id
    LEFT JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
   WHERE c.deleted_at IS NULL AND ${condition} ${order}`

/** Not prepared, although planning it costs more than its answer: an upgrade that adds a column would fail the plans of processes still running. */
export const campaignById = (db: Db, workspaceId: string, id: string): Promise<CampaignRow | undefined> =>
  maybeOne<CampaignRow>(db, campaignSql(sql`c.workspace_id = ${workspaceId} AND c.id = ${id}`))

/** Locks the campaign first, in the lock order of delivery.md §2, and reads it whole. */
export async function lockCampaign(tx: Db, workspaceId: string, id: string): Promise<CampaignRow | undefined> {
  const locked = await maybeOne(
    tx,
    sql`SELECT 1 FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${id} AND deleted_at IS NULL FOR UPDATE`,
  )
  return locked === undefined ? undefined : campaignById(tx, workspaceId, id)
}

export interface CampaignQuery {
  readonly status?: CampaignStatus | undefined
  readonly nameFilter?: string | undefined
  readonly templateId?: string | undefined
  readonly recurrenceId?: string | undefined
  readonly createdFrom?: Date | undefined
  readonly createdTo?: Date | undefined
}
const conditionsOf = (workspaceId: string, query: CampaignQuery): Sql =>
  join(
    [
      sql`c.workspace_id = ${workspaceId}`,
      ...(query.status === undefined ? [] : [sql`c.status = ${query.status}`]),
      ...(query.nameFilter === undefined || query.nameFilter === '' ? [] : [sql`c.name ILIKE ${`%${likeText(query.nameFilter)}%`}`]),
      ...(query.templateId === undefined ? [] : [sql`c.template_id = ${query.templateId}`]),
      ...(query.recurrenceId === undefined ? [] : [sql`c.recurrence_id = ${query.recurrenceId}`]),
      ...(query.createdFrom === undefined ? [] : [sql`c.created_at >= ${query.createdFrom}`]),
      ...(query.createdTo === undefined ? [] : [sql`c.created_at < ${query.createdTo}`]),
    ],
    sql` AND `,
  )

const SORTS: Record<string, Sql> = {
  createddate: sql`c.created_at`,
  updateddate: sql`c.updated_at`,
  scheduledat: sql`c.scheduled_at`,
  name: sql`lower(c.name)`,
  status: sql`c.status`,
}
/** `createddate desc`, in any letter case; undefined: not a sort we know. */
export function campaignSort(sortBy: string): Sql | undefined {
  const match = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(sortBy)
  const column = SORTS[match?.[1]?.toLowerCase() ?? '']
  if (column === undefined) return undefined
  return match?.[2]?.toLowerCase() === 'desc'
    ? sql`ORDER BY ${column} DESC ${column === SORTS.scheduledat ? sql`NULLS LAST` : empty}, c.id DESC`
    : sql`ORDER BY ${column}, c.id`
}

/** True when the query chooses among campaigns, so that its pages have an end (api.md §1). */
export const isFiltered = (query: CampaignQuery): boolean =>
  [query.status, query.nameFilter || undefined, query.templateId, query.recurrenceId, query.createdFrom, query.createdTo].some(
    (value) => value !== undefined,
  )

/** One page. It is found among ids alone, by an index in the default order: skipped campaigns are never read whole. */
export async function listCampaigns(db: Db, workspaceId: string, query: CampaignQuery, sort: Sql, limit: number, offset: number) {
  const conditions = conditionsOf(workspaceId, query)
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM campaign c WHERE c.deleted_at IS NULL AND ${conditions}`)
  if (offset >= n) return { rows: [], total: n }
  const page = sql`SELECT c.id FROM campaign c WHERE c.deleted_at IS NULL AND ${conditions} ${sort} LIMIT ${limit} OFFSET ${offset}`
  const rows = await many<CampaignRow>(
    db,
    sql`WITH page AS MATERIALIZED (${page}) ${campaignSql(sql`c.workspace_id = ${workspaceId} AND c.id IN (SELECT id FROM page)`, sort)}`,
  )
  return { rows, total: n }
}

export const statusCounts = (db: Db, workspaceId: string, nameFilter: string | undefined) =>
  many<{ status: CampaignStatus; n: number }>(
    db,
    sql`SELECT c.status, count(*) AS n FROM campaign c WHERE c.deleted_at IS NULL AND ${conditionsOf(workspaceId, { nameFilter })} GROUP BY c.status`,
  )

export interface LaunchTemplate {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly language: string
  readonly category: string
  readonly status: string
  readonly parameter_format: string
  readonly components: TemplateComponent[]
  readonly removed_at: Date | null
}
export const templateOf = (db: Db, workspaceId: string, id: string) =>
  maybeOne<LaunchTemplate>(
    db,
    sql`SELECT id, account_id, name, language, category, status, parameter_format, components, removed_at
          FROM template WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )

/** The other templates of the family: same account and name, other languages. */
export const siblingsOf = (db: Db, workspaceId: string, own: LaunchTemplate) =>
  many<LaunchTemplate>(
    db,
    sql`SELECT id, account_id, name, language, category, status, parameter_format, components, removed_at
          FROM template WHERE workspace_id = ${workspaceId} AND account_id = ${own.account_id} AND name = ${own.name} AND id <> ${own.id}
           AND removed_at IS NULL`,
  )

/** The number that sends: the one asked for, else the account's default. */
export const senderOf = (db: Db, workspaceId: string, accountId: string, senderId: string | null) =>
  maybeOne<{ id: string; status: string }>(
    db,
    sql`SELECT id, status FROM phone_number WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL
           AND ${senderId === null ? sql`is_default` : sql`id = ${senderId}`} LIMIT 1`,
  )

export interface WorkspaceRule {
  readonly require_marketing_opt_in: boolean
  readonly utility_through_opt_out: boolean
  readonly is_capped: boolean
}
export const workspaceRule = (db: Db, workspaceId: string) =>
  one<WorkspaceRule>(
    db,
    sql`SELECT require_marketing_opt_in, utility_through_opt_out, cap_messages IS NOT NULL AS is_capped FROM workspace WHERE id = ${workspaceId}`,
  )

/** The scopes whose holds stop this campaign. */
export const targetsOf = (row: CampaignRow): HoldTargets => ({
  id: row.id,
  templateId: row.template_id,
  numberId: row.number_id,
  accountId: row.account_id,
})
