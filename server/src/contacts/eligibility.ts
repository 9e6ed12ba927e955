import { join, type Sql, sql } from '../platform/db.ts'
import { EVERYTHING } from './consent.ts'

export interface EligibilityRule {
  readonly workspaceId: string
  /** Of the template: MARKETING, UTILITY, AUTHENTICATION. */
  readonly category: string
  readonly requireMarketingOptIn: boolean
  readonly utilityThroughOptOut: boolean
  /** What the messages are about; null: nothing in particular. Whoever is out of it is left out, whatever the category. */
  readonly topicId: string | null
  /** False: the workspace allows any number of marketing messages, so nobody needs to be asked about those they had. Default: asked for each. */
  readonly isCapped?: boolean
  /** Meta does not deliver marketing templates to US numbers (…/templates/marketing-templates/per-user-limits). */
  readonly skipUsMarketing: boolean
}

/**
 * Condition: this person has had the marketing messages that the workspace allows in so many days, counted over all its campaigns and all
 * contacts with the same number. What may have arrived counts, Unknown included; what surely did not (Failed) does not. Messages on the wire
 * this second in another campaign are not seen yet.
 */
const isCappedSql: Sql = sql`EXISTS (SELECT 1 FROM workspace w WHERE w.id = c.workspace_id AND w.cap_messages IS NOT NULL AND w.cap_messages <= (
      SELECT count(*)
        FROM contact d
        JOIN recipient h ON h.workspace_id = d.workspace_id AND h.contact_id = d.id
        JOIN campaign k ON k.workspace_id = h.workspace_id AND k.id = h.campaign_id AND upper(k.frozen_template->>'category') = 'MARKETING'
        JOIN message g ON g.workspace_id = h.workspace_id AND g.campaign_id = h.campaign_id AND g.seq = h.seq AND g.state IN (2, 6, 8, 9)
       WHERE d.workspace_id = c.workspace_id AND d.send_key = c.send_key
         AND coalesce(g.accepted_at, g.intended_at, g.sent_at, g.delivered_at) > now() - w.cap_days * interval '1 day'))`

/**
 * Condition: a stop that is not applied yet names this contact by one of its keys. Mostly the workspace has none, which is asked once a
 * statement and spares four look-ups for each contact. Each key asks on its own: the planner can then read the few facts once for a whole
 * audience.
 */
const saidStopSql = (workspaceId: string): Sql => sql`(
  EXISTS (SELECT 1 FROM opt_out_fact f WHERE f.workspace_id = ${workspaceId} AND f.topic_id = ${EVERYTHING}) AND (${join(
    [sql`c.send_key`, sql`c.user_id`, sql`c.wa_id`, sql`c.id::text`].map(
      (key) =>
        sql`EXISTS (SELECT 1 FROM opt_out_fact f WHERE f.workspace_id = c.workspace_id AND f.topic_id = ${EVERYTHING} AND f.key = ${key})`,
    ),
    sql` OR `,
  )}))`

/** Condition: this contact is out of the topic, by consent, by what a deleted contact left behind, or by a stop that is not applied yet. */
const isOutOfTopicSql = (topicId: string): Sql => sql`(
  EXISTS (SELECT 1 FROM contact_topic o WHERE o.workspace_id = c.workspace_id AND o.topic_id = ${topicId} AND o.contact_id = c.id AND o.stopped)
  OR EXISTS (SELECT 1 FROM topic_suppression o WHERE o.workspace_id = c.workspace_id AND o.topic_id = ${topicId} AND o.key_hash = c.key_hash)
  OR EXISTS (SELECT 1 FROM opt_out_fact f WHERE f.workspace_id = c.workspace_id AND f.topic_id = ${topicId} AND f.key = c.id::text))`

const hearsOptOut = ({ category, utilityThroughOptOut }: EligibilityRule): boolean =>
  !(category.toUpperCase() === 'UTILITY' && utilityThroughOptOut)

/** Condition: whoever is left out as `opted_out` is so by the topic alone. */
export const isOutByTopicSql = (rule: EligibilityRule): Sql =>
  rule.topicId === null
    ? sql`false`
    : hearsOptOut(rule)
      ? sql`NOT (c.opted_out_at IS NOT NULL OR ${saidStopSql(rule.workspaceId)})`
      : sql`true`

/**
 * Why a contact may not be messaged, or NULL: the one place of the rule, over alias `c` of table contact. Used by the preview, the freeze
 * and the guard inside every intent, so that they cannot disagree. `duplicate_phone` is the freeze's own.
 */
export function skipReasonSql(rule: EligibilityRule): Sql {
  const isMarketing = rule.category.toUpperCase() === 'MARKETING'
  const isAuthentication = rule.category.toUpperCase() === 'AUTHENTICATION'
  return sql`CASE
    WHEN c.send_key IS NULL ${isAuthentication ? sql`OR c.phone_e164 IS NULL` : sql``} THEN 'invalid_phone'
    WHEN NOT c.is_active THEN 'inactive'
    WHEN EXISTS (SELECT 1 FROM suppression s WHERE s.workspace_id = c.workspace_id AND s.key_hash = c.key_hash) THEN 'suppressed'
    ${hearsOptOut(rule) ? sql`WHEN c.opted_out_at IS NOT NULL OR ${saidStopSql(rule.workspaceId)} THEN 'opted_out'` : sql``}
    ${rule.topicId === null ? sql`` : sql`WHEN ${isOutOfTopicSql(rule.topicId)} THEN 'opted_out'`}
    ${isMarketing ? sql`WHEN c.marketing_opt_in = false ${rule.requireMarketingOptIn ? sql`OR c.marketing_opt_in IS NULL` : sql``} THEN 'no_opt_in'` : sql``}
    ${isMarketing && rule.skipUsMarketing ? sql`WHEN c.country = 'US' THEN 'us_marketing'` : sql``}
    ${isMarketing ? sql`WHEN c.marketing_rest_until > now() THEN 'cooling_down'` : sql``}
    ${isMarketing && rule.isCapped !== false ? sql`WHEN ${isCappedSql} THEN 'capped'` : sql``}
  END`
}

/**
 * Condition: whoever has this send key said stop, to everything or to the topic, or is suppressed. For sends that know a number but no contact.
 * @param topicId null where there is none
 */
export const isKeptOutSql = (workspaceId: string, key: Sql, keyHash: Sql, topicId: Sql): Sql => sql`(
  EXISTS (SELECT 1 FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.send_key = ${key} AND c.opted_out_at IS NOT NULL)
  OR EXISTS (SELECT 1 FROM opt_out_fact f WHERE f.workspace_id = ${workspaceId} AND f.topic_id = ${EVERYTHING} AND f.key = ${key})
  OR EXISTS (SELECT 1 FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.send_key = ${key} AND (
       EXISTS (SELECT 1 FROM contact_topic o WHERE o.workspace_id = c.workspace_id AND o.topic_id = ${topicId} AND o.contact_id = c.id AND o.stopped)
       OR EXISTS (SELECT 1 FROM opt_out_fact f WHERE f.workspace_id = c.workspace_id AND f.topic_id = ${topicId} AND f.key = c.id::text)))
  OR EXISTS (SELECT 1 FROM topic_suppression o WHERE o.workspace_id = ${workspaceId} AND o.topic_id = ${topicId} AND o.key_hash = ${keyHash})
  OR EXISTS (SELECT 1 FROM suppression s WHERE s.workspace_id = ${workspaceId} AND s.key_hash = ${keyHash}))`
