import pg from 'pg'

/** int8 and numeric counts fit a double here: ids are UUIDs, and no counter of ours passes 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)

/** A pool that survives the store's absence: idle connections that break are dropped quietly, the next query says so. */
export function makePool(url: string, options: { readonly max?: number; readonly name?: string } = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 20,
    application_name: options.name ?? 'fanfare',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  })
  pool.on('error', () => {})
  return pool
}
