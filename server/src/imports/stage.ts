import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Problem } from '../platform/problem.ts'
import { decodeText, guessDelimiter } from './decode.ts'

export const ROWS_MAX = 1_000_000
const HEADERS_MAX = 200

/**
 * Streams a CSV file into the staging table by COPY: flat memory whatever its size, nothing on disk. Runs in the caller's transaction.
 * @returns the headers and the number of data rows
 */
export async function stageRows(
  client: pg.PoolClient,
  target: { readonly workspaceId: string; readonly importId: string },
  bytes: AsyncIterable<Buffer>,
): Promise<{ headers: string[]; rows: number }> {
  const text = peekable(decodeText(bytes))
  const firstLine = await text.firstLine()
  if (firstLine.trim() === '') throw new Problem('unreadable-file', 'The file has no header row.')
  const parser = parse({
    delimiter: guessDelimiter(firstLine),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: 1_000_000,
  })
  let headers: string[] | undefined
  let rows = 0
  const copy = client.query(copyFrom('COPY contact_import_row (workspace_id, import_id, line, cells) FROM STDIN'))
  const prefix = `${target.workspaceId}\t${target.importId}\t`
  try {
    await pipeline(
      text.all(),
      parser,
      async function* (records: AsyncIterable<{ record: string[]; info: { lines: number } }>) {
        let lines = ''
        for await (const { record, info } of records) {
          if (headers === undefined) {
            headers = record.map((header) => header.trim())
            if (headers.length > HEADERS_MAX) throw new Problem('unreadable-file', `At most ${HEADERS_MAX} columns.`)
            continue
          }
          rows++
          if (rows > ROWS_MAX) throw new Problem('too-large', `At most ${ROWS_MAX.toLocaleString('en')} rows in one file.`)
          lines += `${prefix}${info.lines}\t${copyArray(record)}\n`
          if (lines.length > 65_536) {
            yield lines
            lines = ''
          }
        }
        if (lines !== '') yield lines
      },
      copy,
    )
  } catch (error) {
    if (error instanceof Problem) throw error
    if ((error as { code?: string }).code?.startsWith('CSV_')) throw new Problem('unreadable-file', (error as Error).message)
    throw error
  }
  if (headers === undefined) throw new Problem('unreadable-file', 'The file has no header row.')
  return { headers, rows }
}

/** A text[] in COPY's text format: array quoting first, then COPY's escapes. */
const copyArray = (cells: readonly string[]): string =>
  `{${cells.map((cell) => `"${cell.replace(/["\\]/g, '\\$&')}"`).join(',')}}`.replace(/[\\\n\r\t]/g, (character) =>
    character === '\\' ? '\\\\' : character === '\n' ? '\\n' : character === '\r' ? '\\r' : '\\t',
  )

/** Looks at the first line of a text stream without losing it. */
function peekable(chunks: AsyncGenerator<string>) {
  let held = ''
  return {
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
      yield* chunks
    },
  }
}
