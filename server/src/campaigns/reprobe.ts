import { verifyAccount } from '../accounts/actions.ts'
import { watchDisk } from '../dispatch/disk.ts'
import { clearHolds, type Hold, type HoldReason, holdsOfCampaign } from '../dispatch/holds.ts'
import { liftFullRooms } from '../dispatch/room.ts'
import { maybeOne, sql } from '../platform/db.ts'
import type { Deps, Principal } from '../platform/http.ts'
import { inTransaction } from '../platform/transaction.ts'
import { campaignById, targetsOf } from './queries.ts'

/** What a person who resumes takes upon themselves once Meta answers for the account; if it is not mended the next refusal holds again. */
const ON_A_PERSONS_WORD: readonly HoldReason[] = [
  'token_invalid',
  'payment',
  'account_restricted',
  'provider_outage',
  'ambiguity_breaker',
  'restored',
  'clock',
]

/**
 * Before a campaign resumes: asks Meta about the holds that are not the campaign's own, and clears those whose cause is gone. Token, number
 * and template are looked at; payment and restrictions cannot be asked for, so a person's word counts until the next refusal. Opens its own
 * transactions, since it calls the network.
 * @returns the holds that stood before
 */
export async function reprobeHolds(deps: Deps, principal: Principal, campaignId: string): Promise<Hold[]> {
  const { workspaceId } = principal
  const campaign = await campaignById(deps.pool, workspaceId, campaignId)
  if (campaign === undefined || (campaign.status !== 'Running' && campaign.status !== 'Scheduled')) return []
  const holds = await holdsOfCampaign(deps.pool, workspaceId, targetsOf(campaign))
  await lookAtOurOwn(deps, workspaceId, campaign.number_id)
  const others = holds.filter(({ scope }) => scope !== 'campaign')
  if (others.length === 0) return holds
  const account = await maybeOne<{ id: string }>(
    deps.pool,
    sql`SELECT account_id AS id FROM template WHERE workspace_id = ${workspaceId} AND id = ${campaign.template_id}`,
  )
  if (account === undefined) return holds
  const isHealthy = (await verifyAccount(deps, workspaceId, account.id)).every(({ ok }) => ok)
  if (!isHealthy) return holds
  await inTransaction(deps.pool, async (tx) => {
    for (const hold of others) {
      const isMended = hold.scope === 'template' ? await isApproved(hold) : hold.scope !== 'number' || (await isConnected(hold))
      if (!isMended) continue
      const reasons = hold.scope === 'template' ? [hold.reason] : ON_A_PERSONS_WORD.filter((reason) => reason === hold.reason)
      await clearHolds(tx, { workspaceId, scope: hold.scope, scopeId: hold.scopeId, reasons })
    }
    async function isApproved({ scopeId }: Hold): Promise<boolean> {
      const found = await maybeOne(
        tx,
        sql`SELECT 1 FROM template WHERE workspace_id = ${workspaceId} AND id = ${scopeId}::uuid AND status = 'APPROVED'`,
      )
      return found !== undefined
    }
    async function isConnected({ scopeId }: Hold): Promise<boolean> {
      const found = await maybeOne(
        tx,
        sql`SELECT 1 FROM phone_number WHERE workspace_id = ${workspaceId} AND id = ${scopeId}::uuid AND removed_at IS NULL AND status = 'CONNECTED'`,
      )
      return found !== undefined
    }
  })
  return holds
}

/** What we can see without Meta: room under the 24-hour limit, and room on the disk. Lifts those that are mended. */
async function lookAtOurOwn(deps: Deps, workspaceId: string, numberId: string | null): Promise<void> {
  if (numberId === null) return
  await inTransaction(deps.pool, (tx) => liftFullRooms(tx, workspaceId, numberId))
  await watchDisk(deps, [{ workspaceId, numberId }])
}
