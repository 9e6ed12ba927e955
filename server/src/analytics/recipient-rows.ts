import { type ShownStatus, type State, statesOf } from '../dispatch/state.ts'
import { type Db, many, maybeOne, type Sql, sql } from '../platform/db.ts'
import { Problem } from '../platform/problem.ts'
import { chargeSql } from '../pricing/charges.ts'
import { requirePeople } from '../retention/kept.ts'

/** The frozen campaign a list belongs to. */
export interface ListedCampaign {
  readonly id: string
  readonly workspace_id: string
  readonly status: string
  readonly audience: number
  readonly people_deleted_at: Date | null
  /** Languages of its templates by version number. */
  readonly languages: readonly string[]
}
const listedCampaign = (db: Db, workspaceId: string, id: string) =>
  maybeOne<ListedCampaign>(
    db,
    sql`SELECT id, workspace_id, status, audience, people_deleted_at,
               CASE WHEN languages = 'family' THEN ARRAY(SELECT v.language FROM campaign_version v WHERE v.workspace_id = c.workspace_id AND v.campaign_id = c.id ORDER BY v.version_no)
                    ELSE ARRAY[frozen_template->>'language'] END AS languages
          FROM campaign c WHERE workspace_id = ${workspaceId} AND id = ${id} AND deleted_at IS NULL`,
  )

/** As `listedCampaign`; 404 when there is none. */
export async function foundCampaign(db: Db, workspaceId: string, id: string): Promise<ListedCampaign> {
  const campaign = await listedCampaign(db, workspaceId, id)
  if (campaign === undefined) throw new Problem('not-found', 'There is no such campaign.')
  return campaign
}

/** As `foundCampaign`; refused when its people are no longer kept. */
export async function campaignWithPeople(db: Db, workspaceId: string, id: string): Promise<ListedCampaign> {
  const campaign = await foundCampaign(db, workspaceId, id)
  requirePeople(campaign)
  return campaign
}

export interface Row {
  seq: number
  version_no: number | null
  contact_id: string
  name: string | null
  phone: string | null
  state: State | null
  skip_reason: string | null
  error_code: number | null
  error_title: string | null
  attempt: number | null
  is_held: boolean | null
  has_no_receipt: boolean | null
  is_closed: boolean | null
  wamid: string | null
  sent_at: Date | null
  delivered_at: Date | null
  read_at: Date | null
  failed_at: Date | null
  address: string | null
  charge: string | null
  pricing_type: string | null
  is_past_cursor: boolean
}

/**
 * A list row over alias `r`. The lateral look-ups are one index probe each, so that the plan does not depend on what the planner knows of
 * tables that grow by the second.
 */
const COLUMNS = sql`r.seq, r.version_no, r.contact_id, nullif(concat_ws(' ', c.first_name, c.last_name), '') AS name, coalesce(c.phone_e164, c.user_id) AS phone,
  m.state, m.skip_reason, m.error_code, m.error_title, m.attempt, m.is_held, m.has_no_receipt, m.is_closed, m.wamid,
  coalesce(m.sent_at, m.accepted_at, m.delivered_at) AS sent_at, m.delivered_at, m.read_at, m.failed_at,
  r.address, ${chargeSql(sql`m`)} AS charge, m.pricing_type, r.seq > s.cursor_seq AS is_past_cursor`
const LOOKUPS = sql`
  JOIN LATERAL (SELECT cursor_seq FROM campaign_slice s WHERE s.workspace_id = r.workspace_id AND s.campaign_id = r.campaign_id
                   AND s.slice_no = (r.seq - 1) / 500 LIMIT 1) AS s ON true
  LEFT JOIN LATERAL (SELECT * FROM message m WHERE m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq LIMIT 1) AS m ON true
  LEFT JOIN LATERAL (SELECT * FROM contact c WHERE c.workspace_id = r.workspace_id AND c.id = r.contact_id LIMIT 1) AS c ON true`
export const SELECT = sql`SELECT ${COLUMNS} FROM recipient r ${LOOKUPS}`

export const of = (campaign: ListedCampaign) => sql`r.workspace_id = ${campaign.workspace_id} AND r.campaign_id = ${campaign.id}`
/** Past the cursor of a campaign that ended early nobody has a row, and everybody is Cancelled. */
export const endedEarly = (campaign: ListedCampaign): boolean => campaign.status === 'Cancelled' || campaign.status === 'Failed'

/** A shown status as a condition over `m` and the cursor. */
export function statusSql(campaign: ListedCampaign, status: ShownStatus): Sql {
  const states = sql`m.state = ANY(${statesOf(status)}::smallint[])`
  const derived = endedEarly(campaign) ? 'Cancelled' : 'Pending'
  if (status === 'Pending')
    return endedEarly(campaign) ? sql`(${states} OR (m.state IS NULL AND r.seq <= s.cursor_seq))` : sql`(m.state IS NULL OR ${states})`
  if (status === 'Cancelled' && derived === 'Cancelled') return sql`(${states} OR (m.state IS NULL AND r.seq > s.cursor_seq))`
  return states
}

/** Rows of the list by their sequence numbers, in that order. */
export const rowsAt = async (db: Db, campaign: ListedCampaign, seqs: readonly number[]): Promise<Row[]> =>
  seqs.length === 0
    ? []
    : many<Row>(
        db,
        sql`SELECT ${COLUMNS} FROM unnest(${seqs}::int[]) AS k (seq)
              JOIN LATERAL (SELECT * FROM recipient r WHERE ${of(campaign)} AND r.seq = k.seq LIMIT 1) AS r ON true ${LOOKUPS} ORDER BY r.seq`,
      )
