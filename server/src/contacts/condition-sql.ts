import { drawnSql } from '../experiments/parts.ts'
import { join, type Sql, sql } from '../platform/db.ts'
import type { AttributeCondition, Behaviour, CampaignOutcome, Condition, DateCondition } from './condition.ts'
import { parsePhone } from './identity.ts'

/**
 * A boolean, never NULL, over alias `c` of table contact. What people did in campaigns is a set of contact ids asked for once, so that it
 * stays one pass however it is nested.
 * @throws Error on a segment that was not expanded: compileFilter does it
 */
export function conditionSql(condition: Condition, workspaceId: string): Sql {
  const all = (parts: readonly Condition[], separator: Sql) =>
    sql`(${join(
      parts.map((part) => conditionSql(part, workspaceId)),
      separator,
    )})`
  if ('and' in condition) return condition.and.length === 0 ? sql`true` : all(condition.and, sql` AND `)
  if ('or' in condition) return condition.or.length === 0 ? sql`false` : all(condition.or, sql` OR `)
  if ('not' in condition) return sql`NOT ${conditionSql(condition.not, workspaceId)}`
  if ('tags' in condition) {
    const keys = condition.tags.map((tag) => tag.toLowerCase())
    return condition.match === 'all' ? sql`c.tag_keys @> ${keys}::text[]` : sql`c.tag_keys && ${keys}::text[]`
  }
  if ('isActive' in condition) return sql`c.is_active = ${condition.isActive}`
  if ('attribute' in condition) return attributeSql(condition.attribute)
  if ('marketingOptIn' in condition) return sql`c.marketing_opt_in IS NOT DISTINCT FROM ${condition.marketingOptIn}::boolean`
  if ('optedOut' in condition) return sql`(c.opted_out_at IS NOT NULL) = ${condition.optedOut}`
  if ('language' in condition) return languageSql(condition.language)
  if ('country' in condition) return sql`coalesce(c.country = ANY(${condition.country.map((code) => code.toUpperCase())}::text[]), false)`
  if ('date' in condition) return dateSql(condition.date, workspaceId)
  if ('contactIds' in condition) return sql`c.id = ANY(${condition.contactIds}::uuid[])`
  if ('phones' in condition) return sql`coalesce(c.phone_e164 = ANY(${knownPhones(condition.phones)}::text[]), false)`
  if ('importId' in condition) return sql`coalesce(c.import_id = ${condition.importId}, false)`
  if ('campaign' in condition) return behaviourSql(condition.campaign, workspaceId)
  if ('experiment' in condition) return drawnSql(workspaceId, condition.experiment.id, condition.experiment.group)
  throw new Error('a segment must be expanded before its filter is compiled')
}

export const knownPhones = (phones: readonly string[]): string[] => phones.flatMap((phone) => parsePhone(phone)?.e164 ?? [])

/** `en` means every English, `en_GB` only that; hyphen and underscore are one. */
const languageSql = (languages: readonly string[]): Sql => {
  const keys = languages.map((language) => language.toLowerCase().replaceAll('-', '_'))
  return sql`coalesce(replace(lower(c.language), '-', '_') = ANY(${keys}::text[]) OR split_part(replace(lower(c.language), '-', '_'), '_', 1) = ANY(${keys}::text[]), false)`
}

const NUMBER = '^-?[0-9]{1,15}(\\.[0-9]{1,10})?$'
const DAY = '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
const isNumber = (text: string) => new RegExp(NUMBER).test(text)

/** How an attribute condition reads both sides: as it says, else ordering by what the value looks like, anything else as text. */
export function attributeType({ op, value, type }: AttributeCondition): 'text' | 'number' | 'date' {
  if (type !== undefined) return type
  const first = String(Array.isArray(value) ? value[0] : value)
  if (!['gt', 'gte', 'lt', 'lte'].includes(op)) return 'text'
  return isNumber(first) ? 'number' : new RegExp(DAY).test(first) ? 'date' : 'text'
}

