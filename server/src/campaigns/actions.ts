import { checkTopic } from '../consent/topics.ts'
import { cancelRemaining } from '../dispatch/cancel.ts'
import { clearHolds, type Hold, type HoldReason, holdsOfCampaign, setHold } from '../dispatch/holds.ts'
import { acceptRisk } from '../dispatch/safety-watch.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { audit } from '../platform/audit.ts'
import { type Db, run, sql } from '../platform/db.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem, type ProblemSlug } from '../platform/problem.ts'
import { TOPIC_MARK } from '../templates/compile.ts'
import { insertCampaign, jsonOrNull, keptColumns } from './insert.ts'
import { checkLaunch, compileFor, hasEligible, knownTemplate, type LaunchInput, launchOf, nobodyEligible } from './launch.ts'
import { type CampaignRow, campaignById, lockCampaign, targetsOf } from './queries.ts'
import { start } from './scheduler.ts'
import type { CampaignContent, CampaignInput } from './schema.ts'
import { type CampaignEvent, isEditable, nextStatus } from './status.ts'

const PAST_GRACE_MS = 60_000
/** A wished end that lies before the start could only ever be missed. */
function checkFinishBy(finishBy: Date | null | undefined, startsAt: Date): void {
  if (finishBy && finishBy <= startsAt)
    throw invalidInput([{ pointer: '/finishBy', detail: `does not lie after the start (${startsAt.toISOString()}).` }])
}
const absent = () => new Problem('not-found', 'There is no such campaign.')

const launchOfInput = (input: CampaignContent): LaunchInput => ({
  templateId: input.templateId,
  languages: input.languages ?? 'template',
  contactFilter: input.contactFilter,
  senderId: input.senderId ?? null,
  variables: input.variables ?? {},
  headerMedia: input.headerMedia ?? null,
  topicId: input.topicId ?? null,
})

/** What is to be sent again and again must pass every launch check now. */
export async function checkContent(deps: Deps, tx: Db, workspaceId: string, content: CampaignContent): Promise<void> {
  await checkTopic(tx, workspaceId, content.topicId ?? null)
  checkMarks(content)
  await checkLaunch(deps, tx, workspaceId, launchOfInput(content))
}

/** A button that stops the campaign's topic needs one. */
function checkMarks({ topicId, variables = {} }: CampaignContent): void {
  const marked = topicId ? [] : Object.keys(variables).filter((key) => key.startsWith('button.') && variables[key] === TOPIC_MARK)
  if (marked.length > 0)
    throw invalidInput(marked.map((key) => ({ pointer: `/variables/${key}`, detail: 'stops the campaign’s topic: name it with topicId.' })))
}

/** A draft needs only what can be read; a schedule must pass every launch check and lie ahead: nothing is ever sent by surprise. */
async function checkInput(deps: Deps, tx: Db, workspaceId: string, input: CampaignInput, known?: CampaignRow): Promise<void> {
  await checkTopic(tx, workspaceId, input.topicId ?? null, known?.topic_id)
  checkMarks(input)
  checkFinishBy(input.finishBy, input.scheduledAt ?? deps.now())
  if (input.scheduledAt) {
    if (input.scheduledAt.getTime() < deps.now().getTime() - PAST_GRACE_MS)
      throw new Problem('scheduled-in-past', `${input.scheduledAt.toISOString()} has passed.`, {
        errors: [{ pointer: '/scheduledAt', detail: 'lies in the past.' }],
      })
    await checkLaunch(deps, tx, workspaceId, launchOfInput(input))
    return
  }
  const template = await knownTemplate(tx, workspaceId, input.templateId)
  try {
    await compileFor(deps, tx, workspaceId, template, launchOfInput(input))
  } catch (error) {
    const waits: readonly ProblemSlug[] = ['parameters-unmapped', 'media-missing'] // a draft may be unfinished
    if (!(error instanceof Problem) || !waits.includes(error.slug)) throw error
  }
}

async function reload(tx: Db, workspaceId: string, id: string): Promise<CampaignRow> {
  const row = await campaignById(tx, workspaceId, id)
  if (row === undefined) throw absent()
  return row
}

/** Holds of a campaign's content or time: changing either lifts them, the next due instant looks again. */
const CONTENT_HOLDS: readonly HoldReason[] = ['missed_schedule', 'template_paused', 'awaiting_approval']

/** Draft without a time, Scheduled with one. */
export async function createCampaign(deps: Deps, tx: Db, principal: Principal, input: CampaignInput): Promise<CampaignRow> {
  const { workspaceId, actor } = principal
  await checkInput(deps, tx, workspaceId, input)
  const id = newId()
  await insertCampaign(tx, { workspaceId, id, input, actor })
  await audit(tx, principal, {
    action: 'campaign.create',
    objectType: 'WhatsappCampaign',
    objectId: id,
    detail: { name: input.name, scheduledAt: input.scheduledAt ?? null },
  })
  return reload(tx, workspaceId, id)
}

