import { z } from '@hono/zod-openapi'
import { type Db, empty, many, type Sql, sql } from '../platform/db.ts'
import { Problem } from '../platform/problem.ts'
import { AttributeCondition, Behaviour, type Condition, ConditionTree, Id, leavesOf, Tags } from './condition.ts'
import { conditionSql, knownPhones } from './condition-sql.ts'
import { parsePhone } from './identity.ts'

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
    campaign: Behaviour.optional(),
    where: ConditionTree.optional().openapi({ description: 'Any further conditions, in nested and/or groups.' }),
  })
  .openapi('ContactFilter')
export type ContactFilter = z.infer<typeof ContactFilter>

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
      ...(filter.campaign === undefined ? [] : [{ campaign: filter.campaign }]),
      ...(filter.segmentId === undefined ? [] : [{ segmentId: filter.segmentId }]),
      ...(filter.where === undefined ? [] : [filter.where]),
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

/** A boolean over alias `c` of table contact, workspace condition included: the people a filter means now, its segments with it. */
export const compileFilter = async (db: Db, workspaceId: string, filter: ContactFilter): Promise<Sql> =>
  sql`(c.workspace_id = ${workspaceId} AND ${conditionSql(await expandFilter(db, workspaceId, filter), workspaceId)})`

/** The filter as conditions, each segment replaced by what it says now. */
export const expandFilter = (db: Db, workspaceId: string, filter: ContactFilter): Promise<Condition> =>
  expandTree(db, workspaceId, conditionOf(filter), SEGMENT_DEPTH_MAX)

/** Segments inside segments, this deep at most. */
const SEGMENT_DEPTH_MAX = 5

/** The tree with every segment replaced by the conditions it has now. One that does not exist, or lies too deep, selects nobody. */
async function expandTree(db: Db, workspaceId: string, tree: Condition, depth: number): Promise<Condition> {
  const ids = segmentsOf(tree)
  const rows =
    ids.length === 0 || depth === 0
      ? []
      : await many<{ id: string; filter: ContactFilter }>(
          db,
          sql`SELECT id, filter FROM segment WHERE workspace_id = ${workspaceId} AND id = ANY(${ids}::uuid[])`,
        )
  const segments = new Map<string, Condition>()
  for (const { id, filter } of rows) segments.set(id, await expandTree(db, workspaceId, conditionOf(filter), depth - 1))
  const replace = (node: Condition): Condition => {
    if ('and' in node) return { and: node.and.map(replace) }
    if ('or' in node) return { or: node.or.map(replace) }
    if ('not' in node) return { not: replace(node.not) }
    return 'segmentId' in node ? (segments.get(node.segmentId.toLowerCase()) ?? { or: [] }) : node
  }
  return replace(tree)
}

/** The segments a tree names itself. */
export const segmentsOf = (tree: Condition): string[] =>
  [...leavesOf(tree)].flatMap(({ leaf }) => ('segmentId' in leaf ? [leaf.segmentId.toLowerCase()] : []))

/** Where a condition of the tree was written by the caller. */
const pointerOf = (filter: ContactFilter, pointer: string, leaf: Condition): string => {
  const at = Number(/^\/and\/(\d+)/.exec(pointer)?.[1])
  const whole = conditionOf(filter)
  const isWhere = filter.where !== undefined && 'and' in whole && at === whole.and.length - 1
  if (isWhere) return `/contactFilter/where${pointer.replace(/^\/and\/\d+/, '')}`
  if ('attribute' in leaf) return `/contactFilter/attributes/${filter.attributes?.indexOf(leaf.attribute) ?? 0}`
  return '/contactFilter'
}

/** The refusal of a filter that would mean everybody by saying nothing. */
export const filterEmpty = (detail: string): Problem =>
  new Problem('filter-empty', detail, { errors: [{ pointer: '/contactFilter', detail: 'has no condition.' }] })

/** What a filter names that does not exist here: reported to whoever wrote it. */
export async function filterProblems(db: Db, workspaceId: string, filter: ContactFilter): Promise<{ pointer: string; detail: string }[]> {
  const problems: { pointer: string; detail: string }[] = []
  const exists = async (table: Sql, id: string, extra: Sql = empty) =>
    (await many(db, sql`SELECT 1 FROM ${table} WHERE workspace_id = ${workspaceId} AND id = ${id} ${extra}`)).length > 0
  for (const { leaf, pointer } of leavesOf(conditionOf(filter))) {
    const at = pointerOf(filter, pointer, leaf)
    if ('segmentId' in leaf && !(await exists(sql`segment`, leaf.segmentId)))
      problems.push({ pointer: `${at}/segmentId`, detail: 'There is no such segment.' })
    if ('importId' in leaf && !(await exists(sql`contact_import`, leaf.importId)))
      problems.push({ pointer: `${at}/importId`, detail: 'There is no such import.' })
    if ('campaign' in leaf && leaf.campaign.id !== undefined) {
      if (!(await exists(sql`campaign`, leaf.campaign.id, sql`AND deleted_at IS NULL`)))
        problems.push({ pointer: `${at}/campaign/id`, detail: 'There is no such campaign.' })
      else if (await exists(sql`campaign`, leaf.campaign.id, sql`AND people_deleted_at IS NOT NULL`))
        problems.push({ pointer: `${at}/campaign/id`, detail: 'The people of this campaign are no longer kept.' })
    }
    if ('experiment' in leaf && !(await exists(sql`experiment`, leaf.experiment.id)))
      problems.push({ pointer: `${at}/experiment/id`, detail: 'There is no such experiment.' })
    if ('attribute' in leaf && leaf.attribute.value === undefined && leaf.attribute.op !== 'exists')
      problems.push({ pointer: `${at}${at.includes('/where') ? '/attribute' : ''}/value`, detail: 'is needed with this op.' })
  }
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
