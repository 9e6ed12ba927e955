import { checkContent } from '../campaigns/actions.ts'
import { audit } from '../platform/audit.ts'
import { type Db, run, sql } from '../platform/db.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { knownRecurrence, lockRecurrence, type RecurrenceRow } from './queries.ts'
import { nextOccurrence, occurrencesAfter, type Recurring, RuleFault } from './rule.ts'
import type { RecurrenceInput } from './schema.ts'

/** A rule that cannot be read is the caller's fault, and says which part. */
export function readable<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RuleFault) throw invalidInput([{ pointer: '/rule', detail: error.message }])
    throw error
  }
}

export const recurringOf = (row: Pick<RecurrenceRow, 'rule' | 'starts_at' | 'time_zone'>): Recurring => ({
  rule: row.rule,
  startsAt: row.starts_at,
  timeZone: row.time_zone,
})

/** Its next time from now on. A rule that never happens again is refused: nothing would ever be sent. */
function firstOf(deps: Deps, input: RecurrenceInput): Date {
  const next = readable(() => nextOccurrence(input, deps.now()))
  if (next === null) throw invalidInput([{ pointer: '/rule', detail: 'never happens from now on.' }])
  return next
}

export async function createRecurrence(deps: Deps, tx: Db, principal: Principal, input: RecurrenceInput): Promise<RecurrenceRow> {
  const { workspaceId, actor } = principal
  const next = firstOf(deps, input)
  await checkContent(deps, tx, workspaceId, input.campaign)
  const id = newId()
  await run(
    tx,
    sql`INSERT INTO recurrence (workspace_id, id, name, content, rule, starts_at, time_zone, next_at, created_by_id, created_by_name, created_by_type)
        VALUES (${workspaceId}, ${id}, ${input.name}, ${JSON.stringify(input.campaign)}, ${input.rule}, ${input.startsAt}, ${input.timeZone}, ${next},
                ${actor.id}, ${actor.name}, ${actor.type})`,
  )
  await audit(tx, principal, {
    action: 'recurrence.create',
    objectType: 'Recurrence',
    objectId: id,
    detail: { name: input.name, rule: input.rule },
  })
  return knownRecurrence(tx, workspaceId, id)
}

/** Replaces the whole; campaigns it already made stay as they are. Another content needs another approval. */
export async function updateRecurrence(
  deps: Deps,
  tx: Db,
  principal: Principal,
  id: string,
  input: RecurrenceInput,
  check: (row: RecurrenceRow) => void,
): Promise<RecurrenceRow> {
  const { workspaceId } = principal
  check(await lockRecurrence(tx, workspaceId, id))
  const next = firstOf(deps, input)
  await checkContent(deps, tx, workspaceId, input.campaign)
  await run(
    tx,
    sql`UPDATE recurrence SET name = ${input.name}, content = ${JSON.stringify(input.campaign)}, rule = ${input.rule}, starts_at = ${input.startsAt},
               time_zone = ${input.timeZone}, next_at = ${next}, version = version + 1, updated_at = now()
         WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await audit(tx, principal, { action: 'recurrence.update', objectType: 'Recurrence', objectId: id })
  return knownRecurrence(tx, workspaceId, id)
}

export async function deleteRecurrence(tx: Db, principal: Principal, id: string, check: (row: RecurrenceRow) => void): Promise<void> {
  const known = await lockRecurrence(tx, principal.workspaceId, id)
  check(known)
  await run(tx, sql`DELETE FROM recurrence WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'recurrence.delete', objectType: 'Recurrence', objectId: id, detail: { name: known.name } })
}

/** Pausing keeps what was made; resuming goes on with the next time from now: what was missed meanwhile is not caught up. */
export async function pauseRecurrence(deps: Deps, tx: Db, principal: Principal, id: string, isPaused: boolean): Promise<RecurrenceRow> {
  const { workspaceId } = principal
  const known = await lockRecurrence(tx, workspaceId, id)
  if (known.is_paused === isPaused)
    throw new Problem(isPaused ? 'recurrence-not-pausable' : 'recurrence-not-resumable', isPaused ? 'It is paused.' : 'It is not paused.')
  const next = isPaused ? known.next_at : nextOccurrence(recurringOf(known), deps.now())
  await run(tx, sql`UPDATE recurrence SET is_paused = ${isPaused}, next_at = ${next} WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: `recurrence.${isPaused ? 'pause' : 'resume'}`, objectType: 'Recurrence', objectId: id })
  return knownRecurrence(tx, workspaceId, id)
}

/** Approves the exact content of all its campaigns to come, where the workspace requires an approval. */
export async function approveRecurrence(tx: Db, principal: Principal, id: string): Promise<RecurrenceRow> {
  const { workspaceId } = principal
  await lockRecurrence(tx, workspaceId, id)
  await run(tx, sql`UPDATE recurrence SET approved_version = version WHERE workspace_id = ${workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'recurrence.approve', objectType: 'Recurrence', objectId: id })
  return knownRecurrence(tx, workspaceId, id)
}

export const upcomingOf = (row: RecurrenceRow, now: Date): Date[] =>
  row.next_at === null ? [] : occurrencesAfter(recurringOf(row), now, 5)
