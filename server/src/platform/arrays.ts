/**
 * Columns of rows as PostgreSQL's arrays in binary form, for `unnest(${uuids(rows, …)}::uuid[], …)`: nothing is escaped, written as text and
 * read back, which cost a tenth of a receipt on either side. The cast in the statement must name the type each function tells.
 * Form (`array_send`): dimensions, whether there are nulls, type; length and lower bound of the dimension; each element with its length,
 * -1 for NULL. https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
 */
type Pick<Row, Value> = (row: Row) => Value | null

const HEADER_BYTES = 20
/** Room that is kept from array to array; what needed more gives it back. */
const KEPT_BYTES = 1_048_576
/** Where arrays are put together. */
let room = Buffer.allocUnsafe(65_536)
let at = 0

function makeRoom(bytes: number): void {
  if (at + bytes <= room.length) return
  const larger = Buffer.allocUnsafe(Math.max(2 * room.length, at + bytes))
  room.copy(larger, 0, 0, at)
  room = larger
}

/** @param put writes a value behind its four bytes of length; returns its length */
function arrayOf<Row, Value>(
  type: number,
  rows: readonly Row[],
  pick: Pick<Row, Value>,
  bytesOf: (value: Value) => number,
  put: (value: Value) => number,
) {
  at = 0
  room.writeInt32BE(rows.length === 0 ? 0 : 1, 0)
  room.writeInt32BE(1, 4)
  room.writeInt32BE(type, 8)
  at = 12
  if (rows.length === 0) return Buffer.from(room.subarray(0, at))
  room.writeInt32BE(rows.length, 12)
  room.writeInt32BE(1, 16)
  at = HEADER_BYTES
  for (const row of rows) {
    const value = pick(row)
    if (value === null) {
      makeRoom(4)
      at = room.writeInt32BE(-1, at)
      continue
    }
    makeRoom(4 + bytesOf(value))
    const length = put(value)
    room.writeInt32BE(length, at)
    at += 4 + length
  }
  const array = room.subarray(0, at)
  if (room.length <= KEPT_BYTES) return Buffer.from(array)
  room = Buffer.allocUnsafe(65_536)
  return array
}

const fixed =
  <Value>(type: number, bytes: number, put: (value: Value) => void) =>
  <Row>(rows: readonly Row[], pick: Pick<Row, Value>): Buffer =>
    arrayOf(
      type,
      rows,
      pick,
      () => bytes,
      (value) => {
        put(value)
        return bytes
      },
    )

let lastId: string | undefined
const lastIdBytes = Buffer.alloc(16)
/** `uuid[]`. Ids of campaigns repeat from row to row: the last is kept. */
export const uuids = fixed<string>(2950, 16, (id) => {
  if (id !== lastId) {
    lastId = undefined
    const hex = id.replaceAll('-', '')
    if (hex.length !== 32 || lastIdBytes.write(hex, 'hex') !== 16) throw new RangeError(`${id} is no uuid`)
    lastId = id
  }
  lastIdBytes.copy(room, at + 4)
})
/** `smallint[]` */
export const smallints = fixed<number>(21, 2, (n) => void room.writeInt16BE(n, at + 4))
/** `int[]` */
export const ints = fixed<number>(23, 4, (n) => void room.writeInt32BE(n, at + 4))
/** `boolean[]` */
export const booleans = fixed<boolean>(16, 1, (is) => void room.writeUInt8(is ? 1 : 0, at + 4))

/** PostgreSQL counts microseconds from 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1)
const TWO_32 = 2 ** 32
/** `bigint[]`, of whole numbers that are safe in JavaScript */
export const bigints = fixed<number>(20, 8, putBigint)
/** `timestamptz[]` */
export const times = fixed<Date>(1184, 8, (time) => {
  const ms = time.getTime() - EPOCH_MS
  if (Math.abs(ms) < Number.MAX_SAFE_INTEGER / 1_000) putBigint(ms * 1_000)
  else room.writeBigInt64BE(BigInt(ms) * 1_000n, at + 4) // beyond the year 2285; throws for a time that is none
})
function putBigint(n: number): void {
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is no whole number`)
  const high = Math.floor(n / TWO_32)
  room.writeInt32BE(high, at + 4)
  room.writeUInt32BE(n - high * TWO_32, at + 8)
}

/** `text[]` */
export const texts = <Row>(rows: readonly Row[], pick: Pick<Row, string>): Buffer =>
  arrayOf(
    25,
    rows,
    pick,
    (text) => 3 * text.length,
    (text) => room.write(text, at + 4),
  )
/** `bytea[]` */
export const byteas = <Row>(rows: readonly Row[], pick: Pick<Row, Buffer>): Buffer =>
  arrayOf(
    17,
    rows,
    pick,
    (bytes) => bytes.length,
    (bytes) => bytes.copy(room, at + 4),
  )
