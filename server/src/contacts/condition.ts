import { z } from '@hono/zod-openapi'
import { GROUPS, type Group } from '../experiments/parts.ts'
import { Instant } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'

export const Tags = z.array(z.string().trim().min(1).max(64)).max(50)
export const Id = z.string().refine(isUuid, 'is not an id')
const Scalar = z.union([z.string().max(1_024), z.number(), z.boolean()])
const ATTRIBUTE_OPS = ['eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'contains', 'exists'] as const

export const AttributeCondition = z
  .strictObject({
    key: z.string().trim().min(1).max(200),
    op: z.enum(ATTRIBUTE_OPS),
    value: z.union([Scalar, z.array(Scalar).max(1_000)]).optional(),
    type: z.enum(['text', 'number', 'date']).optional().openapi({
      description:
        'How both sides are read; default: by the value for gt gte lt lte, else text. A stored text that is no number (no date) satisfies only ne, nin and exists. A date is compared by its day.',
    }),
  })
  .openapi('AttributeCondition')
export type AttributeCondition = z.infer<typeof AttributeCondition>

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
export type CampaignOutcome = (typeof CAMPAIGN_OUTCOMES)[number]

/** What became of a message of an earlier campaign: of one, or of any that started in the last days. */
export const Behaviour = z
  .strictObject({
    id: Id.optional(),
    sinceDays: z.int().min(1).max(3_650).optional(),
    outcome: z.enum(CAMPAIGN_OUTCOMES),
    button: z.int().min(0).max(20).optional().openapi({ description: 'With Clicked and NotClicked: this button alone, by its index.' }),
    orUnknown: z.literal(true).optional().openapi({ description: 'Adds the Unknown: they may have got it already.' }),
  })
  .refine(({ id, sinceDays }) => (id === undefined) !== (sinceDays === undefined), 'names either a campaign by id, or sinceDays')
  .refine(({ button, outcome }) => button === undefined || /Clicked/.test(outcome), 'button goes with Clicked and NotClicked')
export type Behaviour = z.infer<typeof Behaviour>

const DateCondition = z
  .strictObject({
    field: z.enum(['created', 'lastMessaged', 'lastReplied']),
    op: z.enum(['after', 'before', 'ever', 'never']).openapi({ description: 'after: at this time or later; before: earlier, and ever.' }),
    at: Instant.transform((at) => at.toISOString()).optional(),
    daysAgo: z.int().min(0).max(3_650).optional(),
  })
  .refine(
    ({ op, at, daysAgo }) =>
      op === 'ever' || op === 'never' ? at === undefined && daysAgo === undefined : (at === undefined) !== (daysAgo === undefined),
    'after and before take either at or daysAgo; ever and never take neither',
  )
export type DateCondition = z.infer<typeof DateCondition>

/** The one tree that is evaluated, wherever people are chosen; the short forms of a contactFilter are written in it. */
export type Condition =
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly tags: readonly string[]; readonly match?: 'any' | 'all' | undefined }
  | { readonly isActive: boolean }
  | { readonly attribute: AttributeCondition }
  | { readonly marketingOptIn: boolean | null }
  | { readonly optedOut: boolean }
  | { readonly language: readonly string[] }
  | { readonly country: readonly string[] }
  | { readonly date: DateCondition }
  | { readonly contactIds: readonly string[] }
  | { readonly phones: readonly string[] }
  | { readonly importId: string }
  | { readonly campaign: Behaviour }
  | { readonly segmentId: string }
  | { readonly experiment: { readonly id: string; readonly group: Group } }

