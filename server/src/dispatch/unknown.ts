import { type Db, many, run, type Sql, sql } from '../platform/db.ts'
import { moveCounts } from './counters.ts'
import { STATE } from './state.ts'
import { writeEvents } from './trail.ts'

interface Doubted {
  readonly seq: number
  readonly attempt: number
}

/**
 * Locks the slices of a campaign that hold Unknown and runs one update over those people. The caller holds the campaign's lock.
 * @param set what becomes of the row; @param only a further condition over alias `m`
 */
async function changeUnknown(tx: Db, workspaceId: string, campaignId: string, set: Sql, only: Sql): Promise<Doubted[]> {
  const slices = await many<{ first_seq: number; last_seq: number }>(
    tx,
    sql`SELECT first_seq, last_seq FROM campaign_slice WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId} AND unknown > 0
         ORDER BY slice_no FOR UPDATE`,
  )
  if (slices.length === 0) return []
  return many<Doubted>(
    tx,
    sql`UPDATE message m SET ${set}
          FROM unnest(${slices.map(({ first_seq }) => first_seq)}::int[], ${slices.map(({ last_seq }) => last_seq)}::int[]) AS s (first_seq, last_seq)
         WHERE m.workspace_id = ${workspaceId} AND m.campaign_id = ${campaignId} AND m.seq BETWEEN s.first_seq AND s.last_seq
           AND m.state = ${STATE.unknown} AND NOT m.is_closed AND ${only}
        RETURNING m.seq, m.attempt`,
  )
}

/**
 * Unknown → Pending, in a Running campaign whose lock the caller holds: somebody or a policy accepts that these people may be messaged
 * twice. A receipt or late answer of the earlier attempt still wins until the next intent.
 * @returns how many
 */
export async function resendUnknown(
  tx: Db,
  workspaceId: string,
  campaignId: string,
  detail: string,
  only: Sql = sql`true`,
): Promise<number> {
  const people = await changeUnknown(tx, workspaceId, campaignId, sql`prev_state = m.state, state = ${STATE.pending}`, only)
  if (people.length === 0) return 0
  await run(
    tx,
    sql`INSERT INTO message_retry (workspace_id, campaign_id, seq, attempt, due_at)
        SELECT ${workspaceId}, ${campaignId}, r.seq, r.attempt, now()
          FROM unnest(${people.map(({ seq }) => seq)}::int[], ${people.map(({ attempt }) => attempt)}::smallint[]) AS r (seq, attempt)
        ON CONFLICT (workspace_id, campaign_id, seq) DO UPDATE SET attempt = excluded.attempt, due_at = excluded.due_at`,
  )
  const trail = people.map(({ seq, attempt }) => ({ campaignId, seq, attempt, code: null, kind: 'doubt_accepted', detail }))
  await writeEvents(tx, workspaceId, trail)
  const at = new Date()
  await moveCounts(
    tx,
    workspaceId,
    people.map(({ seq }) => ({ campaignId, seq, from: STATE.unknown, to: STATE.pending, wasSending: false, at })),
  )
  return people.length
}

/** Closes the doubt: the people stay Unknown and are offered no further resend. A receipt still tells the truth. Returns how many. */
export async function giveUpUnknown(tx: Db, workspaceId: string, campaignId: string, detail: string): Promise<number> {
  const people = await changeUnknown(tx, workspaceId, campaignId, sql`is_closed = true`, sql`true`)
  const trail = people.map(({ seq, attempt }) => ({ campaignId, seq, attempt, code: null, kind: 'given_up', detail }))
  await writeEvents(tx, workspaceId, trail)
  return people.length
}
