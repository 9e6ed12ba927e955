import type { Config } from '../platform/config.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import { isHeldSql } from './holds.ts'
import type { RunningCampaign } from './intent.ts'
import { windowOf } from './pacing.ts'
import type { Orders } from './ports.ts'

/** What a number has to do now, and how fast: its campaigns that may send, its rate and its window. */
export async function ordersOf(db: Db, config: Pick<Config, 'MAX_IN_FLIGHT'>, workspaceId: string, numberId: string): Promise<Orders> {
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
          FROM campaign c JOIN workspace w ON w.id = c.workspace_id
         WHERE c.workspace_id = ${workspaceId} AND c.number_id = ${numberId} AND c.status = 'Running' AND c.frozen_at IS NOT NULL
           AND NOT ${isHeldSql}
         ORDER BY c.id`,
  )
  const { perSecond, maxInFlight, hasTests } = await one<{ perSecond: number; maxInFlight: number | null; hasTests: boolean }>(
    db,
    sql`SELECT least(n.throughput_per_second, n.rate_per_second) AS "perSecond", n.max_in_flight AS "maxInFlight",
               EXISTS (SELECT 1 FROM test_send t WHERE t.number_id = n.id AND t.state = 'Pending') AS "hasTests"
          FROM phone_number n WHERE n.workspace_id = ${workspaceId} AND n.id = ${numberId}`,
  )
  return { campaigns, hasTests, perSecond, window: maxInFlight ?? Math.ceil((windowOf(perSecond) * config.MAX_IN_FLIGHT) / 32) }
}
