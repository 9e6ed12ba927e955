import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type AnswerReader, type HttpAnswer, makeAnswerReader } from './answer-reader.ts'

/** One request, ready for the wire, and what becomes of it. */
export interface Exchange {
  /** Head and body. */
  readonly text: string
  /** Asked when a connection is there, right before the first byte. False: nothing is written. */
  readonly mayWrite: () => boolean
}
export type Exchanged =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'withheld' }
  /** `written`: bytes may be on the wire, so nobody knows. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly written: boolean }

/** Keep-alive connections to one origin, one request at a time on each. Never retries: whatever breaks is told once. */
export interface Connections {
  exchange(exchange: Exchange): Promise<Exchanged>
  /** Requests that were handed in end; nothing stays open. */
  close(): Promise<void>
}

interface Waiting extends Exchange {
  readonly done: (exchanged: Exchanged) => void
}
interface Connection {
  readonly socket: Socket
  /** Reads the answer to `current`. */
  readonly reader: AnswerReader
  current: Waiting | undefined
  /** Something of the current request may be on the wire. */
  written: boolean
  /** Connecting, or waiting for an answer, since; the time limit counts from here. */
  busySinceMs: number
  /** May carry another request until: counted from its last answer, so that a withheld request does not lengthen it. */
  keptUntilMs: number
}

/** A server that closes a connection just as we write makes a lost answer out of nothing: idle ones are dropped well before. */
const IDLE_MS = 4_000
/** Answers are read into one buffer: they are looked at before the next read. */
const READ_BYTES = 65_536

export class ConnectTimeout extends Error {
  readonly code = 'CONNECT_TIMEOUT'
}

/**
 * @param origin scheme, host and port, as in `https://graph.facebook.com`
 * @param options.most connections at a time; more requests wait in line
 * @param options.connectTimeoutMs until a connection stands
 * @param options.answerTimeoutMs from the first byte of a request to the last of its answer
 */
