import { hash } from 'node:crypto'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** Longest text, in UTF-16 units, that the prepared block has room for. */
const TEXT_MAX = 512

/**
 * HMAC-SHA-256 of many short texts under one key, as hex: RFC 2104 over one-shot hashes, a third of what a `createHmac` for each costs, and
 * nothing for the collector to finalise.
 */
export function makeKeyedHash(key: Buffer): (text: string) => string {
  const own = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  const inner = Buffer.alloc(BLOCK_BYTES + 3 * TEXT_MAX)
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)
  for (let i = 0; i < BLOCK_BYTES; i++) {
    inner[i] = (own[i] ?? 0) ^ 0x36
    outer[i] = (own[i] ?? 0) ^ 0x5c
  }
  return (text) => {
    const message =
      text.length > TEXT_MAX
        ? Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)])
        : inner.subarray(0, BLOCK_BYTES + inner.write(text, BLOCK_BYTES))
    outer.write(hash('sha256', message, 'hex'), BLOCK_BYTES, 'hex')
    return hash('sha256', outer, 'hex')
  }
}
