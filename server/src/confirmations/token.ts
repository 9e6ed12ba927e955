import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a person confirmed: this campaign with this content, to so many people at most, until then. */
export interface Confirmation {
  readonly id: string
  readonly campaignId: string
  /** SHA-256, base64url. */
  readonly content: string
  readonly audienceMax: number
  readonly expiresAtMs: number
  /** Who confirmed; null: the operator's command line. */
  readonly userId: string | null
}

const PREFIX = 'confirm_'
const mac = (key: Buffer, workspaceId: string, payload: string): Buffer =>
  createHmac('sha256', key).update(`${workspaceId}\n${payload}`).digest()

/** A confirmation as a text that says all of it; whoever lacks the key cannot make or change one. */
export function writeToken(key: Buffer, workspaceId: string, confirmation: Confirmation): string {
  const payload = Buffer.from(JSON.stringify(confirmation)).toString('base64url')
  return `${PREFIX}${payload}.${mac(key, workspaceId, payload).toString('base64url')}`
}

/** The confirmation of a token that this installation made for this workspace; undefined for everything else. */
export function readToken(key: Buffer, workspaceId: string, token: string): Confirmation | undefined {
  const [, payload = '', signature = ''] = /^confirm_([\w-]+)\.([\w-]+)$/.exec(token) ?? []
  const given = Buffer.from(signature, 'base64url')
  const expected = mac(key, workspaceId, payload)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Confirmation
}
