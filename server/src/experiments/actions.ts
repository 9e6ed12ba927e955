import { randomInt } from 'node:crypto'
import { cancelCampaign, checkContent } from '../campaigns/actions.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { audit } from '../platform/audit.ts'
import { type Db, run, sql } from '../platform/db.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { decide } from './drive.ts'
import { GROUPS, type Group, partOf } from './parts.ts'
import { campaignsOf, type ExperimentRow, knownExperiment, lockExperiment } from './queries.ts'
import type { ExperimentInput } from './schema.ts'

/** Every variant must pass the launch checks; faults are named at their variant. */
async function checkVariants(deps: Deps, tx: Db, workspaceId: string, input: ExperimentInput): Promise<void> {
  for (const [i, variant] of input.variants.entries())
    try {
      await checkContent(deps, tx, workspaceId, { ...variant, contactFilter: input.contactFilter })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const errors = error.errors.map(({ pointer, detail }) => ({
        pointer: pointer.startsWith('/contactFilter') ? pointer : `/variants/${i}${pointer}`,
        detail,
      }))
      throw new Problem(error.slug, `Variant ${GROUPS[i]}: ${error.message}`, { errors })
    }
}

const valuesOf = (input: ExperimentInput) => ({
  filter: JSON.stringify(input.contactFilter),
  variants: JSON.stringify(input.variants),
})

export async function createExperiment(deps: Deps, tx: Db, principal: Principal, input: ExperimentInput): Promise<ExperimentRow> {
  const { workspaceId, actor } = principal
  await checkVariants(deps, tx, workspaceId, input)
  const id = newId()
  const { filter, variants } = valuesOf(input)
  await run(
    tx,
    sql`INSERT INTO experiment (workspace_id, id, name, contact_filter, variants, test_share, hold_out_share, decide_by, decide_minutes, certainty, seed,
               created_by_id, created_by_name, created_by_type)
        VALUES (${workspaceId}, ${id}, ${input.name}, ${filter}, ${variants}, ${input.testShare}, ${input.holdOutShare}, ${input.decide.by},
                ${input.decide.afterMinutes}, ${input.decide.certainty}, ${randomInt(2 ** 47)}, ${actor.id}, ${actor.name}, ${actor.type})`,
  )
  await audit(tx, principal, { action: 'experiment.create', objectType: 'Experiment', objectId: id, detail: { name: input.name } })
  return knownExperiment(tx, workspaceId, id)
}

export async function updateExperiment(
  deps: Deps,
  tx: Db,
  principal: Principal,
  id: string,
  input: ExperimentInput,
  check: (row: ExperimentRow) => void,
): Promise<ExperimentRow> {
  const { workspaceId } = principal
  const known = await lockExperiment(tx, workspaceId, id)
  check(known)
  mustBe(known, ['Draft'], 'changed')
  await checkVariants(deps, tx, workspaceId, input)
  const { filter, variants } = valuesOf(input)
  await run(
    tx,
    sql`UPDATE experiment SET name = ${input.name}, contact_filter = ${filter}, variants = ${variants}, test_share = ${input.testShare},
               hold_out_share = ${input.holdOutShare}, decide_by = ${input.decide.by}, decide_minutes = ${input.decide.afterMinutes},
               certainty = ${input.decide.certainty}, version = version + 1, updated_at = now()
         WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await audit(tx, principal, { action: 'experiment.update', objectType: 'Experiment', objectId: id })
  return knownExperiment(tx, workspaceId, id)
}

function mustBe(row: ExperimentRow, statuses: readonly ExperimentRow['status'][], verb: string): void {
  if (!statuses.includes(row.status)) throw new Problem('experiment-not-open', `It is ${row.status} and can no longer be ${verb}.`)
}

/** The draw and the campaigns of the variants follow at once, by a worker. Where approval is required this is it: it takes Execute. */
export async function startExperiment(deps: Deps, tx: Db, principal: Principal, id: string): Promise<ExperimentRow> {
  const { workspaceId } = principal
  const known = await lockExperiment(tx, workspaceId, id)
  mustBe(known, ['Draft'], 'started')
  for (const variant of known.variants) await checkContent(deps, tx, workspaceId, { ...variant, contactFilter: known.contact_filter })
  await run(tx, sql`UPDATE experiment SET status = 'Starting', started_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'experiment.start', objectType: 'Experiment', objectId: id })
  await wakeWorkers(tx)
  return knownExperiment(tx, workspaceId, id)
}

/** A person names the winner, before the time or where nothing could be decided. */
export async function decideExperiment(tx: Db, principal: Principal, id: string, winner: Group): Promise<ExperimentRow> {
  const { workspaceId, actor } = principal
  const known = await lockExperiment(tx, workspaceId, id)
  mustBe(known, ['Testing'], 'decided')
  const part = partOf(winner)
  if (part >= known.variants.length) throw invalidInput([{ pointer: '/winner', detail: 'is none of its variants.' }])
  await decide(tx, known, part, { how: 'person', by: actor.name, certainty: null })
  await audit(tx, principal, { action: 'experiment.decide', objectType: 'Experiment', objectId: id, detail: { winner } })
  await wakeWorkers(tx)
  return knownExperiment(tx, workspaceId, id)
}

/** Nobody further is messaged: its running campaigns are cancelled, and no rest follows. */
export async function cancelExperiment(tx: Db, principal: Principal, id: string): Promise<ExperimentRow> {
  const { workspaceId } = principal
  const known = await lockExperiment(tx, workspaceId, id)
  mustBe(known, ['Draft', 'Starting', 'Testing'], 'cancelled')
  for (const { id: campaignId, status } of await campaignsOf(tx, workspaceId, [id]))
    if (status === 'Running' || status === 'Scheduled') await cancelCampaign(tx, principal, campaignId)
  await run(tx, sql`UPDATE experiment SET status = 'Cancelled' WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'experiment.cancel', objectType: 'Experiment', objectId: id })
  return knownExperiment(tx, workspaceId, id)
}

/** Only what was never started, or has ended, goes; its campaigns stay. */
export async function deleteExperiment(tx: Db, principal: Principal, id: string, check: (row: ExperimentRow) => void): Promise<void> {
  const { workspaceId } = principal
  const known = await lockExperiment(tx, workspaceId, id)
  check(known)
  mustBe(known, ['Draft', 'Decided', 'Failed', 'Cancelled'], 'deleted')
  await run(tx, sql`DELETE FROM experiment_person WHERE workspace_id = ${workspaceId} AND experiment_id = ${id}`)
  await run(tx, sql`DELETE FROM experiment WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'experiment.delete', objectType: 'Experiment', objectId: id, detail: { name: known.name } })
}
