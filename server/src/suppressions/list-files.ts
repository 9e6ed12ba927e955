import type pg from 'pg'
import { keyHash, parsePhone, phoneKey } from '../contacts/identity.ts'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'

const BATCH = 5_000

/** The suppression list as CSV, in the order of its keys, a batch at a time. A number of which only the hash is kept has an empty cell. */
export function suppressionsCsv(pool: pg.Pool, workspaceId: string): ReadableStream<Uint8Array> {
  let after = Buffer.alloc(0)
  return csvStream(csvLine(['phone', 'reason', 'source', 'createdAt']), async () => {
    const rows = await many<{ key_hash: Buffer; phone_e164: string | null; reason: string; source: string; created_at: Date }>(
      pool,
      sql`SELECT key_hash, phone_e164, reason, source, created_at FROM suppression
           WHERE workspace_id = ${workspaceId} AND key_hash > ${after} ORDER BY key_hash LIMIT ${BATCH}`,
    )
    const last = rows.at(-1)
    if (last === undefined) return undefined
    after = Buffer.from(last.key_hash)
    return rows
      .map((row) => csvLine([row.phone_e164?.slice(1) ?? '', guardCell(row.reason), row.source, row.created_at.toISOString()]))
      .join('')
  })
}

export interface Entry {
  readonly phone: string
  readonly reason: string
}
export interface Added {
  /** Numbers that were not listed before. */
  readonly added: number
  /** Numbers that were, repetitions among the entries included. */
  readonly known: number
  /** Entries that are no phone number, by their place from 0. */
  readonly invalid: readonly { readonly index: number; readonly phone: string }[]
}

/** Lists many numbers; those that are none are told back and stop nothing. Repeating it changes nothing. */
export async function suppressAll(tx: Db, secrets: Secrets, workspaceId: string, entries: readonly Entry[]): Promise<Added> {
  const { country } = await one<{ country: string | null }>(
    tx,
    sql`SELECT default_country AS country FROM workspace WHERE id = ${workspaceId}`,
  )
  const read = entries.map((entry, index) => ({ ...entry, index, number: parsePhone(entry.phone, country)?.e164 }))
  const invalid = read.filter(({ number }) => number === undefined).map(({ index, phone }) => ({ index, phone }))
  const valid = read.flatMap(({ number, reason }) =>
    number === undefined ? [] : [{ number, reason, hash: keyHash(secrets, workspaceId, phoneKey(number)) }],
  )
  const unique = [...new Map(valid.map((one) => [one.hash.toString('base64'), one])).values()]
  const written = await many<{ is_new: boolean }>(
    tx,
    sql`INSERT INTO suppression AS s (workspace_id, key_hash, id, phone_e164, reason, source)
        SELECT ${workspaceId}, u.hash, u.id, u.phone, u.reason, 'api'
          FROM unnest(${unique.map(({ hash }) => hash)}::bytea[], ${unique.map(() => newId())}::uuid[], ${unique.map(({ number }) => number)}::text[],
                      ${unique.map(({ reason }) => reason)}::text[]) AS u (hash, id, phone, reason)
         ORDER BY u.hash
        ON CONFLICT (workspace_id, key_hash) DO UPDATE SET phone_e164 = coalesce(s.phone_e164, excluded.phone_e164),
                  reason = CASE WHEN excluded.reason = '' THEN s.reason ELSE excluded.reason END
        RETURNING (xmax = 0) AS is_new`,
  )
  const added = written.filter(({ is_new }) => is_new).length
  return { added, known: valid.length - added, invalid }
}
