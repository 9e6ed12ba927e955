import type pg from 'pg'
import { many, maybeOne, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { SLICE_SIZE } from './counters.ts'
import type { Lease } from './lease.ts'
import { type Inference, recordResults } from './settle.ts'
import { STATE } from './state.ts'

interface Attempt {
  readonly seq: number
  readonly attempt: number
  readonly tries: number
}

const doubted = (campaignId: string, attempts: readonly Attempt[], intendedAt: Date | null, detail: string): Inference[] =>
  attempts.map((attempt) => ({
    ...attempt,
    campaignId,
    state: STATE.unknown,
    code: null,
    title: null,
    isRetryable: null,
    intendedAt,
    event: { kind: 'unknown', detail },
  }))

/** A slice with intents whose owner is not (or no longer) there to record what came of them. */
interface Orphan {
  readonly campaignId: string
  readonly sliceNo: number
}

/**
 * After a take-over: every intent of earlier owners of this number without a result becomes Unknown, because bytes may have left. Their
 * receipts heal those that were accepted; a late answer of the same attempt is still believed. Safe to repeat.
 * @returns how many became Unknown
 */
export async function rescueEarlierOwners(pool: pg.Pool, lease: Lease): Promise<number> {
  const orphans = await many<Orphan>(
    pool,
    sql`SELECT s.campaign_id AS "campaignId", s.slice_no AS "sliceNo"
          FROM campaign_slice s JOIN campaign c ON c.workspace_id = s.workspace_id AND c.id = s.campaign_id
         WHERE s.workspace_id = ${lease.workspaceId} AND s.sending > 0 AND c.number_id = ${lease.numberId}
         ORDER BY s.campaign_id, s.slice_no`,
  )
  let rescued = 0
  for (const orphan of orphans) rescued += await rescueSlice(pool, lease, orphan)
  await run(
    pool,
    sql`UPDATE test_send SET state = 'Unknown', settled_at = now()
         WHERE workspace_id = ${lease.workspaceId} AND number_id = ${lease.numberId} AND state = 'Sending' AND owner_token < ${lease.token}`,
  )
  return rescued
}

async function rescueSlice(pool: pg.Pool, lease: Lease, orphan: Orphan): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const mine = await maybeOne(
      tx,
      sql`SELECT 1 FROM number_lease WHERE workspace_id = ${lease.workspaceId} AND number_id = ${lease.numberId}
             AND token = ${lease.token} AND worker_key = ${lease.workerKey} FOR SHARE`,
    )
    if (mine === undefined) return 0
    const slice = await maybeOne<{ first_seq: number; cursor_seq: number; owner_token: number; advanced_at: Date | null }>(
      tx,
      sql`SELECT first_seq, cursor_seq, owner_token, advanced_at FROM campaign_slice
           WHERE workspace_id = ${lease.workspaceId} AND campaign_id = ${orphan.campaignId} AND slice_no = ${orphan.sliceNo} FOR UPDATE`,
    )
    if (slice === undefined) return 0
    // First attempts are mine if I advanced this slice; retries carry their owner themselves.
    const firstAttempts =
      slice.owner_token >= lease.token
        ? []
        : await many<Attempt>(
            tx,
            sql`SELECT seq, 1 AS attempt, 1 AS tries FROM generate_series(${slice.first_seq}::int, ${slice.cursor_seq}::int) AS seq
                 WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.workspace_id = ${lease.workspaceId} AND m.campaign_id = ${orphan.campaignId}
                                     AND m.seq = seq.seq)`,
          )
    const retries = await many<Attempt>(
      tx,
      sql`SELECT seq, attempt, tries FROM message
           WHERE workspace_id = ${lease.workspaceId} AND campaign_id = ${orphan.campaignId} AND state = 1 AND owner_token < ${lease.token}
             AND seq BETWEEN ${slice.first_seq} AND ${slice.first_seq + SLICE_SIZE - 1}`,
    )
    const lost = [...firstAttempts, ...retries]
    const why = 'The process that sent it stopped before the answer was recorded.'
    await recordResults(tx, lease.workspaceId, [], doubted(orphan.campaignId, lost, slice.advanced_at, why))
    return lost.length
  })
}

/** Slices one call settles: the next call goes on. */
const STALE_MAX = 500

/**
 * The other way to be lost: an owner that still holds its session but is stuck. Intents older than send timeout + grace become Unknown;
 * the owner's late answer for the same attempt is still believed. Reads open slices only, whatever campaigns they belong to.
 */
export async function rescueStale(pool: pg.Pool, olderThanMs: number): Promise<number> {
  const stale = await many<{ workspaceId: string } & Orphan>(
    pool,
    sql`SELECT s.workspace_id AS "workspaceId", s.campaign_id AS "campaignId", s.slice_no AS "sliceNo"
          FROM campaign_slice s
         WHERE s.sending > 0 AND s.advanced_at < now() - ${olderThanMs} * interval '1 millisecond'
         ORDER BY s.workspace_id, s.campaign_id, s.slice_no LIMIT ${STALE_MAX}`,
  )
  let rescued = 0
  for (const orphan of stale) rescued += await rescueStaleSlice(pool, orphan, olderThanMs)
  return rescued
}

async function rescueStaleSlice(pool: pg.Pool, orphan: { workspaceId: string } & Orphan, olderThanMs: number): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const slice = await maybeOne<{ first_seq: number; cursor_seq: number; advanced_at: Date }>(
      tx,
      sql`SELECT first_seq, cursor_seq, advanced_at FROM campaign_slice
           WHERE workspace_id = ${orphan.workspaceId} AND campaign_id = ${orphan.campaignId} AND slice_no = ${orphan.sliceNo}
             AND sending > 0 AND advanced_at < now() - ${olderThanMs} * interval '1 millisecond' FOR UPDATE`,
    )
    if (slice === undefined) return 0
    const stuck = await many<Attempt>(
      tx,
      sql`SELECT seq.seq, coalesce(m.attempt, 1) AS attempt, coalesce(m.tries, 1) AS tries
            FROM generate_series(${slice.first_seq}::int, ${slice.cursor_seq}::int) AS seq
            LEFT JOIN message m ON m.workspace_id = ${orphan.workspaceId} AND m.campaign_id = ${orphan.campaignId} AND m.seq = seq.seq
           WHERE m.seq IS NULL OR m.state = 1`,
    )
    const why = 'No answer was recorded within the send timeout.'
    await recordResults(tx, orphan.workspaceId, [], doubted(orphan.campaignId, stuck, slice.advanced_at, why))
    return stuck.length
  })
}
