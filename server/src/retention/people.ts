import type pg from 'pg'
import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'

/** Slices of 500 people that one transaction deletes. */
const SLICES = 4
/** Rows without a slice that one transaction deletes. */
const ROWS = 2_000
/** Advisory lock of a transaction: however many processes run, one deletes at a time. */
const LOCK = 0x66616e72 // "fanr"

/** What one step did. `idle`: nothing is left to delete; `busy`: another process is at it. */
export type Step = 'deleted' | 'idle' | 'busy'

interface Ended {
  readonly workspaceId: string
  readonly id: string
  readonly experimentId: string | null
  readonly isBegun: boolean
}

/**
 * Deletes some thousand rows of people of campaigns that ended long ago, and of receipts filed long ago. Every step is one short transaction that
 * leaves a true state, so that it may stop anywhere and go on in another process. What it locks belongs to ended campaigns: sending never waits.
 * @param days since a campaign ended; undefined: nothing new is begun, what was begun is finished
 */
export async function deleteSome(pool: pg.Pool, days: number | undefined): Promise<Step> {
  return inTransaction(pool, async (tx) => {
    const { mine } = await one<{ mine: boolean }>(tx, sql`SELECT pg_try_advisory_xact_lock(${LOCK}::bigint) AS mine`)
    if (!mine) return 'busy'
    const campaign = await nextCampaign(tx, days)
    if (campaign === undefined) return (await deleteFiled(tx, days)) > 0 ? 'deleted' : 'idle'
    if (!campaign.isBegun) await begin(tx, campaign)
    else if ((await deleteSlices(tx, campaign)) === 0 && (await deleteRest(tx, campaign)) === 0)
      await run(tx, sql`UPDATE campaign SET has_people = false WHERE workspace_id = ${campaign.workspaceId} AND id = ${campaign.id}`)
    return 'deleted'
  })
}

/** One that was begun, else the one that ended first. A frequency cap asks for longer: it counts messages of its last days. */
const nextCampaign = (tx: Db, days: number | undefined): Promise<Ended | undefined> =>
  maybeOne<Ended>(
    tx,
    sql`SELECT c.workspace_id AS "workspaceId", c.id, c.experiment_id AS "experimentId", c.people_deleted_at IS NOT NULL AS "isBegun"
          FROM campaign c JOIN workspace w ON w.id = c.workspace_id
         WHERE c.has_people AND c.completed_at IS NOT NULL AND c.status IN ('Completed', 'Cancelled', 'Failed')
           AND (c.people_deleted_at IS NOT NULL
                OR c.completed_at < now() - greatest(${days ?? null}::int, w.cap_days) * interval '1 day' AND ${days ?? null}::int IS NOT NULL)
         ORDER BY c.completed_at LIMIT 1`,
  )

/** From this commit on the people are no longer shown, and no follow-up can be made of them. */
async function begin(tx: Db, { workspaceId, id }: Ended): Promise<void> {
  const campaign = await one<{ audience: number }>(
    tx,
    sql`UPDATE campaign SET people_deleted_at = now(),
               pressers = (SELECT count(DISTINCT seq) FROM button_presser WHERE workspace_id = ${workspaceId} AND campaign_id = ${id})
         WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING audience`,
  )
  await run(
    tx,
    sql`INSERT INTO audit_entry (workspace_id, id, actor_type, actor_name, action, object_type, object_id, detail)
        VALUES (${workspaceId}, ${newId()}, 'system', 'retention', 'campaign.deletePeople', 'WhatsappCampaign', ${id},
                ${JSON.stringify({ people: campaign.audience })})`,
  )
}

/** The next slices with everything of their people; the slices last, so that a receipt that waited for them finds nobody. */
async function deleteSlices(tx: Db, { workspaceId, id }: Ended): Promise<number> {
  const slices = await many<{ slice_no: number; first_seq: number; last_seq: number }>(
    tx,
    sql`SELECT slice_no, first_seq, last_seq FROM campaign_slice WHERE workspace_id = ${workspaceId} AND campaign_id = ${id}
         ORDER BY slice_no LIMIT ${SLICES} FOR UPDATE`,
  )
  const [first] = slices
  const last = slices.at(-1)
  if (first === undefined || last === undefined) return 0
  const theirs = sql`workspace_id = ${workspaceId} AND campaign_id = ${id} AND seq BETWEEN ${first.first_seq} AND ${last.last_seq}`
  await run(tx, sql`DELETE FROM message_retry WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM message_event WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM button_click WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM button_presser WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM recipient_act WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM reply WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM message WHERE ${theirs}`)
  await run(tx, sql`DELETE FROM recipient WHERE ${theirs}`)
  return run(
    tx,
    sql`DELETE FROM campaign_slice WHERE workspace_id = ${workspaceId} AND campaign_id = ${id} AND slice_no <= ${last.slice_no}`,
  )
}

/** What names people and lies in no slice: test sends, and who was drawn into an experiment once all of its campaigns have come to this. */
async function deleteRest(tx: Db, { workspaceId, id, experimentId }: Ended): Promise<number> {
  const tests = await run(tx, sql`DELETE FROM test_send WHERE workspace_id = ${workspaceId} AND campaign_id = ${id}`)
  if (tests > 0 || experimentId === null) return tests
  return run(
    tx,
    sql`DELETE FROM experiment_person p
         USING (SELECT workspace_id, experiment_id, part, contact_id FROM experiment_person
                 WHERE workspace_id = ${workspaceId} AND experiment_id = ${experimentId}
                   AND NOT EXISTS (SELECT 1 FROM campaign o WHERE o.workspace_id = ${workspaceId} AND o.experiment_id = ${experimentId}
                                      AND o.id <> ${id} AND o.has_people)
                   AND EXISTS (SELECT 1 FROM experiment e WHERE e.workspace_id = ${workspaceId} AND e.id = ${experimentId}
                                  AND e.status IN ('Decided', 'Failed', 'Cancelled'))
                 LIMIT ${ROWS}) AS d
         WHERE p.workspace_id = d.workspace_id AND p.experiment_id = d.experiment_id AND p.part = d.part AND p.contact_id = d.contact_id`,
  )
}

/** Receipts that were filed hold numbers of people too. */
const deleteFiled = (tx: Db, days: number | undefined): Promise<number> =>
  run(
    tx,
    sql`DELETE FROM unmatched_receipt u
         USING (SELECT workspace_id, id FROM unmatched_receipt
                 WHERE filed_as IS NOT NULL AND first_at < now() - ${days ?? null}::int * interval '1 day' ORDER BY first_at LIMIT ${ROWS}) AS d
         WHERE u.workspace_id = d.workspace_id AND u.id = d.id`,
  )
