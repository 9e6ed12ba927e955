import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { UsageError } from '../people/commands.ts'
import { many, maybeOne, one, sql } from '../platform/db.ts'
import { isUuid } from '../platform/ids.ts'
import { type ArchiveTable, type WorkspaceHeader, writeArchive } from './archive.ts'
import { CARRIED, type CarriedTable, LEFT_OUT } from './carried.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Writes one workspace, as it stands at one instant, into a compressed file that `importWorkspace` reads, here or in another installation.
 * No secret, key, user or password is in it; every contact is. Memory stays that of one chunk.
 *
 * A keyed hash of a person is bound to this workspace and this installation. Where the person is known (the suppression has a number, or a
 * contact the same hash) the person goes along and is hashed anew. A hash of somebody who was erased cannot be told to anybody else, so the
 * export refuses, unless the caller leaves these behind knowing that such a person can come back by a list.
 * @param url an owner's: it must see every row
 */
export async function exportWorkspace(
  url: string,
  workspaceId: string,
  file: string,
  options: { readonly leavesErased?: boolean } = {},
): Promise<{ readonly name: string; readonly leftBehind: number; readonly bytes: number }> {
  const client = new pg.Client({ connectionString: url, application_name: 'fanfare-export' })
  client.on('error', () => {})
  await client.connect()
  const unfinished = `${file}.part`
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const header = await headerOf(client, workspaceId)
    if (header.leftBehind > 0 && !options.leavesErased)
      throw new UsageError(
        `${header.leftBehind} suppressions are of people whose number is not known here any more, such as the erased. No other workspace can ` +
          'recognise them, so they would be messaged again if a list brings them back. With --without-erased they are left behind.',
      )
    let bytes = 0
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        done(null, chunk)
      },
    })
    const copyOut = (table: ArchiveTable): AsyncIterable<Buffer> => client.query(copyTo(`COPY (${rowsOf(table, workspaceId)}) TO STDOUT`))
    await pipeline(
      writeArchive(header, copyOut),
      createGzip({ level: 6 }),
      counted,
      createWriteStream(unfinished, { mode: 0o600, flush: true }),
    )
    await client.query('COMMIT')
    await rename(unfinished, file)
    return { name: header.name, leftBehind: header.leftBehind, bytes }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  } finally {
    await client.end()
  }
}

async function headerOf(client: pg.Client, workspaceId: string): Promise<WorkspaceHeader> {
  const workspace = isUuid(workspaceId)
    ? await maybeOne<{ name: string }>(client, sql`SELECT name FROM workspace WHERE id = ${workspaceId}`)
    : undefined
  if (workspace === undefined) throw new UsageError(`There is no workspace ${workspaceId}.`)
  const waiting = await maybeOne(
    client,
    sql`SELECT 1 FROM opt_out_fact WHERE workspace_id = ${workspaceId} AND NOT is_unlinked
        UNION ALL SELECT 1 FROM webhook_inbox WHERE workspace_id = ${workspaceId} LIMIT 1`,
  )
  if (waiting !== undefined) throw new UsageError('Webhooks of this workspace wait to be applied, opt-outs perhaps: try again in a moment.')
  const { schema } = await one<{ schema: number }>(client, sql`SELECT max(version)::int AS schema FROM schema_migration`)
  const { n } = await one<{ n: number }>(
    client,
    sql`SELECT ((SELECT count(*) FROM suppression s WHERE s.workspace_id = ${workspaceId} AND s.phone_e164 IS NULL
                    AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.workspace_id = s.workspace_id AND c.key_hash = s.key_hash))
              + (SELECT count(*) FROM topic_suppression s WHERE s.workspace_id = ${workspaceId}
                    AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.workspace_id = s.workspace_id AND c.key_hash = s.key_hash)))::int AS n`,
  )
  const tables = await many<{ name: CarriedTable; columns: string[] }>(
    client,
    sql`SELECT c.relname AS name, ARRAY(SELECT attname::text FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns
          FROM pg_class c JOIN unnest(${CARRIED}::text[]) WITH ORDINALITY AS carried (name, place) ON carried.name = c.relname
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY place`,
  )
  return {
    format: 'fanfare-workspace',
    version: 1,
    schema,
    madeAt: new Date().toISOString(),
    workspaceId,
    name: workspace.name,
    leftBehind: n,
    tables: tables.map(({ name, columns }) => ({
      name,
      columns: [
        ...columns.filter((column) => !LEFT_OUT[name]?.includes(column)),
        ...(name === 'suppression' || name === 'topic_suppression' ? ['send_key'] : []), // whom it keeps out
      ],
    })),
  }
}

const ONLY: Readonly<Record<string, string>> = {
  contact_import: ` AND status IN ('Completed', 'Failed', 'Cancelled')`,
  opt_out_fact: ' AND is_unlinked',
}

/** The query of a table's rows; names come from the catalogue, the id was checked. */
function rowsOf({ name, columns }: ArchiveTable, workspaceId: string): string {
  const here = `'${workspaceId}'::uuid`
  if (name === 'workspace') return `SELECT ${columns.map(quoted).join(', ')} FROM workspace WHERE id = ${here}`
  const isHashed = name === 'suppression' || name === 'topic_suppression'
  if (!isHashed) {
    const only = ONLY[name] ?? ''
    return `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(name)} WHERE workspace_id = ${here}${only}`
  }
  const own = columns.filter((column) => column !== 'send_key').map((column) => `s.${quoted(column)}`)
  return `SELECT ${own.join(', ')}, k.send_key FROM ${quoted(name)} s
            LEFT JOIN (SELECT key_hash, min(send_key) AS send_key FROM contact WHERE workspace_id = ${here} AND key_hash IS NOT NULL GROUP BY 1) k
                   ON k.key_hash = s.key_hash
           WHERE s.workspace_id = ${here} AND (k.send_key IS NOT NULL${name === 'suppression' ? ' OR s.phone_e164 IS NOT NULL' : ''})`
}
