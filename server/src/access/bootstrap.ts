import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { type Db, inTransaction, maybeOne, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { hashKey } from './authenticate.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'

export const newKey = (): string => `ff_${randomBytes(32).toString('base64url')}`

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
        VALUES (${input.workspaceId}, ${id}, ${input.name}, ${hashKey(input.key)}, ${input.key.slice(0, 8)}, ${input.permissions},
                ${input.expiresAt ?? null}, ${input.createdBy.id}, ${input.createdBy.name})`,
  )
  return id
}

/**
 * Makes what a first start needs: the installation's id, a first workspace, and a key while there is none. Safe for many processes at
 * once and to repeat.
 * @returns the installation, and the generated key when one was made now
 */
export function bootstrap(
  pool: pg.Pool,
  bootstrapKey: string | undefined,
): Promise<{ installId: string; generatedKey: string | undefined }> {
  return inTransaction(pool, async (tx) => {
    await run(tx, sql`SELECT pg_advisory_xact_lock(74520002)`)
    await run(tx, sql`INSERT INTO install (id) VALUES (${newId()}) ON CONFLICT (only_one) DO NOTHING`)
    const { id: installId } = await one<{ id: string }>(tx, sql`SELECT id FROM install`)
    let workspace = await maybeOne<{ id: string }>(tx, sql`SELECT id FROM workspace ORDER BY created_at, id LIMIT 1`)
    if (workspace === undefined) {
      workspace = { id: newId() }
      await run(tx, sql`INSERT INTO workspace (id, name) VALUES (${workspace.id}, 'Default')`)
    }
    if ((await maybeOne(tx, sql`SELECT 1 FROM api_key LIMIT 1`)) !== undefined) return { installId, generatedKey: undefined }
    const key = bootstrapKey ?? newKey()
    await insertKey(tx, {
      workspaceId: workspace.id,
      key,
      name: 'First key',
      permissions: PERMISSIONS,
      createdBy: { id: null, name: 'First start' },
    })
    return { installId, generatedKey: bootstrapKey === undefined ? key : undefined }
  })
}
