import { z } from '@hono/zod-openapi'
import { type Db, empty, join, many, type Sql, sql } from '../platform/db.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { parsePhone } from './identity.ts'

const Tags = z.array(z.string().trim().min(1).max(64)).max(50)
const Id = z.string().refine(isUuid, 'is not an id')
const Scalar = z.union([z.string().max(1_024), z.number(), z.boolean()])
const AttributeCondition = z.strictObject({
  key: z.string().trim().min(1).max(200),
  op: z.enum(['eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'contains', 'exists']),
  value: z.union([Scalar, z.array(Scalar).max(1_000)]).optional(),
})
export const CAMPAIGN_OUTCOMES = [
  'Sent',
  'Delivered',
  'NotDelivered',
  'Read',
  'NotRead',
  'Clicked',
  'NotClicked',
  'Failed',
  'Unknown',
] as const

/** Whom a campaign goes to (api.md §3.1). All parts combine with AND; `[]` equals absent. */
export const ContactFilter = z
  .strictObject({
    tags: Tags.optional().openapi({ description: 'Contacts having any of them, without regard to case.' }),
    tagsMatch: z.enum(['any', 'all']).optional(),
    excludeTags: Tags.optional(),
    isActive: z.boolean().optional(),
    everyone: z.literal(true).optional(),
    segmentId: Id.optional(),
    attributes: z.array(AttributeCondition).max(50).optional(),
    contactIds: z.array(Id).max(10_000).optional(),
    phones: z.array(z.string().max(40)).max(10_000).optional(),
    importId: Id.optional(),
    campaign: z
      .strictObject({ id: Id, outcome: z.enum(CAMPAIGN_OUTCOMES), orUnknown: z.literal(true).optional() })
      .optional()
      .openapi({ description: 'orUnknown adds the Unknown: they may have got it already.' }),
  })
  .openapi('ContactFilter')
export type ContactFilter = z.infer<typeof ContactFilter>

/** The one tree that is evaluated; the filter's fields are short forms of it. */
export type Condition =
  | { readonly and: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly tags: readonly string[]; readonly match: 'any' | 'all' }
  | { readonly isActive: boolean }
  | { readonly attribute: z.infer<typeof AttributeCondition> }
  | { readonly contactIds: readonly string[] }
  | { readonly phones: readonly string[] }
  | { readonly importId: string }
  | { readonly campaignId: string; readonly outcome: (typeof CAMPAIGN_OUTCOMES)[number]; readonly orUnknown: boolean }

const some = <T>(list: readonly T[] | undefined): list is readonly T[] => list !== undefined && list.length > 0

/** Turns the short forms into the tree. `everyone` adds no condition: it only allows that there is none. */
export function conditionOf(filter: ContactFilter): Condition {
  return {
    and: [
      ...(some(filter.tags) ? [{ tags: filter.tags, match: filter.tagsMatch ?? 'any' }] : []),
      ...(some(filter.excludeTags) ? [{ not: { tags: filter.excludeTags, match: 'any' as const } }] : []),
      ...(filter.isActive === undefined ? [] : [{ isActive: filter.isActive }]),
      ...(filter.attributes ?? []).map((attribute) => ({ attribute })),
      ...(some(filter.contactIds) ? [{ contactIds: filter.contactIds }] : []),
      ...(some(filter.phones) ? [{ phones: filter.phones }] : []),
      ...(filter.importId === undefined ? [] : [{ importId: filter.importId }]),
      ...(filter.campaign === undefined
        ? []
        : [{ campaignId: filter.campaign.id, outcome: filter.campaign.outcome, orUnknown: filter.campaign.orUnknown === true }]),
    ],
  }
}

/** True when the filter leaves nobody out. */
export const meansEverybody = (filter: ContactFilter): boolean => {
  const tree = conditionOf(filter)
  return 'and' in tree && tree.and.length === 0
}

/** True when the filter has no condition and does not say `everyone`: it may not be run. */
export const isEmptyFilter = (filter: ContactFilter): boolean => filter.everyone !== true && meansEverybody(filter)

/** A boolean over alias `c` of table contact, workspace condition included. */
export const compileFilter = (filter: ContactFilter, workspaceId: string): Sql =>
  sql`(c.workspace_id = ${workspaceId} AND ${compile(conditionOf(filter), workspaceId)})`

function compile(condition: Condition, workspaceId: string): Sql {
  if ('and' in condition)
    return condition.and.length === 0
      ? sql`true`
      : sql`(${join(
          condition.and.map((part) => compile(part, workspaceId)),
          sql` AND `,
        )})`
  if ('not' in condition) return sql`NOT ${compile(condition.not, workspaceId)}`
  if ('tags' in condition) {
    const keys = condition.tags.map((tag) => tag.toLowerCase())
    return condition.match === 'all' ? sql`c.tag_keys @> ${keys}::text[]` : sql`c.tag_keys && ${keys}::text[]`
  }
  if ('isActive' in condition) return sql`c.is_active = ${condition.isActive}`
  if ('attribute' in condition) return attributeSql(condition.attribute)
  if ('contactIds' in condition) return sql`c.id = ANY(${condition.contactIds}::uuid[])`
  if ('phones' in condition) return sql`c.phone_e164 = ANY(${knownPhones(condition.phones)}::text[])`
  if ('importId' in condition) return sql`c.import_id = ${condition.importId}`
  return outcomeSql(condition, workspaceId)
}

const knownPhones = (phones: readonly string[]): string[] => phones.flatMap((phone) => parsePhone(phone)?.e164 ?? [])

/** Compares as numbers when both sides are numbers, else as text. */
function attributeSql({ key, op, value }: z.infer<typeof AttributeCondition>): Sql {
  const stored = sql`(c.attributes->>${key})`
  const values = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)
  const first = values[0] ?? ''
  switch (op) {
    case 'exists':
      return first === 'false' ? sql`NOT (c.attributes ? ${key})` : sql`(c.attributes ? ${key})`
    case 'eq':
    case 'in':
      return sql`${stored} = ANY(${values}::text[])`
    case 'ne':
    case 'nin':
      return sql`coalesce(${stored} <> ALL(${values}::text[]), true)`
    case 'contains':
      return sql`position(lower(${first}) in lower(${stored})) > 0`
    default: {
      const operator = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` }[op]
      if (first.trim() === '' || Number.isNaN(Number(first))) return sql`${stored} ${operator} ${first}`
      return sql`(CASE WHEN ${stored} ~ '^-?[0-9]{1,15}(\\.[0-9]{1,10})?$' THEN ${stored}::numeric ${operator} ${first}::numeric ELSE false END)`
    }
  }
}

/** People of an earlier campaign by what became of their message. */
function outcomeSql({ campaignId, outcome, orUnknown }: Extract<Condition, { readonly outcome: unknown }>, workspaceId: string): Sql {
  const clicked = sql`EXISTS (SELECT 1 FROM button_presser b WHERE b.workspace_id = r.workspace_id AND b.campaign_id = r.campaign_id
                                 AND b.seq = r.seq AND NOT b.is_stop)`
  const unknown = sql`(m.state = 2 AND NOT m.is_closed)`
  const state: Record<(typeof CAMPAIGN_OUTCOMES)[number], Sql> = {
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
  return sql`EXISTS (SELECT 1 FROM recipient r JOIN message m ON m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq
                      WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = ${campaignId} AND r.contact_id = c.id
                        AND ${orUnknown ? sql`(${state[outcome]} OR ${unknown})` : state[outcome]})`
}

/** The refusal of a filter that would mean everybody by saying nothing. */
export const filterEmpty = (detail: string): Problem =>
  new Problem('filter-empty', detail, { errors: [{ pointer: '/contactFilter', detail: 'has no condition.' }] })

/** What a filter names that does not exist here: reported to whoever wrote it. */
export async function filterProblems(db: Db, workspaceId: string, filter: ContactFilter): Promise<{ pointer: string; detail: string }[]> {
  const problems: { pointer: string; detail: string }[] = []
  if (filter.segmentId !== undefined) problems.push({ pointer: '/contactFilter/segmentId', detail: 'There is no such segment.' })
  const exists = async (table: Sql, id: string, extra: Sql = empty) =>
    (await many(db, sql`SELECT 1 FROM ${table} WHERE workspace_id = ${workspaceId} AND id = ${id} ${extra}`)).length > 0
  if (filter.importId !== undefined && !(await exists(sql`contact_import`, filter.importId)))
    problems.push({ pointer: '/contactFilter/importId', detail: 'There is no such import.' })
  if (filter.campaign !== undefined && !(await exists(sql`campaign`, filter.campaign.id, sql`AND deleted_at IS NULL`)))
    problems.push({ pointer: '/contactFilter/campaign/id', detail: 'There is no such campaign.' })
  filter.attributes?.forEach(({ op, value }, i) => {
    if (value === undefined && op !== 'exists')
      problems.push({ pointer: `/contactFilter/attributes/${i}/value`, detail: 'is needed with this op.' })
  })
  return problems
}

/** Numbers of `phones` that select nobody here. */
export async function unknownPhones(db: Db, workspaceId: string, filter: ContactFilter): Promise<string[]> {
  if (!some(filter.phones)) return []
  const found = await many<{ phone_e164: string }>(
    db,
    sql`SELECT phone_e164 FROM contact WHERE workspace_id = ${workspaceId} AND phone_e164 = ANY(${knownPhones(filter.phones)}::text[])`,
  )
  const known = new Set(found.map(({ phone_e164 }) => phone_e164))
  return filter.phones.filter((phone) => !known.has(parsePhone(phone)?.e164 ?? ''))
}
