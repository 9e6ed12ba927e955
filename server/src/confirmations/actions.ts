import { checkLaunch, countEligible, type Launch, launchOf } from '../campaigns/launch.ts'
import { type CampaignRow, campaignById, lockCampaign } from '../campaigns/queries.ts'
import { start } from '../campaigns/scheduler.ts'
import { isEditable } from '../campaigns/status.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { findMembership } from '../people/members.ts'
import { type Actor, audit } from '../platform/audit.ts'
import { type Db, run, sql } from '../platform/db.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { contentOf } from './content.ts'
import { type Confirmation, readToken, writeToken } from './token.ts'

export const MINUTES_MAX = 15
type Needs = Pick<Deps, 'config' | 'secrets' | 'now'>

const keyOf = ({ secrets }: Needs): Buffer => secrets.derive('confirmation')

/** A campaign that could start now, with what it would send and to how many at most. */
async function planOf(
  deps: Needs,
  tx: Db,
  row: CampaignRow,
): Promise<{ readonly launch: Launch; readonly content: Buffer; readonly audience: number }> {
  if (!isEditable(row.status)) throw new Problem('campaign-not-runnable', `The campaign is ${row.status}.`)
  const launch = await checkLaunch(deps, tx, row.workspace_id, launchOf(row))
  const audience = await countEligible(tx, row.workspace_id, launch)
  if (audience === 0)
    throw new Problem('empty-audience', 'Nobody the filter matches may be messaged.', {
      errors: [{ pointer: '/contactFilter', detail: 'matches nobody who may be messaged.' }],
    })
  return { launch, content: await contentOf(tx, row, launch), audience }
}

/** What a person is told and given when they confirm. */
export interface Confirmed {
  /** For `POST /{id}/launch`; shown this once. */
  readonly confirmation: string
  readonly campaignId: string
  readonly name: string
  readonly template: { readonly name: string; readonly language: string }
  /** How many may be messaged now. */
  readonly audience: number
  readonly audienceMax: number
  readonly expiresAt: Date
}

/**
 * A person says yes to this campaign as it stands: its content, and at most so many people. Nothing of the campaign changes.
 * @param by the person, or the operator at the command line (`userId` null)
 */
export async function confirmLaunch(
  deps: Needs,
  tx: Db,
  by: { readonly actor: Actor; readonly userId: string | null },
  campaignId: string,
  asked: { readonly audienceMax?: number | undefined; readonly minutes?: number | undefined },
): Promise<Confirmed> {
  const { workspaceId } = by.actor
  const row = await campaignById(tx, workspaceId, campaignId)
  if (row === undefined) throw new Problem('not-found', 'There is no such campaign.')
  const { content, audience } = await planOf(deps, tx, row)
  const audienceMax = asked.audienceMax ?? audience
  if (audienceMax < audience)
    throw invalidInput([{ pointer: '/audienceMax', detail: `is less than the ${audience} people of the audience now.` }])
  const expiresAt = new Date(deps.now().getTime() + (asked.minutes ?? MINUTES_MAX) * 60_000)
  const id = newId()
  await audit(tx, by.actor, {
    action: 'campaign.confirm',
    objectType: 'WhatsappCampaign',
    objectId: campaignId,
    detail: { confirmation: id, audienceMax, expiresAt },
  })
  const confirmation = writeToken(keyOf(deps), workspaceId, {
    id,
    campaignId: row.id,
    content: content.toString('base64url'),
    audienceMax,
    expiresAtMs: expiresAt.getTime(),
    userId: by.userId,
  })
  const template = { name: row.template_name, language: row.template_language }
  return { confirmation, campaignId: row.id, name: row.name, template, audience, audienceMax, expiresAt }
}

const invalid = (detail: string): Problem =>
  new Problem('confirmation-invalid', detail, { errors: [{ pointer: '/confirmation', detail: 'is not good for this campaign.' }] })

/** Checks a token for this very campaign and spends it: it is good once, for whoever comes first. */
async function spend(deps: Needs, tx: Db, workspaceId: string, row: CampaignRow, token: string): Promise<Confirmation> {
  const confirmation = readToken(keyOf(deps), workspaceId, token)
  if (confirmation === undefined) throw invalid('This is no confirmation of this workspace.')
  if (confirmation.campaignId !== row.id) throw invalid('This confirmation is for another campaign.')
  const spent = await run(
    tx,
    sql`INSERT INTO spent_confirmation (workspace_id, id, campaign_id) VALUES (${workspaceId}, ${confirmation.id}, ${row.id}) ON CONFLICT DO NOTHING`,
  )
  if (spent === 0) throw new Problem('confirmation-used', 'It launched the campaign once; a further launch needs another.')
  if (deps.now().getTime() >= confirmation.expiresAtMs)
    throw new Problem('confirmation-expired', `It was good until ${new Date(confirmation.expiresAtMs).toISOString()}; ask for another.`)
  const { userId } = confirmation
  const may = userId === null || (await findMembership(tx, workspaceId, userId))?.permissions.includes('WhatsappCampaign:Execute')
  if (!may) throw invalid('Whoever confirmed may no longer run campaigns.')
  return confirmation
}

/**
 * Starts a campaign on a person's confirmation: the right to run it is theirs, not the caller's. Refused, with nothing changed and the token
 * still good, when the content is no longer that which was confirmed or when more people would get it. The freeze asks both once more.
 */
export async function launchConfirmed(deps: Needs, tx: Db, principal: Principal, id: string, token: string): Promise<CampaignRow> {
  const { workspaceId } = principal
  const row = await lockCampaign(tx, workspaceId, id)
  if (row === undefined) throw new Problem('not-found', 'There is no such campaign.')
  const confirmation = await spend(deps, tx, workspaceId, row, token)
  const { content, audience } = await planOf(deps, tx, row)
  if (content.toString('base64url') !== confirmation.content)
    throw new Problem('confirmation-content-changed', 'Template, variables, filter, sender or media differ from what was confirmed.')
  if (audience > confirmation.audienceMax)
    throw new Problem(
      'confirmation-audience-grown',
      `${audience} people would get it now; at most ${confirmation.audienceMax} were confirmed.`,
    )
  await run(
    tx,
    sql`UPDATE campaign
           SET confirmed_audience_max = ${confirmation.audienceMax}, confirmed_content = ${content}, approved_version = version
         WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await start(tx, workspaceId, id)
  await wakeWorkers(tx)
  await audit(tx, principal, {
    action: 'campaign.run',
    objectType: 'WhatsappCampaign',
    objectId: id,
    detail: { confirmation: confirmation.id, confirmedBy: confirmation.userId },
  })
  const started = await campaignById(tx, workspaceId, id)
  if (started === undefined) throw new Problem('not-found', 'There is no such campaign.')
  return started
}

/** Those that would have expired long ago; part of the hourly sweep. */
export const forgetSpentConfirmations = (db: Db): Promise<number> =>
  run(db, sql`DELETE FROM spent_confirmation WHERE spent_at < now() - interval '1 day'`)
