import { insertCampaign } from '../campaigns/insert.ts'
import { start } from '../campaigns/scheduler.ts'
import { compileFilter } from '../contacts/filter.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { certaintiesOf, successesOf } from './answer.ts'
import { GROUPS, HOLD_OUT, REST } from './parts.ts'
import { campaignsOf, type ExperimentRow, type PartCampaign } from './queries.ts'

/** A certainty from fewer deliveries of a variant than this decides nothing early. */
const DELIVERED_MIN = 100

/** Starts what was asked to start, and decides what can be decided: a few small rows, whatever the audiences. */
export async function driveExperiments(deps: Pick<Deps, 'pool'>): Promise<void> {
  const open = await many<{ workspace_id: string; id: string }>(
    deps.pool,
    sql`SELECT workspace_id, id FROM experiment WHERE status IN ('Starting', 'Testing') ORDER BY started_at LIMIT 100`,
  )
  for (const { workspace_id, id } of open) await inTransaction(deps.pool, (tx) => drive(tx, workspace_id, id))
}

async function drive(tx: Db, workspaceId: string, id: string): Promise<void> {
  const row = await maybeOne<ExperimentRow & { is_due: boolean }>(
    tx,
    sql`SELECT *, decide_at <= now() AS is_due FROM experiment WHERE workspace_id = ${workspaceId} AND id = ${id} AND status IN ('Starting', 'Testing')
           FOR UPDATE SKIP LOCKED`,
  )
  if (row === undefined) return
  if (row.status === 'Starting') return begin(tx, row)
  const parts = new Map((await campaignsOf(tx, workspaceId, [id])).map((part) => [part.part, part]))
  const candidates = row.variants.flatMap((_, part) => {
    const found = parts.get(part)
    return found === undefined || found.status === 'Failed' || found.status === 'Cancelled' ? [] : [found]
  })
  if (candidates.length === 0) return fail(tx, row, 'None of its variants could be sent, or all were cancelled.')
  const isSent = candidates.every(({ status }) => status === 'Completed')
  const certainties = certaintiesOf(row, parts)
  const [best] = candidates.toSorted((a, b) => rateOf(row, b) - rateOf(row, a) || a.part - b.part)
  if (best === undefined || certainties === undefined || best.delivered === 0) return // nobody got one yet: it waits, or a person decides
  const certainty = certainties[best.part] ?? 0
  const isCertain =
    row.certainty !== null && isSent && candidates.every(({ delivered }) => delivered >= DELIVERED_MIN) && certainty >= row.certainty
  if (!isCertain && !row.is_due) return
  await decide(tx, row, best.part, {
    how: isCertain ? 'certainty' : 'time',
    by: row.decide_by,
    certainty: Math.round(certainty * 10_000) / 10_000,
  })
  await wakeWorkers(tx)
}

const rateOf = (row: ExperimentRow, part: PartCampaign): number => (part.delivered === 0 ? 0 : successesOf(row, part) / part.delivered)

const fail = async (tx: Db, { workspace_id: workspaceId, id }: ExperimentRow, why: string): Promise<void> =>
  void (await run(tx, sql`UPDATE experiment SET status = 'Failed', failure = ${why} WHERE workspace_id = ${workspaceId} AND id = ${id}`))

/**
 * Draws the audience into its parts and starts the variants. The draw is by a hash of the number with the experiment's own random seed, and is
 * stored: contacts that share a number are in one part, and nobody changes theirs.
 */
async function begin(tx: Db, row: ExperimentRow): Promise<void> {
  const { workspace_id: workspaceId, id, variants } = row
  const matched = await compileFilter(tx, workspaceId, row.contact_filter)
  const each = row.test_share / variants.length
  await run(
    tx,
    sql`INSERT INTO experiment_person (workspace_id, experiment_id, part, contact_id)
        SELECT ${workspaceId}, ${id},
               CASE WHEN drawn < ${row.test_share}::float8 THEN least(floor(drawn / ${each}::float8), ${variants.length - 1})
                    WHEN drawn >= 1 - ${row.hold_out_share}::float8 THEN ${HOLD_OUT} ELSE ${REST} END, contact_id
          FROM (SELECT c.id AS contact_id, ((hashtextextended(coalesce(c.send_key, c.id::text), ${row.seed}::bigint) & 9007199254740991)::float8 / 9007199254740992) AS drawn
                  FROM contact c WHERE ${matched}) AS draw`,
  )
  const parts = await many<{ part: number; people: number }>(
    tx,
    sql`SELECT part, count(*)::int AS people FROM experiment_person WHERE workspace_id = ${workspaceId} AND experiment_id = ${id} GROUP BY part`,
  )
  const people = Array.from({ length: HOLD_OUT + 1 }, (_, part) => parts.find((one) => one.part === part)?.people ?? 0)
  if (!variants.every((_, part) => (people[part] ?? 0) > 0)) {
    await run(tx, sql`DELETE FROM experiment_person WHERE workspace_id = ${workspaceId} AND experiment_id = ${id}`)
    return fail(tx, row, 'The audience is too small: a variant would go to nobody.')
  }
  for (const part of variants.keys()) await startPart(tx, row, part, part)
  await run(
    tx,
    sql`UPDATE experiment SET status = 'Testing', people = ${people}::int[], decide_at = now() + decide_minutes * interval '1 minute' WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await wakeWorkers(tx)
}

/** Settles the winner and sends it to the rest, if there is one. The caller holds the experiment's lock. */
export async function decide(
  tx: Db,
  row: ExperimentRow,
  winner: number,
  decision: { readonly how: 'time' | 'certainty' | 'person'; readonly by: string; readonly certainty: number | null },
): Promise<void> {
  const { workspace_id: workspaceId, id } = row
  await run(
    tx,
    sql`UPDATE experiment SET status = 'Decided', winner = ${winner}, decided_at = now(), decision = ${JSON.stringify(decision)}
         WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  if ((row.people[REST] ?? 0) > 0) await startPart(tx, row, REST, winner)
}

/** The campaign of a part, running at once; its freeze asks who of the part may be messaged, as any campaign's. */
async function startPart(tx: Db, row: ExperimentRow, part: number, variant: number): Promise<void> {
  const { workspace_id: workspaceId, variants } = row
  const content = variants[variant]
  const group = GROUPS[part]
  if (content === undefined || group === undefined) throw new Error(`experiment ${row.id} has no variant ${variant}`)
  const id = newId()
  await insertCampaign(tx, {
    workspaceId,
    id,
    input: {
      ...content,
      name: `${row.name} · ${part === REST ? `rest (${GROUPS[variant]})` : group}`,
      contactFilter: { where: { experiment: { id: row.id, group } } },
    },
    actor: { id: row.created_by_id, name: row.created_by_name, type: row.created_by_type },
    experiment: { id: row.id, part },
  })
  await start(tx, workspaceId, id)
}
