import type { Context } from 'hono'
import type pg from 'pg'
import { run, sql } from '../platform/db.ts'
import type { AppEnv } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { Auth } from './auth.ts'

/** Whose password or code was tried: known by address while nobody is signed in. */
export type Tried = { readonly email: string } | { readonly userId: string }

/** Nobody was signed in, so the entry blames nobody. */
const SOMEBODY = { type: 'system', name: 'Not signed in' } as const

/**
 * A wrong password or code shows in the log of every workspace of the account it was tried on. It is one statement whether there is such an
 * account or not, and its commit does not wait for the disk, so that the time of the answer tells nothing.
 */
export function auditRefusal(pool: pg.Pool, c: Context<AppEnv>, tried: Tried, step: string): Promise<unknown> {
  const whose = 'email' in tried ? sql`u.email = ${tried.email.toLowerCase()}` : sql`u.id = ${tried.userId}`
  return inTransaction(pool, async (tx) => {
    await run(tx, sql`SET LOCAL synchronous_commit = off`)
    await run(
      tx,
      sql`INSERT INTO audit_entry (workspace_id, id, actor_type, actor_name, action, object_type, object_id, detail, request_id, address)
          SELECT m.workspace_id, ${newId()}, ${SOMEBODY.type}, ${SOMEBODY.name}, 'user.refused', 'User', u.id::text, ${JSON.stringify({ step })},
                 ${c.get('requestId')}, ${c.get('address')}
            FROM identity_user u JOIN workspace_member m ON m.user_id = u.id WHERE ${whose}`,
    )
  })
}

/** The account whose password was right and whose code is still asked for. The cookie's name for it is random and good for minutes. */
export async function waitingForCode(auth: Auth, headers: Headers): Promise<Tried | undefined> {
  const context = await auth.$context
  const name = `${context.createAuthCookie('two_factor').name}=`
  const signed = (headers.get('cookie') ?? '').split('; ').find((cookie) => cookie.startsWith(name))
  const identifier = signed && decodeURIComponent(signed.slice(name.length)).split('.')[0]
  if (!identifier) return undefined
  const waiting = await context.internalAdapter.findVerificationValue(identifier)
  return waiting ? { userId: waiting.value } : undefined
}
