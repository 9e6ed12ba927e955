import { SLICE_SIZE } from '../dispatch/counters.ts'
import { type ShownStatus, statesOf } from '../dispatch/state.ts'
import { type Db, join, many, maybeOne, type Sql, sql } from '../platform/db.ts'
import { endedEarly, type ListedCampaign, of, type Row, rowsAt, SELECT, statusSql } from './recipient-rows.ts'
import { searchRecipients } from './recipient-search.ts'

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
