import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { sealAccount } from '../accounts/queries.ts'
import { keyHasher, phoneKey } from '../contacts/identity.ts'
import { audit } from '../platform/audit.ts'
import { many, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { readMigrations } from '../platform/migrate.ts'
import type { Secrets } from '../platform/secrets.ts'
import { ArchiveError, ArchiveReader, type ArchiveTable, type WorkspaceHeader } from './archive.ts'
import { CARRIED } from './carried.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Makes a new workspace of an export, whole or not at all. Nothing in it sends: accounts and numbers come disconnected and without a token,
 * Scheduled becomes Draft, Running is held as `restored`, recurrences are paused, approvals and confirmations are gone. Every id is made anew, so that the
 * workspace may stand beside the one it came from.
 * @throws ArchiveError for a file that is none of ours, is damaged, or comes from another version
 */
export async function importWorkspace(
  url: string,
  secrets: Secrets,
  file: string,
  options: { readonly name?: string | undefined } = {},
): Promise<{ readonly workspaceId: string; readonly name: string; readonly leftBehind: number }> {
  const source = createReadStream(file).pipe(createGunzip())
  const client = new pg.Client({ connectionString: url, application_name: 'fanfare-import' })
  client.on('error', () => {})
  try {
    const reader = new ArchiveReader(source)
    const header = await reader.header('fanfare-workspace')
    const newest = Math.max(...readMigrations().map(({ version }) => version))
    if (header.schema !== newest)
      throw new ArchiveError(
        `This export has schema ${header.schema}, this program ${newest}: bring both installations to the same version and export again.`,
      )
    await client.connect()
    await client.query('BEGIN')
    const workspaceId = newId()
    const name = (options.name ?? header.name).slice(0, 200)
    const types = await typesOf(client)
    const { accessToken } = await sealAccount(secrets, workspaceId, { accessToken: '' })
    const move = { header, workspaceId, name, secrets, noToken: `\\\\x${accessToken?.toString('hex')}` }
    for (const table of header.tables) await fill(client, table, types, reader, move)
    await reader.end()
    await client.query(
      `INSERT INTO hold (workspace_id, scope, scope_id, reason, detail)
       SELECT workspace_id, 'campaign', id::text, 'restored', 'This campaign was under way when its workspace was exported. What went out since is not known here.'
         FROM campaign WHERE workspace_id = $1 AND status = 'Running'`,
      [workspaceId],
    )
    const actor = {
      workspaceId,
      actor: { type: 'system' as const, id: null, name: 'Command line' },
      address: null,
      requestId: 'command line',
    }
    const detail = { from: header.workspaceId, madeAt: header.madeAt, leftBehind: header.leftBehind }
    await audit(client, actor, { action: 'workspace.import', objectType: 'Workspace', objectId: workspaceId, detail })
    await client.query('COMMIT')
    return { workspaceId, name, leftBehind: header.leftBehind }
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') throw new ArchiveError('This file is not a Fanfare export, or it is damaged.')
    throw error
  } finally {
    source.destroy()
    await client.end().catch(() => {})
  }
}

/** Types of the carried tables' columns. */
async function typesOf(client: pg.Client): Promise<Map<string, string>> {
  const rows = await many<{ place: string; type: string }>(
    client,
    sql`SELECT table_name || '.' || column_name AS place, data_type::text AS type FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = ANY(${CARRIED}::text[])`,
  )
  return new Map(rows.map(({ place, type }) => [place, type]))
}

interface Move {
  readonly header: WorkspaceHeader
  readonly workspaceId: string
  readonly name: string
  readonly secrets: Secrets
  /** COPY text. */
  readonly noToken: string
}

async function fill(client: pg.Client, table: ArchiveTable, types: Map<string, string>, reader: ArchiveReader, move: Move): Promise<void> {
  const isHashed = table.name === 'suppression' || table.name === 'topic_suppression'
  const stored = table.columns.filter((column) => !(isHashed && column === 'send_key'))
  if (!(CARRIED as readonly string[]).includes(table.name) || stored.some((column) => !types.has(`${table.name}.${column}`)))
    throw new ArchiveError('This export holds something that this program does not know.')
  const into = [
    ...stored,
    ...(isHashed || table.name === 'contact' ? ['key_hash'] : []),
    ...(table.name === 'whatsapp_account' ? ['access_token_sealed'] : []),
  ]
  const rows = rowMover(table, types, move)
  await pipeline(
    Readable.from(moved(reader.rows(), rows), { objectMode: false }),
    client.query(copyFrom(`COPY ${quoted(table.name)} (${into.map(quoted).join(', ')}) FROM STDIN`)),
  )
}

/** Whole lines of COPY text, each moved; a row never holds a bare line feed. */
async function* moved(chunks: AsyncIterable<Buffer>, row: (cells: string[]) => string[]): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = all.lastIndexOf(10) + 1
    rest = all.subarray(end)
    if (end === 0) continue
    const lines = all.toString('utf8', 0, end - 1).split('\n')
    yield Buffer.from(`${lines.map((line) => row(line.split('\t')).join('\t')).join('\n')}\n`)
  }
  if (rest.length > 0) throw new ArchiveError('This export is damaged.')
}

