import { hash } from 'node:crypto'

/** SHA-256 works in blocks of so many bytes. */
const BLOCK = 64
const DIGEST = 32
/** Texts up to here need no buffer of their own. */
const ROOM = 512

/**
 * HMAC-SHA-256 of many short texts under one key (https://www.rfc-editor.org/rfc/rfc2104 §2), by two one-shot hashes: `createHmac` makes an
 * object for each text and costs half as much again, and every message and every imported contact carries some.
 */
export function makeHmac(key: Uint8Array): (text: string | Uint8Array) => Buffer {
  const padded = Buffer.alloc(BLOCK)
  padded.set(key.length > BLOCK ? hash('sha256', key, 'buffer') : key)
  const inner = Buffer.alloc(BLOCK + ROOM)
  const outer = Buffer.alloc(BLOCK + DIGEST)
  for (let i = 0; i < BLOCK; i++) {
    inner[i] = (padded[i] as number) ^ 0x36
    outer[i] = (padded[i] as number) ^ 0x5c
  }
  return (text) => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    if (bytes.length <= ROOM) inner.set(bytes, BLOCK)
    const message = bytes.length <= ROOM ? inner.subarray(0, BLOCK + bytes.length) : Buffer.concat([inner.subarray(0, BLOCK), bytes])
    outer.set(hash('sha256', message, 'buffer'), BLOCK)
    return hash('sha256', outer, 'buffer')
  }
}
