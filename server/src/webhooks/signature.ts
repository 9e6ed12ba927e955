import { timingSafeEqual } from 'node:crypto'
import { makeHmac } from '../platform/hmac.ts'

/** One for each app secret: they are few. */
const macs = new Map<string, ReturnType<typeof makeHmac>>()
const MACS_MAX = 1_000

function macOf(appSecret: string): ReturnType<typeof makeHmac> {
  const known = macs.get(appSecret)
  if (known !== undefined) return known
  if (macs.size >= MACS_MAX) macs.clear()
  const mac = makeHmac(Buffer.from(appSecret))
  macs.set(appSecret, mac)
  return mac
}

/**
 * True when `X-Hub-Signature-256` is the HMAC-SHA256 of the exact bytes received. Never over a body that was parsed and written again: Meta
 * escapes non-ASCII characters and slashes in its own way. Constant time.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
 */
export function isSigned(body: Buffer, header: string | undefined, appSecret: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1]
  if (given === undefined) return false
  return timingSafeEqual(Buffer.from(given, 'hex'), macOf(appSecret)(body))
}
