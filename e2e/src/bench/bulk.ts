import pg from 'pg'

/** Writes very many rows fast: on two connections, in stretches, with the indexes made afterwards. For histories that nobody would wait for. */

const CONNECTIONS = 2

/** Stretches [from, to] of 1 … count. */
export const stretches = (count: number, size: number): { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(count / size) }, (_, n) => ({ from: n * size + 1, to: Math.min(count, (n + 1) * size) }))

/** Runs the tasks in order on a few connections whose commits do not wait for the disk; the log of changes stays short. */
export async function together(url: string, tasks: readonly ((client: pg.Client) => Promise<unknown>)[]): Promise<void> {
  const waiting = [...tasks]
  const drive = async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '400MB'; SET work_mem = '128MB'`)
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        await task(client)
        await client.query('CHECKPOINT')
      }
    } finally {
      await client.end()
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, drive))
}

interface Index {
  readonly name: string
  readonly definition: string
  /** Of the constraint it serves; null: an index of its own. */
  readonly constraint: string | null
  readonly kind: 'PRIMARY KEY' | 'UNIQUE'
}

/** Takes the indexes away while the rows are written, and makes them again as they were; a primary key that others refer to stays. */
export async function withoutIndexes(url: string, client: pg.Client, tables: readonly string[], write: () => Promise<void>): Promise<void> {
  const taken: (Index & { readonly table: string })[] = []
  for (const table of tables) {
    const { rows } = await client.query<Index>(
      `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition, c.conname AS constraint,
              CASE WHEN i.indisprimary THEN 'PRIMARY KEY' ELSE 'UNIQUE' END AS kind
         FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
        WHERE i.indrelid = $1::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conindid = i.indexrelid AND f.contype = 'f') ORDER BY 1`,
      [table],
    )
    for (const index of rows) {
      await client.query(
        index.constraint === null ? `DROP INDEX ${index.name}` : `ALTER TABLE ${table} DROP CONSTRAINT "${index.constraint}"`,
      )
      taken.push({ ...index, table })
    }
  }
  await write()
  // an index and a constraint of one table lock each other out: constraints take the index that was made before
  await together(
    url,
    taken.map(
      ({ definition }) =>
        (on) =>
          on.query(definition),
    ),
  )
  for (const { table, name, constraint, kind } of taken)
    if (constraint !== null) await client.query(`ALTER TABLE ${table} ADD CONSTRAINT "${constraint}" ${kind} USING INDEX ${name}`)
}
