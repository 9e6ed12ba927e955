import { createHmac } from 'node:crypto'
import { Pool } from 'undici'
import { type Outcome, outcomeOfAnswer, outcomeOfError } from './outcome.ts'

/** Where and as whom a number sends. */
export interface SendTarget {
  /** For example `https://graph.facebook.com`. */
  readonly baseUrl: string
  /** For example `v25.0`. */
  readonly version: string
  /** Meta's id of the number, not the phone number. */
  readonly phoneNumberId: string
  readonly accessToken: string
  readonly appSecret: string | null
  readonly timeoutMs: number
  /** Connections at most: the number's in-flight window. */
  readonly connections: number
  /** Hears the `Date` header of every answer: Meta's clock. */
  readonly sawDate?: (header: string | undefined) => void
}

export interface Message {
  /** `+E.164`, or a business-scoped user id. */
  readonly address: string
  readonly template: unknown
  /** The return address, echoed in every status webhook. */
  readonly callbackData: string
  /** Asked once more when a connection is there, right before the first byte: a reason not to write it any more, or undefined. */
  readonly refuseToWrite?: () => string | undefined
}

export interface Sender {
  /** One `POST /{phone-number-id}/messages`. Never throws and never retries: a lost answer is `ambiguous`. */
  send(message: Message): Promise<Outcome>
  /** Asks Meta for the number itself; true when a Graph answer came, whatever it says. Sends nothing. */
  probe(): Promise<boolean>
  close(): Promise<void>
}

/** What `POST /{phone-number-id}/messages` takes (reference §3.1). */
export const bodyOf = ({ address, template, callbackData }: Pick<Message, 'address' | 'template' | 'callbackData'>) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  ...(address.startsWith('+') ? { to: address } : { recipient: address }),
  type: 'template',
  template,
  biz_opaque_callback_data: callbackData,
})

const PROBE_WITHIN_MS = 5_000
const textOf = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/**
 * A connection pool of its own per number, so that a slow number delays no other. Idle connections are kept 4 s at most: a server that
 * closes one just as we write makes a lost answer out of nothing. https://developers.facebook.com/docs/graph-api/guides/secure-requests
 * describes appsecret_proof.
 */
export function makeSender(target: SendTarget): Sender {
  const { origin, pathname } = new URL(target.baseUrl)
  const pool = new Pool(origin, {
    connections: target.connections,
    pipelining: 1,
    allowH2: false, // an HTTP/2 client sends a refused stream again by itself: never twice means that nobody retries but us
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000,
    headersTimeout: target.timeoutMs,
    bodyTimeout: target.timeoutMs,
    connect: { timeout: Math.min(10_000, target.timeoutMs) },
  })
  const proof = target.appSecret
    ? `?appsecret_proof=${createHmac('sha256', target.appSecret).update(target.accessToken).digest('hex')}`
    : ''
  const path = `${pathname.replace(/\/$/, '')}/${target.version}/${target.phoneNumberId}`
  const headers = { authorization: `Bearer ${target.accessToken}`, 'content-type': 'application/json' }
  return {
    send({ address, template, callbackData, refuseToWrite }) {
      const body = JSON.stringify(bodyOf({ address, template, callbackData }))
      return new Promise((resolve) => {
        let lateBecause: string | undefined
        let mayHaveBeenWritten = false
        let status = 0
        const chunks: Buffer[] = []
        pool.dispatch(
          { method: 'POST', path: `${path}/messages${proof}`, headers, body },
          {
            onRequestStart(controller) {
              if (mayHaveBeenWritten) return controller.abort(new Error('the request was about to be written a second time'))
              lateBecause = refuseToWrite?.()
              if (lateBecause === undefined) mayHaveBeenWritten = true
              else controller.abort(new Error(lateBecause)) // nothing is written after an abort here
            },
            onResponseStart(_controller, statusCode, answerHeaders) {
              status = statusCode
              target.sawDate?.(textOf(answerHeaders.date))
            },
            onResponseData(_controller, chunk) {
              chunks.push(chunk)
            },
            onResponseEnd: () => resolve(outcomeOfAnswer(status, Buffer.concat(chunks).toString('utf8'))),
            onResponseError: (_controller, error) =>
              resolve(lateBecause === undefined ? outcomeOfError(error, mayHaveBeenWritten) : { kind: 'late', detail: lateBecause }),
          },
        )
      })
    },
    async probe() {
      try {
        const answer = await pool.request({
          method: 'GET',
          path: `${path}${proof ? `${proof}&` : '?'}fields=id`,
          headers,
          headersTimeout: PROBE_WITHIN_MS,
          bodyTimeout: PROBE_WITHIN_MS,
        })
        target.sawDate?.(textOf(answer.headers.date))
        const body: unknown = await answer.body.json()
        return typeof body === 'object' && body !== null && ('id' in body || 'error' in body)
      } catch {
        return false // still away: the caller asks again later
      }
    },
    close: () => pool.close(),
  }
}
