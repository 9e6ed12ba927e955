import { failureAdvice, SKIP_REASONS } from '../analytics/failure-catalog.ts'
import { type Db, many, sql } from '../platform/db.ts'

interface Row {
  readonly at: Date
  readonly kind: string
  /** What was said; of a message nothing. */
  readonly detail: string
  readonly campaignId: string | null
  readonly campaignName: string | null
  /** Why a message was left out. */
  readonly reason: string | null
  readonly code: number | null
  readonly title: string | null
}

/** What happened between a person and the workspace, newest first: their messages of the last 100 campaigns, replies, consent. */
const rowsOf = (db: Db, workspaceId: string, contactId: string) =>
  many<Row>(
    db,
    sql`WITH latest AS (SELECT campaign_id, seq FROM recipient WHERE workspace_id = ${workspaceId} AND contact_id = ${contactId}
                             ORDER BY campaign_id DESC LIMIT 100)
            SELECT * FROM (
              SELECT coalesce(m.read_at, m.delivered_at, m.failed_at, m.sent_at, m.accepted_at, m.settled_at) AS at,
                     CASE m.state WHEN 9 THEN 'read' WHEN 8 THEN 'delivered' WHEN 7 THEN 'failed' WHEN 6 THEN 'sent' WHEN 5 THEN 'failed'
                                  WHEN 3 THEN 'skipped' WHEN 2 THEN 'unknown' WHEN 4 THEN 'cancelled' ELSE 'pending' END AS kind,
                     '' AS detail, c.id AS "campaignId", c.name AS "campaignName", CASE WHEN m.state = 3 THEN m.skip_reason END AS reason,
                     CASE WHEN m.state IN (5, 7) THEN m.error_code END AS code, CASE WHEN m.state IN (5, 7) THEN m.error_title END AS title
                FROM latest r JOIN campaign c ON c.workspace_id = ${workspaceId} AND c.id = r.campaign_id
                JOIN message m ON m.workspace_id = ${workspaceId} AND m.campaign_id = r.campaign_id AND m.seq = r.seq
              UNION ALL
              SELECT at, 'reply', left(text, 200), campaign_id, NULL, NULL, NULL, NULL FROM reply WHERE workspace_id = ${workspaceId} AND contact_id = ${contactId}
              UNION ALL
              SELECT e.said_at, e.kind, concat_ws(': ', e.source, '“' || t.name || '”', nullif(e.note, '')) || coalesce(' (' || e.actor_name || ')', ''), NULL, NULL, NULL, NULL, NULL
                FROM consent_event e LEFT JOIN topic t ON t.workspace_id = e.workspace_id AND t.id = e.topic_id
               WHERE e.workspace_id = ${workspaceId} AND e.contact_id = ${contactId}) AS everything
             WHERE at IS NOT NULL ORDER BY at DESC LIMIT 200`,
  )

/** The same with the words of the delivery list: the campaign's name, and why its message was left out or failed. */
export async function timelineOf(db: Db, workspaceId: string, contactId: string) {
  const rows = await rowsOf(db, workspaceId, contactId)
  return rows.map(({ code, title, ...row }) => {
    const errorTitle = code === null ? title : (failureAdvice(code).title ?? title)
    const why = row.reason === null ? errorTitle : (SKIP_REASONS[row.reason] ?? row.reason)
    return {
      ...row,
      errorCode: code,
      errorTitle,
      detail: row.campaignName === null ? row.detail : [row.campaignName, why].filter(Boolean).join(': '),
    }
  })
}
