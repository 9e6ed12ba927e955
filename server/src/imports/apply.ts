import { once } from 'node:events'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type Evidence, noteMarketing } from '../contacts/consent.ts'
import { COPY_BEGIN, COPY_END, type CopyRows } from '../platform/copy-rows.ts'
import { type Db, many, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { makeRowReader, type RowValues } from './mapping.ts'
import { COLUMNS, cellsOf, type Draft, duplicate, type ImportJob, type Prepared, type Refused, tagsOf } from './prepare.ts'

/** Somebody else stored a number of ours between our look and our write: look again. */
const ROUNDS_MAX = 5

interface Existing {
  readonly id: string
  readonly phone_e164: string
  readonly import_id: string | null
}

export interface Applied {
  /** Some of its numbers were stored before: those of the next rows may be too. */
  readonly metStored: boolean
}

export interface Beside {
  /** Whether stored numbers are looked up first. Without, all are taken for new, which PostgreSQL refuses when one is not: then we look. */
  readonly looks: boolean
  /** Settles when the rows before are applied or surely not. Ours may be stored meanwhile, since no number stands in both, but are committed after them. */
  readonly before: Promise<unknown>
}

/**
 * Applies prepared rows in one transaction and notes how far the import came, so that any process can go on behind it.
 * @returns undefined when the import is no longer running, or did not come as far as these rows, or further: nothing is changed
 */
export async function applyBatch(pool: pg.Pool, job: ImportJob, prepared: Prepared, beside: Beside): Promise<Applied | undefined> {
  let looks = beside.looks || job.options.dryRun
  for (let round = 1; ; round++) {
    try {
      return await applyOnce(pool, job, prepared, { ...beside, looks })
    } catch (error) {
      if (error instanceof Overtaken) return undefined
      if (round >= ROUNDS_MAX) throw error
      if (error instanceof Impatient) await beside.before.catch(() => {})
      else if ((error as { code?: string }).code === UNIQUE_VIOLATION) looks = true
      else throw error
    }
  }
}
export const UNIQUE_VIOLATION = '23505'

/** The import was cancelled meanwhile, another process applied these rows, or those before could not be applied. */
class Overtaken extends Error {}

/**
 * The rows before take long. They may wait for somebody who waits for us, which PostgreSQL cannot see, since we wait outside of it: so we
 * give back what we hold and come after them.
 */
class Impatient extends Error {}
const PATIENCE_MS = 1_000

async function settles(before: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, false)
  })
  const settled = before.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, patience]).finally(() => clearTimeout(timer))
}

/** Its commit waits for no disk: after a crash of the database the import goes on behind the last chunk that survived. Its end waits. */
function applyOnce(pool: pg.Pool, job: ImportJob, prepared: Prepared, { looks, before }: Beside): Promise<Applied> {
  const { afterLine, lastLine, drafts } = prepared
  const work = async (tx: Db): Promise<Applied> => {
    const existing = looks ? await existingOf(tx, job, [...drafts.keys()]) : new Map<string, Existing>()
    const { fresh, known, skipped, duplicates } = sorted(job, prepared, existing)
    if (!job.options.dryRun) {
      await insertFresh(tx, prepared.copyRows, fresh)
      await updateKnown(tx, job, prepared, known)
      const answered = [
        ...fresh.filter(({ hasAnswer }) => hasAnswer).map(({ idAt }) => prepared.copyRows.idAt(idAt)),
        ...known.filter(({ draft }) => draft.hasAnswer).map(({ id }) => id),
      ]
      if (answered.length > 0) await noteMarketing(tx, job.workspaceId, sql`c.id = ANY(${answered}::uuid[])`, evidenceOf(job))
    }
    const refused = [...prepared.refused, ...duplicates]
    await writeRefused(tx, job, refused)
    if (!(await settles(before))) throw new Impatient()
    const noted = await run(
      tx,
      sql`UPDATE contact_import SET applied_line = ${lastLine}, created = created + ${fresh.length}, updated = updated + ${known.length},
                 skipped = skipped + ${skipped}, failed = failed + ${refused.length}
           WHERE workspace_id = ${job.workspaceId} AND id = ${job.id} AND status = 'Running' AND applied_line = ${afterLine}`,
    )
    if (noted === 0) throw new Overtaken()
    return { metStored: existing.size > 0 }
  }
  return inTransaction(pool, work, { durable: false, copies: true })
}

/** What becomes of each draft. */
function sorted(job: ImportJob, prepared: Prepared, existing: ReadonlyMap<string, Existing>) {
  const fresh: Draft[] = []
  const known: Known[] = []
  const duplicates: Refused[] = []
  let skipped = 0
  for (const [e164, draft] of prepared.drafts) {
    const row = existing.get(e164)
    if (row === undefined) fresh.push(draft)
    else if (row.import_id === job.id && !job.options.dryRun)
      duplicates.push({ line: draft.line, cells: cellsOf(job, prepared, draft), ...duplicate() })
    else if (job.options.onExisting === 'skip') skipped++
    else known.push({ id: row.id, draft })
  }
  return { fresh, known, skipped, duplicates }
}

