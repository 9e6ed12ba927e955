import { once } from 'node:events'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type Evidence, noteMarketing } from '../contacts/consent.ts'
import { identityColumns, isCountry, parsePhone } from '../contacts/identity.ts'
import { ATTRIBUTES_MAX, distinctTags } from '../contacts/schema.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'
import { inTransaction } from '../platform/transaction.ts'
import { copyArray, copyText } from './copy.ts'
import { type RowError, type RowValues, readRow } from './mapping.ts'
import { type CsvRecord, type Dialect, readRecords } from './records.ts'

/** Somebody else stored a number of ours between our look and our write: look again. */
const ROUNDS_MAX = 5

export interface ImportOptions {
  readonly defaultCountry: string | null
  readonly tags: readonly string[]
  readonly onExisting: 'update' | 'skip'
  readonly dryRun: boolean
}
export interface ImportJob {
  readonly workspaceId: string
  readonly id: string
  readonly dialect: Dialect
  readonly columns: readonly string[]
  readonly options: ImportOptions
}

interface Draft extends RowValues {
  readonly line: number
  readonly cells: readonly string[]
  readonly id: string
  readonly e164: string
  readonly country: string | null
  readonly sendKey: string | null
  readonly keyHash: string | null
  /** As COPY takes it if the number is new: written while the database stores the rows before. */
  readonly copyLine: string
}
interface Refused extends RowError {
  readonly line: number
  readonly cells: readonly string[]
}
interface Existing {
  readonly id: string
  readonly phone_e164: string
  readonly import_id: string | null
}

/** The next rows of an import, read and checked; nothing of them is applied yet. */
export interface Prepared {
  /** They follow this line. */
  readonly afterLine: number
  readonly lastLine: number
  readonly rows: number
  readonly drafts: ReadonlyMap<string, Draft>
  readonly refused: readonly Refused[]
}

/** Reads and checks the chunk behind a line: staged rows never change, so this may run while the rows before them are being applied. */
export async function prepareBatch(db: Db, secrets: Secrets, job: ImportJob, afterLine: number): Promise<Prepared | undefined> {
  const chunk = await maybeOne<{ firstLine: number; lastLine: number; text: string }>(
    db,
    sql`SELECT first_line AS "firstLine", last_line AS "lastLine", text FROM contact_import_chunk
         WHERE workspace_id = ${job.workspaceId} AND import_id = ${job.id} AND last_line > ${afterLine} ORDER BY last_line LIMIT 1`,
  )
  if (chunk === undefined) return undefined
  const rows = readRecords(chunk.text, job.dialect, chunk.firstLine)
  return { afterLine, lastLine: chunk.lastLine, rows: rows.length, ...(await check(rows, job, secrets)) }
}

/**
 * Applies prepared rows in one transaction and notes how far the import came, so that any process can go on behind it.
 * @returns false when the import is no longer running, or came further meanwhile
 */
export async function applyBatch(pool: pg.Pool, job: ImportJob, prepared: Prepared): Promise<boolean> {
  for (let round = 1; ; round++) {
    try {
      return await applyOnce(pool, job, prepared)
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION || round >= ROUNDS_MAX) throw error
    }
  }
}
export const UNIQUE_VIOLATION = '23505'

function applyOnce(pool: pg.Pool, job: ImportJob, { afterLine, lastLine, drafts, refused: refusedBefore }: Prepared): Promise<boolean> {
  return inTransaction(
    pool,
    async (tx) => {
      const state = await maybeOne(
        tx,
        sql`SELECT 1 FROM contact_import WHERE workspace_id = ${job.workspaceId} AND id = ${job.id} AND status = 'Running'
             AND applied_line = ${afterLine} FOR UPDATE`,
      )
      if (state === undefined) return false
      const refused = [...refusedBefore]
      const existing = await existingOf(tx, job, [...drafts.keys()])
      const fresh: Draft[] = []
      const known: Draft[] = []
      let skipped = 0
      for (const draft of drafts.values()) {
        const row = existing.get(draft.e164)
        if (row === undefined) fresh.push(draft)
        else if (row.import_id === job.id && !job.options.dryRun) refused.push({ line: draft.line, cells: draft.cells, ...duplicate() })
        else if (job.options.onExisting === 'skip') skipped++
        else known.push({ ...draft, id: row.id })
      }
      if (!job.options.dryRun) {
        await insertFresh(tx, fresh)
        await updateKnown(tx, job, known)
        const answered = [...fresh, ...known].filter(({ marketingOptIn }) => marketingOptIn !== undefined).map(({ id }) => id)
        if (answered.length > 0) await noteMarketing(tx, job.workspaceId, sql`c.id = ANY(${answered}::uuid[])`, evidenceOf(job))
      }
      await writeRefused(tx, job, refused)
      await run(
        tx,
        sql`UPDATE contact_import SET applied_line = ${lastLine}, created = created + ${fresh.length}, updated = updated + ${known.length},
                 skipped = skipped + ${skipped}, failed = failed + ${refused.length}
           WHERE workspace_id = ${job.workspaceId} AND id = ${job.id}`,
      )
      return true
    },
    { copies: true },
  )
}

