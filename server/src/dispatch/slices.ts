import { type Db, many, maybeOne, type Sql, sql } from '../platform/db.ts'
import type { Recipient, RunningCampaign } from './intent.ts'

/**
 * Condition over alias `r`: no message row yet. Written as a probe per recipient, so that no planner, with whatever statistics on a table
 * that grows by the second, reads the whole of it.
 */
export const hasNoMessage: Sql = sql`(SELECT 1 FROM message m WHERE m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq LIMIT 1) IS NULL`

/** The next slice that is not at its end and in which somebody is awake, from `fromSlice` on; while a canary is open, none past it. @param awake zone numbers; without quiet hours no matter */
export const nextSlice = (db: Db, campaign: RunningCampaign, fromSlice: number, awake: readonly number[]) =>
  maybeOne<{ sliceNo: number; cursorSeq: number; lastSeq: number }>(
    db, // least() leaves out null
    sql`SELECT slice_no AS "sliceNo", cursor_seq AS "cursorSeq", least(last_seq, ${campaign.canarySeq}::int) AS "lastSeq"
          FROM campaign_slice
         WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND slice_no >= ${fromSlice}
           AND cursor_seq < least(last_seq, ${campaign.canarySeq}::int)
           AND (zone_from IS NULL OR EXISTS (SELECT 1 FROM unnest(${awake}::smallint[]) AS zone WHERE zone BETWEEN zone_from AND zone_to))
         ORDER BY slice_no LIMIT 1`,
  )

/** The people of a slice past its cursor who may be sent to: those without a message row. */
export const recipientsPast = (db: Db, campaign: RunningCampaign, cursorSeq: number, lastSeq: number): Promise<Recipient[]> =>
  many(
    db,
    sql`SELECT r.seq, r.address, r.fields, r.version_no AS "versionNo"
          FROM recipient r
         WHERE r.workspace_id = ${campaign.workspaceId} AND r.campaign_id = ${campaign.id} AND r.seq > ${cursorSeq} AND r.seq <= ${lastSeq}
           AND ${hasNoMessage}
         ORDER BY r.seq`,
  )

/**
 * Intents of a number without a durable result, as SQL: of all owners, retries (counted in their slice) and test sends included
 * (delivery.md §2, W). Reads open slices only.
 */
export const inFlightSql = (workspaceId: string, numberId: string): Sql => sql`(
  (SELECT coalesce(sum(o.sending), 0) FROM campaign_slice o JOIN campaign oc ON oc.workspace_id = o.workspace_id AND oc.id = o.campaign_id
    WHERE o.workspace_id = ${workspaceId} AND o.sending > 0 AND oc.number_id = ${numberId})
  + (SELECT count(*) FROM test_send ot WHERE ot.workspace_id = ${workspaceId} AND ot.number_id = ${numberId} AND ot.state = 'Sending'))::int`
