import { AsyncLocalStorage } from 'node:async_hooks'

/** A text cell that a spreadsheet would take for a formula gets a leading quote; import takes it away again (api.md §7). */
export const guardCell = (text: string): string => (/^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text)
export const unguardCell = (text: string): string => (text.startsWith("'") && /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text)

/** One cell, quoted where RFC 4180 asks for it. */
const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
export const csvLine = (values: readonly string[]): string => `${values.map(cell).join(',')}\r\n`
/** Spreadsheets read UTF-8 only behind this mark. */
export const BOM = '\uFEFF'

/**
 * Streams CSV lines: `next` gives a batch of lines at a time until it gives none. Memory stays flat; a reader that goes away ends it.
 * @param header the first line, with its line end
 */
export function csvStream(header: string, next: () => Promise<string | undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const asCaller = AsyncLocalStorage.snapshot() // the reader pulls long after the request's handler returned
  let isFirst = true
  return new ReadableStream({
    async pull(controller) {
      if (isFirst) {
        isFirst = false
        controller.enqueue(encoder.encode(BOM + header))
        return
      }
      const lines = await asCaller(next)
      if (lines === undefined) controller.close()
      else controller.enqueue(encoder.encode(lines))
    },
  })
}
