import { z } from '@hono/zod-openapi'
import { type Db, many, maybeOne, sql } from '../platform/db.ts'
import { rateCategory } from './charges.ts'
import { Cost, campaignCostSql, costSql, rateSql } from './cost.ts'

const Line = z.object({
  country: z.string(),
  category: z.string(),
  recipients: z.int().openapi({ description: 'Frozen audience of this country that may be sent to' }),
  charged: z.int().openapi({ description: 'Delivered messages that Meta charges' }),
  estimate: Cost.nullable(),
  actual: Cost.nullable(),
})
export const CampaignCost = z
  .object({
    estimate: Cost.nullable().openapi({ description: 'If everybody in the frozen audience were delivered and charged: “up to”' }),
    actual: Cost.nullable(),
    variance: z
      .object({ amount: z.string(), currency: z.string(), share: z.number().nullable() })
      .nullable()
      .openapi({ description: 'actual − estimate; share is of the estimate' }),
    isSample: z.boolean().openapi({ description: 'A sample card was used: the figures are invented' }),
    lines: z.array(Line),
  })
  .openapi('CampaignCost')

/** Decimal texts of four places, compared exactly. */
const units = (amount: string): bigint => BigInt(amount.replace('.', ''))
const decimal = (value: bigint): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(5, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`
}

/** actual − estimate, when both are known in one currency. */
export function varianceOf(estimate: Cost | null, actual: Cost | null) {
  if (estimate === null || actual === null || estimate.currency !== actual.currency) return null
  const [expected, paid] = [units(estimate.amount), units(actual.amount)]
  return {
    amount: decimal(paid - expected),
    currency: actual.currency,
    share: expected === 0n ? null : Math.round((Number(paid - expected) / Number(expected)) * 10_000) / 10_000,
  }
}

/** What a campaign was expected to cost, what it cost so far, and the difference, by country and category. Reads aggregates alone. */
export async function campaignCost(db: Db, workspaceId: string, id: string): Promise<z.infer<typeof CampaignCost> | undefined> {
  const campaign = await maybeOne<{ category: string; estimate: Cost | null; actual: Cost | null; is_sample: boolean }>(
    db,
    sql`SELECT upper(coalesce(c.frozen_template->>'category', t.category)) AS category, ${campaignCostSql} AS actual,
               CASE WHEN c.frozen_at IS NOT NULL THEN ${costSql(expectedSql(sql`upper(coalesce(c.frozen_template->>'category', t.category))`))} END AS estimate,
               coalesce((SELECT p.is_sample FROM (SELECT c.workspace_id, (c.started_at AT TIME ZONE 'UTC')::date AS day, '*' AS country, 'MARKETING' AS category) AS x,
                 LATERAL ${rateSql} AS p), false) AS is_sample
          FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${id} AND c.deleted_at IS NULL`,
  )
  if (campaign === undefined) return undefined
  const expected = sql`SELECT * FROM (${expectedSql(sql`${rateCategory(campaign.category)}::text`)}) AS e WHERE e.country = u.country AND e.category = u.category`
  const charged = sql`SELECT h.workspace_id, h.day, h.country, h.category, h.messages FROM campaign_charge h
                       WHERE h.workspace_id = c.workspace_id AND h.campaign_id = c.id AND h.country = u.country AND h.category = u.category`
  const lines = await many<z.infer<typeof Line>>(
    db,
    sql`SELECT u.country, u.category, coalesce((SELECT sum(messages) FROM (${expected}) AS x), 0)::int AS recipients,
               coalesce((SELECT sum(messages) FROM (${charged}) AS x), 0)::int AS charged, ${costSql(expected)} AS estimate, ${costSql(charged)} AS actual
          FROM campaign c,
               LATERAL (SELECT e.country, e.category FROM (${expectedSql(sql`${rateCategory(campaign.category)}::text`)}) AS e WHERE e.messages > 0
                         UNION SELECT h.country, h.category FROM campaign_charge h WHERE h.workspace_id = c.workspace_id AND h.campaign_id = c.id AND h.messages > 0) AS u
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${id} ORDER BY 3 DESC, 1, 2`,
  )
  const { estimate, actual } = campaign
  return { estimate, actual, variance: varianceOf(estimate, actual), isSample: campaign.is_sample, lines }
}

/** The frozen audience of the campaign in alias `c` as if all were charged on the day it was frozen. */
const expectedSql = (category: ReturnType<typeof sql>) => sql`
  SELECT g.workspace_id, (c.frozen_at AT TIME ZONE 'UTC')::date AS day, g.country, ${category} AS category, g.recipients AS messages
    FROM campaign_country g WHERE g.workspace_id = c.workspace_id AND g.campaign_id = c.id
  UNION ALL SELECT c.workspace_id, (c.frozen_at AT TIME ZONE 'UTC')::date, '*', ${category}, 0`