export function makeConnections(
  origin: string,
  options: { readonly most: number; readonly connectTimeoutMs: number; readonly answerTimeoutMs: number },
): Connections {
  const { protocol, hostname, port } = new URL(origin)
  const isTls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const target = { host, port: Number(port || (isTls ? 443 : 80)), noDelay: true }
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const idle: Connection[] = []
  /** In the order in which they began, so that the first is the first to be late. */
  const connecting = new Set<Connection>()
  const answering = new Set<Connection>()
  const line: Waiting[] = []
  const closed: (() => void)[] = []
  let isClosing = false
  let session: Buffer | undefined
  let timer: NodeJS.Timeout | undefined
  let ringsAtMs = 0

  function open(first: Waiting): void {
    const connection: Connection = {
      socket: isTls
        ? openTls()
        : connect({ ...target, onread: { buffer, callback: (bytes) => heard(connection, buffer.subarray(0, bytes)) } }),
      reader: makeAnswerReader(),
      current: first,
      written: false,
      busySinceMs: performance.now(),
      keptUntilMs: 0,
    }
    const { socket } = connection
    connecting.add(connection)
    ringBy(connection.busySinceMs + options.connectTimeoutMs)
    if (isTls) socket.on('data', (chunk: Buffer) => heard(connection, chunk))
    socket
      .once(isTls ? 'secureConnect' : 'connect', () => {
        connecting.delete(connection)
        connection.keptUntilMs = performance.now() + IDLE_MS
        write(connection, first)
      })
      .on('end', () => ended(connection))
      .on('error', (error) => drop(connection, error))
      .on('close', () => drop(connection, new Error('the connection was closed')))
  }

  /** HTTP/2 is not offered: its clients send a refused stream again by themselves. */
  function openTls(): Socket {
    const socket = connectTls({
      ...target,
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      ...(session ? { session } : {}),
    })
    return socket.on('session', (ticket: Buffer) => {
      session = ticket
    })
  }

  function write(connection: Connection, waiting: Waiting): void {
    if (!waiting.mayWrite()) {
      connection.current = undefined
      waiting.done({ kind: 'withheld' })
      keep(connection)
      return
    }
    connection.current = waiting
    connection.written = true
    connection.busySinceMs = performance.now()
    answering.add(connection)
    connection.socket.write(waiting.text, 'utf8')
    ringBy(connection.busySinceMs + options.answerTimeoutMs)
  }

  /** @returns true: the socket goes on reading */
  function heard(connection: Connection, chunk: Buffer): true {
    if (connection.current === undefined || !connection.written) {
      connection.socket.destroy() // nobody asked
      return true
    }
    try {
      const answer = connection.reader.take(chunk)
      if (answer !== undefined) answered(connection, answer)
    } catch (error) {
      drop(connection, error)
    }
    return true
  }

  function answered(connection: Connection, answer: HttpAnswer): void {
    const { current } = connection
    answering.delete(connection)
    connection.current = undefined
    connection.written = false
    if (answer.reusable) {
      const saidMs = answer.keptMs === undefined ? IDLE_MS : Math.max(0, answer.keptMs - 1_000)
      connection.keptUntilMs = performance.now() + Math.min(IDLE_MS, saidMs)
      keep(connection)
    } else {
      connection.socket.destroy()
      next()
    }
    current?.done({ kind: 'answered', answer })
  }

  /** The connection takes whoever waits, or rests. */
  function keep(connection: Connection): void {
    const waiting = line.shift()
    if (waiting !== undefined) {
      write(connection, waiting)
      return
    }
    idle.push(connection)
    ringBy(connection.keptUntilMs)
    settleClose()
  }

  function ended(connection: Connection): void {
    const answer = connection.written ? connection.reader.end() : undefined
    if (answer !== undefined) answered(connection, { ...answer, reusable: false })
    else drop(connection, new Error('the connection was closed before the whole answer came'))
  }

  function drop(connection: Connection, error: unknown): void {
    connection.socket.destroy()
    connecting.delete(connection)
    answering.delete(connection)
    const at = idle.indexOf(connection)
    if (at !== -1) idle.splice(at, 1)
    const { current, written } = connection
    connection.current = undefined
    connection.written = false
    current?.done({ kind: 'broken', error, written })
    next()
  }

  const count = () => idle.length + connecting.size + answering.size

  /** Somebody in line gets a place that became free. */
  function next(): void {
    if (line.length > 0 && count() < options.most) open(line.shift() as Waiting)
    settleClose()
  }

  function settleClose(): void {
    if (!isClosing) return
    for (const { socket } of idle.splice(0)) socket.destroy()
    if (connecting.size + answering.size + line.length === 0) for (const resolve of closed.splice(0)) resolve()
  }

  /** One timer for all: it rings when the first of them may be late. */
  function ringBy(atMs: number): void {
    if (timer !== undefined && ringsAtMs <= atMs) return
    clearTimeout(timer)
    ringsAtMs = atMs
    timer = setTimeout(ring, Math.max(1, Math.ceil(atMs - performance.now())))
    if (connecting.size + answering.size === 0) timer.unref() // resting connections keep no process alive
  }

  function ring(): void {
    timer = undefined
    const now = performance.now()
    let nextMs = Number.POSITIVE_INFINITY
    /** Ends who is late by now; the sets are in the order of time. */
    const end = (all: Iterable<Connection>, untilMs: (connection: Connection) => number, error: () => Error) => {
      for (const connection of all) {
        if (untilMs(connection) > now) {
          nextMs = Math.min(nextMs, untilMs(connection))
          break
        }
        drop(connection, error())
      }
    }
    end(
      connecting,
      ({ busySinceMs }) => busySinceMs + options.connectTimeoutMs,
      () => new ConnectTimeout('no connection in time'),
    )
    end(
      answering,
      ({ busySinceMs }) => busySinceMs + options.answerTimeoutMs,
      () => new Error('no answer in time'),
    )
    end(
      idle.toSorted((a, b) => a.keptUntilMs - b.keptUntilMs),
      ({ keptUntilMs }) => keptUntilMs,
      () => new Error('at rest for too long'),
    )
    if (nextMs < Number.POSITIVE_INFINITY) ringBy(nextMs)
  }

  return {
    exchange: ({ text, mayWrite }) =>
      new Promise((done) => {
        const waiting = { text, mayWrite, done }
        const now = performance.now()
        for (let rested = idle.pop(); rested !== undefined; rested = idle.pop()) {
          if (rested.keptUntilMs > now && rested.socket.writable) return write(rested, waiting)
          rested.socket.destroy()
        }
        if (count() < options.most) open(waiting)
        else line.push(waiting)
      }),
    close: () =>
      new Promise((resolve) => {
        isClosing = true
        closed.push(resolve)
        settleClose()
      }),
  }
}
