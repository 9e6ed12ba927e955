import { searchSql } from '../contacts/queries.ts'
import { SLICE_SIZE } from '../dispatch/counters.ts'
import { type ShownStatus, type State, shownStatus, statesOf } from '../dispatch/state.ts'
import { type Db, join, many, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import { isoOrNull } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { chargeSql } from '../pricing/charges.ts'
import { type Cost, costOfMessages } from '../pricing/cost.ts'
import { countryOfAddress } from '../pricing/country.ts'
import { requirePeople } from '../retention/kept.ts'
import { failureAdvice } from './failure-catalog.ts'

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

interface Row {
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
const SELECT = sql`SELECT ${COLUMNS} FROM recipient r ${LOOKUPS}`

const of = (campaign: ListedCampaign) => sql`r.workspace_id = ${campaign.workspace_id} AND r.campaign_id = ${campaign.id}`
/** Past the cursor of a campaign that ended early nobody has a row, and everybody is Cancelled. */
const endedEarly = (campaign: ListedCampaign): boolean => campaign.status === 'Cancelled' || campaign.status === 'Failed'

/** A shown status as a condition over `m` and the cursor. */
function statusSql(campaign: ListedCampaign, status: ShownStatus): Sql {
  const states = sql`m.state = ANY(${statesOf(status)}::smallint[])`
  const derived = endedEarly(campaign) ? 'Cancelled' : 'Pending'
  if (status === 'Pending')
    return endedEarly(campaign) ? sql`(${states} OR (m.state IS NULL AND r.seq <= s.cursor_seq))` : sql`(m.state IS NULL OR ${states})`
  if (status === 'Cancelled' && derived === 'Cancelled') return sql`(${states} OR (m.state IS NULL AND r.seq > s.cursor_seq))`
  return states
}

/** True when people are in the status who have no message row, or may be. */
const isDerived = (campaign: ListedCampaign, status: ShownStatus): boolean =>
  status === 'Pending' || (status === 'Cancelled' && endedEarly(campaign))

const COUNTER: Partial<Record<ShownStatus, Sql>> = {
  Sent: sql`k.sent`,
  Delivered: sql`k.delivered`,
  Read: sql`k.read`,
  Failed: sql`(k.rejected + k.undelivered)`,
  Skipped: sql`k.skipped`,
  Unknown: sql`k.unknown`,
  Cancelled: sql`k.cancelled`,
}
const SLICE_COLUMN: Partial<Record<ShownStatus, Sql>> = {
  Sent: sql`s.sent`,
  Delivered: sql`s.delivered`,
  Read: sql`s.read`,
  Failed: sql`s.failed`,
  Skipped: sql`s.skipped`,
  Unknown: sql`s.unknown`,
}
const ALL_ROWS = sql`(s.sent + s.delivered + s.read + s.failed + s.skipped + s.unknown + s.cancelled)`

/** How many of a slice are in a status, from the slice's own counts. Where it is derived, the rest of the slice. */
function sliceCount(campaign: ListedCampaign, status: ShownStatus): Sql {
  const stored = SLICE_COLUMN[status]
  if (stored !== undefined) return stored
  const rest = sql`(s.last_seq - s.first_seq + 1 - ${ALL_ROWS})`
  if (!endedEarly(campaign)) return status === 'Pending' ? rest : sql`s.cancelled`
  // Of the rest, those in flight or waiting stand before the cursor; a slice in flight is rare and short-lived.
  return status === 'Pending' ? sql`least(${rest}, s.sending)` : sql`(s.cancelled + ${rest} - least(${rest}, s.sending))`
}

export interface ListPage {
  readonly rows: Row[]
  readonly total: number
  readonly isExact: boolean
}

/**
 * One page of the delivery list. Without filters by sequence arithmetic; with a status its total is a counter, the slices of the page are found
 * by their counts and only those are read; with a search term by the contacts it finds.
 */
export async function listRecipients(
  db: Db,
  campaign: ListedCampaign,
  query: {
    readonly page: number
    readonly pageSize: number
    readonly searchTerm?: string | undefined
    readonly status?: ShownStatus | undefined
  },
): Promise<ListPage> {
  const offset = (query.page - 1) * query.pageSize
  const term = query.searchTerm?.trim() ?? ''
  if (term !== '') return searchRecipients(db, campaign, term, query.status, query.pageSize, offset)
  if (query.status === undefined) {
    const rows = await many<Row>(
      db,
      sql`${SELECT} WHERE ${of(campaign)} AND r.seq > ${offset} AND r.seq <= ${offset + query.pageSize} ORDER BY r.seq`,
    )
    return { rows, total: campaign.audience, isExact: true }
  }
  return listWithStatus(db, campaign, query.status, query.pageSize, offset)
}

/** Rows of the list by their sequence numbers, in that order. */
const rowsAt = async (db: Db, campaign: ListedCampaign, seqs: readonly number[]): Promise<Row[]> =>
  seqs.length === 0
    ? []
    : many<Row>(
        db,
        sql`SELECT ${COLUMNS} FROM unnest(${seqs}::int[]) AS k (seq)
              JOIN LATERAL (SELECT * FROM recipient r WHERE ${of(campaign)} AND r.seq = k.seq LIMIT 1) AS r ON true ${LOOKUPS} ORDER BY r.seq`,
      )

async function listWithStatus(db: Db, campaign: ListedCampaign, status: ShownStatus, limit: number, offset: number): Promise<ListPage> {
  const total = await totalOf(db, campaign, status)
  if (offset >= total) return { rows: [], total, isExact: true }
  const slices = await slicesOf(db, campaign, status, limit, offset, total)
  const [first] = slices
  if (first === undefined) return { rows: [], total, isExact: true }
  const found = await many<{ seq: number }>(
    db,
    sql`SELECT r.seq FROM unnest(${slices.map(({ slice_no }) => slice_no)}::int[]) AS k (slice_no)
         CROSS JOIN LATERAL (${membersSql(campaign, status)}) AS r
         ORDER BY r.seq LIMIT ${limit} OFFSET ${Math.max(0, offset - first.before)}`,
  )
  const seqs = found.map(({ seq }) => seq)
  return { rows: await rowsAt(db, campaign, seqs), total, isExact: true }
}

/**
 * The slices that a page lies in, with how many of the status stand before each. It lies within the first `offset + limit` that hold anybody of
 * the status, and when these people are spread evenly within far fewer: those are added up first.
 */
async function slicesOf(db: Db, campaign: ListedCampaign, status: ShownStatus, limit: number, offset: number, total: number) {
  const n = sliceCount(campaign, status)
  const end = offset + limit
  const within = (slices: number) =>
    many<{ slice_no: number; before: number; n: number }>(
      db,
      sql`SELECT slice_no, n, before FROM (
            SELECT slice_no, n, (sum(n) OVER (ORDER BY slice_no) - n)::int AS before FROM (
              SELECT s.slice_no, ${n}::int AS n FROM campaign_slice s
               WHERE s.workspace_id = ${campaign.workspace_id} AND s.campaign_id = ${campaign.id} AND ${n} > 0
               ORDER BY s.slice_no LIMIT ${slices}) AS counted) AS running
           WHERE before + n > ${offset} AND before < ${end} ORDER BY slice_no`,
    )
  const evenly = Math.ceil((1.5 * end * campaign.audience) / SLICE_SIZE / total) + 4
  const first = await within(Math.min(end, evenly))
  const last = first.at(-1)
  const isWhole = end <= evenly || (last !== undefined && last.before + last.n >= Math.min(end, total))
  return isWhole ? first : within(end)
}

/** Sequence numbers of slice `k.slice_no` in a status: one stretch of the message key, and where the status is derived one of recipients too. */
function membersSql(campaign: ListedCampaign, status: ShownStatus): Sql {
  const within = (seq: Sql) => sql`${seq} > k.slice_no * ${SLICE_SIZE}::int AND ${seq} <= (k.slice_no + 1) * ${SLICE_SIZE}::int`
  const messages = sql`SELECT m.seq, m.state FROM message m WHERE m.workspace_id = ${campaign.workspace_id} AND m.campaign_id = ${campaign.id}
                          AND ${within(sql`m.seq`)} ORDER BY m.seq LIMIT ${SLICE_SIZE}`
  if (!isDerived(campaign, status)) return sql`SELECT m.seq FROM (${messages}) AS m WHERE m.state = ANY(${statesOf(status)}::smallint[])`
  return sql`
    SELECT r.seq FROM (SELECT r.seq FROM recipient r WHERE ${of(campaign)} AND ${within(sql`r.seq`)} ORDER BY r.seq LIMIT ${SLICE_SIZE}) AS r
      LEFT JOIN (${messages}) AS m ON m.seq = r.seq
     CROSS JOIN (SELECT s.cursor_seq FROM campaign_slice s WHERE s.workspace_id = ${campaign.workspace_id} AND s.campaign_id = ${campaign.id}
                    AND s.slice_no = k.slice_no LIMIT 1) AS s
     WHERE ${statusSql(campaign, status)}`
}

/** How many people of a campaign are in a status, from its counters: Pending is the audience minus the rest. */
async function totalOf(db: Db, campaign: ListedCampaign, status: ShownStatus): Promise<number> {
  const n = COUNTER[status] ?? sql`${campaign.audience}::int - ${join(Object.values(COUNTER), sql` - `)}`
  const kept = await maybeOne<{ n: number }>(
    db,
    sql`SELECT ${n} AS n FROM campaign_counter k WHERE k.workspace_id = ${campaign.workspace_id} AND k.campaign_id = ${campaign.id}`,
  )
  return kept?.n ?? 0
}

/** A search is counted up to so many (api.md §1). */
const SEARCH_COUNT_MAX = 10_000
/** A campaign of no more people than this is read whole when a term is common. */
const READ_WHOLE_MAX = 20_000

/**
 * One page of whom a term finds in the campaign: contacts by the trigram index, then each of them by the index of recipients, whatever the
 * planner knows. Of a term that finds more people of the campaign than are counted, the first so many are listed, and the total is not exact.
 * With a status nobody in it is left out for that: everybody whom the term finds is then asked for it, which takes a second at ten million.
 */
async function searchRecipients(
  db: Db,
  campaign: ListedCampaign,
  term: string,
  status: ShownStatus | undefined,
  limit: number,
  offset: number,
): Promise<ListPage> {
  const wanted = status === undefined ? sql`SELECT seq FROM people` : inStatusSql(campaign, status, sql`people`)
  const search = (contacts: Sql, people: Sql, found = wanted) =>
    one<{ looked: number; people: number; n: number; seqs: number[] }>(
      db,
      sql`WITH contacts AS ${contacts}, people AS MATERIALIZED (${people} LIMIT ${SEARCH_COUNT_MAX + 1}),
               found AS MATERIALIZED (${found})
          SELECT (SELECT count(*) FROM contacts) AS looked, (SELECT count(*) FROM people) AS people, (SELECT count(*) FROM found) AS n,
                 ARRAY(SELECT seq FROM found ORDER BY seq LIMIT ${limit} OFFSET ${offset}) AS seqs`,
    )
  const matching = sql`SELECT c.id FROM contact_here c WHERE c.workspace_id = ${campaign.workspace_id} AND ${searchSql(term)}`
  let found = await search(
    sql`MATERIALIZED (${matching} LIMIT ${SEARCH_COUNT_MAX + 1})`,
    sql`SELECT r.seq FROM recipient r WHERE ${of(campaign)} AND r.contact_id = ANY(ARRAY(SELECT id FROM contacts))`,
  )
  if (found.looked > SEARCH_COUNT_MAX && found.people <= SEARCH_COUNT_MAX)
    found =
      campaign.audience <= READ_WHOLE_MAX
        ? await search(
            sql`(SELECT NULL WHERE false)`,
            sql`SELECT r.seq FROM recipient r
                 CROSS JOIN LATERAL (SELECT * FROM contact k WHERE k.workspace_id = r.workspace_id AND k.id = r.contact_id LIMIT 1) AS c
                 WHERE ${of(campaign)} AND ${searchSql(term)}`,
          )
        : await search(
            sql`(SELECT NULL WHERE false)`,
            sql`SELECT r.seq FROM (${matching}) AS c
                 CROSS JOIN LATERAL (SELECT r.seq FROM recipient r WHERE ${of(campaign)} AND r.contact_id = c.id LIMIT 1) AS r`,
          )
  if (status !== undefined && found.people > SEARCH_COUNT_MAX)
    found = await search(
      sql`(SELECT NULL WHERE false)`,
      inStatusSql(
        campaign,
        status,
        sql`(SELECT r.seq FROM (${matching}) AS c
              CROSS JOIN LATERAL (SELECT r.seq FROM recipient r WHERE ${of(campaign)} AND r.contact_id = c.id LIMIT 1) AS r)`,
      ),
      sql`SELECT seq FROM people`,
    )
  const rows = await rowsAt(db, campaign, found.seqs)
  return { rows, total: Math.min(found.n, SEARCH_COUNT_MAX), isExact: found.people <= SEARCH_COUNT_MAX }
}

/** Those of some people who are in a status. */
const inStatusSql = (campaign: ListedCampaign, status: ShownStatus, people: Sql): Sql => sql`
  SELECT r.seq FROM ${people} AS r
    LEFT JOIN LATERAL (SELECT m.state FROM message m WHERE m.workspace_id = ${campaign.workspace_id} AND m.campaign_id = ${campaign.id}
                          AND m.seq = r.seq LIMIT 1) AS m ON true
    LEFT JOIN LATERAL (SELECT s.cursor_seq FROM campaign_slice s WHERE s.workspace_id = ${campaign.workspace_id} AND s.campaign_id = ${campaign.id}
                          AND s.slice_no = (r.seq - 1) / ${SLICE_SIZE}::int LIMIT 1) AS s ON true
   WHERE ${statusSql(campaign, status)}`

/** A stretch of the list by sequence numbers, for exports: at most `limit` rows past `after`. */
export async function recipientsAfter(
  db: Db,
  campaign: ListedCampaign,
  after: number,
  limit: number,
  query: { readonly searchTerm?: string | undefined; readonly status?: ShownStatus | undefined },
): Promise<Row[]> {
  const term = query.searchTerm?.trim() ?? ''
  const conditions = [
    of(campaign),
    sql`r.seq > ${after}`,
    ...(query.status === undefined ? [] : [statusSql(campaign, query.status)]),
    ...(term === '' ? [] : [searchSql(term)]),
  ]
  return many<Row>(db, sql`${SELECT} WHERE ${join(conditions, sql` AND `)} ORDER BY r.seq LIMIT ${limit}`)
}

export const recipientOfContact = (db: Db, campaign: ListedCampaign, contactId: string) =>
  maybeOne<Row>(db, sql`${SELECT} WHERE ${of(campaign)} AND r.contact_id = ${contactId}`)

/** What recipients pressed and wrote, and what their messages cost, for one page: one query each. */
export async function touches(db: Db, campaign: ListedCampaign, rows: readonly Row[]) {
  const seqs = rows.map(({ seq }) => seq)
  const clicks = await many<{ seq: number; index: number; text: string; at: Date }>(
    db,
    sql`SELECT seq, button_index AS index, text, at FROM button_click
         WHERE workspace_id = ${campaign.workspace_id} AND campaign_id = ${campaign.id} AND seq = ANY(${seqs}::int[]) ORDER BY at`,
  )
  const replies = await many<{ seq: number; at: Date }>(
    db,
    sql`SELECT seq, min(at) AS at FROM reply WHERE workspace_id = ${campaign.workspace_id} AND campaign_id = ${campaign.id} AND seq = ANY(${seqs}::int[]) GROUP BY seq`,
  )
  const costs: ReadonlyMap<number, Cost | null> = await costOfMessages(
    db,
    campaign.workspace_id,
    rows.map((row) => ({
      seq: row.seq,
      charge: row.charge,
      country: countryOfAddress(row.address),
      isPriced: row.pricing_type !== null && row.state !== null && row.state >= 8,
      day: row.delivered_at,
    })),
  )
  return { costs, clicks: Map.groupBy(clicks, ({ seq }) => seq), replies: new Map(replies.map(({ seq, at }) => [seq, at])) }
}

export type Touches = Awaited<ReturnType<typeof touches>>

/** A list item as api.md §3.3 has it. */
export function recipientItem(row: Row, campaign: ListedCampaign, { clicks, replies, costs }: Touches) {
  const status: ShownStatus =
    row.state === null ? (endedEarly(campaign) && row.is_past_cursor ? 'Cancelled' : 'Pending') : shownStatus(row.state)
  const isFailed = status === 'Failed'
  const advice = row.error_code === null ? null : failureAdvice(row.error_code)
  const showsError = isFailed || (row.error_code !== null && (status === 'Pending' || status === 'Unknown'))
  return {
    contactId: row.contact_id,
    language: campaign.languages[row.version_no ?? 0] ?? null,
    name: row.name,
    phone: row.phone,
    status,
    kind: isFailed
      ? row.state === 5
        ? 'rejected'
        : 'undelivered'
      : status === 'Sent' && row.is_held
        ? 'held_for_quality_assessment'
        : status === 'Sent' && row.has_no_receipt
          ? 'no_receipt'
          : status === 'Unknown' && row.is_closed
            ? 'closed'
            : null,
    reason: status === 'Skipped' ? row.skip_reason : status === 'Sent' && row.has_no_receipt && !row.is_held ? 'no receipt' : null,
    errorCode: showsError ? row.error_code : null,
    errorTitle: showsError ? (advice?.title ?? row.error_title) : null,
    errorAdvice: showsError ? (advice?.advice ?? null) : null,
    attempts: row.attempt ?? (status === 'Pending' && !row.is_past_cursor ? 1 : 0),
    wamid: row.wamid,
    sentAt: isoOrNull(row.sent_at),
    deliveredAt: isoOrNull(row.delivered_at),
    readAt: isoOrNull(row.read_at),
    failedAt: isFailed ? isoOrNull(row.failed_at) : null,
    clicked: (clicks.get(row.seq) ?? []).map(({ index, text, at }) => ({ index, text, at: at.toISOString() })),
    repliedAt: isoOrNull(replies.get(row.seq)),
    cost: costs.get(row.seq) ?? null,
  }
}
