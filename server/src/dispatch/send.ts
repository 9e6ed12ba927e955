import { createHmac } from 'node:crypto'
import { makeConnections } from '../meta/connections.ts'
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
}
/** Asked once more when a connection is there, right before the first byte: a reason not to write it any more, or undefined. */
export type Refusal = () => string | undefined

export interface Sender {
  /** One `POST /{phone-number-id}/messages`. Never throws and never retries: a lost answer is `ambiguous`. */
  send(message: Message, refuseToWrite?: Refusal): Promise<Outcome>
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

/**
 * A connection pool of its own per number, so that a slow number delays no other. Idle connections are kept 4 s at most: a server that
 * closes one just as we write makes a lost answer out of nothing. https://developers.facebook.com/docs/graph-api/guides/secure-requests
 * describes appsecret_proof.
 */
export function makeSender(target: SendTarget): Sender {
  if (!/^[\x21-\x7e]+$/.test(target.accessToken)) throw new Error('the access token has characters that no header carries')
  const { origin, host, pathname } = new URL(target.baseUrl)
  const connections = makeConnections(origin, {
    most: target.connections,
    connectTimeoutMs: Math.min(10_000, target.timeoutMs),
    answerTimeoutMs: target.timeoutMs,
  })
  const proof = target.appSecret
    ? `?appsecret_proof=${createHmac('sha256', target.appSecret).update(target.accessToken).digest('hex')}`
    : ''
  const path = `${pathname.replace(/\/$/, '')}/${target.version}/${target.phoneNumberId}`
  const headers = `host: ${host}\r\nauthorization: Bearer ${target.accessToken}\r\nconnection: keep-alive\r\n`
  const post = `POST ${path}/messages${proof} HTTP/1.1\r\n${headers}content-type: application/json\r\ncontent-length: `
  const get = `GET ${path}${proof ? `${proof}&` : '?'}fields=id HTTP/1.1\r\n${headers}\r\n`
  return {
    async send(message, refuseToWrite) {
      const body = JSON.stringify(bodyOf(message))
      let lateBecause: string | undefined
      const exchanged = await connections.exchange({
        text: `${post}${Buffer.byteLength(body)}\r\n\r\n${body}`,
        mayWrite() {
          lateBecause = refuseToWrite?.()
          return lateBecause === undefined
        },
      })
      if (exchanged.kind === 'withheld') return { kind: 'late', detail: lateBecause ?? '' }
      if (exchanged.kind === 'broken') return outcomeOfError(exchanged.error, exchanged.written)
      target.sawDate?.(exchanged.answer.date)
      return outcomeOfAnswer(exchanged.answer.status, exchanged.answer.body)
    },
    async probe() {
      const exchanged = await connections.exchange({ text: get, mayWrite: () => true })
      if (exchanged.kind !== 'answered') return false // still away: the caller asks again later
      target.sawDate?.(exchanged.answer.date)
      try {
        const body: unknown = JSON.parse(exchanged.answer.body)
        return typeof body === 'object' && body !== null && ('id' in body || 'error' in body)
      } catch {
        return false
      }
    },
    close: () => connections.close(),
  }
}
