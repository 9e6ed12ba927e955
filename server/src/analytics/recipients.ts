import { searchSql } from '../contacts/queries.ts'
import { type ShownStatus, shownStatus } from '../dispatch/state.ts'
import { type Db, join, many, maybeOne, sql } from '../platform/db.ts'
import { isoOrNull } from '../platform/http.ts'
import { type Cost, costOfMessages } from '../pricing/cost.ts'
import { countryOfAddress } from '../pricing/country.ts'
import { failureAdvice } from './failure-catalog.ts'
import { endedEarly, type ListedCampaign, of, type Row, SELECT, statusSql } from './recipient-rows.ts'

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
