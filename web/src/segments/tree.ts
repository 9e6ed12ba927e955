import type { Schema } from '../api/client.ts'

/** How people are told apart, as the API writes it (docs/segments.md). */
export type Leaf =
  | { readonly tags: readonly string[]; readonly match?: 'any' | 'all' }
  | { readonly attribute: Schema<'AttributeCondition'> }
  | { readonly isActive: boolean }
  | { readonly marketingOptIn: boolean | null }
  | { readonly optedOut: boolean }
  | { readonly language: readonly string[] }
  | { readonly country: readonly string[] }
  | { readonly date: DateCondition }
  | { readonly campaign: Behaviour }
  | { readonly segmentId: string }
  | { readonly importId: string }
  | { readonly contactIds: readonly string[] }
  | { readonly phones: readonly string[] }
export interface DateCondition {
  readonly field: 'created' | 'lastMessaged' | 'lastReplied'
  readonly op: 'after' | 'before' | 'ever' | 'never'
  /** An instant. */
  readonly at?: string
  readonly daysAgo?: number
}
export interface Behaviour {
  readonly id?: string
  readonly sinceDays?: number
  readonly outcome: Outcome
  readonly button?: number
}
export const OUTCOMES = ['Sent', 'Delivered', 'NotDelivered', 'Read', 'NotRead', 'Clicked', 'NotClicked', 'Failed', 'Unknown'] as const
export type Outcome = (typeof OUTCOMES)[number]
type Condition = Leaf | { readonly and: readonly Condition[] } | { readonly or: readonly Condition[] } | { readonly not: Condition }

/** A tree as it is edited: every node has a name of its own, and "not" is a property of what it denies. */
export interface GroupNode {
  readonly id: number
  readonly match: 'and' | 'or'
  readonly isNot: boolean
  readonly nodes: readonly Node[]
}
export interface LeafNode {
  readonly id: number
  readonly isNot: boolean
  readonly leaf: Leaf
}
export type Node = GroupNode | LeafNode
export const isGroup = (node: Node): node is GroupNode => 'nodes' in node

let lastId = 0
const newId = () => ++lastId
export const newLeaf = (leaf: Leaf): LeafNode => ({ id: newId(), isNot: false, leaf })
export const newGroup = (nodes: readonly Node[] = [], match: 'and' | 'or' = 'and'): GroupNode => ({
  id: newId(),
  match,
  isNot: false,
  nodes,
})

function nodeOf(condition: Condition): Node {
  if ('not' in condition) {
    const node = nodeOf(condition.not)
    return { ...node, isNot: !node.isNot }
  }
  if ('and' in condition) return newGroup(condition.and.map(nodeOf))
  if ('or' in condition) return newGroup(condition.or.map(nodeOf), 'or')
  return newLeaf(condition)
}

/** The tree of a stored segment: its outermost group, which denies nothing. Groups around one group say nothing and are left out. */
export function rootOf(condition: unknown): GroupNode {
  const node = nodeOf(condition as Condition)
  let root = isGroup(node) && !node.isNot ? node : newGroup([node])
  for (let [only] = root.nodes; root.nodes.length === 1 && only !== undefined && isGroup(only) && !only.isNot; [only] = root.nodes)
    root = only
  return root
}

function conditionOf(node: Node): Condition {
  const positive = isGroup(node) ? ({ [node.match]: node.nodes.map(conditionOf) } as unknown as Condition) : node.leaf
  return node.isNot ? { not: positive } : positive
}

/** What the API stores: everybody, when there is no condition. */
export const filterOf = (root: GroupNode): Schema<'ContactFilter'> =>
  root.nodes.length === 0 ? { everyone: true } : { where: conditionOf(root) as unknown as Schema<'ContactCondition'> }

/** The same tree with one node changed, or gone when `change` returns undefined. */
export function replaced(root: GroupNode, id: number, change: (node: Node) => Node | undefined): GroupNode {
  const nodes = root.nodes.flatMap((node) => {
    const next = node.id === id ? change(node) : isGroup(node) ? replaced(node, id, change) : node
    return next === undefined ? [] : [next]
  })
  return { ...root, nodes }
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
/** Whether a condition is filled in far enough to be asked. */
function isWholeLeaf(leaf: Leaf): boolean {
  if ('tags' in leaf) return leaf.tags.length > 0
  if ('language' in leaf) return leaf.language.length > 0
  if ('country' in leaf) return leaf.country.length > 0
  if ('segmentId' in leaf) return isText(leaf.segmentId)
  if ('importId' in leaf) return isText(leaf.importId)
  if ('campaign' in leaf) return isText(leaf.campaign.id) || leaf.campaign.sinceDays !== undefined
  if ('date' in leaf) return /ever/.test(leaf.date.op) || leaf.date.at !== undefined || leaf.date.daysAgo !== undefined
  if (!('attribute' in leaf)) return true
  const { key, op, value } = leaf.attribute
  return key.trim() !== '' && (op === 'exists' || (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ''))
}

/** Whether all of it can be asked: no half-filled condition, no empty group inside. */
export const isWhole = (root: GroupNode): boolean =>
  root.nodes.every((node) => (isGroup(node) ? node.nodes.length > 0 && isWhole(node) : isWholeLeaf(node.leaf)))
