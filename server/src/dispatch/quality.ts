import type pg from 'pg'
import { type Db, many, sql } from '../platform/db.ts'
import { clearHolds } from './holds.ts'

/**
 * Campaigns go on once nothing of theirs is held for quality assessment any more: Meta released the messages (receipts told) or dropped them
 * (132015, which holds the template by itself).
 */
export async function liftAssessed(pool: pg.Pool): Promise<void> {
  const assessed = await many<{ workspaceId: string; scopeId: string }>(
    pool,
    sql`SELECT h.workspace_id AS "workspaceId", h.scope_id AS "scopeId"
          FROM hold h JOIN campaign_counter k ON k.workspace_id = h.workspace_id AND k.campaign_id = h.scope_id::uuid
         WHERE h.scope = 'campaign' AND h.reason = 'quality_pending' AND k.held = 0`,
  )
  for (const at of assessed) await clearHolds(pool as Db, { ...at, scope: 'campaign', reasons: ['quality_pending'] })
}
