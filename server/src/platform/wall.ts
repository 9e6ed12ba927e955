import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import { type Db, one, run, sql } from './db.ts'
import { guarded, type PoolOptions, poolConfig } from './pool.ts'

const workspaces = new AsyncLocalStorage<string>()

/** Everything `work` asks of a walled pool, also later and in answers that stream, is asked in this workspace. */
export const inWorkspace = <T>(workspaceId: string, work: () => T): T => workspaces.run(workspaceId, work)

/** The rest of a transaction happens in this workspace: for the one request that makes a new one. */
export const moveTo = (tx: Db, workspaceId: string): Promise<number> =>
  run(tx, sql`SELECT set_config('fanfare.workspace', ${workspaceId}, true)`)

/** Who requests are when the login of DATABASE_URL owns the tables. It exists in every database, so that no role must be made. */
const GUEST = 'pg_database_owner'

/**
 * Grants what requests need. For the owner of the tables, after migrations.
 * @param login the role of DATABASE_URL when it is another than the owner
 */
export async function letIn(owner: pg.Client, login: string | undefined): Promise<void> {
  for (const guest of [GUEST, ...(login === undefined ? [] : [login])]) await owner.query('SELECT let_in($1)', [guest])
}

/** The role of DATABASE_URL, when it is another than the owner's. */
export const loginOf = (url: string, owner: string): string | undefined => {
  const [login, other] = [url, owner].map((each) => decodeURIComponent(new URL(each).username))
  return login === other ? undefined : login
}

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, release: (error?: Error | boolean) => void) => void

/**
 * A pool whose connections see one workspace: the one of the request that holds them (`inWorkspace`), and outside of any, nothing. The
 * workspace is set when a connection changes hands between workspaces, so that a statement costs no further round trip.
 */
class WalledPool extends pg.Pool {
  /** Where each connection stands; one that is not here is new. */
  readonly #places = new WeakMap<pg.PoolClient, string>()

  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    const workspaceId = workspaces.getStore() ?? ''
    const entered = super.connect().then((client) => this.#enter(client, workspaceId))
    if (callback === undefined) return entered
    entered.then(
      (client) => callback(undefined, client, client.release.bind(client)),
      (error: Error) => callback(error, undefined, () => {}),
    )
    return undefined
  }

  async #enter(client: pg.PoolClient, workspaceId: string): Promise<pg.PoolClient> {
    const place = this.#places.get(client)
    if (place === workspaceId) return client
    this.#places.delete(client)
    try {
      if (place === undefined) await becomeGuest(client)
      await client.query(`SELECT set_config('fanfare.workspace', $1, false)`, [workspaceId])
    } catch (error) {
      client.release(error as Error) // a connection that stands we know not where is closed
      throw error
    }
    this.#places.set(client, workspaceId)
    return client
  }
}

/** Gives up the rights of the owner, if the login has them. */
async function becomeGuest(client: pg.PoolClient): Promise<void> {
  await client.query(`SELECT set_config('role', '${GUEST}', false) WHERE NOT row_security_active('workspace')`)
  const { walled } = await one<{ walled: boolean }>(client as Db, sql`SELECT row_security_active('workspace') AS walled`)
  if (!walled) throw new Error('row-level security does not hold for this connection')
}

export const makeWalledPool = (url: string, options: PoolOptions = {}): pg.Pool => guarded(new WalledPool(poolConfig(url, options)))

/**
 * The pools of a process: `system` sees every workspace; `pool` is for requests, behind the wall. Where the login may not give up the
 * owner's rights both are one, and the reason is returned.
 * @throws when the login of `system` does not see every workspace itself
 */
export async function openPools(
  urls: { readonly owner: string; readonly requests: string },
  options: Required<PoolOptions>,
): Promise<{ pool: pg.Pool; system: pg.Pool; missing?: string }> {
  const system = guarded(new pg.Pool(poolConfig(urls.owner, options)))
  const { walled } = await one<{ walled: boolean }>(system, sql`SELECT row_security_active('workspace') AS walled`)
  if (walled) throw new Error('MIGRATION_DATABASE_URL: needed, the role of DATABASE_URL does not own the tables.')
  const pool = makeWalledPool(urls.requests, options)
  try {
    await pool.query('SELECT 1 FROM workspace LIMIT 1')
    return { pool, system }
  } catch (error) {
    if ((error as { code?: string }).code !== NOT_ALLOWED) throw error
    await pool.end()
    return { pool: system, system, missing: (error as Error).message }
  }
}

/** insufficient_privilege */
const NOT_ALLOWED = '42501'
