import { connect, type Socket } from 'node:net'

export interface Target {
  readonly port: number
  readonly path: string
}
/** Posts ready-made bodies over keep-alive connections and hears the answer; far cheaper than what it measures. */
export interface Poster {
  /** Resolves with the answer's 200; rejects with any other. Waits for a free connection when all are taken. */
  post(body: Buffer, signature: string): Promise<void>
  close(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')

interface Waiting {
  readonly bytes: Buffer
  readonly done: (error?: Error) => void
}

/** @param connections opened as needed; each carries one request at a time, as Meta's do */
export function makePoster({ port, path }: Target, connections: number): Poster {
  const idle: Socket[] = []
  const all = new Set<Socket>()
  const queue: Waiting[] = []
  const underWay = new Map<Socket, Waiting>()

  function open(): Socket {
    const socket = connect(port, '127.0.0.1')
    let held: Buffer = Buffer.alloc(0)
    all.add(socket)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      const status = answered(held)
      if (status === undefined) return
      held = Buffer.alloc(0)
      const finished = underWay.get(socket)
      underWay.delete(socket)
      finished?.done(status === 200 ? undefined : new Error(`a receipt was answered ${status}`))
      const next = queue.shift()
      if (next === undefined) idle.push(socket)
      else send(socket, next)
    })
    const gone = (error?: Error) => {
      all.delete(socket)
      const at = idle.indexOf(socket)
      if (at >= 0) idle.splice(at, 1)
      underWay.get(socket)?.done(error ?? new Error('the connection ended before its answer'))
      underWay.delete(socket)
    }
    socket.on('error', gone)
    socket.on('close', () => gone())
    return socket
  }
  function send(socket: Socket, waiting: Waiting): void {
    underWay.set(socket, waiting)
    socket.write(waiting.bytes)
  }

  return {
    post: (body, signature) =>
      new Promise((resolve, reject) => {
        const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nx-hub-signature-256: ${signature}\r\ncontent-length: ${body.length}\r\n\r\n`
        const waiting = {
          bytes: Buffer.concat([Buffer.from(head, 'latin1'), body]),
          done: (error?: Error) => (error === undefined ? resolve() : reject(error)),
        }
        const socket = idle.pop() ?? (all.size < connections ? open() : undefined)
        if (socket === undefined) queue.push(waiting)
        else send(socket, waiting)
      }),
    close() {
      for (const socket of all) socket.destroy()
    },
  }
}

/** The status of a whole answer; undefined while it is not whole. */
function answered(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  const isWhole = /transfer-encoding: *chunked/i.test(head)
    ? bytes.subarray(-5).toString('latin1') === '0\r\n\r\n'
    : bytes.length >= end + HEAD_END.length + length
  return isWhole ? Number(head.slice(9, 12)) : undefined
}
