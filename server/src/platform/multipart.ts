import { Problem } from './problem.ts'

const FIELD_BYTES_MAX = 262_144
const FIELDS_MAX = 200
const HEAD_BYTES_MAX = 16_384

export interface FilePart {
  readonly name: string
  readonly fileName: string
  readonly contentType: string
  readonly bytes: AsyncIterable<Buffer>
}

/**
 * Reads multipart/form-data as a stream, in flat memory: small fields are collected, the file named `fileField` is handed over as it comes.
 * @param onFile must read the file to its end; called once at most
 * @returns every value of every field
 * @throws Problem 400 when it is not multipart, 413 when the whole is larger than `maxBytes`
 */
export async function readMultipart(
  request: { readonly contentType: string | undefined; readonly body: ReadableStream<Uint8Array> | null; readonly announced: number },
  options: { readonly fileField: string; readonly maxBytes: number; readonly onFile: (file: FilePart) => Promise<void> },
): Promise<Map<string, string[]>> {
  const boundary = /^multipart\/form-data\s*;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(request.contentType ?? '')
  if (boundary === null) throw new Problem('content-type-unsupported', 'Send the file as multipart/form-data.')
  if (request.announced > options.maxBytes || request.body === null) {
    if (request.body === null) throw new Problem('bad-request', 'The body is empty.')
    throw tooLarge(options.maxBytes)
  }
  const reader = makeReader(request.body, options.maxBytes)
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`)
  reader.prepend(Buffer.from('\r\n')) // so that the first boundary looks like all others
  await drain(reader.until(delimiter))
  const fields = new Map<string, string[]>()
  let hasFile = false
  for (;;) {
    const after = await reader.exactly(2)
    if (after.toString('latin1') === '--') return fields
    const head = (await collect(reader.until(Buffer.from('\r\n\r\n')), HEAD_BYTES_MAX)).toString('utf8')
    const name = parameterOf(head, 'name') ?? ''
    const fileName = parameterOf(head, 'filename')
    if (fileName !== undefined && name === options.fileField && !hasFile) {
      hasFile = true
      const contentType = /content-type:\s*([^\r\n]+)/i.exec(head)?.[1]?.trim() ?? 'application/octet-stream'
      const bytes = reader.until(delimiter)
      await options.onFile({ name, fileName, contentType, bytes })
      await drain(bytes)
      continue
    }
    const value = (await collect(reader.until(delimiter), FIELD_BYTES_MAX)).toString('utf8')
    if ([...fields.values()].flat().length >= FIELDS_MAX) throw new Problem('too-large', `At most ${FIELDS_MAX} form fields.`)
    fields.set(name, [...(fields.get(name) ?? []), value])
  }
}

/** A parameter of the part's Content-Disposition: quoted as RFC 7578 asks, or bare as RFC 9110 allows and some clients write. */
function parameterOf(head: string, name: 'name' | 'filename'): string | undefined {
  const match = new RegExp(`^content-disposition:[^\\r\\n]*?[;\\s]${name}=(?:"([^"]*)"|([^\\s;"]+))`, 'im').exec(head)
  return match?.[1] ?? match?.[2]
}

const tooLarge = (max: number) => new Problem('too-large', `At most ${Math.floor(max / 1_048_576)} MB are accepted here.`)
const cutShort = () => new Problem('bad-request', 'The form data ends in the middle.')

function makeReader(body: ReadableStream<Uint8Array>, maxBytes: number) {
  const source = body[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let total = 0

  async function more(): Promise<boolean> {
    const { value, done } = await source.next()
    if (done) return false
    total += value.length
    if (total > maxBytes) throw tooLarge(maxBytes)
    held = held.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([held, value])
    return true
  }

  return {
    prepend(bytes: Buffer) {
      held = Buffer.concat([bytes, held])
    },
    async exactly(length: number): Promise<Buffer> {
      while (held.length < length) if (!(await more())) throw cutShort()
      const bytes = held.subarray(0, length)
      held = held.subarray(length)
      return bytes
    },
    /** What comes before `mark`, chunk by chunk; the mark itself is consumed. */
    async *until(mark: Buffer): AsyncGenerator<Buffer> {
      for (;;) {
        const at = held.indexOf(mark)
        if (at >= 0) {
          const last = held.subarray(0, at)
          held = held.subarray(at + mark.length)
          if (last.length > 0) yield last
          return
        }
        const safe = held.length - mark.length + 1
        if (safe > 0) {
          const chunk = held.subarray(0, safe)
          held = held.subarray(safe)
          yield chunk
        }
        if (!(await more())) throw cutShort()
      }
    },
  }
}

async function collect(chunks: AsyncIterable<Buffer>, max: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > max) throw new Problem('too-large', 'A form field is too large.')
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks) {
    // read to its end, keep nothing
  }
}