/** A draft whose number is stored. */
interface Known {
  readonly id: string
  readonly draft: Draft
}

/** Whoever uploaded the file, and its name: what an answer in it rests on. */
const evidenceOf = (job: ImportJob): Evidence => {
  const of = sql`FROM contact_import WHERE workspace_id = ${job.workspaceId} AND id = ${job.id}`
  return { source: 'import', note: sql`(SELECT file_name ${of})`, actorName: sql`(SELECT created_by_name ${of})` }
}

/**
 * Stores those whose number is new, by COPY: a third cheaper than an INSERT, which also looks each number up again.
 * @throws a unique violation when another request stored one of the numbers meanwhile
 */
async function insertFresh(tx: Db, rows: CopyRows, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length === 0) return
  const copy = (tx as pg.PoolClient).query(copyFrom(`COPY contact (${COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`))
  copy.end(Buffer.concat([COPY_BEGIN, ...stretchesOf(drafts).map(({ from, to }) => rows.bytes(from, to)), COPY_END]))
  await once(copy, 'finish')
}

/** Drafts that stand side by side, as one. */
function stretchesOf(drafts: readonly Draft[]): { from: number; to: number }[] {
  const stretches: { from: number; to: number }[] = []
  for (const { from, to } of drafts) {
    const last = stretches.at(-1)
    if (last?.to === from) last.to = to
    else stretches.push({ from, to })
  }
  return stretches
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

/** A character that no cell keeps: joins tags into one text, since PostgreSQL has no ragged arrays. */
const SEPARATOR = '\u001f'

/** What rows say of contacts that are stored: one array per column, three times cheaper to read than JSON. */
function changeRows(job: ImportJob, prepared: Prepared, known: readonly Known[]) {
  const readRow = makeRowReader(job.columns)
  const changes = known.flatMap(({ id, draft }) => {
    const read = readRow(cellsOf(job, prepared, draft))
    return 'error' in read ? [] : [{ id, ...read.values }]
  })
  const column = <T>(read: (change: RowValues & { readonly id: string }) => T | undefined) => changes.map((change) => read(change) ?? null)
  return sql`unnest(${column((c) => c.id)}::uuid[], ${column((c) => c.firstName)}::text[], ${column((c) => c.lastName)}::text[],
    ${column((c) => c.email)}::text[], ${column((c) => c.language)}::text[], ${column((c) => c.timeZone)}::text[],
    ${column((c) => c.externalId)}::text[], ${column((c) => tagsOf(job, c).join(SEPARATOR))}::text[],
    ${column((c) => JSON.stringify(c.attributes))}::text[], ${column((c) => c.isActive)}::boolean[], ${column((c) => c.marketingOptIn)}::boolean[])
    AS d (id, "firstName", "lastName", email, language, "timeZone", "externalId", tags, attributes, "isActive", "marketingOptIn")`
}

/** Cells that are given replace, empty ones leave as is; tags and attributes are added. An opt-out is never undone, nor is a "no". */
async function updateKnown(tx: Db, job: ImportJob, prepared: Prepared, known: readonly Known[]): Promise<void> {
  if (known.length === 0) return
  await run(
    tx,
    sql`INSERT INTO contact_import_change (workspace_id, import_id, contact_id, before)
        SELECT ${job.workspaceId}, ${job.id}, c.id, jsonb_build_object('first_name', c.first_name, 'last_name', c.last_name, 'email', c.email,
               'language', c.language, 'time_zone', c.time_zone, 'external_id', c.external_id, 'tags', to_jsonb(c.tags), 'attributes', c.attributes,
               'is_active', c.is_active, 'marketing_opt_in', c.marketing_opt_in, 'import_id', c.import_id)
          FROM contact c WHERE c.workspace_id = ${job.workspaceId} AND c.id = ANY(${known.map(({ id }) => id)}::uuid[])
        ON CONFLICT DO NOTHING`,
  )
  await run(
    tx,
    sql`UPDATE contact c
           SET first_name = coalesce(d."firstName", c.first_name), last_name = coalesce(d."lastName", c.last_name), email = coalesce(d.email, c.email),
               language = coalesce(d.language, c.language), time_zone = coalesce(d."timeZone", c.time_zone),
               external_id = coalesce(d."externalId", c.external_id), attributes = c.attributes || d.attributes::jsonb,
               tags = c.tags || ARRAY(SELECT tag FROM unnest(string_to_array(d.tags, ${SEPARATOR})) AS tag WHERE lower(tag) <> ALL(c.tag_keys)),
               is_active = coalesce(d."isActive", c.is_active),
               marketing_opt_in = CASE WHEN c.marketing_opt_in = false THEN false ELSE coalesce(d."marketingOptIn", c.marketing_opt_in) END,
               import_id = ${job.id}, updated_at = now()
          FROM ${changeRows(job, prepared, known)}
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
