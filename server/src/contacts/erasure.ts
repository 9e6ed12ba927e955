import { type Dialect, readRecords } from '../imports/records.ts'
import { audit } from '../platform/audit.ts'
import { type Db, likeText, many, one, run, sql } from '../platform/db.ts'
import type { Deps, Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { knownContact } from './actions.ts'
import type { ContactRow } from './schema.ts'

/** Meta tells about a message for 8 days at most; a month is on the safe side. */
const LATE_NEWS_DAYS = 30

interface Person {
  readonly id: string
  readonly phone_e164: string | null
  readonly wa_id: string | null
  readonly user_id: string | null
  readonly send_key: string | null
  readonly key_hash: Buffer | null
  readonly email: string | null
  readonly external_id: string | null
}

/**
 * Forgets a person: everything of theirs in every table goes in this one transaction. What was counted stays counted, their place in a
 * campaign stays with its outcome, and a keyed hash keeps them from being messaged again should they come back in an import.
 * @param check called with the row as it stands, before anything changes
 */
export async function eraseContact(tx: Db, principal: Principal, id: string, check: (row: ContactRow) => void): Promise<void> {
  const { workspaceId } = principal
  check(await knownContact(tx, workspaceId, id, 'FOR UPDATE'))
  const person = await one<Person>(
    tx,
    sql`SELECT id, phone_e164, wa_id, user_id, send_key, key_hash, email, external_id FROM contact WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await run(
    tx,
    sql`INSERT INTO erasure (workspace_id, contact_id, key_hash) VALUES (${workspaceId}, ${id}, ${person.key_hash}) ON CONFLICT DO NOTHING`,
  )
  if (person.key_hash !== null)
    await run(
      tx,
      sql`INSERT INTO suppression AS s (workspace_id, key_hash, id, reason, source) VALUES (${workspaceId}, ${person.key_hash}, ${newId()}, 'Erased', 'erased')
          ON CONFLICT (workspace_id, key_hash) DO UPDATE SET phone_e164 = NULL, reason = 'Erased'`,
    )
  await scrubMessages(tx, workspaceId, id)
  await forgetTests(tx, workspaceId, person.key_hash)
  await forgetReceived(tx, workspaceId, person)
  await forgetImports(tx, workspaceId, person)
  await forgetAnswers(tx, workspaceId, person)
  await forgetInFilters(tx, workspaceId, person)
  await run(tx, sql`DELETE FROM contact WHERE workspace_id = ${workspaceId} AND id = ${id}`) // consent goes along
  await audit(tx, principal, { action: 'contact.erase', objectType: 'Contact', objectId: id })
}

/** Their place in campaigns: the frozen fields, the number, message ids (which hold the number), replies and presses. */
async function scrubMessages(tx: Db, workspaceId: string, contactId: string): Promise<void> {
  const theirs = sql`(SELECT r.campaign_id, r.seq FROM recipient r WHERE r.workspace_id = ${workspaceId} AND r.contact_id = ${contactId}) AS k`
  await run(
    tx,
    sql`UPDATE recipient SET send_key = NULL, address = NULL, fields = '{}'
         WHERE workspace_id = ${workspaceId} AND contact_id = ${contactId} AND (address IS NOT NULL OR send_key IS NOT NULL OR fields <> '{}')`,
  )
  await run(
    tx,
    sql`UPDATE message m SET wamid = NULL FROM ${theirs}
         WHERE m.workspace_id = ${workspaceId} AND m.campaign_id = k.campaign_id AND m.seq = k.seq AND m.wamid IS NOT NULL`,
  )
  await run(
    tx,
    sql`UPDATE message_event e SET detail = '' FROM ${theirs}
         WHERE e.workspace_id = ${workspaceId} AND e.campaign_id = k.campaign_id AND e.seq = k.seq AND e.kind = 'double' AND e.detail <> ''`,
  )
  await run(
    tx,
    sql`UPDATE button_click b SET click_id = 'erased:' || gen_random_uuid() FROM ${theirs}
         WHERE b.workspace_id = ${workspaceId} AND b.campaign_id = k.campaign_id AND b.seq = k.seq AND b.click_id NOT LIKE 'erased:%'`,
  )
  await run(tx, sql`DELETE FROM reply WHERE workspace_id = ${workspaceId} AND contact_id = ${contactId}`)
}

/** A test send on the wire is forgotten by the sweep, once its answer is there. */
const forgetTests = (tx: Db, workspaceId: string, keyHash: Buffer | null) =>
  run(tx, sql`DELETE FROM test_send WHERE workspace_id = ${workspaceId} AND key_hash = ${keyHash} AND state <> 'Sending'`)

/** What Meta told and nobody could place yet. */
async function forgetReceived(tx: Db, workspaceId: string, person: Person): Promise<void> {
  const ids = [...idsOf(person)]
  await run(
    tx,
    sql`DELETE FROM unmatched_receipt WHERE workspace_id = ${workspaceId}
           AND (receipt->>'waId' = ANY(${ids}::text[]) OR receipt->>'userId' = ANY(${ids}::text[]))`,
  )
  await run(tx, sql`DELETE FROM opt_out_fact WHERE workspace_id = ${workspaceId} AND key = ANY(${ids}::text[]) AND is_unlinked`)
  await run(
    tx,
    sql`DELETE FROM webhook_set_aside WHERE workspace_id = ${workspaceId}
           AND EXISTS (SELECT 1 FROM unnest(${ids}::text[]) AS known (id) WHERE position(convert_to(known.id, 'UTF8') IN body) > 0)`,
  )
}

/** Rows of files: staged, refused, or kept to undo an import. */
async function forgetImports(tx: Db, workspaceId: string, person: Person): Promise<void> {
  const isTheirs = belongsTo(person)
  const digits = digitsOf(person).map((one) => `%${one}%`)
  const staged = await many<{ import_id: string; last_line: number; text: string; dialect: Dialect }>(
    tx,
    sql`SELECT s.import_id, s.last_line, s.text, i.dialect
          FROM contact_import_chunk s JOIN contact_import i ON i.workspace_id = s.workspace_id AND i.id = s.import_id
         WHERE s.workspace_id = ${workspaceId}
           AND (regexp_replace(s.text, '\\D', '', 'g') LIKE ANY(${digits}::text[])
                OR (${person.email}::text IS NOT NULL AND position(lower(${person.email}::text) IN lower(s.text)) > 0))
         ORDER BY s.import_id, s.last_line FOR UPDATE OF s`,
  )
  for (const { import_id, last_line, text, dialect } of staged) {
    const theirs = readRecords(text, dialect).filter(({ cells }) => cells.some(isTheirs))
    await run(
      tx,
      sql`UPDATE contact_import_chunk SET text = ${blanked(text, theirs, dialect.newline)}
           WHERE workspace_id = ${workspaceId} AND import_id = ${import_id} AND last_line = ${last_line}`,
    )
  }
  await run(
    tx,
    sql`DELETE FROM contact_import_error WHERE workspace_id = ${workspaceId} AND EXISTS (SELECT 1 FROM unnest(cells) AS cell
          WHERE regexp_replace(cell, '\\D', '', 'g') LIKE ANY(${digits}::text[]) OR lower(trim(cell)) = lower(${person.email}::text))`,
  )
  await run(tx, sql`DELETE FROM contact_import_change WHERE workspace_id = ${workspaceId} AND contact_id = ${person.id}`)
}

/** Takes records out and leaves their line ends, so that the others keep their lines. */
function blanked(text: string, records: readonly { readonly start: number; readonly end: number }[], newline: string): string {
  let rest = ''
  let at = 0
  for (const { start, end } of records) {
    rest += text.slice(at, start) + newline.repeat(text.slice(start, end).split(newline).length - 1)
    at = end
  }
  return rest + text.slice(at)
}

/** Answers remembered for repetitions: a repetition is then a new request, and meets that the contact is gone. */
async function forgetAnswers(tx: Db, workspaceId: string, person: Person): Promise<void> {
  const marks = [person.id, ...idsOf(person), ...(person.email === null ? [] : [JSON.stringify(person.email).slice(1, -1)])]
  await run(
    tx,
    sql`DELETE FROM idempotency_record WHERE workspace_id = ${workspaceId} AND body::text LIKE ANY(${marks.map((mark) => `%${likeText(mark)}%`)}::text[])`,
  )
}

/** A number in a campaign's filter is struck out, never dropped: a filter that names nobody must not become one that names everybody. */
async function forgetInFilters(tx: Db, workspaceId: string, person: Person): Promise<void> {
  const rows = await many<{ id: string; contact_filter: unknown }>(
    tx,
    sql`SELECT id, contact_filter FROM campaign WHERE workspace_id = ${workspaceId}
           AND (regexp_replace(contact_filter::text, '\\D', '', 'g') LIKE ANY(${digitsOf(person).map((one) => `%${one}%`)}::text[])
                OR (${person.email}::text IS NOT NULL AND position(lower(${person.email}::text) IN lower(contact_filter::text)) > 0))
         ORDER BY id FOR UPDATE`,
  )
  const isTheirs = belongsTo(person)
  for (const { id, contact_filter } of rows)
    await run(
      tx,
      sql`UPDATE campaign SET contact_filter = ${JSON.stringify(struckOut(contact_filter, isTheirs))} WHERE workspace_id = ${workspaceId} AND id = ${id}`,
    )
}

/** The last nine digits of their numbers: the same in every national and international writing. */
const digitsOf = (person: Person): string[] => [...idsOf(person)].filter((id) => /^\d{7,}$/.test(id)).map((id) => id.slice(-9))

/** Whether a text that somebody wrote is their number or their address. */
function belongsTo(person: Person): (text: string) => boolean {
  const digits = digitsOf(person)
  const email = person.email?.toLowerCase()
  return (text) =>
    digits.some((one) => text.replace(/\D/g, '').endsWith(one)) || (email !== undefined && text.toLowerCase().includes(email))
}

/** Every text that is theirs becomes `erased`, wherever it stands. */
function struckOut(value: unknown, isTheirs: (text: string) => boolean): unknown {
  if (typeof value === 'string') return isTheirs(value) ? 'erased' : value
  if (Array.isArray(value)) return value.map((item) => struckOut(item, isTheirs))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, struckOut(item, isTheirs)]))
}

/** Number, WhatsApp id and BSUID as they are written in what we keep: digits without plus. */
const idsOf = ({ phone_e164, wa_id, user_id, send_key }: Person): Set<string> =>
  new Set([phone_e164?.slice(1), wa_id, user_id, send_key].filter((id): id is string => typeof id === 'string' && id !== ''))

/** What was told about erased people after the fact: late receipts, and test sends that were on the wire. Safe to repeat. */
export async function eraseLateNews(deps: Pick<Deps, 'pool'>): Promise<void> {
  const erased = await many<{ workspace_id: string; contact_id: string; key_hash: Buffer | null }>(
    deps.pool,
    sql`SELECT workspace_id, contact_id, key_hash FROM erasure WHERE erased_at > now() - ${LATE_NEWS_DAYS} * interval '1 day'`,
  )
  for (const { workspace_id, contact_id, key_hash } of erased)
    await inTransaction(deps.pool, async (tx) => {
      await scrubMessages(tx, workspace_id, contact_id)
      await forgetTests(tx, workspace_id, key_hash)
    })
}
