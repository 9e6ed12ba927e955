import type pg from 'pg'

/** Every way in which a text may lie about: plain, in any letter case, percent-encoded, hex, or inside base64 at any of its three phases. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].map((phase) => {
    const padded = Buffer.concat([Buffer.alloc(phase), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    return padded.slice(Math.ceil((phase * 4) / 3), Math.floor(((phase + bytes.length) * 8) / 6)) // whole characters of ours alone
  })
  const url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([text, encodeURIComponent(text), bytes.toString('hex'), ...base64, ...url])].map((form) => form.toLowerCase())
}

/** The needles that stand anywhere in a text, in any of their forms. */
export function found(haystack: string, needles: readonly string[]): string[] {
  const lower = haystack.toLowerCase()
  return needles.filter((needle) => formsOf(needle).some((form) => lower.includes(form)))
}

/** Reads every column of every table and says where the needles stand: `table: needle`. */
export async function searchTables(pool: pg.Pool, needles: readonly string[]): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  )
  const places: string[] = []
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`)
    const text = rows.map(({ row }) => row.replaceAll('\\\\x', '')).join('\n')
    places.push(...found(text, needles).map((needle) => `${name}: ${needle}`))
  }
  return places
}
