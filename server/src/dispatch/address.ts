import { timingSafeEqual } from 'node:crypto'
import { makeHmac } from '../platform/hmac.ts'

/** Which attempt of which recipient: the attempt id of delivery.md §2. */
export interface AttemptId {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
}
export type ReturnAddress = ({ readonly kind: 'message' } & AttemptId) | { readonly kind: 'test'; readonly testId: string }

/** Makes and reads the return addresses of delivery.md §4. Reading checks the MAC: what was not made by this installation is `undefined`. */
export interface Addresses {
  /** For `biz_opaque_callback_data`, about 60 characters: echoed in every status webhook of the message. */
  message(campaignId: string, seq: number, attempt: number): string
  /** As `message`, for a test send. */
  test(testId: string): string
  /** Payload of a quick-reply button, ≤ 128 characters: comes back in the `button` webhook. */
  quickReply(campaignId: string, seq: number, attempt: number, button: number): string
  /** Suffix of a tracked URL button: nothing is stored per message, the token carries it all with a 96-bit MAC. */
  linkToken(campaignId: string, seq: number, button: number): string
  readAddress(text: string): ReturnAddress | undefined
  readQuickReply(text: string): (AttemptId & { readonly button: number }) | undefined
  readLink(token: string): { readonly campaignId: string; readonly seq: number; readonly button: number } | undefined
}

const MAC_BYTES = 10
const LINK_MAC_BYTES = 12
const KEY_ID = '1' // names the key in every address, so that a later key can be told apart

const uuidBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')
const uuidText = (bytes: Buffer): string => {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
const packId = (id: string): string => uuidBytes(id).toString('base64url')
const unpackId = (text: string): string | undefined => (/^[\w-]{22}$/.test(text) ? uuidText(Buffer.from(text, 'base64url')) : undefined)
const packInt = (n: number): string => n.toString(36)
const unpackInt = (text: string): number | undefined => (/^[0-9a-z]{1,6}$/.test(text) ? Number.parseInt(text, 36) : undefined)

/**
 * One HMAC of an attempt has room for its address and the payloads of its first two buttons, each with bytes of its own: sending makes one
 * for each message, not one for each text.
 */
const SHARED_BUTTONS = 2

/**
 * @param secrets gives the two keys, one for addresses and quick replies, one for links
 * @param installId UUID of this installation: another installation's address never reads as ours, even under the same key
 */
export function makeAddresses(secrets: { derive(purpose: string): Buffer }, installId: string): Addresses {
  const hmac = { address: makeHmac(secrets.derive('address')), link: makeHmac(secrets.derive('link')) }
  const install = uuidBytes(installId).subarray(10).toString('base64url') // the random tail of a v7 id, 8 characters
  const linkMac = (body: Buffer): Buffer => hmac.link(Buffer.concat([Buffer.from(install), body])).subarray(0, LINK_MAC_BYTES)

  // Thousands of texts of one campaign follow each other, and the texts of one attempt: the last of each is kept.
  let packed = { id: '', text: '' }
  let made: { readonly body: string; readonly macs: Buffer } = { body: '', macs: Buffer.alloc(0) }
  const packCampaign = (id: string): string => {
    if (packed.id !== id) packed = { id, text: packId(id) }
    return packed.text
  }
  const unpackCampaign = (text: string): string | undefined => {
    if (packed.text === text && text !== '') return packed.id
    const id = unpackId(text)
    if (id !== undefined) packed = { id, text }
    return id
  }
  /** What every text of an attempt says. */
  const bodyOf = (campaignId: string, seq: number, attempt: number): string =>
    `${install}.${packCampaign(campaignId)}.${packInt(seq)}.${packInt(attempt)}`
  /** The n-th MAC of a body: 0 its address, 1 + n the payload of its n-th button. */
  const macOf = (body: string, n: number): string => {
    if (n > SHARED_BUTTONS) return hmac.address(`${body}.${n}`).toString('base64url', 0, MAC_BYTES)
    if (made.body !== body) made = { body, macs: hmac.address(body) }
    return made.macs.toString('base64url', n * MAC_BYTES, (n + 1) * MAC_BYTES)
  }

  /**
   * The fields of a text of ours behind kind and installation, or undefined when its MAC is not the one we made.
   * @param signed what the MAC is of: the body, and which of its MACs
   */
  const open = (text: string, kind: string, fields: number, signed: (body: string) => readonly [string, number] | undefined) => {
    const at = text.lastIndexOf('.')
    const head = kind + KEY_ID
    if (at < 0 || text.length > 160 || !text.startsWith(`${head}.${install}.`)) return undefined
    const body = text.slice(head.length + 1, at)
    const parts = body.split('.')
    const of = parts.length === fields + 1 ? signed(body) : undefined
    if (of === undefined) return undefined
    const given = Buffer.from(text.slice(at + 1))
    const expected = Buffer.from(macOf(...of))
    return given.length === expected.length && timingSafeEqual(given, expected) ? parts.slice(1) : undefined
  }
  /** The button of a payload is the last field of its body. */
  const ofButton = (body: string): readonly [string, number] | undefined => {
    const at = body.lastIndexOf('.')
    const button = unpackInt(body.slice(at + 1))
    return button === undefined ? undefined : [body.slice(0, at), 1 + button]
  }

  const attemptId = ([campaign = '', seq = '', attempt = '']: readonly string[]): AttemptId | undefined => {
    const id = { campaignId: unpackCampaign(campaign), seq: unpackInt(seq), attempt: unpackInt(attempt) }
    return id.campaignId !== undefined && id.seq !== undefined && id.attempt !== undefined ? (id as AttemptId) : undefined
  }

  return {
    message(campaignId, seq, attempt) {
      const body = bodyOf(campaignId, seq, attempt)
      return `f${KEY_ID}.${body}.${macOf(body, 0)}`
    },
    test(testId) {
      const body = `${install}.${packId(testId)}`
      return `t${KEY_ID}.${body}.${macOf(body, 0)}`
    },
    quickReply(campaignId, seq, attempt, button) {
      const body = bodyOf(campaignId, seq, attempt)
      return `q${KEY_ID}.${body}.${packInt(button)}.${macOf(body, 1 + button)}`
    },
    linkToken(campaignId, seq, button) {
      const body = Buffer.alloc(21)
      uuidBytes(campaignId).copy(body)
      body.writeUInt32BE(seq, 16)
      body.writeUInt8(button, 20)
      return Buffer.concat([body, linkMac(body)]).toString('base64url')
    },
    readAddress(text) {
      const message = open(text, 'f', 3, (body) => [body, 0])
      if (message !== undefined) {
        const id = attemptId(message)
        return id && { kind: 'message', ...id }
      }
      const testId = unpackId(open(text, 't', 1, (body) => [body, 0])?.[0] ?? '')
      return testId === undefined ? undefined : { kind: 'test', testId }
    },
    readQuickReply(text) {
      const fields = open(text, 'q', 4, ofButton)
      const id = fields && attemptId(fields)
      const button = unpackInt(fields?.[3] ?? '')
      return id === undefined || button === undefined ? undefined : { ...id, button }
    },
    readLink(token) {
      if (!/^[\w-]{44}$/.test(token)) return undefined
      const bytes = Buffer.from(token, 'base64url')
      const body = bytes.subarray(0, 21)
      if (!timingSafeEqual(bytes.subarray(21), linkMac(body))) return undefined
      return { campaignId: uuidText(body.subarray(0, 16)), seq: body.readUInt32BE(16), button: body.readUInt8(20) }
    },
  }
}

const cache = new WeakMap<object, Addresses>()

/** The addresses of this installation, derived once. */
export function addressesOf(deps: {
  readonly secrets: { derive(purpose: string): Buffer }
  readonly install: { readonly id: string }
}): Addresses {
  const known = cache.get(deps.secrets) ?? makeAddresses(deps.secrets, deps.install.id)
  cache.set(deps.secrets, known)
  return known
}
