import Papa from 'papaparse'

/** The first rows of a file, for a person to see which column is which. What is imported is read by the server. */
export interface Sample {
  readonly headers: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const BYTES = 65_536
const ROWS = 3

/** Marks at the start of a file that say how its text is written; without one it is UTF-8, as the server takes it. */
const encodingOf = ([first, second]: Uint8Array): string => {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

export async function sampleOf(file: Blob): Promise<Sample> {
  const bytes = new Uint8Array(await file.slice(0, BYTES).arrayBuffer())
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes)
  const [headers = [], ...rows] = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy' }).data
  return { headers, rows: rows.slice(0, ROWS) }
}
