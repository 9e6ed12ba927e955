import { createHash, randomBytes } from 'node:crypto'
import { type Db, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Permission } from './permissions.ts'

/** What is kept of a key or a one-time token: they are 256 random bits, so one round of SHA-256 is enough. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()
export const newToken = (): string => randomBytes(32).toString('base64url')
export const newKey = (): string => `ff_${newToken()}`

export interface NewKey {
  readonly workspaceId: string
  readonly key: string
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly expiresAt?: Date | null
  readonly createdBy: { readonly id: string | null; readonly name: string }
}

/** Stores a key by its hash; the plain key is the caller's to show once. */
export async function insertKey(db: Db, input: NewKey): Promise<string> {
  const id = newId()
  await run(
    db,
    sql`INSERT INTO api_key (workspace_id, id, name, key_hash, prefix, permissions, expires_at, created_by_id, created_by_name)
        VALUES (${input.workspaceId}, ${id}, ${input.name}, ${hashToken(input.key)}, ${input.key.slice(0, 8)}, ${input.permissions},
                ${input.expiresAt ?? null}, ${input.createdBy.id}, ${input.createdBy.name})`,
  )
  return id
}
