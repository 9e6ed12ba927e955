import type { StatusEvent } from './events.ts'

/** Of the latest receipts, a mark each: half a megabyte, whatever comes. */
const SLOTS = 131_072
const marks = new Uint32Array(SLOTS)

/** The end of a return address: its MAC, which no other attempt's has. */
const MAC_LENGTH = 14

/** Two 32-bit hashes of what a receipt tells about its person (FNV-1a from two starts). */
function hashesOf({ callbackData, waId, userId }: StatusEvent): readonly [slot: number, mark: number] {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (const text of [callbackData?.slice(-MAC_LENGTH), waId, userId]) {
    for (let i = 0; i < (text?.length ?? 0); i++) {
      const unit = text?.charCodeAt(i) ?? 0
      a = Math.imul(a ^ unit, 0x01000193)
      b = Math.imul(b ^ unit, 0x85ebca6b)
    }
    a = Math.imul(a ^ 0xffff, 0x01000193)
    b = Math.imul(b ^ 0xffff, 0x85ebca6b)
  }
  return [(a >>> 0) % SLOTS, (b | 1) >>> 0]
}

/**
 * Whether an applied receipt of the same attempt told the same ids lately: the receipts of a message follow each other within seconds, and
 * looking its person up again costs a quarter of what the database does for one. A mark that is another's (one in two thousand million)
 * leaves the ids to the person's next message.
 */
export function isLearnt(event: StatusEvent): boolean {
  const [slot, mark] = hashesOf(event)
  return event.callbackData !== null && marks[slot] === mark
}

/** Keeps in mind whose ids were noted, once the transaction is committed. */
export function noteLearnt(events: readonly StatusEvent[]): void {
  for (const event of events) {
    if (event.callbackData === null) continue
    const [slot, mark] = hashesOf(event)
    marks[slot] = mark
  }
}