const NULL = '\\N'
/** JSON that names rows by their ids. */
const HOLDS_IDS = new Set([
  'campaign.contact_filter',
  'segment.filter',
  'recurrence.content',
  'experiment.contact_filter',
  'experiment.variants',
])
/** They name people or things that did not come along. */
const GONE = new Set(['created_by_id', 'approved_version', 'confirmed_audience_max', 'confirmed_content'])
/** Everything else that must not be as it was: nothing here may send. */
const SETTLED: Readonly<Record<string, (value: string, now: string) => string>> = {
  'whatsapp_account.removed_at': (value, now) => (value === NULL ? now : value),
  'phone_number.removed_at': (value, now) => (value === NULL ? now : value),
  'campaign.status': (value) => (value === 'Scheduled' ? 'Draft' : value),
  'recurrence.is_paused': () => 't',
  'experiment.status': (value) => (value === 'Starting' || value === 'Testing' ? 'Cancelled' : value),
  'opt_out_fact.inbox_id': (value) => (value.startsWith('-') ? value : `-${value}`), // no webhook that comes here has that number
}

function rowMover({ name: table, columns }: ArchiveTable, types: Map<string, string>, move: Move): (cells: string[]) => string[] {
  const { header, workspaceId, secrets } = move
  const now = new Date().toISOString()
  const id = idMover(header.workspaceId, workspaceId)
  const sendKeyAt = columns.indexOf('send_key')
  const phoneAt = columns.indexOf('phone_e164')
  const cell = columns.map((column): ((value: string) => string) => {
    const place = `${table}.${column}`
    const type = types.get(place)
    const settle = SETTLED[place]
    if (GONE.has(column)) return () => NULL
    if (place === 'workspace.name') return () => escaped(move.name)
    if (place === 'opt_out_fact.key') return (value) => (UUID.test(value) ? id(value) : value) // of a topic: a contact's id
    if (settle !== undefined) return (value) => settle(value, now)
    if (type === 'uuid') return (value) => (value === NULL ? value : id(value))
    if (HOLDS_IDS.has(place))
      return (value) => (value === NULL ? value : escaped(JSON.stringify(idsMoved(JSON.parse(unescaped(value)), id))))
    return (value) => value
  })
  const hashOf = keyHasher(secrets, workspaceId)
  const hash = (sendKey: string) => (sendKey === NULL ? NULL : `\\\\x${hashOf(unescaped(sendKey))}`)
  return (cells) => {
    if (cells.length !== columns.length) throw new ArchiveError('This export is damaged.')
    const values = cells.map((value, i) => cell[i]?.(value) ?? value)
    if (table === 'contact') return [...values, hash(cells[sendKeyAt] ?? NULL)]
    if (table === 'whatsapp_account') return [...values, move.noToken]
    if (table !== 'suppression' && table !== 'topic_suppression') return values
    const phone = phoneAt < 0 ? NULL : (cells[phoneAt] ?? NULL)
    return [...values.filter((_, i) => i !== sendKeyAt), hash(phone === NULL ? (cells[sendKeyAt] ?? NULL) : phoneKey(phone))]
  }
}

/**
 * Another id for each id, the same for the same, with the same time in front: what is ordered by id stays in order.
 * The workspace's own becomes the new workspace's.
 */
export function idMover(from: string, to: string): (id: string) => string {
  return (id) => {
    if (id === from) return to
    if (id === '00000000-0000-0000-0000-000000000000') return id // the topic that is none
    const hash = createHash('sha256').update(`${to}\n${id}`).digest('hex')
    return `${id.slice(0, 15)}${hash.slice(0, 3)}-${id.slice(19, 20)}${hash.slice(3, 6)}-${hash.slice(6, 18)}`
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Moves ids in filters and contents: what stands under a name that ends in Id or Ids. What people call their own (externalId) stays. */
function idsMoved(value: unknown, id: (id: string) => string, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => idsMoved(each, id, name))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, idsMoved(each, id, key)]))
  return typeof value === 'string' && /(^id|Ids?)$/.test(name) && !/^external/.test(name) && UUID.test(value) ? id(value) : value
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const unescaped = (text: string): string => text.replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter)
const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
