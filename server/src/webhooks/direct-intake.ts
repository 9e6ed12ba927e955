import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OpenAccount } from '../accounts/queries.ts'
import type { Deps } from '../platform/http.ts'
import { requestSeconds } from '../platform/metrics.ts'
import { Problem } from '../platform/problem.ts'
import { problemHeaders, problemOf, requestIdOf } from '../platform/problem-answer.ts'
import { securityHeadersOf } from '../platform/security-headers.ts'
import { tracing } from '../platform/tracing.ts'
import { BODY_BYTES_MAX, type Receiver } from './receiver.ts'

/** Takes a request as it comes from the socket. False: it is none of its kind, untouched. */
export type DirectIntake = (request: IncomingMessage, response: ServerResponse) => boolean

const PATH = /^\/webhooks\/meta\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/
const ROUTE = '/webhooks/meta/:accountId'
/** As any body of that size (platform/request-body.ts). */
const BODY_WITHIN_MS = 30_000
/** Found by its labels once. */
const takenSeconds = requestSeconds.labels({ method: 'POST', route: ROUTE, status: '200' })

/**
 * Receipts come three to a message, often one to a post: the web streams and objects of a general route cost more than checking and storing a
 * body. Plain posts to an account that was asked for within the last seconds are read here; the first of them, and whatever is unusual (no
 * length, chunks, an unknown account, another method), takes the general way. Both ask the same receiver and tell problems alike.
 */
export function makeDirectIntake(deps: Pick<Deps, 'config' | 'log'>, receiver: Receiver): DirectIntake {
  const always = securityHeadersOf(deps.config)

  async function take(account: OpenAccount, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const begunMs = performance.now()
    const requestId = requestIdOf(header(request, 'x-request-id'))
    let status = 200
    try {
      const body = await bodyOf(request)
      await receiver.receive(account, body, header(request, 'x-hub-signature-256'))
      if (!response.destroyed) response.writeHead(200, { ...always, 'X-Request-Id': requestId, 'Content-Length': 0 }).end()
    } catch (error) {
      const problem = problemOf(error)
      status = problem.status
      if (problem.slug === 'internal-error') deps.log.error({ err: error, requestId }, 'request failed')
      if (response.destroyed) return
      const text = JSON.stringify(problem.toBody(request.url ?? '', requestId))
      response.writeHead(status, { ...always, 'X-Request-Id': requestId, ...problemHeaders(problem) }).end(text)
    } finally {
      const observed = status === 200 ? takenSeconds : requestSeconds.labels({ method: 'POST', route: ROUTE, status: String(status) })
      observed.observe((performance.now() - begunMs) / 1_000)
    }
  }

  return (request, response) => {
    if (request.method !== 'POST' || tracing() !== undefined) return false
    const id = PATH.exec(request.url ?? '')?.[1]
    const length = Number(/^\d{1,8}$/.exec(request.headers['content-length'] ?? '')?.[0] ?? 0)
    const isPlain = request.headers['transfer-encoding'] === undefined && request.headers.expect === undefined
    if (id === undefined || !isPlain || length === 0 || length > BODY_BYTES_MAX) return false
    const account = receiver.rememberedAccount(id)
    if (account === undefined) return false
    void take(account, request, response)
    return true
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The whole body; its length was announced, and the parser of `node:http` holds the client to it. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const late = setTimeout(() => {
      reject(new Problem('request-timeout', `The body must arrive within ${BODY_WITHIN_MS / 1_000} seconds.`))
      request.removeAllListeners('data').resume()
    }, BODY_WITHIN_MS)
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        clearTimeout(late)
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
      })
      .on('error', (error) => {
        clearTimeout(late)
        reject(new Problem('bad-request', 'The body did not come to its end.', { cause: error }))
      })
  })
}
