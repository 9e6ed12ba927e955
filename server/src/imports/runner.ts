import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { type Applied, applyBatch, UNIQUE_VIOLATION } from './apply.ts'
import { areApart, type ImportJob, type ImportOptions, type Prepared, prepareBatch } from './prepare.ts'
import type { Dialect } from './records.ts'

const LOOK_EVERY_MS = 400
const LOCK_CLASS = 0x696d7074

/** Of the runners of this process. */
const looks = new Set<() => void>()
/** An upload is complete: whoever imports in this process looks at once, others within their interval. */
export function wakeImports(): void {
  for (const look of looks) look()
}

/**
 * Applies staged imports, one at a time in this process. An advisory lock on a connection of its own says who has an import: when a
 * process dies its lock goes with it, and the next one goes on behind the last applied line.
 */
export function startImports(deps: Deps): { stop(): Promise<void> } {
  let isStopping = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isLooking = false
  const look = () => {
    if (isLooking || isStopping) return
    isLooking = true
    clearTimeout(timer)
    running = runImportsOnce(deps, () => isStopping)
      .catch((error: unknown) => deps.log.warn({ err: error }, 'imports will be looked at again'))
      .then(() => {
        isLooking = false
        if (!isStopping) timer = setTimeout(look, LOOK_EVERY_MS)
      })
  }
  looks.add(look)
  look()
  return {
    async stop() {
      isStopping = true
      looks.delete(look)
      clearTimeout(timer)
      await running
    },
  }
}

/**
 * Applies everything that is staged and not in other hands.
 * @param onHeld told how many rows are in memory, each time that may have grown
 */
export async function runImportsOnce(
  deps: Deps,
  isStopping: () => boolean = () => false,
  onHeld: (rows: number) => void = () => {},
): Promise<void> {
  const waiting = await many<{ workspace_id: string; id: string }>(
    deps.pool,
    sql`SELECT workspace_id, id FROM contact_import WHERE status IN ('Queued', 'Running') ORDER BY created_at LIMIT 20`,
  )
  for (const { workspace_id, id } of waiting)
    if (!isStopping()) await withLock(deps, id, () => runImport(deps, workspace_id, id, isStopping, onHeld))
}

async function withLock(deps: Deps, id: string, work: () => Promise<void>): Promise<void> {
  const client = await deps.pool.connect()
  try {
    const { free } = await one<{ free: boolean }>(
      client as Db,
      sql`SELECT pg_try_advisory_lock(${LOCK_CLASS}::int, hashtext(${id})) AS free`,
    )
    if (!free) return
    try {
      await work()
    } finally {
      await run(client as Db, sql`SELECT pg_advisory_unlock(${LOCK_CLASS}::int, hashtext(${id}))`)
    }
  } finally {
    client.release()
  }
}

async function runImport(
  deps: Deps,
  workspaceId: string,
  id: string,
  isStopping: () => boolean,
  onHeld: (rows: number) => void,
): Promise<void> {
  const { pool, log } = deps
  const started = await maybeOne<{ dialect: Dialect; mapping: string[]; options: ImportOptions; appliedLine: number }>(
    pool,
    sql`UPDATE contact_import SET status = 'Running', started_at = coalesce(started_at, now())
         WHERE workspace_id = ${workspaceId} AND id = ${id} AND status IN ('Queued', 'Running') RETURNING dialect, mapping, options, applied_line AS "appliedLine"`,
  )
  if (started === undefined) return
  const where = sql`workspace_id = ${workspaceId} AND id = ${id} AND status = 'Running'`
  try {
    const job = { workspaceId, id, dialect: started.dialect, columns: started.mapping, options: started.options }
    if (!(await applyChunks(deps, job, started.appliedLine, isStopping, onHeld))) return
    await run(
      pool,
      sql`UPDATE contact_import SET status = 'Completed', completed_at = now() WHERE ${where} AND NOT EXISTS (
                 SELECT 1 FROM contact_import_chunk r WHERE r.workspace_id = ${workspaceId} AND r.import_id = ${id} AND r.last_line > applied_line)`,
    )
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (!/^2[23]/.test(code) || code === UNIQUE_VIOLATION) throw error // the store is away or busy: another round
    log.error({ err: error, importId: id }, 'import failed')
    await run(
      pool,
      sql`UPDATE contact_import SET status = 'Failed', completed_at = now(), failure = 'A value could not be stored.' WHERE ${where}`,
    )
  }
  await run(
    pool,
    sql`DELETE FROM contact_import_chunk r WHERE r.workspace_id = ${workspaceId} AND r.import_id = ${id}
           AND EXISTS (SELECT 1 FROM contact_import i WHERE i.workspace_id = r.workspace_id AND i.id = r.import_id AND i.status <> 'Running')`,
  )
}

/**
 * Applies chunk after chunk, each in its own transaction: while one is stored the next is stored beside it on a second connection, unless they
 * share a number, and the one after that is read and checked. They are committed in the order of the file.
 * @returns false when it stopped because the process does
 */
async function applyChunks(
  { pool, secrets }: Deps,
  job: ImportJob,
  appliedLine: number,
  isStopping: () => boolean,
  onHeld: (rows: number) => void,
): Promise<boolean> {
  let before: { readonly chunk: Prepared; readonly done: Promise<Applied | undefined> } | undefined
  let looks = true // until chunks come of which no number was stored, and again once one was
  let isFirst = true
  let chunk = await prepareBatch(pool, secrets, job, appliedLine)
  try {
    while (chunk !== undefined) {
      if (before !== undefined && !areApart(before.chunk, chunk)) await before.done
      const done = applyBatch(pool, job, chunk, { looks, before: before?.done ?? Promise.resolve() })
      done.catch(() => {}) // told below, when its turn comes
      const earlier: typeof before = before
      before = { chunk, done }
      const [applied, following]: [Applied | undefined, Prepared | undefined] = await Promise.all([
        earlier?.done,
        prepareBatch(pool, secrets, job, chunk.lastLine),
      ])
      onHeld((earlier?.chunk.rows ?? 0) + chunk.rows + (following?.rows ?? 0))
      if (isStopping()) return false
      if (earlier !== undefined) {
        if (applied === undefined) break // cancelled
        looks = applied.metStored || (looks && !isFirst)
        isFirst = false
      }
      chunk = following
    }
    await before?.done
    return true
  } finally {
    await before?.done.catch(() => {}) // nothing is under way when the lock is given back
  }
}
