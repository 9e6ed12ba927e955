import { type Db, many, sql } from '../platform/db.ts'
import { announce } from './events.ts'

export interface NumberQuality {
  readonly id: string
  readonly displayPhoneNumber: string
  readonly qualityRating: string
  readonly messagingLimit: string
}
const columns = sql`id, display_phone_number AS "displayPhoneNumber", quality_rating AS "qualityRating", messaging_limit AS "messagingLimit"`

/** The connected numbers of an account as they stand. */
export const qualities = (tx: Db, workspaceId: string, accountId: string): Promise<NumberQuality[]> =>
  many(
    tx,
    sql`SELECT ${columns} FROM phone_number WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL ORDER BY id`,
  )

/**
 * Tells of numbers whose quality or limit is not what it was before.
 * @param event what Meta called it, when a webhook brought it
 */
export async function announceQuality(
  tx: Db,
  workspaceId: string,
  accountId: string,
  before: readonly NumberQuality[],
  event: string | null,
): Promise<void> {
  const known = new Map(before.map((number) => [number.id, number]))
  const changed = (await qualities(tx, workspaceId, accountId)).filter(({ id, qualityRating, messagingLimit }) => {
    const was = known.get(id)
    return was !== undefined && (was.qualityRating !== qualityRating || was.messagingLimit !== messagingLimit)
  })
  await announce(
    tx,
    workspaceId,
    changed.map(({ id, ...number }) => ({ type: 'number.quality' as const, data: { numberId: id, ...number, event } })),
  )
}
