/** One page of a list, as every list of the API answers it. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly totalPages: number
}

/**
 * Every item of a list, page after page, asked for as they are used: `for await (const item of everyItem((pageNumber) => api.listContacts({
 * body: { pageNumber, pageSize: 200 } })))`. What changes on the server meanwhile may be seen twice or not at all.
 */
export async function* everyItem<Item>(ask: (pageNumber: number) => Promise<Page<Item>>): AsyncGenerator<Item, void> {
  for (let pageNumber = 1; ; pageNumber++) {
    const { items, totalPages } = await ask(pageNumber)
    yield* items
    if (pageNumber >= totalPages || items.length === 0) return
  }
}
