import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Db, maybeOne, one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { inTransaction } from '../platform/transaction.ts'

const epochFile = (dataDir: string): string => join(dataDir, 'epoch')

/** Keeps the database's age outside of it (delivery.md §4). */
export interface Epoch {
  /** The database grows one epoch older, and this host remembers: called every few seconds while messages are sent. */
  advance(): Promise<void>
}

/**
 * Compares the database with what is remembered outside of it: the highest epoch this host saw (DATA_DIR) and the operator's INSTALL_EPOCH.
 * A database behind what was seen is a restored copy, and another mark is a clone: every number is held as `restored`, once, so that
 * nothing is sent before a person looked.
 */
export async function openEpoch(deps: Pick<Deps, 'config' | 'pool' | 'install' | 'log'>): Promise<Epoch> {
  const { pool, config, install, log } = deps
  const file = epochFile(config.DATA_DIR)
  const seen = await seenEpoch(config.DATA_DIR, install.id)
  const epoch = await inTransaction(
    pool,
    async (tx) => {
      const known = await maybeOne<{ epoch: number; mark: string | null }>(
        tx,
        sql`SELECT epoch, epoch_mark AS mark FROM install WHERE id = ${install.id} FOR UPDATE`,
      )
      if (known === undefined) return undefined
      const isBehind = seen !== undefined && seen > known.epoch
      const isMarkedAnew = config.INSTALL_EPOCH !== undefined && known.mark !== null && known.mark !== config.INSTALL_EPOCH
      if (isBehind || isMarkedAnew) {
        const held = await holdRestored(
          tx,
          isBehind
            ? 'This database is older than what was already sent from it: it was restored from a backup or copied.'
            : 'INSTALL_EPOCH changed: this database was restored or copied.',
        )
        log.warn({ seen, epoch: known.epoch, held }, 'the database is not the one that was last used: every number is held')
      }
      const next = await one<{ epoch: number }>(
        tx,
        sql`UPDATE install SET epoch = greatest(epoch, ${seen ?? 0}::bigint) + 1, epoch_mark = coalesce(${config.INSTALL_EPOCH ?? null}, epoch_mark)
             WHERE id = ${install.id} RETURNING epoch`,
      )
      return next.epoch
    },
    { durable: true },
  )
  if (epoch !== undefined) await writeEpoch(deps, file, epoch)
  return {
    async advance() {
      const next = await inTransaction(
        pool,
        (tx) => maybeOne<{ epoch: number }>(tx, sql`UPDATE install SET epoch = epoch + 1 WHERE id = ${install.id} RETURNING epoch`),
        { durable: true },
      )
      if (next !== undefined) await writeEpoch(deps, file, next.epoch)
    },
  }
}

/** Holds every number of every workspace until a person looked. Returns how many. */
export const holdRestored = (db: Db, detail: string): Promise<number> =>
  run(
    db,
    sql`INSERT INTO hold (workspace_id, scope, scope_id, reason, detail)
        SELECT workspace_id, 'number', id::text, 'restored', ${detail} FROM phone_number WHERE removed_at IS NULL
        ON CONFLICT (workspace_id, scope, scope_id, reason) DO UPDATE SET detail = excluded.detail, since = now(), auto_resume_at = NULL`,
  )

/** The highest epoch of this installation that this host saw; undefined: none, or another installation's. */
export async function seenEpoch(dataDir: string, installId: string): Promise<number | undefined> {
  const text = await readFile(epochFile(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const [id, epoch] = text.trim().split(' ')
  return id === installId && /^\d+$/.test(epoch ?? '') ? Number(epoch) : undefined
}

/** Best effort: a host that cannot write its DATA_DIR sends all the same, and has INSTALL_EPOCH. */
async function writeEpoch(deps: Pick<Deps, 'install' | 'log'>, file: string, epoch: number): Promise<void> {
  const fresh = `${file}.${process.pid}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(fresh, `${deps.install.id} ${epoch}\n`)
    await rename(fresh, file) // whole or not at all
  } catch (error) {
    deps.log.debug({ err: error }, 'the epoch could not be written')
  }
}