/** Whoever uploaded the file, and its name: what an answer in it rests on. */
const evidenceOf = (job: ImportJob): Evidence => {
  const of = sql`FROM contact_import WHERE workspace_id = ${job.workspaceId} AND id = ${job.id}`
  return { source: 'import', note: sql`(SELECT file_name ${of})`, actorName: sql`(SELECT created_by_name ${of})` }
}

const duplicate = (line?: number): RowError => ({
  reason: 'duplicate_in_file',
  detail: line === undefined ? 'The number stands on an earlier line already.' : `The number stands on line ${line} already.`,
})

/** So many rows are checked at a stretch, about a millisecond: what the database answers meanwhile must not wait long. */
const SLICE_ROWS = 50

/** Checks rows without touching the database; lets other work in between, phone numbers take their time. */
async function check(rows: readonly CsvRecord[], job: ImportJob, secrets: Secrets) {
  const drafts = new Map<string, Draft>()
  const refused: Refused[] = []
  for (const [i, { line, cells }] of rows.entries()) {
    if (i % SLICE_ROWS === SLICE_ROWS - 1) await new Promise((resolve) => setImmediate(resolve))
    const refuse = (error: RowError) => refused.push({ line, cells, ...error })
    const read = readRow(cells, job.columns)
    if ('error' in read) {
      refuse(read.error)
      continue
    }
    const { values } = read
    const phone = phoneOf(values, job.options.defaultCountry)
    if (phone === undefined) {
      refuse({ reason: 'invalid_phone', detail: `“${values.phone.slice(0, 40)}” is not a valid phone number.` })
      continue
    }
    if (Object.keys(values.attributes).length > ATTRIBUTES_MAX) {
      refuse({ reason: 'too_many_attributes', detail: `At most ${ATTRIBUTES_MAX} attributes.` })
      continue
    }
    const earlier = drafts.get(phone.e164)
    if (earlier !== undefined) {
      refuse(duplicate(earlier.line))
      continue
    }
    const identity = identityColumns(secrets, job.workspaceId, { phone, userId: null })
    const draft = {
      ...values,
      line,
      cells,
      id: newId(),
      e164: phone.e164,
      country: phone.country,
      sendKey: identity.sendKey,
      keyHash: identity.keyHash?.toString('hex') ?? null,
      tags: distinctTags([...values.tags, ...job.options.tags]),
    }
    drafts.set(phone.e164, { ...draft, copyLine: copyLineOf(job, draft) })
  }
  return { drafts, refused }
}

/**
 * The number of a row. One that stands apart from its country code is read together with it; a file that has the code in both columns is
 * read as it is.
 */
function phoneOf({ phone, countryCode }: RowValues, defaultCountry: string | null) {
  if (countryCode === undefined || /^\s*(\+|00)/.test(phone)) return parsePhone(phone, defaultCountry)
  const country = countryCode.toUpperCase()
  if (isCountry(country)) return parsePhone(phone, country)
  const code = countryCode.replace(/\D/g, '').replace(/^0+/, '')
  return (code === '' ? undefined : parsePhone(`+${code} ${phone}`)) ?? parsePhone(phone, defaultCountry)
}

/** A character that no cell keeps: joins tags into one text, since PostgreSQL has no ragged arrays. */
const SEPARATOR = '\u001f'

/** Drafts as rows: one array per column, three times cheaper to read than JSON. */
function draftRows(drafts: readonly Draft[]) {
  const column = <T>(read: (draft: Draft) => T | undefined | null) => drafts.map((draft) => read(draft) ?? null)
  return sql`unnest(${column((d) => d.id)}::uuid[], ${column((d) => d.e164)}::text[], ${column((d) => d.country)}::text[],
    ${column((d) => d.sendKey)}::text[], ${column((d) => d.keyHash)}::text[], ${column((d) => d.firstName)}::text[],
    ${column((d) => d.lastName)}::text[], ${column((d) => d.email)}::text[], ${column((d) => d.language)}::text[],
    ${column((d) => d.timeZone)}::text[], ${column((d) => d.externalId)}::text[], ${column((d) => d.tags.join(SEPARATOR))}::text[],
    ${column((d) => JSON.stringify(d.attributes))}::text[], ${column((d) => d.isActive)}::boolean[], ${column((d) => d.marketingOptIn)}::boolean[])
    AS d (id, e164, country, "sendKey", "keyHash", "firstName", "lastName", email, language, "timeZone", "externalId", tags, attributes,
          "isActive", "marketingOptIn")`
}
const tagsOf = sql`string_to_array(d.tags, ${SEPARATOR})`

