import pg from 'pg'

/** int8 and numeric counts fit a double here: ids are UUIDs, and no counter of ours passes 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)

export interface PoolOptions {
  readonly max?: number
  readonly name?: string
}

export const poolConfig = (url: string, options: PoolOptions): pg.PoolConfig => ({
  connectionString: url,
  max: options.max ?? 20,
  application_name: options.name ?? 'fanfare',
  connectionTimeoutMillis: 5_000,
  idleTimeoutMillis: 30_000,
  keepAlive: true,
  pipeline: true,
})

/**
 * A pool that survives the store's absence: connections that break are dropped quietly, idle or in the middle of a transaction; the next
 * query says so. Without a listener of its own a connection in use that is reset would end the process.
 */
export function guarded(pool: pg.Pool): pg.Pool {
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

export const makePool = (url: string, options: PoolOptions = {}): pg.Pool => guarded(new pg.Pool(poolConfig(url, options)))
