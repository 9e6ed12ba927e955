import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../../server/src/platform/test-port.ts'

/** A line between a server and its database that a test can cut: connections reset, new ones refused. */
export interface StoreLine {
  /** The database's URL by way of the line. */
  readonly url: string
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

export async function storeLine(databaseUrl: string): Promise<StoreLine> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect({ host: target.hostname, port: Number(target.port || 5432) })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const port = await freePort()
  await listen(port)
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  const cut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets)
      if (socket.writableEnded)
        socket.destroy() // reset while it shuts down, Node never closes it, and the process cannot end
      else socket.resetAndDestroy()
    await closed
  }
  return { url: url.toString(), cut, mend: () => listen(port), close: cut }
}
