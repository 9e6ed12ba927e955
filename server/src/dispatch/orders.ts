import type { Config } from '../platform/config.ts'
import { type Db, many, type Sql, sql } from '../platform/db.ts'
import { isHeldSql } from './holds.ts'
import type { RunningCampaign } from './intent.ts'
import { windowOf } from './pacing.ts'
import type { Orders } from './ports.ts'

/** A number of a workspace. */
export interface NumberKey {
  readonly workspaceId: string
  readonly numberId: string
}
/** These numbers as rows `k (workspace_id, number_id)`. */
export const numberRows = (numbers: readonly NumberKey[]): Sql =>
  sql`unnest(${numbers.map(({ workspaceId }) => workspaceId)}::uuid[], ${numbers.map(({ numberId }) => numberId)}::uuid[]) AS k (workspace_id, number_id)`

/** What numbers have to do now, and how fast: their campaigns that may send, rate and window. By number id; two statements however many they are. */
export async function ordersOf(
  db: Db,
  config: Pick<Config, 'MAX_IN_FLIGHT'>,
  numbers: readonly NumberKey[],
): Promise<ReadonlyMap<string, Orders>> {
  if (numbers.length === 0) return new Map()
  const campaigns = await many<RunningCampaign>(
    db,
    sql`SELECT c.workspace_id AS "workspaceId", c.id, c.number_id AS "numberId", c.account_id AS "accountId", c.template_id AS "templateId",
               CASE WHEN c.languages = 'family' THEN (SELECT jsonb_object_agg(v.language, v.template_id) FROM campaign_version v
                 WHERE v.workspace_id = c.workspace_id AND v.campaign_id = c.id) END AS templates,
               c.frozen_template->>'category' AS category, c.frozen_quiet AS quiet, c.canary_seq AS "canarySeq", c.topic_id AS "topicId",
               c.rate_per_second AS "ratePerSecond",
               w.require_marketing_opt_in AS "requireMarketingOptIn", w.utility_through_opt_out AS "utilityThroughOptOut",
               EXISTS (SELECT 1 FROM message_retry r WHERE r.workspace_id = c.workspace_id AND r.campaign_id = c.id AND r.due_at <= now())
                 AS "hasRetryDue"
          FROM ${numberRows(numbers)} JOIN campaign c ON c.workspace_id = k.workspace_id AND c.number_id = k.number_id
          JOIN workspace w ON w.id = c.workspace_id
         WHERE c.status = 'Running' AND c.frozen_at IS NOT NULL AND NOT ${isHeldSql}
         ORDER BY c.id`,
  )
  const byNumber = Map.groupBy(campaigns, ({ numberId }) => numberId)
  const rates = await many<{ numberId: string; perSecond: number; maxInFlight: number | null; hasTests: boolean }>(
    db,
    sql`SELECT n.id AS "numberId", least(n.throughput_per_second, n.rate_per_second) AS "perSecond", n.max_in_flight AS "maxInFlight",
               EXISTS (SELECT 1 FROM test_send t WHERE t.workspace_id = n.workspace_id AND t.number_id = n.id AND t.state = 'Pending') AS "hasTests"
          FROM ${numberRows(numbers)} JOIN phone_number n ON n.workspace_id = k.workspace_id AND n.id = k.number_id`,
  )
  return new Map(
    rates.map(({ numberId, perSecond, maxInFlight, hasTests }) => [
      numberId,
      {
        campaigns: byNumber.get(numberId) ?? [],
        hasTests,
        perSecond,
        window: maxInFlight ?? Math.ceil((windowOf(perSecond) * config.MAX_IN_FLIGHT) / 32),
      },
    ]),
  )
}
