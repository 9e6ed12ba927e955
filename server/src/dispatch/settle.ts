import type { FailureMove } from '../analytics/failure-counts.ts'
import { announceMoves, listensToMessagesSql } from '../outgoing/events.ts'
import { type Db, many, prepared, sql } from '../platform/db.ts'
import { makeTally, sliceOf, type Tally } from './counters.ts'
import { type HoldInput, setHold } from './holds.ts'
import {
  type Acceptance,
  type Inference,
  type InferenceRow,
  keyOf,
  type Told,
  toldBy,
  toldByAnswer,
  upsertAcceptances,
  upsertInferences,
  upsertProofs,
  type Written,
} from './message-rows.ts'
import { type FoldedProof, foldProofs, type Proof } from './proof.ts'
import { withdrawRetries, writeRetries } from './retries.ts'
import { releaseAttempts } from './room.ts'
import { isAccepted, STATE, type State } from './state.ts'
import { alarmDoubles, type Double, doublesOf } from './trail.ts'

export type { Acceptance, Inference } from './message-rows.ts'
export type { Proof } from './proof.ts'

interface SliceKey {
  readonly campaign_id: string
  readonly slice_no: number
  readonly cursor_seq: number
  readonly last_seq: number
  /** Its people may have been put off to their morning. */
  readonly has_nights: boolean
  /** Some endpoint of the workspace is told about messages. */
  readonly is_listened_to: boolean
}

/** Locks the slices of these recipients in key order; slices that do not exist are absent from the answer. */
async function lockSlices(tx: Db, workspaceId: string, rows: readonly { readonly campaignId: string; readonly seq: number }[]) {
  const keys = new Map(rows.map((row) => [keyOf(row.campaignId, sliceOf(row.seq)), row]))
  const wanted = [...keys.values()]
  const found = await prepared<SliceKey>(
    tx,
    sql`SELECT s.campaign_id, s.slice_no, s.cursor_seq, s.last_seq, s.zone_from IS NOT NULL AS has_nights, ${listensToMessagesSql(workspaceId)} AS is_listened_to
          FROM campaign_slice s
          JOIN unnest(${wanted.map((row) => row.campaignId)}::uuid[], ${wanted.map((row) => sliceOf(row.seq))}::int[]) AS k (campaign_id, slice_no)
            ON s.campaign_id = k.campaign_id AND s.slice_no = k.slice_no
         WHERE s.workspace_id = ${workspaceId}
         ORDER BY s.campaign_id, s.slice_no
           FOR UPDATE OF s`,
  )
  return new Map(found.map((slice) => [keyOf(slice.campaign_id, slice.slice_no), slice]))
}

/**
 * Applies proofs of acceptance: the new state is the maximum, per status the smallest time stands, and no order or repetition changes
 * the result. Moves slice counts, counters and the series in the same transaction. Safe to repeat.
 * @param tally the caller's, flushed by the caller once it has locked all it needs; without one the counts move here and now
 * @returns the proofs that matched no recipient of this workspace
 */
export async function applyProofs(tx: Db, workspaceId: string, proofs: readonly Proof[], tally?: Tally): Promise<Proof[]> {
  if (proofs.length === 0) return []
  const counts = tally ?? makeTally()
  const folded = foldProofs(proofs)
  const slices = await lockSlices(tx, workspaceId, folded)
  const known = folded.filter((proof) => proof.seq <= (slices.get(keyOf(proof.campaignId, sliceOf(proof.seq)))?.last_seq ?? 0))
  await holdRewound(tx, workspaceId, await neverIntended(tx, workspaceId, known, slices))
  await settle(tx, workspaceId, slices, await upsertProofs(tx, workspaceId, known), known.map(toldBy), counts)
  if (tally === undefined) await counts.flush(tx, workspaceId)
  if (known.length === folded.length) return []
  const matched = new Set(known.map((proof) => keyOf(proof.campaignId, proof.seq)))
  return proofs.filter((proof) => !matched.has(keyOf(proof.campaignId, proof.seq)))
}

/**
 * Records what attempts came to: answers with a wamid, and inferences about all others. The caller's transaction has locked nothing
 * later than campaigns. A receipt that came first is merged, not overwritten; an inference about an attempt that is no longer the
 * latest, or is settled, changes nothing.
 * @param tally as of `applyProofs`
 */
