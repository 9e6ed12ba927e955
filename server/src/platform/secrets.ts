import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Encrypts what must come back in plain, and derives keys for what must only be recognised. */
export interface Secrets {
  /** AES-256-GCM bound to workspace and field: a value moved to another row's place does not open. */
  seal(workspaceId: string, field: string, plaintext: string): Buffer
  /** @throws when the value was made for another workspace or field, or with another key */
  open(workspaceId: string, field: string, sealed: Buffer): string
  /** A 32-byte key of its own for one purpose: `address`, `link`, `suppression`. */
  derive(purpose: string): Buffer
}

const VERSION = 1

/** @param encryptionKey 32 bytes, base64 */
export function makeSecrets(encryptionKey: string): Secrets {
  const root = Buffer.from(encryptionKey, 'base64')
  const derived = new Map<string, Buffer>()
  const derive = (purpose: string): Buffer => {
    const known = derived.get(purpose)
    if (known !== undefined) return known
    const key = Buffer.from(hkdfSync('sha256', root, 'fanfare', purpose, 32))
    derived.set(purpose, key)
    return key
  }
  const context = (workspaceId: string, field: string) => Buffer.from(`${workspaceId}\n${field}`)
  return {
    derive,
    seal(workspaceId, field, plaintext) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', derive('seal'), nonce).setAAD(context(workspaceId, field))
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body])
    },
    open(workspaceId, field, sealed) {
      if (sealed[0] !== VERSION) throw new Error(`sealed value of unknown version in ${field}`)
      const decipher = createDecipheriv('aes-256-gcm', derive('seal'), sealed.subarray(1, 13)).setAAD(context(workspaceId, field))
      decipher.setAuthTag(sealed.subarray(13, 29))
      return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()]).toString('utf8')
    },
  }
}
