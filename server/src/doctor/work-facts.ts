import { type HoldReason, type HoldScope, isHeldSql } from '../dispatch/holds.ts'
import { countWorkers } from '../dispatch/lease.ts'
import type { Config } from '../platform/config.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import type { StandingHold, WorkFacts } from './work.ts'

/** Holds shown: whoever has more has one cause. */
const HOLDS_MAX = 50

/** Reads small tables and partial indexes only: cheap whatever the number of recipients. */
export async function workFacts(db: Db, config: Config): Promise<WorkFacts> {
  const settledWithinMs = config.SEND_TIMEOUT_MS + config.RESCUE_GRACE_MS + 60_000
  const waiting = await one<Omit<WorkFacts, 'workers' | 'holds' | 'hasMailServer'>>(
    db,
    sql`SELECT
      (SELECT count(*) FROM campaign WHERE deleted_at IS NULL
          AND (status = 'Running' OR (status = 'Scheduled' AND scheduled_at < now() + interval '1 day'))) AS "campaignsWaiting",
      (SELECT count(*) FROM webhook_inbox) AS "inboxBodies",
      (SELECT floor(extract(epoch FROM now() - min(received_at)))::int FROM webhook_inbox) AS "inboxOldestSeconds",
      (SELECT count(*) FROM webhook_set_aside) AS "setAside",
      (SELECT floor(extract(epoch FROM now() - min(created_at)))::int FROM contact_import WHERE status = 'Queued') AS "importOldestSeconds",
      (SELECT count(*) FROM campaign c WHERE c.status = 'Scheduled' AND c.deleted_at IS NULL AND c.scheduled_at < now() - interval '1 minute'
          AND NOT ${isHeldSql}) AS "overdueCampaigns",
      (SELECT count(*) FROM campaign c WHERE c.status = 'Running' AND c.frozen_at IS NULL AND c.started_at < now() - interval '1 minute'
          AND NOT ${isHeldSql}) AS "unfrozenCampaigns",
      (SELECT count(*) FROM campaign_slice WHERE sending > 0
          AND advanced_at < now() - ${settledWithinMs} * interval '1 millisecond') AS "stuckSlices",
      (SELECT count(*) FROM outgoing_delivery d JOIN webhook_endpoint e ON e.workspace_id = d.workspace_id AND e.id = d.endpoint_id
        WHERE e.is_enabled AND d.status = 'Pending' AND d.next_attempt_at <= now()) AS "deliveriesDue",
      (SELECT floor(extract(epoch FROM now() - min(d.next_attempt_at)))::int
         FROM outgoing_delivery d JOIN webhook_endpoint e ON e.workspace_id = d.workspace_id AND e.id = d.endpoint_id
        WHERE e.is_enabled AND d.status = 'Pending' AND d.next_attempt_at <= now()) AS "deliveryOldestSeconds",
      (SELECT floor(extract(epoch FROM now() - min(created_at)))::int FROM notice_mail) AS "mailOldestSeconds"`,
  )
  return { ...waiting, workers: await countWorkers(db), holds: await standingHolds(db), hasMailServer: config.SMTP_URL !== undefined }
}

/** Of every workspace, each with the name of what it stands on. */
function standingHolds(db: Db): Promise<StandingHold[]> {
  return many<{ scope: HoldScope; reason: HoldReason; name: string; since: Date; detail: string }>(
    db,
    sql`SELECT h.scope, h.reason, h.since, h.detail,
               coalesce((SELECT n.display_phone_number FROM phone_number n WHERE h.scope = 'number' AND n.workspace_id = h.workspace_id AND n.id::text = h.scope_id),
                        (SELECT a.name FROM whatsapp_account a WHERE h.scope = 'account' AND a.workspace_id = h.workspace_id AND a.id::text = h.scope_id),
                        (SELECT t.name FROM template t WHERE h.scope = 'template' AND t.workspace_id = h.workspace_id AND t.id::text = h.scope_id),
                        (SELECT c.name FROM campaign c WHERE h.scope = 'campaign' AND c.workspace_id = h.workspace_id AND c.id::text = h.scope_id),
                        h.scope_id) AS name
          FROM hold h WHERE (h.auto_resume_at IS NULL OR h.auto_resume_at > now())
           AND (h.scope <> 'campaign' OR EXISTS (SELECT 1 FROM campaign c WHERE c.workspace_id = h.workspace_id AND c.id::text = h.scope_id
                                                    AND c.status IN ('Scheduled', 'Running') AND c.deleted_at IS NULL))
         ORDER BY h.since LIMIT ${HOLDS_MAX}`,
  )
}
