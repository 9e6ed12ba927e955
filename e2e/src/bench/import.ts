import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { peopleCsv } from '../people.ts'
import { importCsv } from '../world.ts'
import { costEach } from './gauge.ts'
import type { Report } from './report.ts'
import { FULL, type Sizes } from './sizes.ts'
import { type Stand, withStand } from './stand.ts'
import { median } from './statistics.ts'

const COLUMNS =
  'workspace_id, id, phone_e164, send_key, key_hash, first_name, last_name, country, tags, attributes, is_active, import_id, created_at, updated_at'

/**
 * A large CSV file through the product, from its upload until every row is stored; in turn with it PostgreSQL's COPY of the same file into a
 * table without any index, and of the contacts that came of it into a table with all that contacts have.
 */
export async function measureImport(report: Report, sizes: Sizes): Promise<void> {
  const rows = sizes.importRows
  const csv = [...peopleCsv(rows)].join('')
  await withStand(report, { latencyMs: 0 }, async (stand) => {
    const ours: number[] = []
    const peaks: number[] = []
    const bare: number[] = []
    const indexed: number[] = []
    let note = ''
    for (let round = 0; round < sizes.rounds; round++) {
      await stand.client.query('TRUNCATE contact CASCADE')
      const end = stand.gauge.begin()
      await importCsv(stand.world.api, csv, rows)
      const reading = end()
      ours.push(reading.seconds)
      peaks.push(reading.peakMb)
      note = costEach(reading, rows, 'row')
      const stored = (await stand.client.query<{ n: number }>('SELECT count(*)::int AS n FROM contact')).rows[0]?.n
      report.mustBe(`round ${round + 1}: every row is a contact`, stored === rows, `${stored} of ${rows}`)
      bare.push(await copyFile(stand, csv))
      indexed.push(await copyContacts(stand))
    }
    const key = (name: string) => (rows >= FULL.importRows ? name : undefined)
    const what = `import of ${rows.toLocaleString('en')} CSV rows`
    report.row({ what, value: median(ours), unit: 's', key: key('import.seconds'), note })
    report.row({ what: '… memory of the server process, peak', value: Math.max(...peaks), unit: 'MB', key: key('import.memory') })
    report.row({ what: '… raw COPY of the file, no index', value: median(bare), unit: 's' })
    report.row({ what: '… raw COPY of the contacts, with all indexes of contacts', value: median(indexed), unit: 's' })
    report.series('import (s)', ours)
    report.series('raw COPY (s)', bare)
    report.series('raw COPY with indexes (s)', indexed)
  })
}

/** @returns seconds */
async function copyFile({ client }: Stand, csv: string): Promise<number> {
  await client.query('DROP TABLE IF EXISTS bare_file')
  await client.query('CREATE TABLE bare_file (phone text, first_name text, last_name text, city text, tags text)')
  const begunMs = performance.now()
  await pipeline(Readable.from(pieces(csv)), client.query(copyFrom('COPY bare_file FROM STDIN (FORMAT csv, HEADER)')))
  return (performance.now() - begunMs) / 1_000
}

/** @returns seconds, reading them included */
async function copyContacts({ client, database }: Stand): Promise<number> {
  await client.query('DROP TABLE IF EXISTS bare_contact')
  await client.query('CREATE TABLE bare_contact (LIKE contact INCLUDING ALL)')
  const reader = new pg.Client({ connectionString: database.url })
  await reader.connect()
  try {
    const begunMs = performance.now()
    await pipeline(
      reader.query(copyTo(`COPY contact (${COLUMNS}) TO STDOUT`)),
      client.query(copyFrom(`COPY bare_contact (${COLUMNS}) FROM STDIN`)),
    )
    return (performance.now() - begunMs) / 1_000
  } finally {
    await reader.end()
  }
}

function* pieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 65_536) yield text.slice(at, at + 65_536)
}