/** Attributes are stored as text. Texts are ordered by code point, whatever the database's collation. */
function attributeSql(condition: AttributeCondition): Sql {
  const { key, op, value } = condition
  const values = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)
  if (op === 'exists') return values[0] === 'false' ? sql`NOT (c.attributes ? ${key})` : sql`(c.attributes ? ${key})`
  const text = sql`(c.attributes->>${key})`
  if (op === 'contains') return sql`coalesce(position(lower(${values[0] ?? ''}) in lower(${text})) > 0, false)`
  const type = attributeType(condition)
  const isNegative = op === 'ne' || op === 'nin'
  if (op === 'eq' && type === 'text') return sql`c.attributes @> ${JSON.stringify({ [key]: values[0] ?? '' })}::jsonb`
  const wanted = type === 'number' ? values.filter(isNumber) : type === 'date' ? values.map((each) => each.slice(0, 10)) : values
  const [first] = wanted
  if (first === undefined) return isNegative ? sql`true` : sql`false`
  const typed = {
    text: sql`${text} COLLATE "C"`,
    number: sql`(CASE WHEN ${text} ~ ${NUMBER} THEN ${text}::numeric END)`,
    date: sql`(CASE WHEN ${text} ~ ${DAY} THEN left(${text}, 10) END) COLLATE "C"`,
  }[type]
  if (op === 'eq' || op === 'in' || isNegative) {
    const found = type === 'number' ? sql`${typed} = ANY(${wanted}::numeric[])` : sql`${typed} = ANY(${wanted}::text[])`
    return isNegative ? sql`NOT coalesce(${found}, false)` : sql`coalesce(${found}, false)`
  }
  const operator = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` }[op]
  return type === 'number'
    ? sql`coalesce(${typed} ${operator} ${first}::numeric, false)`
    : sql`coalesce(${typed} ${operator} ${first}, false)`
}

/** Recipients of this workspace's campaigns joined with their messages, as contact ids. */
const contactsWhose = (workspaceId: string, campaigns: Sql, message: Sql): Sql => sql`
  c.id IN (SELECT r.contact_id FROM recipient r JOIN message m ON m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq
            WHERE r.workspace_id = ${workspaceId} AND m.workspace_id = ${workspaceId} AND ${campaigns} AND ${message})`

/** Somebody was messaged when Meta accepted a message to them. */
function dateSql({ field, op, at, daysAgo }: DateCondition, workspaceId: string): Sql {
  const moment = at === undefined ? sql`(now() - ${daysAgo ?? 0} * interval '1 day')` : sql`${at}::timestamptz`
  if (field === 'lastMessaged') {
    const ever = contactsWhose(workspaceId, sql`true`, sql`m.state >= 6`)
    // A message of a campaign that was over by then is older: most campaigns need not be looked at.
    const after = contactsWhose(
      workspaceId,
      sql`r.campaign_id = ANY(ARRAY(SELECT k.id FROM campaign k WHERE k.workspace_id = ${workspaceId} AND k.started_at IS NOT NULL
                                      AND (k.completed_at IS NULL OR k.completed_at >= ${moment} - interval '8 days')))`,
      sql`m.state >= 6 AND coalesce(m.accepted_at, m.sent_at, m.delivered_at, m.failed_at) >= ${moment}`,
    )
    return { ever, never: sql`NOT ${ever}`, after, before: sql`(${ever} AND NOT ${after})` }[op]
  }
  const column = field === 'created' ? sql`c.created_at` : sql`c.last_inbound_at`
  return {
    ever: sql`${column} IS NOT NULL`,
    never: sql`${column} IS NULL`,
    after: sql`coalesce(${column} >= ${moment}, false)`,
    before: sql`coalesce(${column} < ${moment}, false)`,
  }[op]
}

/** People of an earlier campaign, or of any of the last days, by what became of their message. */
function behaviourSql({ id, sinceDays, outcome, button, orUnknown }: Behaviour, workspaceId: string): Sql {
  const which = button === undefined ? sql`` : sql`AND b.button_index = ${button}`
  const clicked = sql`EXISTS (SELECT 1 FROM button_presser b WHERE b.workspace_id = r.workspace_id AND b.campaign_id = r.campaign_id
                                 AND b.seq = r.seq AND NOT b.is_stop ${which})`
  const unknown = sql`(m.state = 2 AND NOT m.is_closed)`
  const states: Record<CampaignOutcome, Sql> = {
    Sent: sql`m.state >= 6`,
    Delivered: sql`m.state >= 8`,
    NotDelivered: sql`m.state IN (6, 7)`,
    Read: sql`m.state = 9`,
    NotRead: sql`m.state = 8`,
    Clicked: clicked,
    NotClicked: sql`m.state >= 8 AND NOT ${clicked}`,
    Failed: sql`m.state IN (5, 7)`,
    Unknown: unknown,
  }
  const campaigns =
    id === undefined
      ? sql`r.campaign_id = ANY(ARRAY(SELECT k.id FROM campaign k WHERE k.workspace_id = ${workspaceId} AND k.deleted_at IS NULL
                                        AND k.started_at >= now() - ${sinceDays ?? 0} * interval '1 day'))`
      : sql`r.campaign_id = ${id} AND m.campaign_id = ${id}`
  return contactsWhose(workspaceId, campaigns, orUnknown ? sql`(${states[outcome]} OR ${unknown})` : states[outcome])
}
