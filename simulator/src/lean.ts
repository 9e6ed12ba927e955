import { type Server as HttpServer, STATUS_CODES } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { JSON_TYPE } from './answer.ts'
import { GraphError } from './graph-error.ts'
import type { Answer, KnownNumber } from './send.ts'

/** Request heads that were read before, by their text: senders repeat them to the letter. */
const HEADS_MAX = 10_000
const HEAD_BYTES_MAX = 16_384
const BODY_BYTES_MAX = 1_048_576
const HEAD_END = Buffer.from('\r\n\r\n')

interface Head {
  readonly found: KnownNumber
  readonly bodyBytes: number
}

/**
 * An HTTP/1.1 server for one request alone, `POST /{version}/{phone-number-id}/messages` as senders write it, because `node:http` cannot take
 * 20,000 of them a second on one core. Whatever else comes (another route, a wrong token, a chunked body, a fault rule in force) makes it
 * give the connection to the full server with every byte unread, so the answers of both are the same, byte for byte.
 */
export function makeLeanServer(parts: {
  readonly full: HttpServer
  readonly accessToken: string
  /** What `appsecret_proof` must be, where it is given. */
  readonly proof: string
  readonly numbers: ReadonlyMap<string, KnownNumber>
  readonly send: (found: KnownNumber, body: unknown) => Answer
  readonly parse: (bytes: Buffer) => unknown
  /** The answer to a body that cannot be read. */
  readonly refuse: (error: GraphError) => Answer
  readonly delayMs: () => number
  /** False: the full server takes over. */
  readonly isOpen: () => boolean
}): { readonly server: Server; closeConnections(): void } {
  const heads = new Map<string, Head | undefined>()
  const sockets = new Set<Socket>()

  function headOf(text: string): Head | undefined {
    if (heads.has(text)) return heads.get(text)
    if (heads.size >= HEADS_MAX) heads.clear()
    const head = readHead(text, parts)
    heads.set(text, head)
    return head
  }

  const answerOf = (found: KnownNumber, bytes: Buffer): Answer => {
    try {
      return parts.send(found, parts.parse(bytes))
    } catch (error) {
      if (!(error instanceof GraphError)) throw error
      return parts.refuse(error)
    }
  }

  function serve(socket: Socket): void {
    let held: Buffer = Buffer.alloc(0)
    /** Answers in the order of their requests; undefined: its time has not come. */
    const answers: { text: string | undefined }[] = []
    let isLeaving = false
    sockets.add(socket)
    socket.setNoDelay(true)
    const close = () => sockets.delete(socket)
    const leave = () => {
      sockets.delete(socket)
      socket.off('data', take).off('close', close).off('error', close)
      socket.pause()
      parts.full.emit('connection', socket)
      if (held.length > 0) socket.unshift(held)
      socket.resume()
    }
    const write = () => {
      let out = ''
      while (answers[0]?.text !== undefined) out += answers.shift()?.text
      if (out !== '' && !socket.destroyed) socket.write(out)
      if (isLeaving && answers.length === 0) leave()
    }
    function take(chunk: Buffer): void {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      if (isLeaving) return
      let at = 0
      while (at < held.length) {
        const end = held.indexOf(HEAD_END, at)
        if (end === -1 && held.length - at < HEAD_BYTES_MAX) break
        const head = end !== -1 && parts.isOpen() ? headOf(held.toString('latin1', at, end)) : undefined
        if (head === undefined) {
          isLeaving = true
          break
        }
        const bodyAt = end + HEAD_END.length
        if (held.length < bodyAt + head.bodyBytes) break
        const answer = wire(answerOf(head.found, held.subarray(bodyAt, bodyAt + head.bodyBytes)))
        at = bodyAt + head.bodyBytes
        const delay = parts.delayMs()
        const slot = { text: delay > 0 ? undefined : answer }
        answers.push(slot)
        if (delay > 0)
          setTimeout(() => {
            slot.text = answer
            write()
          }, delay)
      }
      held = held.subarray(at)
      write()
    }
    socket.on('data', take).on('close', close).on('error', close)
  }

  return {
    server: createServer(serve),
    closeConnections() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Reads a request head of the one kind that is served here; undefined: not of that kind. */
export function readHead(
  text: string,
  parts: { readonly accessToken: string; readonly proof: string; readonly numbers: ReadonlyMap<string, KnownNumber> },
): Head | undefined {
  const [line = '', ...lines] = text.split('\r\n')
  const target = /^POST \/v\d+\.\d+\/(\d+)\/messages(?:\?appsecret_proof=([0-9a-f]{64}))? HTTP\/1\.1$/.exec(line)
  const found = parts.numbers.get(target?.[1] ?? '')
  if (found === undefined || (target?.[2] !== undefined && target[2] !== parts.proof)) return undefined
  const headers = new Map<string, string>()
  for (const one of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(one)
    const name = header?.[1]?.toLowerCase()
    if (name === undefined || headers.has(name)) return undefined
    headers.set(name, header?.[2] ?? '')
  }
  const length = headers.get('content-length') ?? ''
  const isPlain =
    headers.has('host') &&
    headers.get('authorization') === `Bearer ${parts.accessToken}` &&
    /json/.test(headers.get('content-type') ?? '') &&
    (headers.get('connection') ?? 'keep-alive').toLowerCase() === 'keep-alive' &&
    !['transfer-encoding', 'expect', 'upgrade'].some((name) => headers.has(name)) &&
    /^\d{1,7}$/.test(length) &&
    Number(length) > 0 &&
    Number(length) <= BODY_BYTES_MAX
  return isPlain ? { found, bodyBytes: Number(length) } : undefined
}

let dateSecond = 0
let dateText = ''
/** The `Date` header's value, made once a second. */
function date(): string {
  const second = Math.floor(Date.now() / 1_000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(second * 1_000).toUTCString()
  }
  return dateText
}

/** An answer as `node:http` writes it. */
function wire({ status, body }: Answer): string {
  const text = JSON.stringify(body)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: ${Buffer.byteLength(text)}\r\nDate: ${date()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\n${text}`
}