const list = <Item extends z.ZodType>(item: Item, max: number) => z.array(item).min(1).max(max)
const LEAVES = {
  tags: z.strictObject({ tags: Tags.min(1), match: z.enum(['any', 'all']).optional() }),
  isActive: z.strictObject({ isActive: z.boolean() }),
  attribute: z.strictObject({ attribute: AttributeCondition }),
  marketingOptIn: z.strictObject({ marketingOptIn: z.boolean().nullable() }),
  optedOut: z.strictObject({ optedOut: z.boolean() }),
  language: z.strictObject({ language: list(z.string().trim().min(2).max(20), 100) }),
  country: z.strictObject({ country: list(z.string().regex(/^[A-Za-z]{2}$/, 'is an ISO 3166 alpha-2 code'), 250) }),
  date: z.strictObject({ date: DateCondition }),
  contactIds: z.strictObject({ contactIds: list(Id, 10_000) }),
  phones: z.strictObject({ phones: list(z.string().max(40), 10_000) }),
  importId: z.strictObject({ importId: Id }),
  campaign: z.strictObject({ campaign: Behaviour }),
  segmentId: z.strictObject({ segmentId: Id }),
  experiment: z.strictObject({ experiment: z.strictObject({ id: Id, group: z.enum(GROUPS) }) }),
} satisfies Record<string, z.ZodType<Condition>>
const KINDS = ['and', 'or', 'not', ...Object.keys(LEAVES)]
const NEVER: Condition = { or: [] }
/** Groups inside groups, and conditions altogether, at most. */
const DEPTH_MAX = 8
const NODES_MAX = 200

/** Reads a tree, naming every fault at its own place: a union of schemas could only say that none of them fits. */
function readTree(value: unknown, fault: (path: PropertyKey[], message: string) => void): Condition {
  let nodes = 0
  const read = (node: unknown, path: PropertyKey[], depth: number): Condition => {
    const give = (message: string, at: PropertyKey[] = path): Condition => {
      fault(at, message)
      return NEVER
    }
    if (depth > DEPTH_MAX) return give(`groups nest at most ${DEPTH_MAX} deep`)
    if (++nodes > NODES_MAX) return nodes === NODES_MAX + 1 ? give(`at most ${NODES_MAX} conditions`, []) : NEVER
    const object = typeof node === 'object' && node !== null && !Array.isArray(node) ? (node as Record<string, unknown>) : {}
    const kinds = Object.keys(object).filter((key) => KINDS.includes(key))
    const [kind] = kinds
    if (kind === undefined || kinds.length > 1) return give(`must have exactly one of ${KINDS.join(', ')}`)
    if (kind === 'and' || kind === 'or' || kind === 'not') {
      for (const key of Object.keys(object)) if (key !== kind) give('This field is not known here.', [...path, key])
      const inner = object[kind]
      if (kind === 'not') return { not: read(inner, [...path, kind], depth + 1) }
      if (!Array.isArray(inner) || inner.length === 0) return give('must be a list of conditions', [...path, kind])
      const parts = inner.map((part, i) => read(part, [...path, kind, i], depth + 1))
      return kind === 'and' ? { and: parts } : { or: parts }
    }
    const parsed = LEAVES[kind as keyof typeof LEAVES].safeParse(object)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues)
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys) give('This field is not known here.', [...path, ...issue.path, key])
      else give(issue.message, [...path, ...issue.path])
    return NEVER
  }
  return read(value, [], 1)
}

export const ConditionTree = z
  .unknown()
  .transform((value, context): Condition => readTree(value, (path, message) => context.addIssue({ code: 'custom', message, path })))
  .openapi('ContactCondition', {
    type: 'object',
    description:
      'One of { and: […] }, { or: […] }, { not: {…} }, { tags: […], match: any|all }, { isActive }, { attribute: { key, op, value, type } }, { marketingOptIn: true|false|null }, { optedOut }, { language: […] }, { country: […] }, { date: { field: created|lastMessaged|lastReplied, op: after|before|ever|never, at | daysAgo } }, { contactIds: […] }, { phones: […] }, { importId }, { campaign: { id | sinceDays, outcome, button } }, { segmentId }, { experiment: { id, group: A|B|C|D|rest|holdOut } }. Groups nest.',
    example: { or: [{ tags: ['VIP'] }, { and: [{ country: ['IN'] }, { date: { field: 'lastReplied', op: 'after', daysAgo: 30 } }] }] },
  })

/** Every leaf of a tree with its place in it. */
export function* leavesOf(condition: Condition, pointer = ''): Generator<{ leaf: Condition; pointer: string }> {
  if ('not' in condition) yield* leavesOf(condition.not, `${pointer}/not`)
  else if ('and' in condition) for (const [i, part] of condition.and.entries()) yield* leavesOf(part, `${pointer}/and/${i}`)
  else if ('or' in condition) for (const [i, part] of condition.or.entries()) yield* leavesOf(part, `${pointer}/or/${i}`)
  else yield { leaf: condition, pointer }
}
