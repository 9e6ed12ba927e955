import { once } from 'node:events'
import { createServer, connect as open, type Socket } from 'node:net'

/** A network between two processes, on 127.0.0.1: it can be slow, cut, or swallow everything. */
export interface Network {
  readonly port: number
  /** Every chunk in either direction waits so long. */
  slow(delayMs: number): void
  /** Breaks every connection and refuses new ones. */
  cut(): void
  /** Connections stay open, but nothing passes: as when a cable is pulled. */
  freeze(): void
  /** What was frozen passes; new connections are let in. */
  mend(): void
  close(): Promise<void>
}

export async function startNetwork(targetPort: number): Promise<Network> {
  let state: 'open' | 'cut' | 'frozen' = 'open'
  let delayMs = 0
  let thaw = () => {}
  let thawed: Promise<void> = Promise.resolve()
  const sockets = new Set<Socket>()

  /** Copies one direction in order, after the delay, and not while frozen. */
  function pipe(from: Socket, to: Socket): void {
    let last: Promise<void> = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      const dueMs = Date.now() + delayMs
      last = last.then(async () => {
        if (dueMs > Date.now()) await new Promise((resolve) => setTimeout(resolve, dueMs - Date.now()))
        await thawed
        if (!to.destroyed) to.write(chunk)
      })
    })
    from.on('end', () => void last.then(() => thawed).then(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      void last.then(() => thawed).then(() => to.destroy())
    })
  }

  const server = createServer((client) => {
    if (state === 'cut') {
      client.resetAndDestroy()
      return
    }
    const target = open(targetPort, '127.0.0.1')
    for (const socket of [client, target]) {
      socket.setNoDelay(true)
      sockets.add(socket)
    }
    pipe(client, target)
    pipe(target, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()

  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    slow(ms) {
      delayMs = ms
    },
    cut() {
      state = 'cut'
      breakAll()
    },
    freeze() {
      state = 'frozen'
      thawed = new Promise((resolve) => {
        thaw = resolve
      })
    },
    mend() {
      state = 'open'
      thaw()
    },
    async close() {
      thaw()
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}
