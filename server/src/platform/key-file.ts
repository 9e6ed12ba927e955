import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import type { EncryptionKeys } from './secrets.ts'

/**
 * The keys of this installation: from the settings, or made once and kept beside the embedded database. A key given by the settings later
 * takes the place of the one kept there, which still opens until `rotate-keys` has run.
 */
export function encryptionKeys(config: Config): EncryptionKeys {
  const file = join(config.DATA_DIR, 'encryption-key')
  const kept = config.DATABASE_URL === undefined && existsSync(file) ? [readFileSync(file, 'utf8').trim()] : []
  const former = [...config.FORMER_ENCRYPTION_KEYS, ...kept]
  if (config.ENCRYPTION_KEY !== undefined) return [config.ENCRYPTION_KEY, ...former]
  const [current] = kept
  if (current !== undefined) return [current, ...config.FORMER_ENCRYPTION_KEYS]
  mkdirSync(config.DATA_DIR, { recursive: true })
  const made = randomBytes(32).toString('base64')
  writeFileSync(file, made, { mode: 0o600, flag: 'wx' })
  return [made]
}
