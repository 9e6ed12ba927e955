import { textOfId, writeNewId } from './ids.ts'

/** https://www.postgresql.org/docs/current/sql-copy.html, “Binary Format”: signature, flags, length of the header's extension. */
export const COPY_BEGIN = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_END = Buffer.from([0xff, 0xff])

const TEXT_TYPE = 25
const JSONB_VERSION = 1

/**
 * Rows in COPY's binary format, for `COPY … FROM STDIN (FORMAT binary)` between COPY_BEGIN and COPY_END: nothing to escape, and no ids or
 * hashes to write as text and to read back. A row is its number of fields and the fields, each a length and its bytes; NULL has the length -1.
 */
export function makeCopyRows(bytesExpected: number) {
  let bytes = Buffer.allocUnsafe(Math.max(bytesExpected, 1_024))
  let at = 0

  function makeRoom(length: number): void {
    if (at + length <= bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, at + length))
    bytes.copy(larger, 0, 0, at)
    bytes = larger
  }
  /** Text and its length. */
  function put(value: string): void {
    makeRoom(4 + 3 * value.length)
    const length = bytes.write(value, at + 4)
    bytes.writeInt32BE(length, at)
    at += 4 + length
  }

  return {
    /** How many bytes are written. */
    length: () => at,
    /** All of it, or what stands between two lengths; valid until more is written. */
    bytes: (from = 0, to = at): Buffer => bytes.subarray(from, to),
    /** The id at a place that {@link newId} returned. */
    idAt: (place: number): string => textOfId(bytes, place),
    /** As it is: fields that are the same in every row. */
    raw(fields: Buffer): void {
      makeRoom(fields.length)
      at += fields.copy(bytes, at)
    },
    row(fields: number): void {
      makeRoom(2)
      at = bytes.writeInt16BE(fields, at)
    },
    isNull(): void {
      makeRoom(4)
      at = bytes.writeInt32BE(-1, at)
    },
    text(value: string | null | undefined): void {
      if (value === null || value === undefined) this.isNull()
      else put(value)
    },
    bool(value: boolean | null | undefined): void {
      if (value === null || value === undefined) this.isNull()
      else {
        makeRoom(5)
        at = bytes.writeInt32BE(1, at)
        bytes[at++] = value ? 1 : 0
      }
    },
    /** A uuid or bytea. */
    hex(value: string): void {
      makeRoom(4 + value.length / 2)
      const length = bytes.write(value, at + 4, 'hex')
      bytes.writeInt32BE(length, at)
      at += 4 + length
    },
    uuid(value: string): void {
      this.hex(value.replaceAll('-', ''))
    },
    /** A new id. @returns the place of its 16 bytes */
    newId(): number {
      makeRoom(20)
      at = bytes.writeInt32BE(16, at)
      writeNewId(bytes, at)
      at += 16
      return at - 16
    },
    jsonb(value: unknown): void {
      const text = JSON.stringify(value)
      makeRoom(5 + 3 * text.length)
      const length = bytes.write(text, at + 5)
      bytes.writeInt32BE(length + 1, at)
      bytes[at + 4] = JSONB_VERSION
      at += 5 + length
    },
    /** A text[] of one dimension: dimensions, whether it has nulls, type, then length and lower bound of the dimension, then its texts. */
    texts(values: readonly string[]): void {
      makeRoom(24)
      const lengthAt = at
      at = bytes.writeInt32BE(values.length === 0 ? 0 : 1, at + 4)
      at = bytes.writeInt32BE(0, at)
      at = bytes.writeInt32BE(TEXT_TYPE, at)
      if (values.length > 0) {
        at = bytes.writeInt32BE(values.length, at)
        at = bytes.writeInt32BE(1, at)
        for (const value of values) put(value)
      }
      bytes.writeInt32BE(at - lengthAt - 4, lengthAt)
    },
  }
}
export type CopyRows = ReturnType<typeof makeCopyRows>
