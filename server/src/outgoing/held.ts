import type { HoldInput } from '../dispatch/holds.ts'
import { type Db, many, maybeOne, sql } from '../platform/db.ts'
import { announce } from './events.ts'

/** Without these an account cannot send at all, and only a person can mend it. */
const DISCONNECTED: readonly string[] = ['token_invalid', 'account_restricted']

/** Tells that a hold was set: once per campaign that waits for it, and once for an account that can no longer send. */
export async function announceHold(tx: Db, hold: HoldInput): Promise<void> {
  const { workspaceId, scope, scopeId, reason, detail } = hold
  const data = { reason, scope, detail, autoResumeAt: hold.autoResumeAt?.toISOString() ?? null }
  const waiting = await many<{ id: string }>(
    tx,
    sql`SELECT c.id FROM campaign c
         WHERE c.workspace_id = ${workspaceId} AND c.status IN ('Running', 'Scheduled') AND c.deleted_at IS NULL
           AND CASE ${scope}::text
                 WHEN 'campaign' THEN c.id::text = ${scopeId}
                 WHEN 'template' THEN c.template_id::text = ${scopeId}
                 WHEN 'number' THEN c.number_id::text = ${scopeId}
                 WHEN 'account' THEN c.account_id::text = ${scopeId}
                 ELSE c.account_id IN (SELECT a.id FROM whatsapp_account a
                                        WHERE a.workspace_id = ${workspaceId} AND coalesce(a.portfolio_id, a.waba_id) = ${scopeId}) END
         ORDER BY c.id`,
  )
  await announce(
    tx,
    workspaceId,
    waiting.map(({ id }) => ({ type: 'campaign.held' as const, campaignId: id, data })),
  )
  if (scope !== 'account' || !DISCONNECTED.includes(reason)) return
  const account = await maybeOne<{ name: string; waba_id: string }>(
    tx,
    sql`SELECT name, waba_id FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND id::text = ${scopeId}`,
  )
  if (account === undefined) return
  await announce(tx, workspaceId, [
    { type: 'account.disconnected', data: { accountId: scopeId, name: account.name, wabaId: account.waba_id, reason, detail } },
  ])
}
