import { Readable } from 'node:stream'

/** First line of an archive: what it holds and which program may read it. */
export interface ArchiveHeader {
  readonly format: 'fanfare-backup'
  readonly version: 1
  /** Number of the newest migration the tables had. */
  readonly schema: number
  readonly madeAt: string
  readonly tables: readonly ArchiveTable[]
  readonly sequences: readonly { readonly name: string; readonly lastValue: string; readonly isCalled: boolean }[]
}
/** A table, in an order in which every row finds the rows it refers to. */
export interface ArchiveTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** First line of a workspace on its way to another installation. */
export interface WorkspaceHeader {
  readonly format: 'fanfare-workspace'
  readonly version: 1
  /** Number of the newest migration: the same at both ends. */
  readonly schema: number
  readonly madeAt: string
  readonly workspaceId: string
  readonly name: string
  /** Keyed hashes of nobody known, which no other workspace can compare and which were left behind. */
  readonly leftBehind: number
  readonly tables: readonly ArchiveTable[]
}
const KINDS = { 'fanfare-backup': 'backup', 'fanfare-workspace': 'export of a workspace' } as const
interface Headers {
  readonly 'fanfare-backup': ArchiveHeader
  readonly 'fanfare-workspace': WorkspaceHeader
}

const HEADER_BYTES_MAX = 4 * 2 ** 20
const CHUNK_BYTES_MAX = 64 * 2 ** 20
/** After the last table: an archive without it was cut off. */
const END = Buffer.from('FANFARE-END\n')

/**
 * An archive as a stream: the header, then per table the chunks of its COPY text, each behind its length, closed by a length of zero.
 * Memory stays that of one chunk.
 */
export function writeArchive(header: ArchiveHeader | WorkspaceHeader, copyOut: (table: ArchiveTable) => AsyncIterable<Buffer>): Readable {
  return Readable.from(
    (async function* () {
      const first = Buffer.from(JSON.stringify(header), 'utf8')
      yield lengthOf(first.length)
      yield first
      for (const table of header.tables) {
        for await (const chunk of copyOut(table)) {
          if (chunk.length === 0) continue
          yield lengthOf(chunk.length)
          yield chunk
        }
        yield lengthOf(0)
      }
      yield END
    })(),
    { objectMode: false },
  )
}

/** What is wrong with a file somebody wants to restore: said plainly. */
export class ArchiveError extends Error {}

/**
 * Reads an archive piece by piece.
 * @throws ArchiveError for a file that is no archive, or was cut off
 */
export class ArchiveReader {
  readonly #source: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async header<Format extends keyof Headers = 'fanfare-backup'>(format = 'fanfare-backup' as Format): Promise<Headers[Format]> {
    const kind = KINDS[format]
    const length = (await this.#take(4)).readUInt32BE()
    if (length === 0 || length > HEADER_BYTES_MAX) throw new ArchiveError(`This file is not a Fanfare ${kind}.`)
    const header = parse((await this.#take(length)).toString('utf8'))
    if (header?.format !== format) throw new ArchiveError(`This file is not a Fanfare ${kind}.`)
    if (header.version !== 1) throw new ArchiveError(`This ${kind} has format ${header.version}; this program reads format 1.`)
    return header as Headers[Format]
  }

  /** The COPY text of the next table. */
  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const length = (await this.#take(4)).readUInt32BE()
      if (length === 0) return
      if (length > CHUNK_BYTES_MAX) throw new ArchiveError('This backup is damaged.')
      yield await this.#take(length)
    }
  }

  async end(): Promise<void> {
    if (!(await this.#take(END.length)).equals(END)) throw new ArchiveError('This backup is damaged.')
  }

  async #take(length: number): Promise<Buffer> {
    const parts = [this.#rest]
    let have = this.#rest.length
    while (have < length) {
      const { value, done } = await this.#source.next()
      if (done) throw new ArchiveError('This backup was cut off.')
      parts.push(value)
      have += value.length
    }
    const all = Buffer.concat(parts)
    this.#rest = all.subarray(length)
    return all.subarray(0, length)
  }
}

const lengthOf = (bytes: number): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes)
  return length
}

const parse = (text: string): { format?: unknown; version?: unknown } | undefined => {
  try {
    return JSON.parse(text) as { format?: unknown; version?: unknown }
  } catch {
    return undefined
  }
}