/** Replaces the whole body; absent `scheduledAt` makes it a Draft. */
export async function updateCampaign(
  deps: Deps,
  tx: Db,
  principal: Principal,
  id: string,
  input: CampaignInput,
  check: (row: CampaignRow) => void,
): Promise<CampaignRow> {
  const { workspaceId } = principal
  const known = await lockCampaign(tx, workspaceId, id)
  if (known === undefined) throw absent()
  check(known)
  if (!isEditable(known.status)) throw new Problem('campaign-not-editable', `The campaign is ${known.status}.`)
  await checkInput(deps, tx, workspaceId, input, known)
  await run(
    tx,
    sql`UPDATE campaign
           SET name = ${input.name}, status = ${input.scheduledAt ? 'Scheduled' : 'Draft'}, template_id = ${input.templateId},
               sender_id = ${input.senderId ?? null}, contact_filter = ${JSON.stringify(input.contactFilter)},
               variables = ${JSON.stringify(input.variables ?? {})}, header_media = ${input.headerMedia ? JSON.stringify(input.headerMedia) : null},
               rate_per_second = ${input.ratePerSecond ?? null}, unknown_policy = ${input.unknownPolicy ?? 'hold'},
               scheduled_at = ${input.scheduledAt ?? null}, time_zone = ${input.timeZone ?? null},
               quiet_from = ${input.quietHours?.from ?? null}, quiet_to = ${input.quietHours?.to ?? null}, finish_by = ${input.finishBy ?? null},
               languages = ${input.languages ?? 'template'}, topic_id = ${input.topicId ?? null}, canary = ${jsonOrNull(input.canary)}, circuit_breaker = ${jsonOrNull(input.circuitBreaker)}, updated_at = now(), version = version + 1
         WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await clearHolds(tx, { workspaceId, scope: 'campaign', scopeId: id, reasons: CONTENT_HOLDS })
  await audit(tx, principal, { action: 'campaign.update', objectType: 'WhatsappCampaign', objectId: id })
  return reload(tx, workspaceId, id)
}

/** Soft: what was sent stays in totals. */
export async function deleteCampaign(tx: Db, principal: Principal, id: string, check: (row: CampaignRow) => void): Promise<void> {
  const { workspaceId } = principal
  const known = await lockCampaign(tx, workspaceId, id)
  if (known === undefined) throw absent()
  check(known)
  if (known.status === 'Running') throw new Problem('campaign-not-deletable', 'The campaign is Running; cancel it first.')
  await run(tx, sql`UPDATE campaign SET deleted_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'campaign.delete', objectType: 'WhatsappCampaign', objectId: id, detail: { name: known.name } })
}

/** Locks, checks that the state allows it, acts, audits: every step of a campaign's life has this shape. */
async function step(
  tx: Db,
  principal: Principal,
  id: string,
  options: { readonly event?: CampaignEvent; readonly refusal: ProblemSlug; readonly action: string },
  act: (row: CampaignRow) => Promise<void>,
): Promise<CampaignRow> {
  const { workspaceId } = principal
  const known = await lockCampaign(tx, workspaceId, id)
  if (known === undefined) throw absent()
  if (options.event !== undefined && nextStatus(known.status, options.event) === undefined)
    throw new Problem(options.refusal, `The campaign is ${known.status}.`)
  await act(known)
  await audit(tx, principal, { action: `campaign.${options.action}`, objectType: 'WhatsappCampaign', objectId: id })
  return reload(tx, workspaceId, id)
}

/** Running at once; the audience is frozen next, by a worker. Fifty simultaneous calls start it once. */
export const quickRun = (deps: Deps, tx: Db, principal: Principal, id: string): Promise<CampaignRow> =>
  step(tx, principal, id, { event: 'start', refusal: 'campaign-not-runnable', action: 'run' }, async (row) => {
    const launch = await checkLaunch(deps, tx, principal.workspaceId, launchOf(row))
    if (!(await hasEligible(tx, launch))) throw nobodyEligible()
    await start(tx, principal.workspaceId, id)
    await wakeWorkers(tx)
  })

export const cancelCampaign = (tx: Db, principal: Principal, id: string): Promise<CampaignRow> =>
  step(tx, principal, id, { event: 'cancel', refusal: 'campaign-not-cancellable', action: 'cancel' }, async (row) => {
    await run(
      tx,
      sql`UPDATE campaign SET status = 'Cancelled', completed_at = now() WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`,
    )
    if (row.frozen_at !== null) await cancelRemaining(tx, principal.workspaceId, id)
  })