/** In the order of the columns below. */
const copyLineOf = (job: ImportJob, d: Omit<Draft, 'copyLine'>): string =>
  `${job.workspaceId}\t${job.id}\t${d.isActive ?? true}\t${d.marketingOptIn ?? '\\N'}\t${d.id}\t${d.e164}\t${d.country ?? '\\N'}\t${d.sendKey ?? '\\N'}\t${
    d.keyHash === null ? '\\N' : `\\\\x${d.keyHash}`
  }\t${copyText(d.firstName)}\t${copyText(d.lastName)}\t${copyText(d.email)}\t${copyText(d.language)}\t${copyText(d.timeZone)}\t${copyText(
    d.externalId,
  )}\t${copyArray(d.tags)}\t${copyText(JSON.stringify(d.attributes))}\n`

/**
 * Stores those whose number is new, by COPY: a third cheaper than an INSERT, which also looks each number up again.
 * @throws a unique violation when another request stored one of the numbers meanwhile
 */
async function insertFresh(tx: Db, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length === 0) return
  const copy = (tx as pg.PoolClient).query(
    copyFrom(`COPY contact (workspace_id, import_id, is_active, marketing_opt_in, id, phone_e164, country, send_key, key_hash, first_name,
                            last_name, email, language, time_zone, external_id, tags, attributes) FROM STDIN`),
  )
  copy.end(drafts.map(({ copyLine }) => copyLine).join(''))
  await once(copy, 'finish')
}

async function existingOf(tx: Db, job: ImportJob, phones: readonly string[]): Promise<Map<string, Existing>> {
  if (phones.length === 0) return new Map()
  const ids = await many<{ id: string }>(
    tx, // one index probe each: without statistics, as in the first import, the planner would read the whole table for every chunk
    sql`SELECT c.id FROM unnest(${phones}::text[]) AS p (phone) CROSS JOIN LATERAL (
               SELECT id FROM contact WHERE workspace_id = ${job.workspaceId} AND phone_e164 = p.phone LIMIT 1) AS c`,
  )
  if (ids.length === 0) return new Map()
  const rows = await many<Existing>(
    tx,
    sql`SELECT id, phone_e164, import_id FROM contact WHERE workspace_id = ${job.workspaceId} AND id = ANY(${ids.map(({ id }) => id)}::uuid[])
         ORDER BY id FOR UPDATE`,
  )
  return new Map(rows.map((row) => [row.phone_e164, row]))
}

/** Cells that are given replace, empty ones leave as is; tags and attributes are added. An opt-out is never undone, nor is a "no". */
async function updateKnown(tx: Db, job: ImportJob, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length === 0) return
  await run(
    tx,
    sql`INSERT INTO contact_import_change (workspace_id, import_id, contact_id, before)
        SELECT ${job.workspaceId}, ${job.id}, c.id, jsonb_build_object('first_name', c.first_name, 'last_name', c.last_name, 'email', c.email,
               'language', c.language, 'time_zone', c.time_zone, 'external_id', c.external_id, 'tags', to_jsonb(c.tags), 'attributes', c.attributes,
               'is_active', c.is_active, 'marketing_opt_in', c.marketing_opt_in, 'import_id', c.import_id)
          FROM contact c WHERE c.workspace_id = ${job.workspaceId} AND c.id = ANY(${drafts.map(({ id }) => id)}::uuid[])
        ON CONFLICT DO NOTHING`,
  )
  await run(
    tx,
    sql`UPDATE contact c
           SET first_name = coalesce(d."firstName", c.first_name), last_name = coalesce(d."lastName", c.last_name), email = coalesce(d.email, c.email),
               language = coalesce(d.language, c.language), time_zone = coalesce(d."timeZone", c.time_zone),
               external_id = coalesce(d."externalId", c.external_id), attributes = c.attributes || d.attributes::jsonb,
               tags = c.tags || ARRAY(SELECT tag FROM unnest(${tagsOf}) AS tag WHERE lower(tag) <> ALL(c.tag_keys)),
               is_active = coalesce(d."isActive", c.is_active),
               marketing_opt_in = CASE WHEN c.marketing_opt_in = false THEN false ELSE coalesce(d."marketingOptIn", c.marketing_opt_in) END,
               import_id = ${job.id}, updated_at = now()
          FROM ${draftRows(drafts)}
         WHERE c.workspace_id = ${job.workspaceId} AND c.id = d.id`,
  )
}

async function writeRefused(tx: Db, job: ImportJob, refused: readonly Refused[]): Promise<void> {
  if (refused.length === 0) return
  await run(
    tx,
    sql`INSERT INTO contact_import_error (workspace_id, import_id, line, reason, detail, cells)
        SELECT ${job.workspaceId}, ${job.id}, e.line, e.reason, e.detail, ARRAY(SELECT jsonb_array_elements_text(e.cells))
          FROM jsonb_to_recordset(${JSON.stringify(refused)}::jsonb) AS e (line int, reason text, detail text, cells jsonb)
        ON CONFLICT DO NOTHING`,
  )
}