export async function recordResults(
  tx: Db,
  workspaceId: string,
  acceptances: readonly Acceptance[],
  inferences: readonly Inference[],
  tally?: Tally,
): Promise<void> {
  if (acceptances.length === 0 && inferences.length === 0) return
  const counts = tally ?? makeTally()
  const statuses = await lockCampaigns(
    tx,
    workspaceId,
    inferences.filter((inference) => inference.state === STATE.pending),
  )
  const locking = lockSlices(tx, workspaceId, [...acceptances, ...inferences]) // what follows is asked behind it, not after its answer
  const byKey = <T extends { campaignId: string; seq: number }>(rows: readonly T[]) =>
    rows.toSorted((a, b) => (a.campaignId < b.campaignId ? -1 : a.campaignId > b.campaignId ? 1 : a.seq - b.seq))
  for (const rows of oncePerRecipient(byKey(acceptances))) {
    const [slices, written] = await Promise.all([locking, upsertAcceptances(tx, workspaceId, rows)])
    await settle(tx, workspaceId, slices, written, rows.map(toldByAnswer), counts)
  }
  for (const attempts of oncePerRecipient(byKey(inferences))) {
    const rows = attempts.map((inference) => withoutRetry(inference, statuses.get(inference.campaignId)))
    const [slices, written] = await Promise.all([locking, upsertInferences(tx, workspaceId, rows)])
    const settled = new Set(written.map((row) => keyOf(row.campaign_id, row.seq)))
    await settle(tx, workspaceId, slices, written, [], counts)
    const applied = rows.filter(({ campaignId, seq }) => settled.has(keyOf(campaignId, seq)))
    await writeRetries(tx, workspaceId, applied)
    await releaseAttempts(
      tx,
      workspaceId,
      applied.filter(({ state }) => state !== STATE.unknown),
    )
  }
  if (tally === undefined) await counts.flush(tx, workspaceId)
}

/** Parts in which each recipient stands once, because one statement writes a row once: two attempts of somebody may end at the same moment. */
function oncePerRecipient<Row extends { readonly campaignId: string; readonly seq: number }>(sorted: readonly Row[]): Row[][] {
  const parts: Row[][] = []
  let repeats = 0
  for (const [i, row] of sorted.entries()) {
    const previous = sorted[i - 1]
    repeats = previous?.seq === row.seq && previous.campaignId === row.campaignId ? repeats + 1 : 0
    parts[repeats] ??= []
    parts[repeats]?.push(row)
  }
  return parts
}

/**
 * No retry follows in a campaign that is not Running: one that was cancelled or failed cancels the recipient, in a completed one (the proof
 * came after somebody had given the answer up for lost) they surely got nothing and are offered for resend.
 */
function withoutRetry(inference: Inference, status: string | undefined): InferenceRow {
  if (inference.state !== STATE.pending || status === 'Running') return inference
  return status === 'Completed' ? { ...inference, state: STATE.rejected, isRetryable: true } : { ...inference, state: STATE.cancelled }
}

/** The status of campaigns whose recipients might become Pending again, locked against a cancel at the same time. */
async function lockCampaigns(tx: Db, workspaceId: string, rows: readonly { readonly campaignId: string }[]): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map()
  const campaigns = await many<{ id: string; status: string }>(
    tx,
    sql`SELECT id, status FROM campaign WHERE workspace_id = ${workspaceId} AND id = ANY(${[...new Set(rows.map((row) => row.campaignId))]}::uuid[])
         ORDER BY id FOR SHARE`,
  )
  return new Map(campaigns.map(({ id, status }) => [id, status]))
}

/** Everything that follows from rows just written: counts, failure reasons, withdrawn retries, alarms. */
async function settle(
  tx: Db,
  workspaceId: string,
  slices: ReadonlyMap<string, SliceKey>,
  written: readonly Written[],
  told: readonly Told[],
  tally: Tally,
): Promise<void> {
  const toldOf = new Map(told.map((one) => [keyOf(one.campaignId, one.seq), one]))
  const doubles: Double[] = []
  const isIntended = (row: Written) => row.seq <= (slices.get(keyOf(row.campaign_id, sliceOf(row.seq)))?.cursor_seq ?? 0)
  const ahead = written.filter((row) => row.is_new && !isIntended(row))
  const ended = ahead.length === 0 ? new Set<string>() : await endedEarly(tx, workspaceId, ahead)
  const now = new Date()
  for (const row of written) {
    const proof = toldOf.get(keyOf(row.campaign_id, row.seq))
    if (proof !== undefined) doubles.push(...doublesOf(proof, row.wamid))
    tally.move({
      campaignId: row.campaign_id,
      seq: row.seq,
      from: row.prev_state ?? undefined,
      to: row.state,
      wasSending: row.is_new ? isIntended(row) : row.prev_state === STATE.sending && row.state !== STATE.sending,
      wasCancelledWithoutRow: row.is_new && !isIntended(row) && ended.has(row.campaign_id),
      at: proof?.at ?? now,
      failedBefore: row.prev_failed_at,
    })
    for (const failure of failureMoves(row)) tally.failure(failure)
    tally.charge(row)
    tally.act(row.campaign_id, { held: Number(row.is_held) - Number(!row.is_new && row.prev_is_held) })
  }
  await withdrawRetries(
    tx,
    workspaceId,
    written.filter((row) => row.prev_state === STATE.pending && isAccepted(row.state)),
  )
  await alarmDoubles(tx, workspaceId, doubles)
  if (slices.values().some((slice) => slice.is_listened_to))
    await announceMoves(
      tx,
      workspaceId,
      written.map((row) => ({ campaignId: row.campaign_id, seq: row.seq, from: row.prev_state ?? undefined, to: row.state })),
    )
  await holdRewound(
    tx,
    workspaceId,
    ahead.filter((row) => !ended.has(row.campaign_id)),
  )
}

