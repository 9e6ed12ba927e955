/** What came back for one request. */
export interface HttpAnswer {
  readonly status: number
  /** The `Date` header. */
  readonly date: string | undefined
  /** As UTF-8. */
  readonly body: string
  /** The connection may carry another request, and for how long the server keeps it if it says so. */
  readonly reusable: boolean
  readonly keptMs: number | undefined
}

/** Collects the bytes of one answer on a connection that carries one request at a time. */
export interface AnswerReader {
  /** The whole answer once its last byte has come. The chunk may be overwritten after the call. @throws when it is no HTTP/1.x answer */
  take(chunk: Buffer): HttpAnswer | undefined
  /** The server will send no more. An answer whose length nobody told is then whole; undefined: it was cut short. */
  end(): HttpAnswer | undefined
}

const HEAD_END = Buffer.from('\r\n\r\n')
const HEAD_BYTES_MAX = 65_536
const BODY_BYTES_MAX = 4 * 1_048_576

interface Head {
  readonly status: number
  readonly date: string | undefined
  readonly bodyAt: number
  /** Bytes; `chunked`; `until-closed`. */
  readonly length: number | 'chunked' | 'until-closed'
  readonly keeps: boolean
  readonly keptMs: number | undefined
}

/** https://www.rfc-editor.org/rfc/rfc9112 §4, §6 and §7: status line, how long the body is, chunks. */
export function makeAnswerReader(): AnswerReader {
  let held: Buffer | undefined

  function read(bytes: Buffer, isEnded: boolean): HttpAnswer | undefined {
    const head = readHead(bytes)
    if (head === undefined) return undefined
    if (head.length === 'until-closed')
      return isEnded ? answerOf(head, bytes.toString('utf8', head.bodyAt), bytes.length, bytes) : undefined
    if (head.length === 'chunked') {
      const chunks = readChunks(bytes, head.bodyAt)
      return chunks && answerOf(head, chunks.body, chunks.end, bytes)
    }
    const end = head.bodyAt + head.length
    return bytes.length >= end ? answerOf(head, bytes.toString('utf8', head.bodyAt, end), end, bytes) : undefined
  }

  return {
    take(chunk) {
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
      const answer = read(bytes, false)
      if (answer !== undefined) held = undefined
      else if (bytes.length > HEAD_BYTES_MAX + BODY_BYTES_MAX) throw new Error('the answer is too large')
      else held = held === undefined ? Buffer.from(chunk) : bytes
      return answer
    },
    end() {
      const answer = held === undefined ? undefined : read(held, true)
      held = undefined
      return answer
    },
  }
}

const answerOf = ({ status, date, keeps, keptMs }: Head, body: string, end: number, bytes: Buffer): HttpAnswer => ({
  status,
  date,
  body,
  reusable: keeps && end === bytes.length, // bytes behind an answer belong to no request of ours
  keptMs,
})

/** The last head in the bytes: interim answers (1xx) are passed over. Undefined: it is not whole yet. */
function readHead(bytes: Buffer): Head | undefined {
  for (let at = 0; ; ) {
    const end = bytes.indexOf(HEAD_END, at)
    if (end === -1) {
      if (bytes.length - at > HEAD_BYTES_MAX) throw new Error('the head of the answer is too large')
      return undefined
    }
    const head = parseHead(bytes.toString('latin1', at, end), end + HEAD_END.length)
    if (head.status === 101) throw new Error('the answer changes the protocol')
    if (head.status >= 200) return head
    at = head.bodyAt
  }
}

function parseHead(text: string, bodyAt: number): Head {
  const lines = text.split('\r\n')
  const [, minor, code] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(lines[0] ?? '') ?? []
  if (code === undefined) throw new Error('the answer is not HTTP/1.x')
  const status = Number(code)
  let date: string | undefined
  let length: number | undefined
  let coding: string | undefined
  let connection = ''
  let keptMs: number | undefined
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string
    const colon = line.indexOf(':')
    if (colon < 1) throw new Error('a header of the answer is not readable')
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-length': {
        const value = line.slice(colon + 1).trim()
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value)))
          throw new Error('the length of the answer is not readable')
        length = Number(value)
        if (length > BODY_BYTES_MAX) throw new Error('the answer is too large')
        break
      }
      case 'transfer-encoding':
        coding = `${coding === undefined ? '' : `${coding},`}${line.slice(colon + 1)}`.trim().toLowerCase()
        break
      case 'connection':
        connection += `,${line.slice(colon + 1).toLowerCase()}`
        break
      case 'keep-alive':
        keptMs = seconds(/timeout\s*=\s*(\d{1,6})/.exec(line)?.[1])
        break
      case 'date':
        date = line.slice(colon + 1).trim()
    }
  }
  const keeps = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')
  const hasNone = status === 204 || status === 304
  if (coding !== undefined) {
    if (!/(^|,)\s*chunked$/.test(coding)) return { status, date, bodyAt, length: 'until-closed', keeps: false, keptMs }
    return { status, date, bodyAt, length: hasNone ? 0 : 'chunked', keeps: keeps && length === undefined, keptMs }
  }
  if (hasNone) return { status, date, bodyAt, length: 0, keeps, keptMs }
  return length === undefined
    ? { status, date, bodyAt, length: 'until-closed', keeps: false, keptMs }
    : { status, date, bodyAt, length, keeps, keptMs }
}

const seconds = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text) * 1_000)

/** Undefined: the last chunk has not come. */
function readChunks(bytes: Buffer, from: number): { body: string; end: number } | undefined {
  const parts: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = /^([0-9a-fA-F]{1,7})[ \t]*(?:;|$)/.exec(bytes.toString('latin1', at, lineEnd))?.[1]
    if (size === undefined) throw new Error('a chunk of the answer is not readable')
    const start = lineEnd + 2
    const end = start + Number.parseInt(size, 16)
    if (end > start) {
      if (bytes.length < end + 2) return undefined
      if (bytes[end] !== 0x0d || bytes[end + 1] !== 0x0a) throw new Error('a chunk of the answer is not readable')
      parts.push(bytes.subarray(start, end))
      at = end + 2
      continue
    }
    const trailers = bytes.indexOf(HEAD_END, lineEnd) // begins with the end of this line when there are none
    return trailers === -1 ? undefined : { body: Buffer.concat(parts).toString('utf8'), end: trailers + HEAD_END.length }
  }
}
