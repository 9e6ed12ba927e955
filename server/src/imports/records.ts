/** One record of a CSV file. */
export interface CsvRecord {
  /** The line of the file it begins on; the first is 1. */
  readonly line: number
  readonly cells: string[]
  /** Where it stands in the text it was read from, without its line end. */
  readonly start: number
  readonly end: number
}

/** How a file is written. */
export interface Dialect {
  readonly delimiter: string
  /** What ends a line; before `\n` a `\r` belongs to it. */
  readonly newline: '\n' | '\r'
}

/** Whole records of a file as they stand in it: a piece that can be read without the rest. */
export interface Chunk {
  /** The line of the file on which its text begins, and the one on which its last record does. */
  readonly firstLine: number
  readonly lastLine: number
  readonly rows: number
  readonly text: string
}

/** A quote whose partner is not found within so many characters is an ordinary character: one stray quote spoils a row, not the file. */
export const QUOTED_CHARS_MAX = 65_536

/**
 * Reads RFC 4180 records, five times cheaper than a parser that looks at every character. A quote within an unquoted cell is an ordinary
 * character; empty lines are no records.
 * @param text whole records, from the beginning of `firstLine`
 */
export function readRecords(text: string, dialect: Dialect, firstLine = 1): CsvRecord[] {
  const records: CsvRecord[] = []
  let line = firstLine
  eachRecord(text, { ...dialect, isLast: true }, (start, end, quoted, lines) => {
    const cells = quoted ?? withoutReturn(text.slice(start, end)).split(dialect.delimiter)
    if (cells.length > 1 || cells[0] !== '') records.push({ line, cells, start, end })
    line += lines
  })
  return records
}

/**
 * Cuts a file into chunks as its text comes, wherever that is cut; cells are left for {@link readRecords}, which reads a chunk as it would
 * have read the file.
 * @param size when a chunk is full: its rows or its characters
 * @returns push: the chunks that are full, all that is left with `isLast`; header: the first record, once it came
 */
export function makeCutter(dialect: Dialect, size: { readonly rows: number; readonly chars: number }) {
  let header: readonly string[] | undefined
  let held = '' // the beginning of a record
  let heldRows = 0
  let pieces: string[] = []
  let chars = 0
  let line = 1
  let firstLine = 1
  let lastLine = 1
  return {
    header: () => header,
    heldChars: () => held.length,
    heldRows: () => heldRows,
    push(text: string, isLast: boolean): Chunk[] {
      const chunks: Chunk[] = []
      const all = held === '' ? text : held + text
      let from = 0
      const close = (to: number) => {
        pieces.push(all.slice(from, to))
        if (heldRows > 0) chunks.push({ firstLine, lastLine, rows: heldRows, text: pieces.join('') })
        start(to)
      }
      const start = (to: number) => {
        from = to
        pieces = []
        chars = 0
        heldRows = 0
        firstLine = line
      }
      const consumed = eachRecord(all, { ...dialect, isLast }, (at, end, quoted, lines, next) => {
        const isEmpty = quoted === undefined ? withoutReturn(all.slice(at, end)) === '' : quoted.length === 1 && quoted[0] === ''
        const began = line
        line += lines
        if (isEmpty) return
        if (header === undefined) {
          header = quoted ?? withoutReturn(all.slice(at, end)).split(dialect.delimiter)
          start(next)
          return
        }
        heldRows++
        lastLine = began
        if (heldRows >= size.rows || chars + next - from >= size.chars) close(next)
      })
      if (isLast) close(consumed)
      else {
        pieces.push(all.slice(from, consumed))
        chars += consumed - from
      }
      held = all.slice(consumed)
      return chunks
    },
  }
}

interface Reading extends Dialect {
  /** No text follows. */
  readonly isLast: boolean
}

/**
 * Finds the records of a text, empty lines included.
 * @param found told where one begins and ends, its cells when it has quotes, how many lines it takes and where the next begins
 * @returns where the first record begins that may go on in text still to come
 */
function eachRecord(
  all: string,
  reading: Reading,
  found: (start: number, end: number, quoted: string[] | undefined, lines: number, next: number) => void,
): number {
  let at = 0
  let quote = all.indexOf('"')
  while (at < all.length) {
    const end = all.indexOf(reading.newline, at)
    if (quote !== -1 && quote < at) quote = all.indexOf('"', at)
    if (quote === -1 || (end !== -1 && quote > end)) {
      if (end === -1 && !reading.isLast) break
      const next = end === -1 ? all.length : end + 1
      found(at, end === -1 ? all.length : end, undefined, 1, next)
      at = next
      continue
    }
    const read = readQuoted(all, at, reading)
    if (read === undefined) break
    found(at, read.end, read.cells, read.lines, read.next)
    at = read.next
  }
  return at
}

const withoutReturn = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text)

/** A record with quotes, from `start`; undefined when it may go on in text that is still to come. */
function readQuoted(
  all: string,
  start: number,
  { delimiter, newline, isLast }: Reading,
): { readonly cells: string[]; readonly end: number; readonly next: number; readonly lines: number } | undefined {
  const cells: string[] = []
  let lines = 1
  let at = start
  for (;;) {
    let value = ''
    if (all[at] === '"') {
      const quoted = closeQuote(all, at, isLast)
      if (quoted === 'unknown') return undefined
      if (quoted !== 'never') {
        value = quoted.value
        lines += value.split(newline).length - 1
        at = quoted.end
      }
    }
    const lineEnd = all.indexOf(newline, at)
    if (lineEnd === -1 && !isLast) return undefined
    const rest = all.slice(at, lineEnd === -1 ? all.length : lineEnd)
    const cut = rest.indexOf(delimiter)
    if (cut === -1) {
      cells.push(value + withoutReturn(rest))
      const end = lineEnd === -1 ? all.length : lineEnd
      return { cells, end, next: lineEnd === -1 ? end : end + 1, lines }
    }
    cells.push(value + rest.slice(0, cut))
    at += cut + delimiter.length
  }
}

/** What stands between the quote at `open` and its partner; `never`: it has none; `unknown`: that depends on text still to come. */
function closeQuote(all: string, open: number, isLast: boolean): { readonly value: string; readonly end: number } | 'never' | 'unknown' {
  let value = ''
  let from = open + 1
  for (;;) {
    const close = all.indexOf('"', from)
    if (close === -1) return isLast || all.length - open > QUOTED_CHARS_MAX ? 'never' : 'unknown'
    if (close - open > QUOTED_CHARS_MAX) return 'never'
    if (close + 1 === all.length && !isLast) return 'unknown'
    if (all[close + 1] !== '"') return { value: value + all.slice(from, close), end: close + 1 }
    value += all.slice(from, close + 1)
    from = close + 2
  }
}
