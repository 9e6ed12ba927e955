import { type Db, many, sql } from '../platform/db.ts'

/** What happened between a person and the workspace, newest first: their messages of the last 100 campaigns, replies, consent. */
export const timelineOf = (db: Db, workspaceId: string, contactId: string) =>
  many<{ at: Date; kind: string; detail: string; campaignId: string | null }>(
    db,
    sql`WITH latest AS (SELECT campaign_id, seq FROM recipient WHERE workspace_id = ${workspaceId} AND contact_id = ${contactId}
                             ORDER BY campaign_id DESC LIMIT 100)
            SELECT * FROM (
              SELECT coalesce(m.read_at, m.delivered_at, m.failed_at, m.sent_at, m.accepted_at, m.settled_at) AS at,
                     CASE m.state WHEN 9 THEN 'read' WHEN 8 THEN 'delivered' WHEN 7 THEN 'failed' WHEN 6 THEN 'sent' WHEN 5 THEN 'failed'
                                  WHEN 3 THEN 'skipped' WHEN 2 THEN 'unknown' WHEN 4 THEN 'cancelled' ELSE 'pending' END AS kind,
                     c.name || coalesce(': ' || coalesce(m.skip_reason, m.error_title), '') AS detail, c.id AS "campaignId"
                FROM latest r JOIN campaign c ON c.workspace_id = ${workspaceId} AND c.id = r.campaign_id
                JOIN message m ON m.workspace_id = ${workspaceId} AND m.campaign_id = r.campaign_id AND m.seq = r.seq
              UNION ALL
              SELECT at, 'reply', left(text, 200), campaign_id FROM reply WHERE workspace_id = ${workspaceId} AND contact_id = ${contactId}
              UNION ALL
              SELECT e.said_at, e.kind, concat_ws(': ', e.source, '“' || t.name || '”', nullif(e.note, '')) || coalesce(' (' || e.actor_name || ')', ''), NULL
                FROM consent_event e LEFT JOIN topic t ON t.workspace_id = e.workspace_id AND t.id = e.topic_id
               WHERE e.workspace_id = ${workspaceId} AND e.contact_id = ${contactId}) AS everything
             WHERE at IS NOT NULL ORDER BY at DESC LIMIT 200`,
  )