export const pauseCampaign = (tx: Db, principal: Principal, id: string): Promise<CampaignRow> =>
  step(tx, principal, id, { refusal: 'campaign-not-pausable', action: 'pause' }, async (row) => {
    if (row.status !== 'Running' && row.status !== 'Scheduled') throw new Problem('campaign-not-pausable', `The campaign is ${row.status}.`)
    await setHold(tx, {
      workspaceId: principal.workspaceId,
      scope: 'campaign',
      scopeId: id,
      reason: 'operator',
      detail: `Paused by ${principal.actor.name}.`,
    })
  })

/** Clears the campaign's own holds, taking on what its canary or circuit breaker warned of; 409 while another scope's hold still stands (see reprobe.ts, which is asked before). */
export const resumeCampaign = (tx: Db, principal: Principal, id: string, before: readonly Hold[]): Promise<CampaignRow> =>
  step(tx, principal, id, { refusal: 'campaign-not-resumable', action: 'resume' }, async (row) => {
    if (before.length === 0 || (row.status !== 'Running' && row.status !== 'Scheduled'))
      throw new Problem('campaign-not-resumable', before.length === 0 ? 'The campaign is not on hold.' : `The campaign is ${row.status}.`)
    await acceptRisk(tx, principal.workspaceId, id, before[0])
    await clearHolds(tx, { workspaceId: principal.workspaceId, scope: 'campaign', scopeId: id })
    const standing = (await holdsOfCampaign(tx, principal.workspaceId, targetsOf(row)))[0]
    if (standing !== undefined) throw new Problem('hold-stands', `Still on hold (${standing.reason}): ${standing.detail}`)
    await wakeWorkers(tx)
  })

export const scheduleCampaign = (deps: Deps, tx: Db, principal: Principal, id: string, scheduledAt: Date): Promise<CampaignRow> =>
  step(tx, principal, id, { event: 'schedule', refusal: 'campaign-not-schedulable', action: 'schedule' }, async (row) => {
    if (scheduledAt.getTime() < deps.now().getTime() - PAST_GRACE_MS)
      throw new Problem('scheduled-in-past', `${scheduledAt.toISOString()} has passed.`, {
        errors: [{ pointer: '/scheduledAt', detail: 'lies in the past.' }],
      })
    checkFinishBy(row.finish_by, scheduledAt)
    await checkLaunch(deps, tx, principal.workspaceId, launchOf(row))
    await run(
      tx,
      sql`UPDATE campaign SET status = 'Scheduled', scheduled_at = ${scheduledAt}, updated_at = now(), version = version + 1
           WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`,
    )
    await clearHolds(tx, {
      workspaceId: principal.workspaceId,
      scope: 'campaign',
      scopeId: id,
      reasons: CONTENT_HOLDS,
    })
  })

/** Approves the exact content as it stands: any later change needs another approval. Where approval is required, nothing starts without. */
export const approveCampaign = (tx: Db, principal: Principal, id: string): Promise<CampaignRow> =>
  step(tx, principal, id, { refusal: 'campaign-not-approvable', action: 'approve' }, async (row) => {
    if (!isEditable(row.status)) throw new Problem('campaign-not-approvable', `The campaign is ${row.status}.`)
    await run(tx, sql`UPDATE campaign SET approved_version = version WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`)
    await clearHolds(tx, { workspaceId: principal.workspaceId, scope: 'campaign', scopeId: id, reasons: ['awaiting_approval'] })
  })

export const unscheduleCampaign = (tx: Db, principal: Principal, id: string): Promise<CampaignRow> =>
  step(tx, principal, id, { event: 'unschedule', refusal: 'campaign-not-scheduled', action: 'unschedule' }, async () => {
    await run(
      tx,
      sql`UPDATE campaign SET status = 'Draft', scheduled_at = NULL, updated_at = now(), version = version + 1
           WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`,
    )
    await clearHolds(tx, { workspaceId: principal.workspaceId, scope: 'campaign', scopeId: id })
  })

/** A Draft with the same content and no time. */
export async function duplicateCampaign(tx: Db, principal: Principal, id: string): Promise<CampaignRow> {
  const { workspaceId, actor } = principal
  const known = await campaignById(tx, workspaceId, id)
  if (known === undefined) throw absent()
  const copy = newId()
  await run(
    tx,
    sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, sender_id, contact_filter,
               ${keptColumns}, created_by_id, created_by_name, created_by_type)
        SELECT workspace_id, ${copy}, left(name, 193) || ' (copy)', 'Draft', template_id, sender_id, contact_filter, ${keptColumns},
               ${actor.id}, ${actor.name}, ${actor.type}
          FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await audit(tx, principal, { action: 'campaign.duplicate', objectType: 'WhatsappCampaign', objectId: copy, detail: { from: id } })
  return reload(tx, workspaceId, copy)
}
