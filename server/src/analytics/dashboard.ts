import { numbersWhere } from '../accounts/numbers.ts'
import { campaignItem, share } from '../campaigns/figures.ts'
import { type CampaignRow, campaignSort, listCampaigns, statusCounts } from '../campaigns/queries.ts'
import { CAMPAIGN_STATUSES } from '../campaigns/status.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import { costOfPeriod } from '../pricing/cost.ts'
import { failureAdvice } from './failure-catalog.ts'

interface Sums {
  readonly campaigns: number
  readonly audience: number
  readonly sent: number
  readonly delivered: number
  readonly read: number
  readonly failed: number
  readonly clicked: number
  readonly replied: number
  readonly opted_out: number
  readonly skipped: number
}
/** Totals of the campaigns started in a period, from their counters: one row a campaign, never a message. */
async function totalsOf(db: Db, workspaceId: string, from: Date, to: Date) {
  const asked = one<Sums>(
    db,
    sql`SELECT count(*) AS campaigns, coalesce(sum(c.audience), 0) AS audience, coalesce(sum(k.sent + k.delivered + k.read + k.undelivered), 0) AS sent,
               coalesce(sum(k.delivered + k.read), 0) AS delivered, coalesce(sum(k.read), 0) AS read, coalesce(sum(k.rejected + k.undelivered), 0) AS failed,
               coalesce(sum(k.clicked), 0) AS clicked, coalesce(sum(k.replied), 0) AS replied, coalesce(sum(k.opted_out), 0) AS opted_out,
               coalesce(sum(k.skipped), 0) AS skipped
          FROM campaign c LEFT JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
         WHERE c.workspace_id = ${workspaceId} AND c.started_at >= ${from} AND c.started_at < ${to}`,
  )
  const [sums, cost] = await Promise.all([asked, costOfPeriod(db, workspaceId, from, to)])
  const { opted_out: optedOut, skipped, ...rest } = sums
  return {
    totals: { ...rest, optedOut, cost },
    rates: {
      delivery: share(sums.delivered, sums.sent),
      read: share(sums.read, sums.delivered),
      click: share(sums.clicked, sums.delivered),
      failure: share(sums.failed, sums.audience - skipped),
    },
  }
}

/**
 * Sums by day of the per-minute series. The bounds of the days are computed apart: a condition that computes with time zones is none that an
 * index behind the wall may answer.
 */
const seriesOf = (db: Db, workspaceId: string, from: Date, to: Date, timeZone: string) =>
  many<{ date: string; sent: number; delivered: number; read: number; failed: number; clicked: number }>(
    db,
    sql`WITH days AS MATERIALIZED (
          SELECT day, greatest(day AT TIME ZONE ${timeZone}, ${from}::timestamptz) AS since,
                 least((day + interval '1 day') AT TIME ZONE ${timeZone}, ${to}::timestamptz) AS until
            FROM generate_series(date_trunc('day', ${from}::timestamptz AT TIME ZONE ${timeZone}),
                                 (${to}::timestamptz AT TIME ZONE ${timeZone}) - interval '1 microsecond', interval '1 day') AS g (day))
        SELECT to_char(d.day, 'YYYY-MM-DD') AS date, m.sent, m.delivered, m.read, greatest(m.failed, 0) AS failed, m.clicked
          FROM days d CROSS JOIN LATERAL (
            SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(delivered), 0) AS delivered, coalesce(sum(read), 0) AS read,
                   coalesce(sum(failed), 0) AS failed, coalesce(sum(clicked), 0) AS clicked
              FROM campaign_minute WHERE workspace_id = ${workspaceId} AND minute >= d.since AND minute < d.until) AS m
         ORDER BY d.day`,
  )

interface Top {
  readonly id: string
  readonly name: string
  readonly sent: number
  readonly delivered: number
  readonly read: number
  readonly clicked: number
}

/**
 * Everything on the first page, from counters and the per-minute series: independent statements, which travel together.
 * @param tx a transaction, so that they do
 */
export async function dashboard(
  tx: Db,
  workspaceId: string,
  from: Date,
  to: Date,
  timeZone: string,
  may: (permission: string) => boolean,
  now: Date,
) {
  const within = sql`c.workspace_id = ${workspaceId} AND c.started_at >= ${from} AND c.started_at < ${to} AND c.deleted_at IS NULL`
  const byTime = campaignSort('scheduledat asc') ?? sql``
  const newest = campaignSort('createddate desc') ?? sql``
  const [upcoming, running, current, previous, series, counts, topCampaigns, topTemplates, failures, senders] = await Promise.all([
    listCampaigns(tx, workspaceId, { status: 'Scheduled' }, byTime, 5, 0),
    listCampaigns(tx, workspaceId, { status: 'Running' }, newest, 10, 0),
    totalsOf(tx, workspaceId, from, to),
    totalsOf(tx, workspaceId, new Date(2 * from.getTime() - to.getTime()), from),
    seriesOf(tx, workspaceId, from, to, timeZone),
    statusCounts(tx, workspaceId, undefined),
    many<Top>(
      tx,
      sql`SELECT c.id, c.name, k.sent + k.delivered + k.read + k.undelivered AS sent, k.delivered + k.read AS delivered, k.read, k.clicked
            FROM campaign c JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id WHERE ${within} ORDER BY 3 DESC, c.id LIMIT 5`,
    ),
    many<Top & { readonly language: string }>(
      tx,
      sql`SELECT t.id, t.name, t.language, sum(k.sent + k.delivered + k.read + k.undelivered) AS sent, sum(k.delivered + k.read) AS delivered,
                 sum(k.read) AS read, sum(k.clicked) AS clicked
            FROM campaign c JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
            JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
           WHERE ${within} GROUP BY t.id, t.name, t.language ORDER BY 4 DESC, t.id LIMIT 5`,
    ),
    many<{ code: string; count: number }>(
      tx,
      sql`SELECT f.code, sum(f.count) AS count FROM campaign c JOIN campaign_failure f ON f.workspace_id = c.workspace_id AND f.campaign_id = c.id
           WHERE ${within} AND f.kind IN ('rejected', 'undelivered') GROUP BY f.code HAVING sum(f.count) > 0 ORDER BY 2 DESC, 1 LIMIT 10`,
    ),
    numbersWhere(tx, workspaceId),
  ])
  const statusTable: Record<string, number> = { All: counts.reduce((sum, { n }) => sum + n, 0) }
  for (const status of CAMPAIGN_STATUSES) statusTable[status] = counts.find((row) => row.status === status)?.n ?? 0
  const item = (row: CampaignRow) => campaignItem(row, may, now)
  return {
    ...current,
    previous,
    series,
    statusCounts: statusTable,
    topCampaigns,
    topTemplates,
    failures: failures.map(({ code, count }) => ({ code, title: failureAdvice(Number(code)).title, count })),
    upcoming: upcoming.rows.map(item),
    running: running.rows.map(item),
    senders: senders.map((number) => ({
      id: number.id,
      phone: number.display_phone_number,
      quality: number.quality_rating,
      limit: number.messaging_limit,
      usedLast24h: number.used_last_24h,
      ratePerSecond: Math.min(number.throughput_per_second, number.rate_per_second ?? number.throughput_per_second),
    })),
  }
}
