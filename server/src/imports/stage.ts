import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Problem } from '../platform/problem.ts'
import { decodeText, guessDelimiter, guessNewline } from './decode.ts'
import { type CsvRecord, makeSplitter } from './records.ts'

export const ROWS_MAX = 1_000_000
const HEADERS_MAX = 200
const RECORD_CHARS_MAX = 1_000_000
/** A chunk is what one transaction applies. */
export const CHUNK_ROWS = 2_000
const CHUNK_CHARS = 1_000_000

/** A data row of the file as it is staged: the line it begins on, and its cells. */
export type StagedRow = readonly [line: number, cells: string[]]

/**
 * Streams a CSV file into the staging table by COPY, some thousand rows to a chunk: flat memory whatever its size, nothing on disk. Runs in
 * the caller's transaction.
 * @param onHeld told how many rows are in memory, each time that grows
 * @returns the headers and the number of data rows
 */
export async function stageRows(
  client: pg.PoolClient,
  target: { readonly workspaceId: string; readonly importId: string },
  bytes: AsyncIterable<Buffer>,
  onHeld: (rows: number) => void = () => {},
): Promise<{ headers: string[]; rows: number }> {
  const text = peekable(decodeText(bytes))
  const firstLine = await text.firstLine()
  if (firstLine.trim() === '') throw new Problem('unreadable-file', 'The file has no header row.')
  const splitter = makeSplitter(guessDelimiter(firstLine), guessNewline(firstLine))
  let headers: string[] | undefined
  let rows = 0
  const copy = client.query(copyFrom('COPY contact_import_chunk (workspace_id, import_id, last_line, cells) FROM STDIN'))
  const prefix = `${target.workspaceId}\t${target.importId}\t`
  let chunk: StagedRow[] = []
  let chars = 0
  const take = ({ line, cells }: CsvRecord): string => {
    if (headers === undefined) {
      headers = cells.map((header) => header.trim())
      if (headers.length > HEADERS_MAX) throw new Problem('unreadable-file', `At most ${HEADERS_MAX} columns.`)
      return ''
    }
    rows++
    if (rows > ROWS_MAX) throw new Problem('too-large', `At most ${ROWS_MAX.toLocaleString('en')} rows in one file.`)
    chunk.push([line, cells])
    for (const cell of cells) chars += cell.length
    return chunk.length >= CHUNK_ROWS || chars >= CHUNK_CHARS ? flush() : ''
  }
  const flush = (): string => {
    const last = chunk.at(-1)
    if (last === undefined) return ''
    const line = `${prefix}${last[0]}\t${JSON.stringify(chunk).replaceAll('\\', '\\\\')}\n` // JSON holds no tab and no line end as such
    chunk = []
    chars = 0
    return line
  }
  await pipeline(
    text.all(),
    async function* (pieces: AsyncIterable<string>) {
      for await (const piece of pieces) {
        const records = splitter.push(piece, false)
        if (splitter.heldChars() > RECORD_CHARS_MAX) throw new Problem('unreadable-file', 'A row has more than 1,000,000 characters.')
        onHeld(chunk.length + records.length)
        for (const record of records) {
          const line = take(record)
          if (line !== '') yield line
        }
      }
      for (const record of splitter.push('', true)) {
        const line = take(record)
        if (line !== '') yield line
      }
      const line = flush()
      if (line !== '') yield line
    },
    copy,
  )
  if (headers === undefined) throw new Problem('unreadable-file', 'The file has no header row.')
  return { headers, rows }
}

/** Looks at the first line of a text stream without losing it. */
function peekable(chunks: AsyncGenerator<string>) {
  let held = ''
  return {
    /** Up to and without its `\n`; a file that ends lines by `\r` alone shows more. */
    async firstLine(): Promise<string> {
      while (!held.includes('\n') && held.length < 262_144) {
        const { value, done } = await chunks.next()
        if (done) break
        held += value
      }
      return held.split('\n', 1)[0] ?? ''
    },
    async *all(): AsyncGenerator<string> {
      if (held !== '') yield held
      held = ''
      yield* chunks
    },
  }
}
