/** A row of the outbox. */
export interface OutgoingEvent {
  readonly workspaceId: string
  readonly id: string
  readonly type: string
  readonly campaignId: string | null
  readonly seqs: readonly number[] | null
  readonly data: Readonly<Record<string, unknown>>
  readonly at: Date
}
/** What one webhook says: an event, or up to 500 people of one campaign to whom the same happened. */
export type Batch = Pick<OutgoingEvent, 'type' | 'campaignId' | 'seqs' | 'data' | 'at'>

export const BATCH_MAX = 500

const chunks = <T>(list: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(list.length / BATCH_MAX) }, (_, i) => list.slice(i * BATCH_MAX, (i + 1) * BATCH_MAX))

const itemsOf = ({ data }: OutgoingEvent): readonly unknown[] | undefined => (Array.isArray(data.items) ? data.items : undefined)

/**
 * Puts events of one workspace together as they are told: those about people by type and campaign, all others one by one. Nobody is left
 * out or told twice; the order of first mention stays.
 */
export function batchesOf(events: readonly OutgoingEvent[]): Batch[] {
  const isAboutPeople = (event: OutgoingEvent) => event.seqs !== null || itemsOf(event) !== undefined
  const groups = Map.groupBy(events, (event) => (isAboutPeople(event) ? `${event.type} ${event.campaignId}` : event.id))
  return [...groups.values()].flatMap((group): Batch[] => {
    const [first] = group
    if (first === undefined) return []
    const { type, campaignId, at } = first
    if (first.seqs !== null)
      return chunks([...new Set(group.flatMap(({ seqs }) => seqs ?? []))]).map((seqs) => ({ type, campaignId, seqs, data: {}, at }))
    const items = group.flatMap((event) => itemsOf(event) ?? [])
    if (items.length > 0) return chunks(items).map((some) => ({ type, campaignId, seqs: null, data: { items: some }, at }))
    return group.map(({ data }) => ({ type, campaignId, seqs: null, data, at }))
  })
}
