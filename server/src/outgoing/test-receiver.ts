import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly body: any
}

/** A system of a customer's: keeps what it was told and answers as it is bidden. */
export async function testReceiver() {
  const received: Received[] = []
  const state = { status: 204, headers: {} as Record<string, string>, isSilent: false }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    received.push({ headers: request.headers, text, body: JSON.parse(text) })
    if (state.isSilent) return
    response.writeHead(state.status, state.headers).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    received,
    answer: state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
