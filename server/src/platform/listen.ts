import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { serve } from '@hono/node-server'

/** Headers of one request, all together: beyond it the answer is 431. */
const HEADER_BYTES_MAX = 16_384
/** Until the headers are complete: beyond it the answer is 408, so that a client which drips bytes holds a socket and nothing more. */
const HEADERS_WITHIN_MS = 15_000
/** Until the whole request is there; a CSV of 200 MB over a slow line needs its time. JSON bodies have a limit of their own. */
const REQUEST_WITHIN_MS = 900_000
/** Longer than load balancers keep theirs, so that they close first. */
const KEEP_ALIVE_MS = 75_000
const CONNECTIONS_MAX = 20_000

export interface Listening {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
  /** Looks at every request first; true: it answers. */
  readonly direct?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** A server that has begun to listen, with every limit on what a client may make it wait for or keep in memory. */
export async function listen(
  app: Listening,
  at: { readonly host: string; readonly port: number; readonly headersWithinMs?: number },
): Promise<Server> {
  const headersTimeout = at.headersWithinMs ?? HEADERS_WITHIN_MS
  const server = serve({
    fetch: app.fetch as (request: Request) => Response | Promise<Response>,
    hostname: at.host,
    port: at.port,
    overrideGlobalObjects: false,
    createServer,
    serverOptions: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout,
      requestTimeout: Math.max(REQUEST_WITHIN_MS, headersTimeout),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(5_000, headersTimeout),
    },
  }) as Server
  server.maxConnections = CONNECTIONS_MAX
  if (app.direct !== undefined) putFirst(server, app.direct)
  await once(server, 'listening')
  return server
}

/** Whatever `direct` does not take goes on to those who listened before. */
function putFirst(server: Server, direct: NonNullable<Listening['direct']>): void {
  const general = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!direct(request, response)) for (const listener of general) listener.call(server, request, response)
  })
}
