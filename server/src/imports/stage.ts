import type pg from 'pg'
import { type Db, run, sql } from '../platform/db.ts'
import { Problem } from '../platform/problem.ts'
import { decodeText, guessDelimiter, guessNewline } from './decode.ts'
import { type Chunk, type Dialect, makeCutter } from './records.ts'

export const ROWS_MAX = 1_000_000
const HEADERS_MAX = 200
const RECORD_CHARS_MAX = 1_000_000
/** A chunk is what one transaction applies. */
export const CHUNK_ROWS = 2_000
const CHUNK_CHARS = 1_000_000

/** What a staged file is. */
export interface Staged {
  readonly headers: string[]
  /** Data rows. */
  readonly rows: number
  readonly dialect: Dialect
}

/**
 * Streams a CSV file into the staging table, some thousand rows to a chunk: flat memory whatever its size, nothing on disk. Rows are stored
 * as they came and read when they are applied. Runs in the caller's transaction.
 * @param onHeld told how many rows are in memory, each time that grows
 */
export async function stageRows(
  client: pg.PoolClient,
  target: { readonly workspaceId: string; readonly importId: string },
  bytes: AsyncIterable<Buffer>,
  onHeld: (rows: number) => void = () => {},
): Promise<Staged> {
  const text = peekable(decodeText(bytes))
  const firstLine = await text.firstLine()
  if (firstLine.trim() === '') throw new Problem('unreadable-file', 'The file has no header row.')
  const dialect = { delimiter: guessDelimiter(firstLine), newline: guessNewline(firstLine) }
  const cutter = makeCutter(dialect, { rows: CHUNK_ROWS, chars: CHUNK_CHARS })
  let rows = 0
  const store = async (chunks: readonly Chunk[]) => {
    onHeld(cutter.heldRows() + chunks.reduce((sum, chunk) => sum + chunk.rows, 0))
    if ((cutter.header()?.length ?? 0) > HEADERS_MAX) throw new Problem('unreadable-file', `At most ${HEADERS_MAX} columns.`)
    if (cutter.heldChars() > RECORD_CHARS_MAX) throw new Problem('unreadable-file', 'A row has more than 1,000,000 characters.')
    for (const chunk of chunks) {
      rows += chunk.rows
      if (rows > ROWS_MAX) throw new Problem('too-large', `At most ${ROWS_MAX.toLocaleString('en')} rows in one file.`)
      await run(
        client as Db,
        sql`INSERT INTO contact_import_chunk (workspace_id, import_id, first_line, last_line, rows, text)
            VALUES (${target.workspaceId}, ${target.importId}, ${chunk.firstLine}, ${chunk.lastLine}, ${chunk.rows}, ${chunk.text})`,
      )
    }
  }
  for await (const piece of text.all()) await store(cutter.push(piece, false))
  await store(cutter.push('', true))
  const header = cutter.header()
  if (header === undefined) throw new Problem('unreadable-file', 'The file has no header row.')
  return { headers: header.map((cell) => cell.trim()), rows, dialect }
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
