import { type Db, many, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import { type NumberedButton, numberedButtons, type TemplateComponent } from '../templates/parameters.ts'

/** Reads of one campaign's small tables: button counters, failure counts, replies, the series by the minute. Never recipients or messages. */

export interface CampaignKey {
  readonly id: string
  readonly workspace_id: string
}
const of = (campaign: CampaignKey): Sql => sql`workspace_id = ${campaign.workspace_id} AND campaign_id = ${campaign.id}`

/** The buttons of the campaign's template, those on cards included: as frozen, before that as they are. */
export async function declaredButtons(db: Db, campaign: CampaignKey): Promise<NumberedButton[]> {
  const row = await maybeOne<{ components: TemplateComponent[] }>(
    db,
    sql`SELECT coalesce(c.frozen_template->'components', t.components) AS components
          FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
         WHERE c.workspace_id = ${campaign.workspace_id} AND c.id = ${campaign.id}`,
  )
  return numberedButtons(row?.components ?? [])
}

export const buttonCounts = (db: Db, campaign: CampaignKey) =>
  many<{ button_index: number; clicks: number; unique_contacts: number }>(
    db,
    sql`SELECT button_index, clicks, unique_contacts FROM button_counter WHERE ${of(campaign)}`,
  )

export const clicksByMinute = (db: Db, campaign: CampaignKey) =>
  many<{ at: Date; clicks: number }>(
    db,
    sql`SELECT minute AS at, clicked AS clicks FROM campaign_minute WHERE ${of(campaign)} AND clicked > 0 ORDER BY minute`,
  )

/** People who pressed any button: those who clicked are counted as they do (`clicked`), and few only ever pressed a button that stops. */
export const countPressers = async (db: Db, campaign: CampaignKey & { readonly clicked: number }): Promise<number> => {
  const { n } = await one<{ n: number }>(
    db,
    sql`SELECT count(DISTINCT p.seq) AS n FROM button_presser p
         WHERE p.workspace_id = ${campaign.workspace_id} AND p.campaign_id = ${campaign.id} AND p.is_stop
           AND NOT EXISTS (SELECT 1 FROM recipient_act a WHERE a.workspace_id = p.workspace_id AND a.campaign_id = p.campaign_id AND a.seq = p.seq AND a.kind = 'clicked')`,
  )
  return campaign.clicked + n
}

/** Who pressed one button, in the order of their first press. The page is found by the index alone; each of its people is one probe. */
export const pressersOf = (db: Db, campaign: CampaignKey, button: number, limit: number, offset: number) =>
  many<{ contact_id: string; name: string | null; phone: string | null; clicks: number; first_at: Date; last_at: Date }>(
    db,
    sql`SELECT r.contact_id, nullif(concat_ws(' ', k.first_name, k.last_name), '') AS name, coalesce(k.phone_e164, k.user_id) AS phone,
               p.clicks, p.first_at, p.last_at
          FROM (SELECT seq, clicks, first_at, last_at FROM button_presser WHERE ${of(campaign)} AND button_index = ${button}
                 ORDER BY first_at, seq LIMIT ${limit} OFFSET ${offset}) AS p
          JOIN LATERAL (SELECT contact_id FROM recipient WHERE ${of(campaign)} AND seq = p.seq LIMIT 1) AS r ON true
          LEFT JOIN LATERAL (SELECT first_name, last_name, phone_e164, user_id FROM contact
                              WHERE workspace_id = ${campaign.workspace_id} AND id = r.contact_id LIMIT 1) AS k ON true
         ORDER BY p.first_at, p.seq`,
  )

/** Failures (rejected and undelivered together) and skips by code, the most frequent first. */
export const failureCounts = (db: Db, campaign: CampaignKey) =>
  many<{ kind: 'failed' | 'skipped'; code: string; count: number }>(
    db,
    sql`SELECT CASE kind WHEN 'skipped' THEN kind ELSE 'failed' END AS kind, code, sum(count) AS count FROM campaign_failure
         WHERE ${of(campaign)} GROUP BY 1, 2 HAVING sum(count) > 0 ORDER BY 3 DESC, 2`,
  )

export interface ReplyRow {
  readonly id: string
  readonly contactId: string
  readonly name: string | null
  readonly phone: string | null
  readonly type: string
  readonly text: string
  readonly at: Date
}
/** What people wrote back, newest first. */
export async function repliesTo(db: Db, campaign: CampaignKey, limit: number, offset: number) {
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM reply WHERE ${of(campaign)}`)
  const rows = await many<ReplyRow>(
    db,
    sql`SELECT r.id, r.contact_id AS "contactId", nullif(concat_ws(' ', k.first_name, k.last_name), '') AS name, coalesce(k.phone_e164, k.user_id) AS phone,
               r.type, r.text, r.at
          FROM reply r LEFT JOIN contact k ON k.workspace_id = r.workspace_id AND k.id = r.contact_id
         WHERE r.workspace_id = ${campaign.workspace_id} AND r.campaign_id = ${campaign.id} ORDER BY r.at DESC, r.id LIMIT ${limit} OFFSET ${offset}`,
  )
  return { rows, total: n }
}

export const minutesOf = (db: Db, campaign: CampaignKey) =>
  many<{ at: Date; sent: number; delivered: number; read: number; failed: number; clicked: number }>(
    db,
    sql`SELECT minute AS at, sent, delivered, read, greatest(failed, 0) AS failed, clicked FROM campaign_minute
         WHERE ${of(campaign)} ORDER BY minute LIMIT 20000`,
  )

/** What people and the engine did with the campaign, oldest first. */
export const stepsOf = (db: Db, { workspace_id, id }: CampaignKey) =>
  many<{ at: Date; kind: string; detail: string }>(
    db,
    sql`SELECT at, kind, detail FROM (
          SELECT at, action AS kind, actor_name AS detail FROM audit_entry
           WHERE workspace_id = ${workspace_id} AND object_type = 'WhatsappCampaign' AND object_id = ${id}
          UNION ALL SELECT unnest(ARRAY[started_at, frozen_at, completed_at]),
                           unnest(ARRAY['started', 'frozen', lower(status)]), unnest(ARRAY['', audience || ' people', coalesce(failure_reason->>'detail', '')])
            FROM campaign WHERE workspace_id = ${workspace_id} AND id = ${id}
          UNION ALL SELECT since, 'held', reason || ': ' || detail FROM hold WHERE workspace_id = ${workspace_id} AND scope = 'campaign' AND scope_id = ${id}) AS everything
         WHERE at IS NOT NULL ORDER BY at LIMIT 1000`,
  )

/** The workspace's own time zone: days of its dashboard begin there. */
export const timeZoneOf = async (db: Db, workspaceId: string): Promise<string> =>
  (await one<{ time_zone: string }>(db, sql`SELECT time_zone FROM workspace WHERE id = ${workspaceId}`)).time_zone
