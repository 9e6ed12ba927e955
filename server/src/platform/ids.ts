import { randomFillSync } from 'node:crypto'

/** Random bytes for many ids at a time: asking the system for each costs more than all the rest. */
const pool = Buffer.alloc(16 * 256)
let used = pool.length

/**
 * A UUIDv7: 48 bits of Unix milliseconds, then random bits, so that ids sort by creation and index inserts stay local.
 * Made in Node because PostgreSQL 15 has no such function.
 */
export const newId = (nowMs: number = Date.now()): string => textOfId(nextId(nowMs), 0)

/** A new id as the 16 bytes that PostgreSQL stores. */
export function writeNewId(bytes: Buffer, at: number): void {
  nextId(Date.now()).copy(bytes, at)
}

/** The id that stands in 16 bytes, as text. */
export function textOfId(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function nextId(nowMs: number): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + 16)
  used += 16
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
export const isUuid = (text: string): boolean => UUID.test(text)

/** The instant a UUIDv7 was made, in Unix milliseconds. */
export const idTimeMs = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
