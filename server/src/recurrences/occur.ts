import type pg from 'pg'
import { insertCampaign } from '../campaigns/insert.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { recurringOf } from './actions.ts'
import type { RecurrenceRow } from './queries.ts'
import { nextOccurrence, occurrencesAfter } from './rule.ts'

/** After a long stop, so many missed times are looked at to find the latest. */
const MISSED_LOOKED_AT = 1_000

/** Makes the campaign of every recurrence whose time has come, once however many processes look; starting it is the scheduler's next step. */
export async function makeDueCampaigns({ pool }: { readonly pool: pg.Pool }): Promise<void> {
  const due = await many<{ workspace_id: string; id: string }>(
    pool,
    sql`SELECT workspace_id, id FROM recurrence WHERE NOT is_paused AND next_at <= now() ORDER BY next_at LIMIT 100`,
  )
  for (const { workspace_id, id } of due) await inTransaction(pool, (tx) => occur(tx, workspace_id, id))
}

/** Of several times that passed while nothing ran, only the latest is made, and the scheduler's grace decides whether a person must look. */
async function occur(tx: Db, workspaceId: string, id: string): Promise<void> {
  const row = await maybeOne<RecurrenceRow & { now: Date }>(
    tx,
    sql`SELECT *, now() AS now FROM recurrence WHERE workspace_id = ${workspaceId} AND id = ${id} AND NOT is_paused AND next_at <= now() FOR UPDATE SKIP LOCKED`,
  )
  if (row === undefined || row.next_at === null) return
  const recurring = recurringOf(row)
  const passed = [row.next_at, ...occurrencesAfter(recurring, row.next_at, MISSED_LOOKED_AT)].filter((at) => at <= row.now)
  const at = passed.at(-1) as Date
  await insertCampaign(tx, {
    workspaceId,
    id: newId(),
    input: { ...row.content, name: `${row.name} · ${dayOf(at, row.time_zone)}`, scheduledAt: at },
    actor: { id: row.created_by_id, name: row.created_by_name, type: row.created_by_type },
    occurrence: { recurrenceId: id, at },
    isApproved: row.approved_version === row.version,
  })
  await run(tx, sql`UPDATE recurrence SET next_at = ${nextOccurrence(recurring, at)} WHERE workspace_id = ${workspaceId} AND id = ${id}`)
}

/** `2027-03-29`, by the clock of a zone. */
const dayOf = (at: Date, timeZone: string): string => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at)
