/** A webhook whose signature holds. */
export interface VerifiedWebhook {
  /** The same for every attempt to deliver it: remember it and a repeat does nothing. */
  readonly id: string
  readonly type: string
  /** When it happened. */
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

/** The webhook is not from this Fanfare, was changed, or is a recording of an old one. Answer 401. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused'
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

/**
 * Checks a webhook that Fanfare sent, by the Standard Webhooks convention (https://www.standardwebhooks.com), and reads it.
 * @param options.secret `whsec_…`, shown once when the endpoint was made
 * @param options.body the raw text as it came: parsing and writing it again changes bytes, and so the signature
 * @param options.toleranceSeconds how far the sender's clock may be away; older ones are recordings. Default 300
 * @throws WebhookRefused
 */
export async function verifyWebhook(options: {
  readonly secret: string
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  readonly toleranceSeconds?: number
  readonly nowMs?: number
}): Promise<VerifiedWebhook> {
  const { secret, body, toleranceSeconds = 300, nowMs = Date.now() } = options
  const header = (name: string): string => {
    const value = options.headers instanceof Headers ? options.headers.get(name) : options.headers[name]
    if (typeof value !== 'string' || value === '') throw new WebhookRefused(`The header ${name} is missing.`)
    return value
  }
  const id = header('webhook-id')
  const timestamp = header('webhook-timestamp')
  if (!/^\d+$/.test(timestamp) || Math.abs(nowMs / 1_000 - Number(timestamp)) > toleranceSeconds)
    throw new WebhookRefused('The webhook is too old, or from the future.')
  const key = await crypto.subtle.importKey('raw', bytesOf(secret.replace(/^whsec_/, '')), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ])
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  for (const signature of header('webhook-signature').split(' ')) {
    const [version, value = ''] = signature.split(',')
    if (version !== 'v1' || !/^[A-Za-z0-9+/]+=*$/.test(value)) continue
    if (await crypto.subtle.verify('HMAC', key, bytesOf(value), signed)) {
      const { type, timestamp: at, data } = JSON.parse(body)
      return { id, type, timestamp: at, data }
    }
  }
  throw new WebhookRefused('No signature of the webhook is right.')
}
