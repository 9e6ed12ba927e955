import type { ContactFilter } from '../contacts/filter.ts'
import { giveUpUnknown, resendUnknown } from '../dispatch/unknown.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { audit } from '../platform/audit.ts'
import { type Db, run, sql } from '../platform/db.ts'
import type { Deps, Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { requirePeople } from '../retention/kept.ts'
import { quickRun } from './actions.ts'
import { keptColumns } from './insert.ts'
import { countMatched, knownTemplate } from './launch.ts'
import { type CampaignRow, campaignById, lockCampaign } from './queries.ts'
import type { ResendInput } from './schema.ts'

const locked = async (tx: Db, principal: Principal, id: string): Promise<CampaignRow> => {
  const row = await lockCampaign(tx, principal.workspaceId, id)
  if (row === undefined) throw new Problem('not-found', 'There is no such campaign.')
  return row
}

/**
 * A Draft to the people of an ended campaign with one outcome, linked to it. Its audience is a live filter: somebody a receipt heals before
 * it starts is left out. Failed and NotDelivered never include Unknown unless `acceptDoubles` says so.
 */
export async function resendCampaign(tx: Db, principal: Principal, id: string, input: ResendInput): Promise<CampaignRow> {
  const { workspaceId, actor } = principal
  const parent = await locked(tx, principal, id)
  requirePeople(parent)
  if (parent.frozen_at === null || parent.status === 'Running')
    throw new Problem('campaign-not-resendable', `The campaign is ${parent.status}; resend when it has ended.`)
  if (input.templateId !== undefined) await knownTemplate(tx, workspaceId, input.templateId)
  const withDoubt = input.acceptDoubles === true && (input.outcome === 'Failed' || input.outcome === 'NotDelivered')
  const filter: ContactFilter = { campaign: { id, outcome: input.outcome, ...(withDoubt ? { orUnknown: true as const } : {}) } }
  const people = await countMatched(tx, workspaceId, filter)
  if (people === 0)
    throw new Problem('empty-audience', `Nobody of this campaign is ${input.outcome}.`, {
      errors: [{ pointer: '/outcome', detail: 'is nobody’s.' }],
    })
  const doubted =
    withDoubt || input.outcome === 'Unknown' ? await countMatched(tx, workspaceId, { campaign: { id, outcome: 'Unknown' } }) : 0
  const child = newId()
  await run(
    tx,
    sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, sender_id, contact_filter,
               ${keptColumns}, parent_id, resend_outcome, created_by_id, created_by_name, created_by_type)
        SELECT workspace_id, ${child}, left(name, 170) || ' (resend: ' || ${input.outcome}::text || ')', 'Draft',
               coalesce(${input.templateId ?? null}::uuid, template_id), sender_id, ${JSON.stringify(filter)}, ${keptColumns}, id, ${input.outcome},
               ${actor.id}, ${actor.name}, ${actor.type}
          FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await audit(tx, principal, {
    action: 'campaign.resend',
    objectType: 'WhatsappCampaign',
    objectId: child,
    detail: { from: id, outcome: input.outcome, people, doubted },
  })
  return (await campaignById(tx, workspaceId, child)) as CampaignRow
}

/**
 * What an operator decides about the Unknown. `giveUp` closes them. `resend` accepts that some may get the message twice: in a Running
 * campaign they go back to Pending, of an ended one exactly those people become a linked child that starts at once.
 * @returns the campaign, or the child
 */
export async function decideUnknown(
  deps: Deps,
  tx: Db,
  principal: Principal,
  id: string,
  action: 'resend' | 'giveUp',
): Promise<CampaignRow> {
  const { workspaceId, actor } = principal
  const row = await locked(tx, principal, id)
  requirePeople(row)
  if (row.frozen_at === null) throw new Problem('nothing-unknown', 'Nobody of this campaign is Unknown.')
  if (action === 'resend' && row.status !== 'Running') {
    const child = await resendCampaign(tx, principal, id, { outcome: 'Unknown' })
    return quickRun(deps, tx, principal, child.id)
  }
  const count =
    action === 'giveUp'
      ? await giveUpUnknown(tx, workspaceId, id, `${actor.name} gave up on the missing proof.`)
      : await resendUnknown(tx, workspaceId, id, `${actor.name} accepted that it may arrive twice.`)
  if (count === 0) throw new Problem('nothing-unknown', 'Nobody of this campaign is Unknown.')
  await audit(tx, principal, {
    action: `campaign.unknown.${action}`,
    objectType: 'WhatsappCampaign',
    objectId: id,
    detail: { count },
  })
  await wakeWorkers(tx)
  return (await campaignById(tx, workspaceId, id)) as CampaignRow
}
