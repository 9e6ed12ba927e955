import type { Leaf } from './tree.ts'

/** What a new condition can be about, in the order of the menu. */
export const KINDS = [
  'tags',
  'attribute',
  'campaign',
  'date',
  'country',
  'language',
  'marketingOptIn',
  'optedOut',
  'isActive',
  'segmentId',
  'importId',
] as const
export type Kind = (typeof KINDS)[number]
/** Those that only the API writes, too. */
type AnyKind = Kind | 'contactIds' | 'phones'

export const kindOf = (leaf: Leaf): AnyKind => Object.keys(leaf).find((key) => key !== 'match') as AnyKind

const EMPTY: { readonly [K in Kind]: Leaf } = {
  tags: { tags: [] },
  attribute: { attribute: { key: '', op: 'eq', value: '' } },
  campaign: { campaign: { outcome: 'Read', sinceDays: 30 } },
  date: { date: { field: 'created', op: 'after', daysAgo: 30 } },
  country: { country: [] },
  language: { language: [] },
  marketingOptIn: { marketingOptIn: true },
  optedOut: { optedOut: true },
  isActive: { isActive: true },
  segmentId: { segmentId: '' },
  importId: { importId: '' },
}
export const emptyLeaf = (kind: Kind): Leaf => EMPTY[kind]
