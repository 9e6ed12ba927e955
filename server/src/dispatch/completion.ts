import type pg from 'pg'
import { announce } from '../outgoing/events.ts'
import { many, maybeOne, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { hasResendableSql } from './policies.ts'

/** Running campaigns in which, by the counters, nobody is Pending any more: one cheap row each. */
export const settledCampaigns = (pool: pg.Pool): Promise<{ workspaceId: string; id: string }[]> =>
  many(
    pool,
    sql`SELECT c.workspace_id AS "workspaceId", c.id
          FROM campaign c JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
         WHERE c.status = 'Running' AND c.frozen_at IS NOT NULL AND NOT ${hasResendableSql}
           AND c.audience = k.sent + k.delivered + k.read + k.rejected + k.undelivered + k.skipped + k.unknown + k.cancelled`,
  )

/**
 * Completes a campaign whose every recipient is settled for dispatch: nobody unsent, in flight or waiting for a retry. The counters move
 * in the transactions that move the states, so "audience = sum" read under the campaign's lock says exactly that. Safe to repeat.
 */
export function completeIfSettled(pool: pg.Pool, workspaceId: string, campaignId: string): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    const running = await maybeOne<{ audience: number }>(
      tx,
      sql`SELECT audience FROM campaign c WHERE workspace_id = ${workspaceId} AND id = ${campaignId} AND status = 'Running'
             AND frozen_at IS NOT NULL AND NOT ${hasResendableSql} FOR UPDATE`,
    )
    if (running === undefined) return false
    const { settled } = await one<{ settled: number }>(
      tx,
      sql`SELECT sent + delivered + read + rejected + undelivered + skipped + unknown + cancelled AS settled
            FROM campaign_counter WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}`,
    )
    if (settled !== running.audience) return false
    await run(
      tx,
      sql`UPDATE campaign SET status = 'Completed', completed_at = now() WHERE workspace_id = ${workspaceId} AND id = ${campaignId}`,
    )
    await announce(tx, workspaceId, [{ type: 'campaign.completed', campaignId }])
    return true
  })
}
