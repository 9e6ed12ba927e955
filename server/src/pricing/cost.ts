import { z } from '@hono/zod-openapi'
import { type Db, many, one, type Sql, sql } from '../platform/db.ts'
import { rateCategory } from './charges.ts'

/** Money as text, so that nobody computes with floats. */
export const Cost = z
  .object({ amount: z.string().openapi({ example: '12.3400' }), currency: z.string().openapi({ example: 'USD' }) })
  .openapi('Cost')
export type Cost = z.infer<typeof Cost>

/**
 * A lateral row over alias `x` (workspace_id, day, country, category): currency and sample mark of the newest card in force on that day, and
 * its amount for that country, else for `*`. No row without a card; amount NULL when the card does not name the category.
 */
export const rateSql: Sql = sql`
  (SELECT k.currency, k.is_sample,
          (SELECT r.amount FROM rate r WHERE r.workspace_id = k.workspace_id AND r.card_id = k.id AND r.category = x.category
              AND r.country IN (x.country, '*') ORDER BY r.country = '*' LIMIT 1) AS amount
     FROM rate_card k WHERE k.workspace_id = x.workspace_id AND k.effective_from <= x.day ORDER BY k.effective_from DESC LIMIT 1)`

/**
 * The cost of a set of counted messages as jsonb, or NULL: when a charged message has no rate, when no card is in force, and when the
 * cards differ in currency. A sum that leaves something out would be a lie.
 * @param charges rows (workspace_id, day, country, category, messages); one of 0 messages only names a day
 */
export const costSql = (charges: Sql): Sql => sql`
  (SELECT CASE WHEN count(*) FILTER (WHERE p.amount IS NULL AND x.messages <> 0) = 0 AND count(DISTINCT p.currency) = 1
               THEN jsonb_build_object('amount', round(coalesce(sum(x.messages * p.amount), 0), 4)::text, 'currency', min(p.currency)) END
     FROM (${charges}) AS x LEFT JOIN LATERAL ${rateSql} AS p ON true)`

/** Charges of the campaign in alias `c`: its aggregates, and a row that names the day it started. */
export const campaignChargesSql: Sql = sql`
  SELECT h.workspace_id, h.day, h.country, h.category, h.messages FROM campaign_charge h WHERE h.workspace_id = c.workspace_id AND h.campaign_id = c.id
  UNION ALL SELECT c.workspace_id, (c.started_at AT TIME ZONE 'UTC')::date, '*', 'MARKETING', 0`

/** The actual cost of the campaign in alias `c`; NULL before it started. */
export const campaignCostSql: Sql = sql`(CASE WHEN c.started_at IS NOT NULL THEN ${costSql(campaignChargesSql)} END)`

/** The cost of all campaigns started in a period: a few rows a campaign, never a message. */
export async function costOfPeriod(db: Db, workspaceId: string, from: Date, to: Date): Promise<Cost | null> {
  const charges = sql`
    SELECT h.workspace_id, h.day, h.country, h.category, sum(h.messages) AS messages
      FROM campaign c JOIN campaign_charge h ON h.workspace_id = c.workspace_id AND h.campaign_id = c.id
     WHERE c.workspace_id = ${workspaceId} AND c.started_at >= ${from} AND c.started_at < ${to}
     GROUP BY h.workspace_id, h.day, h.country, h.category
    UNION ALL SELECT ${workspaceId}::uuid, (${to}::timestamptz AT TIME ZONE 'UTC')::date, '*', 'MARKETING', 0`
  return (await one<{ cost: Cost | null }>(db, sql`SELECT ${costSql(charges)} AS cost`)).cost
}

export interface Estimate {
  readonly cost: Cost | null
  readonly countries: { country: string; count: number; cost: Cost | null }[]
}

/** What people of these countries would cost today, if every message were delivered and charged. */
export async function estimateCost(
  db: Db,
  workspaceId: string,
  counts: readonly { readonly country: string; readonly count: number }[],
  category: string,
): Promise<Estimate> {
  const source = (countries: Sql, messages: Sql, from: Sql) =>
    sql`SELECT ${workspaceId}::uuid AS workspace_id, (now() AT TIME ZONE 'UTC')::date AS day, ${countries} AS country,
               ${rateCategory(category)}::text AS category, ${messages} AS messages ${from}`
  const listed = sql`unnest(${counts.map(({ country }) => country)}::text[], ${counts.map(({ count }) => count)}::int[]) WITH ORDINALITY AS u (country, n, i)`
  const lines = await many<{ country: string; count: number; cost: Cost | null }>(
    db,
    sql`SELECT u.country, u.n AS count, ${costSql(source(sql`u.country`, sql`u.n`, sql``))} AS cost FROM ${listed} ORDER BY u.i`,
  )
  const { cost } = await one<{ cost: Cost | null }>(
    db,
    sql`SELECT ${costSql(sql`${source(sql`u.country`, sql`u.n`, sql`FROM ${listed}`)} UNION ALL ${source(sql`'*'`, sql`0`, sql``)}`)} AS cost`,
  )
  return { cost, countries: lines }
}

/** A delivered message of a list, as it was charged. */
export interface PricedMessage {
  readonly seq: number
  /** 'YYYY-MM-DD category', or null: not charged. */
  readonly charge: string | null
  readonly country: string
  /** Its pricing is known: without a charge it was free. */
  readonly isPriced: boolean
  readonly day: Date | null
}

/** The cost of each message of a page, by one statement. */
export async function costOfMessages(db: Db, workspaceId: string, rows: readonly PricedMessage[]): Promise<Map<number, Cost | null>> {
  const priced = rows.filter(({ isPriced, day }) => isPriced && day !== null)
  if (priced.length === 0) return new Map()
  const lines = await many<{ seq: number; cost: Cost | null }>(
    db,
    sql`SELECT u.seq, ${costSql(sql`SELECT ${workspaceId}::uuid AS workspace_id, u.day, u.country, u.category, u.n AS messages`)} AS cost
          FROM unnest(${priced.map(({ seq }) => seq)}::int[], ${priced.map(({ charge, day }) => charge?.slice(0, 10) ?? day?.toISOString().slice(0, 10))}::date[],
                      ${priced.map(({ country }) => country)}::text[], ${priced.map(({ charge }) => rateCategory(charge?.slice(11) ?? 'MARKETING'))}::text[],
                      ${priced.map(({ charge }) => (charge === null ? 0 : 1))}::int[]) AS u (seq, day, country, category, n)`,
  )
  return new Map(lines.map(({ seq, cost }) => [seq, cost]))
}
