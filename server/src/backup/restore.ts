import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { holdRestored } from '../dispatch/epoch.ts'
import { maybeOne, sql } from '../platform/db.ts'
import { migrate, readMigrations } from '../platform/migrate.ts'
import { ArchiveError, ArchiveReader, type ArchiveTable } from './archive.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Brings a backup into an empty database, whole or not at all, and then to this program's schema. Everything comes up held with reason
 * `restored` (delivery.md §1, promise 10): messages may have gone out after the backup that it does not know of, so a person decides.
 * @throws ArchiveError for a file that is none of ours, is damaged, or is newer than this program; and for a database that is in use
 */
export async function restore(url: string, file: string): Promise<{ readonly madeAt: string; readonly tables: number }> {
  const source = createReadStream(file).pipe(createGunzip())
  const reader = new ArchiveReader(source)
  try {
    const header = await reader.header()
    const newest = Math.max(...readMigrations().map(({ version }) => version))
    if (header.schema > newest)
      throw new ArchiveError(`This backup has schema ${header.schema}, this program knows ${newest}: restore it with the newer program.`)
    await refuseUsed(url)
    await migrate(url, { upTo: header.schema })
    const client = new pg.Client({ connectionString: url, application_name: 'fanfare-restore' })
    client.on('error', () => {})
    await client.connect()
    try {
      await client.query('BEGIN')
      for (const table of header.tables) await fill(client, table, reader)
      await reader.end()
      for (const { name, lastValue, isCalled } of header.sequences)
        await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [quoted(name), lastValue, isCalled])
      await holdRestored(client, 'This database was restored from a backup. Messages that went out after it was made are not known here.')
      await client.query('COMMIT')
    } finally {
      await client.end()
    }
    await migrate(url)
    return { madeAt: header.madeAt, tables: header.tables.length }
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') throw new ArchiveError('This file is not a Fanfare backup, or it is damaged.')
    throw error
  } finally {
    source.destroy()
  }
}

/** A database that holds somebody's data is not written over. */
async function refuseUsed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'fanfare-restore' })
  client.on('error', () => {})
  await client.connect()
  try {
    const known = await maybeOne(client, sql`SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1`)
    if (known !== undefined) throw new ArchiveError('This database is in use already. Restore into an empty one.')
  } finally {
    await client.end()
  }
}

async function fill(client: pg.Client, table: ArchiveTable, reader: ArchiveReader): Promise<void> {
  const columns = table.columns.map(quoted).join(', ')
  await pipeline(
    Readable.from(reader.rows(), { objectMode: false }),
    client.query(copyFrom(`COPY ${quoted(table.name)} (${columns}) FROM STDIN`)),
  )
}
