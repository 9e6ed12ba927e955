import { isCountry, keyHasher, type Phone, parsePhone, phoneKey } from '../contacts/identity.ts'
import { ATTRIBUTES_MAX, distinctTags } from '../contacts/schema.ts'
import { type CopyRows, makeCopyRows } from '../platform/copy-rows.ts'
import { type Db, maybeOne, sql } from '../platform/db.ts'
import type { Secrets } from '../platform/secrets.ts'
import { makeRowReader, type RowError, type RowValues } from './mapping.ts'
import { type CsvRecord, type Dialect, readRecords } from './records.ts'

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

/** A row that may be applied. Little is kept of it: what only few need is read from the text again. */
export interface Draft {
  readonly line: number
  /** Where it stands in the chunk's text. */
  readonly start: number
  readonly end: number
  /** Where it stands among the rows for COPY, and its new id in there. */
  readonly from: number
  readonly to: number
  readonly idAt: number
  readonly hasAnswer: boolean
}
export interface Refused extends RowError {
  readonly line: number
  readonly cells: readonly string[]
}
/** The next rows of an import, read and checked; nothing of them is applied yet. */
export interface Prepared {
  /** They follow this line. */
  readonly afterLine: number
  readonly lastLine: number
  readonly rows: number
  readonly text: string
  /** By E.164. */
  readonly drafts: ReadonlyMap<string, Draft>
  /** Each draft as COPY takes it if its number is new: written while the database stores the rows before. */
  readonly copyRows: CopyRows
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
  const { text } = chunk
  const rows = readRecords(text, job.dialect, chunk.firstLine)
  return {
    afterLine,
    lastLine: chunk.lastLine,
    rows: rows.length,
    text,
    ...(await check(rows, text.length + 200 * rows.length, job, secrets)),
  }
}

/** Whether no number stands in both: then neither waits for what the other stores. */
export function areApart(one: Prepared, other: Prepared): boolean {
  for (const e164 of one.drafts.keys()) if (other.drafts.has(e164)) return false
  return true
}

/** A row as it stood in the file. */
export const cellsOf = ({ dialect }: ImportJob, { text }: Prepared, { start, end }: Draft): readonly string[] =>
  readRecords(text.slice(start, end), dialect)[0]?.cells ?? []

export const duplicate = (line?: number): RowError => ({
  reason: 'duplicate_in_file',
  detail: line === undefined ? 'The number stands on an earlier line already.' : `The number stands on line ${line} already.`,
})

/** So many rows are checked at a stretch, about a millisecond: what the database answers meanwhile must not wait long. */
const SLICE_ROWS = 50

/** Checks rows without touching the database; lets other work in between, phone numbers take their time. */
async function check(rows: readonly CsvRecord[], copyBytes: number, job: ImportJob, secrets: Secrets) {
  const drafts = new Map<string, Draft>()
  const refused: Refused[] = []
  const copyRows = makeCopyRows(copyBytes)
  const readRow = makeRowReader(job.columns)
  const writeRow = makeRowWriter(job, secrets, copyRows)
  for (const [i, { line, cells, start, end }] of rows.entries()) {
    if (i % SLICE_ROWS === SLICE_ROWS - 1) await new Promise((resolve) => setImmediate(resolve))
    const refuse = (error: RowError) => refused.push({ line, cells, ...error })
    const read = readRow(cells)
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
    const from = copyRows.length()
    const idAt = writeRow(values, phone)
    const hasAnswer = values.marketingOptIn !== undefined
    drafts.set(phone.e164, { line, start, end, from, to: copyRows.length(), idAt, hasAnswer })
  }
  return { drafts, copyRows, refused }
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

/** Of table contact, in the order in which a row is written. */
export const COLUMNS = [
  'workspace_id',
  'import_id',
  'id',
  'phone_e164',
  'country',
  'send_key',
  'key_hash',
  'is_active',
  'marketing_opt_in',
  'first_name',
  'last_name',
  'email',
  'language',
  'time_zone',
  'external_id',
  'tags',
  'attributes',
]

/** @returns writes a new contact, and tells where its id stands */
function makeRowWriter(job: ImportJob, secrets: Secrets, rows: CopyRows): (values: RowValues, phone: Phone) => number {
  const hashOf = keyHasher(secrets, job.workspaceId)
  const start = makeCopyRows(64)
  start.row(COLUMNS.length)
  start.uuid(job.workspaceId)
  start.uuid(job.id)
  const beginning = start.bytes()
  return (values, { e164, country }) => {
    const sendKey = phoneKey(e164)
    rows.raw(beginning)
    const idAt = rows.newId()
    rows.text(e164)
    rows.text(country)
    rows.text(sendKey)
    rows.hex(hashOf(sendKey))
    rows.bool(values.isActive ?? true)
    rows.bool(values.marketingOptIn)
    rows.text(values.firstName)
    rows.text(values.lastName)
    rows.text(values.email)
    rows.text(values.language)
    rows.text(values.timeZone)
    rows.text(values.externalId)
    rows.texts(tagsOf(job, values))
    rows.jsonb(values.attributes)
    return idAt
  }
}

export const tagsOf = (job: ImportJob, { tags }: RowValues): readonly string[] =>
  tags.length + job.options.tags.length < 2 ? [...tags, ...job.options.tags] : distinctTags([...tags, ...job.options.tags])
