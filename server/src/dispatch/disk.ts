import { statfs } from 'node:fs/promises'
import { many, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { clearHolds, setHold } from './holds.ts'
import type { Lease } from './lease.ts'

/** PostgreSQL could not extend a file: https://www.postgresql.org/docs/current/errcodes-appendix.html, class 53. */
export const isDiskFull = (error: unknown): boolean => (error as { code?: string } | undefined)?.code === '53100'

/** Free bytes where the embedded database lives; undefined with another database: its disk is not ours to see. */
export async function freeBytes(deps: Pick<Deps, 'config'>): Promise<number | undefined> {
  if (deps.config.DATABASE_URL !== undefined) return undefined
  const { bavail, bsize } = await statfs(deps.config.DATA_DIR)
  return bavail * bsize
}

/**
 * Holds every number with something to send while the embedded database's disk is nearly full, and lifts that once there is room again: an
 * intent must never be refused half-way, and receipts still need their place.
 */
export async function watchDisk(
  deps: Deps,
  numbers: readonly { readonly workspaceId: string; readonly numberId: string }[],
  free: (deps: Pick<Deps, 'config'>) => Promise<number | undefined> = freeBytes,
): Promise<void> {
  const bytes = await free(deps)
  if (bytes === undefined) return
  const least = deps.config.MIN_FREE_DISK_MB * 1_048_576
  if (bytes < least) {
    const detail = `The disk of the database has ${Math.floor(bytes / 1_048_576)} MB left; sending goes on above ${deps.config.MIN_FREE_DISK_MB} MB.`
    for (const { workspaceId, numberId } of numbers)
      await setHold(deps.pool, { workspaceId, scope: 'number', scopeId: numberId, reason: 'low_disk', detail })
    return
  }
  const held = await many<{ workspaceId: string; scopeId: string }>(
    deps.pool,
    sql`SELECT workspace_id AS "workspaceId", scope_id AS "scopeId" FROM hold WHERE scope = 'number' AND reason = 'low_disk'`,
  )
  for (const at of held) await clearHolds(deps.pool, { ...at, scope: 'number', reasons: ['low_disk'] })
}

/** After a write that found the disk full. There may be no room for the hold either: then the driver's own pause has to do. */
export async function holdFullDisk(deps: Deps, lease: Lease): Promise<void> {
  await setHold(deps.pool, {
    workspaceId: lease.workspaceId,
    scope: 'number',
    scopeId: lease.numberId,
    reason: 'low_disk',
    detail: 'The disk of the database is full.',
    autoResumeAt: new Date(deps.now().getTime() + 60_000),
  }).catch((error: unknown) => deps.log.error({ err: error }, 'hold could not be written'))
}
