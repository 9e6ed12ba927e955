interface Related {
  readonly id: string
  readonly parentId: string | null
}

/** The same rows, each resend right below the campaign it belongs to where that one is on the page too. */
export function nested<Item extends Related>(items: readonly Item[]): Item[] {
  const here = new Set(items.map(({ id }) => id))
  const isRoot = ({ parentId }: Item) => parentId === null || !here.has(parentId)
  const below = (parent: Item): Item[] => [parent, ...items.filter(({ parentId }) => parentId === parent.id).flatMap(below)]
  return items.filter(isRoot).flatMap(below)
}

/** Ids of the rows that stand below their parent. */
export function nestedIds(items: readonly Related[]): ReadonlySet<string> {
  const here = new Set(items.map(({ id }) => id))
  return new Set(items.filter(({ parentId }) => parentId !== null && here.has(parentId)).map(({ id }) => id))
}
