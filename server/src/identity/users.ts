import { type Db, maybeOne, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'

export interface NewUser {
  readonly name: string
  readonly email: string
  /** From `hashPassword`. Hash before the transaction: it takes a while. */
  readonly passwordHash: string
}

export const findUserByEmail = (db: Db, email: string) =>
  maybeOne<{ id: string; name: string }>(db, sql`SELECT id, name FROM identity_user WHERE email = ${email.toLowerCase()}`)

/**
 * Makes a person with a password, as better-auth stores them. The address counts as verified, because whoever runs the installation or
 * invites people vouches for it.
 * @returns the id; undefined when the address has an account already
 */
export async function insertUser(tx: Db, { name, email, passwordHash }: NewUser): Promise<string | undefined> {
  const id = newId()
  const made = await run(
    tx,
    sql`INSERT INTO identity_user (id, name, email, email_verified, two_factor_enabled)
        VALUES (${id}, ${name}, ${email.toLowerCase()}, true, false) ON CONFLICT (email) DO NOTHING`,
  )
  if (made === 0) return undefined
  await setPassword(tx, id, passwordHash)
  return id
}

/** Sets a password where there was one or none. */
export async function setPassword(tx: Db, userId: string, passwordHash: string): Promise<void> {
  await run(
    tx,
    sql`INSERT INTO identity_account (id, account_id, provider_id, user_id, password, updated_at)
        VALUES (${newId()}, ${userId}, 'credential', ${userId}, ${passwordHash}, now())
        ON CONFLICT (provider_id, account_id) DO UPDATE SET password = excluded.password, updated_at = now()`,
  )
}

/** Ends every session of a person, save one. */
export const endSessions = (db: Db, userId: string, exceptId: string | null = null): Promise<number> =>
  run(db, sql`DELETE FROM identity_session WHERE user_id = ${userId} AND id IS DISTINCT FROM ${exceptId}::uuid`)