/** Who is no longer (or newly) counted under a reason of not being reached. */
const failureMoves = (row: Written): FailureMove[] => {
  const reason = (state: State | null, code: number | null) => {
    if (state === STATE.rejected) return { kind: 'rejected', code: String(code ?? 0) } as const
    if (state === STATE.undelivered) return { kind: 'undelivered', code: String(code ?? 0) } as const
    return state === STATE.skipped ? ({ kind: 'skipped', code: row.skip_reason ?? '' } as const) : undefined
  }
  const before = reason(row.prev_state, row.prev_error_code)
  const after = reason(row.state, row.error_code)
  if (before?.kind === after?.kind && before?.code === after?.code) return []
  const { campaign_id: campaignId } = row
  return [...(before ? [{ campaignId, ...before, count: -1 }] : []), ...(after ? [{ campaignId, ...after, count: 1 }] : [])]
}

async function endedEarly(tx: Db, workspaceId: string, rows: readonly Written[]): Promise<Set<string>> {
  const ended = await many<{ id: string }>(
    tx,
    sql`SELECT id FROM campaign WHERE workspace_id = ${workspaceId} AND status IN ('Cancelled', 'Failed')
           AND id = ANY(${[...new Set(rows.map((row) => row.campaign_id))]}::uuid[])`,
  )
  return new Set(ended.map(({ id }) => id))
}

/**
 * A receipt for somebody this database has not sent to yet: it was rewound or cloned, and going on would message people twice
 * (delivery.md §4). Everything on that number waits for a person.
 */
async function holdRewound(tx: Db, workspaceId: string, rows: readonly { readonly campaign_id: string }[]): Promise<void> {
  if (rows.length === 0) return
  const numbers = await many<{ number_id: string }>(
    tx,
    sql`SELECT DISTINCT number_id FROM campaign WHERE workspace_id = ${workspaceId} AND number_id IS NOT NULL
           AND id = ANY(${[...new Set(rows.map((row) => row.campaign_id))]}::uuid[])`,
  )
  for (const { number_id } of numbers) await setHold(tx, rewoundHold(workspaceId, number_id))
}

/** Meta told of messages that this database does not know to have sent. */
export const rewoundHold = (workspaceId: string, numberId: string): HoldInput => ({
  workspaceId,
  scope: 'number',
  scopeId: numberId,
  reason: 'restored',
  detail: 'Meta confirmed messages that this database has not sent: it was restored or copied from an older state.',
})

/**
 * The campaigns of recipients whose receipts name an attempt that was never intended here. Only retries have one, and people put off to
 * their morning, whose row stands before their first attempt: few, or with quiet hours one look-up each.
 */
async function neverIntended(
  tx: Db,
  workspaceId: string,
  proofs: readonly FoldedProof[],
  slices: ReadonlyMap<string, SliceKey>,
): Promise<{ readonly campaign_id: string }[]> {
  const retries = proofs.filter(
    ({ attempt, campaignId, seq }) => attempt > 1 || slices.get(keyOf(campaignId, sliceOf(seq)))?.has_nights === true,
  )
  if (retries.length === 0) return []
  return many(
    tx,
    sql`SELECT DISTINCT p.campaign_id FROM unnest(${retries.map((p) => p.campaignId)}::uuid[], ${retries.map((p) => p.seq)}::int[], ${retries.map((p) => p.attempt)}::int[])
                AS p (campaign_id, seq, attempt)
          LEFT JOIN message m ON m.workspace_id = ${workspaceId} AND m.campaign_id = p.campaign_id AND m.seq = p.seq
         WHERE p.attempt > coalesce(m.attempt, 1)`,
  )
}
