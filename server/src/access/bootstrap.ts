import type pg from 'pg'
import { hashPassword } from '../identity/password.ts'
import { insertUser } from '../identity/users.ts'
import { type Db, maybeOne, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { hashToken, insertKey, newKey, newToken } from './keys.ts'
import { PERMISSIONS } from './permissions.ts'

/** What the operator gave for a first start; each counts only while there is nobody or nothing of its kind. */
export interface FirstStart {
  readonly apiKey?: string | undefined
  readonly admin?: { readonly email: string; readonly password: string } | undefined
  /** False for processes that serve no API: a link would lead nowhere. */
  readonly offersSetup: boolean
}

export interface Bootstrapped {
  readonly installId: string
  /** A key made now, to be shown once. */
  readonly generatedKey?: string
  /** The token of the set-up link while no user exists; it replaces the one of the last start. */
  readonly setupToken?: string
}

/** First starts and set-ups come one after the other. */
export const lockInstall = (tx: Db) => run(tx, sql`SELECT pg_advisory_xact_lock(74520002)`)
export const hasUsers = async (db: Db): Promise<boolean> => (await maybeOne(db, sql`SELECT 1 FROM identity_user LIMIT 1`)) !== undefined
/** The workspace of a first start. */
export const firstWorkspace = (db: Db) => maybeOne<{ id: string }>(db, sql`SELECT id FROM workspace ORDER BY created_at, id LIMIT 1`)

/**
 * Makes what a first start needs: the installation's id, a first workspace, a key while there is none, and while there is no user either
 * the owner or the token that lets somebody become it. Safe for many processes at once and to repeat.
 */
export async function bootstrap(pool: pg.Pool, { apiKey, admin, offersSetup }: FirstStart): Promise<Bootstrapped> {
  const passwordHash = admin !== undefined && !(await hasUsers(pool)) ? await hashPassword(admin.password) : undefined
  return inTransaction(pool, async (tx) => {
    await lockInstall(tx)
    await run(tx, sql`INSERT INTO install (id) VALUES (${newId()}) ON CONFLICT (only_one) DO NOTHING`)
    const { id: installId } = await one<{ id: string }>(tx, sql`SELECT id FROM install`)
    const workspaceId = (await firstWorkspace(tx))?.id ?? newId()
    await run(tx, sql`INSERT INTO workspace (id, name) VALUES (${workspaceId}, 'Default') ON CONFLICT (id) DO NOTHING`)
    const generatedKey = await firstKey(tx, workspaceId, apiKey)
    if (await hasUsers(tx)) return { installId, ...generatedKey }
    if (admin !== undefined && passwordHash !== undefined) {
      await insertOwner(tx, workspaceId, { name: admin.email.split('@')[0] ?? admin.email, email: admin.email, passwordHash })
      return { installId, ...generatedKey }
    }
    if (!offersSetup) return { installId, ...generatedKey }
    return { installId, ...generatedKey, setupToken: await replaceSetupToken(tx) }
  })
}

async function firstKey(tx: Db, workspaceId: string, given: string | undefined): Promise<{ generatedKey?: string }> {
  if ((await maybeOne(tx, sql`SELECT 1 FROM api_key LIMIT 1`)) !== undefined) return {}
  const key = given ?? newKey()
  const createdBy = { id: null, name: 'First start' }
  await insertKey(tx, { workspaceId, key, name: 'First key', permissions: PERMISSIONS, createdBy })
  return given === undefined ? { generatedKey: key } : {}
}

/** A new token for the set-up link; the one before it stops working. */
export async function replaceSetupToken(tx: Db): Promise<string> {
  const token = newToken()
  await run(tx, sql`UPDATE install SET setup_token_hash = ${hashToken(token)}`)
  return token
}

/** The first person: owner of the workspace. Whatever set-up link there was is gone. */
export async function insertOwner(
  tx: Db,
  workspaceId: string,
  user: { readonly name: string; readonly email: string; readonly passwordHash: string },
): Promise<string> {
  const userId = await insertUser(tx, user)
  if (userId === undefined) throw new Error('the first user exists already')
  await run(tx, sql`INSERT INTO workspace_member (workspace_id, user_id, built_in_role) VALUES (${workspaceId}, ${userId}, 'Owner')`)
  await run(tx, sql`UPDATE install SET setup_token_hash = NULL`)
  return userId
}
