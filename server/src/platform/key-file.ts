import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import type { EncryptionKeys } from './secrets.ts'

/** Where the key that was made beside the embedded database lies. */
const keyFile = (config: Config): string => join(config.DATA_DIR, 'encryption-key')

/** The keys of this installation as they are now; undefined: there is none yet. Makes nothing. */
export function knownKeys(config: Config): EncryptionKeys | undefined {
  const file = keyFile(config)
  const kept = config.DATABASE_URL === undefined && existsSync(file) ? [readFileSync(file, 'utf8').trim()] : []
  if (config.ENCRYPTION_KEY !== undefined) return [config.ENCRYPTION_KEY, ...config.FORMER_ENCRYPTION_KEYS, ...kept]
  const [current] = kept
  return current === undefined ? undefined : [current, ...config.FORMER_ENCRYPTION_KEYS]
}

/**
 * The keys of this installation: from the settings, or made once and kept beside the embedded database. A key given by the settings later
 * takes the place of the one kept there, which still opens until `rotate-keys` has run.
 */
export function encryptionKeys(config: Config): EncryptionKeys {
  const known = knownKeys(config)
  if (known !== undefined) return known
  mkdirSync(config.DATA_DIR, { recursive: true })
  const made = randomBytes(32).toString('base64')
  writeFileSync(keyFile(config), made, { mode: 0o600, flag: 'wx' })
  return [made]
}
