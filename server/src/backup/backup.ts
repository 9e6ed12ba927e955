import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { many, one, sql } from '../platform/db.ts'
import { type ArchiveHeader, type ArchiveTable, writeArchive } from './archive.ts'

/** Of the installation, not of its data: the restore makes them anew, the count as contacts come in. */
const LEFT_OUT = ['schema_migration', 'contact_count']

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Writes everything the database holds into one compressed file, as it stands at one instant: campaigns may go on running meanwhile.
 * The file appears under its name only when it is whole. Secrets stay sealed: without ENCRYPTION_KEY nobody can read them.
 * @param url an owner's: it must see every row
 */
export async function backUp(url: string, file: string): Promise<{ readonly tables: number; readonly bytes: number }> {
  const client = new pg.Client({ connectionString: url, application_name: 'fanfare-backup' })
  client.on('error', () => {})
  await client.connect()
  const unfinished = `${file}.part`
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const header = await headerOf(client)
    let bytes = 0
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        done(null, chunk)
      },
    })
    const copyOut = (table: ArchiveTable): AsyncIterable<Buffer> =>
      client.query(copyTo(`COPY ${quoted(table.name)} (${table.columns.map(quoted).join(', ')}) TO STDOUT`))
    await pipeline(
      writeArchive(header, copyOut),
      createGzip({ level: 6 }),
      counted,
      createWriteStream(unfinished, { mode: 0o600, flush: true }),
    )
    await client.query('COMMIT')
    await rename(unfinished, file)
    return { tables: header.tables.length, bytes }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  } finally {
    await client.end()
  }
}

async function headerOf(client: pg.Client): Promise<ArchiveHeader> {
  const { schema } = await one<{ schema: number }>(client, sql`SELECT coalesce(max(version), 0)::int AS schema FROM schema_migration`)
  const names = await many<{ name: string }>(
    client,
    sql`SELECT sequencename AS name FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1`,
  )
  const sequences = []
  for (const { name } of names) {
    const { rows } = await client.query<{ lastValue: string; isCalled: boolean }>(
      `SELECT last_value::text AS "lastValue", is_called AS "isCalled" FROM ${quoted(name)}`,
    )
    sequences.push({ name, lastValue: rows[0]?.lastValue ?? '1', isCalled: rows[0]?.isCalled ?? false })
  }
  return {
    format: 'fanfare-backup',
    version: 1,
    schema,
    madeAt: new Date().toISOString(),
    tables: await tablesInOrder(client),
    sequences,
  }
}

/** Every table with the columns that are stored rather than computed; a table comes after those its foreign keys name. */
async function tablesInOrder(client: pg.Client): Promise<ArchiveTable[]> {
  const tables = await many<ArchiveTable & { readonly needs: string[] }>(
    client,
    sql`SELECT c.relname AS name,
               ARRAY(SELECT attname::text FROM pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
               ARRAY(SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
                      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS needs
          FROM pg_class c
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relname = ANY(${LEFT_OUT}::text[])
         ORDER BY c.relname`,
  )
  const ordered: ArchiveTable[] = []
  let open = tables
  while (open.length > 0) {
    const ready = open.filter(({ needs }) => needs.every((name) => !open.some((table) => table.name === name)))
    if (ready.length === 0) throw new Error(`The tables ${open.map(({ name }) => name).join(', ')} refer to each other in a circle.`)
    ordered.push(...ready.map(({ name, columns }) => ({ name, columns })))
    open = open.filter((table) => !ready.includes(table))
  }
  return ordered
}
