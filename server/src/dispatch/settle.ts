import { Counter } from 'prom-client'
import { moveFailures } from '../analytics/failure-counts.ts'
import { type Db, many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { metrics } from '../platform/metrics.ts'
import { type Move, moveCounts, sliceOf } from './counters.ts'
import { setHold } from './holds.ts'
import { INFERABLE } from './moves.ts'
import { type FoldedProof, foldProofs, type Proof } from './proof.ts'
import { isAccepted, STATE, type State } from './state.ts'

export type { Proof } from './proof.ts'

const doublesTotal = new Counter({
  name: 'fanfare_doubles_total',
  help: 'Second messages that Meta accepted for one recipient without anybody having accepted the doubt: an alarm',
  registers: [metrics],
})

/** What came of one attempt, decided by outcome.ts; applied only while that attempt is the latest and unsettled. */
export interface Inference {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
  readonly state: typeof STATE.pending | typeof STATE.unknown | typeof STATE.rejected
  /** Attempts used of the five. */
  readonly tries: number
  readonly code: number | null
  readonly title: string | null
  readonly isRetryable: boolean | null
  readonly intendedAt: Date | null
  /** For `pending`: seconds until the next attempt is due. */
  readonly retryAfterSeconds?: number
  /** For the recipient's trail: retry, throttled, not_written, unknown … and a sentence. */
  readonly event: { readonly kind: string; readonly detail: string }
}

/** An answer with a wamid. */
export interface Acceptance {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
  readonly wamid: string
  readonly acceptedAt: Date
  readonly intendedAt: Date | null
  readonly isHeld: boolean
}

interface Written {
  readonly campaign_id: string
  readonly seq: number
  readonly state: State
  readonly prev_state: State | null
  readonly error_code: number | null
  readonly prev_error_code: number | null
  readonly wamid: string | null
  readonly is_new: boolean
}
interface SliceKey {
  readonly campaign_id: string
  readonly slice_no: number
  readonly cursor_seq: number
  readonly last_seq: number
}

const keyOf = (campaignId: string, seq: number) => `${campaignId} ${seq}`

/** Locks the slices of these recipients in key order; slices that do not exist are absent from the answer. */
async function lockSlices(tx: Db, workspaceId: string, rows: readonly { readonly campaignId: string; readonly seq: number }[]) {
  const keys = new Map(rows.map((row) => [keyOf(row.campaignId, sliceOf(row.seq)), row]))
  const wanted = [...keys.values()]
  const found = await many<SliceKey>(
    tx,
    sql`SELECT s.campaign_id, s.slice_no, s.cursor_seq, s.last_seq
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
 * @returns the proofs that matched no recipient of this workspace
 */
export async function applyProofs(tx: Db, workspaceId: string, proofs: readonly Proof[]): Promise<Proof[]> {
  if (proofs.length === 0) return []
  const folded = foldProofs(proofs)
  const slices = await lockSlices(tx, workspaceId, folded)
  const known = folded.filter((proof) => proof.seq <= (slices.get(keyOf(proof.campaignId, sliceOf(proof.seq)))?.last_seq ?? 0))
  await settle(tx, workspaceId, slices, await upsertProofs(tx, workspaceId, known), known)
  const matched = new Set(known.map((proof) => keyOf(proof.campaignId, proof.seq)))
  return proofs.filter((proof) => !matched.has(keyOf(proof.campaignId, proof.seq)))
}

/**
 * Records what attempts came to: answers with a wamid, and inferences about all others. The caller's transaction has locked nothing
 * later than campaigns. A receipt that came first is merged, not overwritten; an inference about an attempt that is no longer the
 * latest, or is settled, changes nothing.
 */
export async function recordResults(
  tx: Db,
  workspaceId: string,
  acceptances: readonly Acceptance[],
  inferences: readonly Inference[],
): Promise<void> {
  const statuses = await lockCampaigns(
    tx,
    workspaceId,
    inferences.filter((inference) => inference.state === STATE.pending),
  )
  const slices = await lockSlices(tx, workspaceId, [...acceptances, ...inferences])
  const byKey = <T extends { campaignId: string; seq: number }>(rows: readonly T[]) =>
    rows.toSorted((a, b) => (a.campaignId < b.campaignId ? -1 : a.campaignId > b.campaignId ? 1 : a.seq - b.seq))
  if (acceptances.length > 0) {
    const rows = byKey(acceptances).map(foldedAcceptance)
    await settle(tx, workspaceId, slices, await upsertProofs(tx, workspaceId, rows), rows)
  }
  if (inferences.length > 0) {
    const rows = byKey(inferences).map((inference) => withoutRetry(inference, statuses.get(inference.campaignId)))
    const written = await upsertInferences(tx, workspaceId, rows)
    await settle(tx, workspaceId, slices, written, [])
    await writeRetries(tx, workspaceId, rows, written)
  }
}

/**
 * No retry follows in a campaign that is not Running: one that was cancelled or failed cancels the recipient, in a completed one (the proof
 * came after somebody had given the answer up for lost) they surely got nothing and are offered for resend.
 */
function withoutRetry(inference: Inference, status: string | undefined): Omit<Inference, 'state'> & { readonly state: State } {
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

type ProofRow = FoldedProof & { readonly acceptedAt?: Date; readonly intendedAt?: Date | null; readonly isHeld?: boolean }

const foldedAcceptance = (acceptance: Acceptance): ProofRow => ({
  ...(foldProofs([
    {
      campaignId: acceptance.campaignId,
      seq: acceptance.seq,
      attempt: acceptance.attempt,
      state: STATE.sent,
      at: acceptance.acceptedAt,
      wamid: acceptance.wamid,
    },
  ])[0] as FoldedProof),
  sentAt: null, // Meta's own time comes with the receipt; until then acceptedAt stands for it
  acceptedAt: acceptance.acceptedAt,
  intendedAt: acceptance.intendedAt,
  isHeld: acceptance.isHeld,
})

/** What a row holds from the time before any proof (a refusal, a skip) no longer counts once Meta is known to have accepted. */
async function upsertProofs(tx: Db, workspaceId: string, rows: readonly ProofRow[]): Promise<Written[]> {
  if (rows.length === 0) return []
  const failureWins = sql`(excluded.failed_at IS NOT NULL AND (m.state < 6 OR m.failed_at IS NULL OR excluded.failed_at < m.failed_at
                           OR (excluded.failed_at = m.failed_at AND coalesce(excluded.error_code, 0) < coalesce(m.error_code, 0))))`
  const pricingWins = sql`(excluded.pricing_state IS NOT NULL AND (m.pricing_state IS NULL OR excluded.pricing_state > m.pricing_state
                           OR (excluded.pricing_state = m.pricing_state AND excluded.pricing_at < m.pricing_at)))`
  return many<Written>(
    tx,
    sql`INSERT INTO message AS m (workspace_id, campaign_id, seq, state, attempt, wamid, sent_at, delivered_at, read_at, failed_at, error_code,
               error_title, is_retryable, pricing_category, pricing_type, pricing_state, pricing_at, accepted_at, intended_at, is_held, settled_at)
        SELECT ${workspaceId}, p.campaign_id, p.seq, p.state, greatest(p.attempt, 1), p.wamid, p.sent_at, p.delivered_at, p.read_at,
               p.failed_at, p.error_code, p.error_title, p.is_retryable, p.pricing_category, p.pricing_type, p.pricing_state, p.pricing_at,
               p.accepted_at, p.intended_at, p.is_held, now()
          FROM unnest(${rows.map((r) => r.campaignId)}::uuid[], ${rows.map((r) => r.seq)}::int[], ${rows.map((r) => r.state)}::smallint[],
                      ${rows.map((r) => r.attempt)}::smallint[], ${rows.map((r) => r.wamid)}::text[], ${rows.map((r) => r.sentAt)}::timestamptz[],
                      ${rows.map((r) => r.deliveredAt)}::timestamptz[], ${rows.map((r) => r.readAt)}::timestamptz[],
                      ${rows.map((r) => r.failedAt)}::timestamptz[], ${rows.map((r) => r.code)}::int[], ${rows.map((r) => r.title)}::text[],
                      ${rows.map((r) => r.isRetryable)}::boolean[], ${rows.map((r) => r.pricingCategory)}::text[],
                      ${rows.map((r) => r.pricingType)}::text[], ${rows.map((r) => r.pricingState)}::smallint[],
                      ${rows.map((r) => r.pricingAt)}::timestamptz[], ${rows.map((r) => r.acceptedAt ?? null)}::timestamptz[],
                      ${rows.map((r) => r.intendedAt ?? null)}::timestamptz[], ${rows.map((r) => r.isHeld ?? false)}::boolean[])
            AS p (campaign_id, seq, state, attempt, wamid, sent_at, delivered_at, read_at, failed_at, error_code, error_title, is_retryable,
                  pricing_category, pricing_type, pricing_state, pricing_at, accepted_at, intended_at, is_held)
        ON CONFLICT (workspace_id, campaign_id, seq) DO UPDATE
           SET prev_state = m.state, prev_error_code = m.error_code,
               state = greatest(m.state, excluded.state),
               attempt = greatest(m.attempt, excluded.attempt),
               wamid = coalesce(m.wamid, excluded.wamid),
               sent_at = least(m.sent_at, excluded.sent_at),
               delivered_at = least(m.delivered_at, excluded.delivered_at),
               read_at = least(m.read_at, excluded.read_at),
               failed_at = CASE WHEN ${failureWins} THEN excluded.failed_at WHEN m.state >= 6 THEN m.failed_at END,
               error_code = CASE WHEN ${failureWins} THEN excluded.error_code WHEN m.state >= 6 THEN m.error_code END,
               error_title = CASE WHEN ${failureWins} THEN excluded.error_title WHEN m.state >= 6 THEN m.error_title END,
               is_retryable = CASE WHEN ${failureWins} THEN excluded.is_retryable WHEN m.state >= 6 THEN m.is_retryable END,
               pricing_category = CASE WHEN ${pricingWins} THEN excluded.pricing_category ELSE m.pricing_category END,
               pricing_type = CASE WHEN ${pricingWins} THEN excluded.pricing_type ELSE m.pricing_type END,
               pricing_at = CASE WHEN ${pricingWins} THEN excluded.pricing_at ELSE m.pricing_at END,
               pricing_state = CASE WHEN ${pricingWins} THEN excluded.pricing_state ELSE m.pricing_state END,
               accepted_at = coalesce(m.accepted_at, excluded.accepted_at),
               intended_at = coalesce(m.intended_at, excluded.intended_at),
               is_held = excluded.is_held AND m.state < 6,
               settled_at = coalesce(m.settled_at, now())
        RETURNING m.campaign_id, m.seq, m.state, m.prev_state, m.error_code, m.prev_error_code, m.wamid, (xmax = 0) AS is_new`,
  )
}

async function upsertInferences(
  tx: Db,
  workspaceId: string,
  rows: readonly (Omit<Inference, 'state'> & { readonly state: State })[],
): Promise<Written[]> {
  return many<Written>(
    tx,
    sql`INSERT INTO message AS m (workspace_id, campaign_id, seq, state, attempt, tries, error_code, error_title, is_retryable, intended_at,
               failed_at, settled_at)
        SELECT ${workspaceId}, i.campaign_id, i.seq, i.state, i.attempt, i.tries, i.error_code, i.error_title, i.is_retryable, i.intended_at,
               CASE WHEN i.state = 5 THEN now() END, now()
          FROM unnest(${rows.map((r) => r.campaignId)}::uuid[], ${rows.map((r) => r.seq)}::int[], ${rows.map((r) => r.state)}::smallint[],
                      ${rows.map((r) => r.attempt)}::smallint[], ${rows.map((r) => r.tries)}::smallint[], ${rows.map((r) => r.code)}::int[],
                      ${rows.map((r) => r.title)}::text[], ${rows.map((r) => r.isRetryable)}::boolean[],
                      ${rows.map((r) => r.intendedAt)}::timestamptz[])
            AS i (campaign_id, seq, state, attempt, tries, error_code, error_title, is_retryable, intended_at)
        ON CONFLICT (workspace_id, campaign_id, seq) DO UPDATE
           SET prev_state = m.state, prev_error_code = m.error_code, state = excluded.state, tries = excluded.tries,
               error_code = excluded.error_code, error_title = excluded.error_title, is_retryable = excluded.is_retryable,
               failed_at = excluded.failed_at, settled_at = now()
         WHERE m.attempt = excluded.attempt AND m.state = ANY(${INFERABLE}::smallint[]) -- the same attempt, and nothing proven since
        RETURNING m.campaign_id, m.seq, m.state, m.prev_state, m.error_code, m.prev_error_code, m.wamid, (xmax = 0) AS is_new`,
  )
}

/** Everything that follows from rows just written: counts, failure reasons, withdrawn retries, alarms. */
async function settle(
  tx: Db,
  workspaceId: string,
  slices: ReadonlyMap<string, SliceKey>,
  written: readonly Written[],
  proofs: readonly ProofRow[],
): Promise<void> {
  const times = new Map(
    proofs.map((p) => [keyOf(p.campaignId, p.seq), p.readAt ?? p.deliveredAt ?? p.failedAt ?? p.sentAt ?? p.acceptedAt]),
  )
  const isIntended = (row: Written) => row.seq <= (slices.get(keyOf(row.campaign_id, sliceOf(row.seq)))?.cursor_seq ?? 0)
  const ahead = written.filter((row) => row.is_new && !isIntended(row))
  const ended = ahead.length === 0 ? new Set<string>() : await endedEarly(tx, workspaceId, ahead)
  const now = new Date()
  const moves = written.map(
    (row): Move => ({
      campaignId: row.campaign_id,
      seq: row.seq,
      from: row.prev_state ?? undefined,
      to: row.state,
      wasSending: row.is_new ? isIntended(row) : row.prev_state === STATE.sending && row.state !== STATE.sending,
      wasCancelledWithoutRow: row.is_new && !isIntended(row) && ended.has(row.campaign_id),
      at: times.get(keyOf(row.campaign_id, row.seq)) ?? now,
    }),
  )
  await withdrawRetries(
    tx,
    workspaceId,
    written.filter((row) => row.prev_state === STATE.pending && isAccepted(row.state)),
  )
  await alarmDoubles(tx, workspaceId, written, proofs)
  await moveCounts(tx, workspaceId, moves)
  await moveFailures(tx, workspaceId, written.flatMap(failureMoves))
  await holdRewound(
    tx,
    workspaceId,
    ahead.filter((row) => !ended.has(row.campaign_id)),
  )
}

const failureMoves = (row: Written) => {
  const kind = (state: State | null) => (state === STATE.rejected ? 'rejected' : state === STATE.undelivered ? 'undelivered' : undefined)
  const before = kind(row.prev_state)
  const after = kind(row.state)
  if (before === after && row.error_code === row.prev_error_code) return []
  return [
    ...(before ? [{ campaignId: row.campaign_id, kind: before, code: String(row.prev_error_code ?? 0), count: -1 } as const] : []),
    ...(after ? [{ campaignId: row.campaign_id, kind: after, code: String(row.error_code ?? 0), count: 1 } as const] : []),
  ]
}

async function endedEarly(tx: Db, workspaceId: string, rows: readonly Written[]): Promise<Set<string>> {
  const ended = await many<{ id: string }>(
    tx,
    sql`SELECT id FROM campaign WHERE workspace_id = ${workspaceId} AND status IN ('Cancelled', 'Failed')
           AND id = ANY(${[...new Set(rows.map((row) => row.campaign_id))]}::uuid[])`,
  )
  return new Set(ended.map(({ id }) => id))
}

/** A 2xx or receipt of an earlier attempt takes back the retry that was waiting. */
async function withdrawRetries(tx: Db, workspaceId: string, rows: readonly Written[]): Promise<void> {
  if (rows.length === 0) return
  await run(
    tx,
    sql`DELETE FROM message_retry r
         USING unnest(${rows.map((row) => row.campaign_id)}::uuid[], ${rows.map((row) => row.seq)}::int[]) AS k (campaign_id, seq)
         WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = k.campaign_id AND r.seq = k.seq`,
  )
}

async function writeRetries(
  tx: Db,
  workspaceId: string,
  inferences: readonly (Omit<Inference, 'state'> & { readonly state: State })[],
  written: readonly Written[],
): Promise<void> {
  const states = new Map(written.map((row) => [keyOf(row.campaign_id, row.seq), row.state]))
  const applied = inferences.filter((inference) => states.get(keyOf(inference.campaignId, inference.seq)) === inference.state)
  const retries = applied.filter((inference) => inference.state === STATE.pending)
  if (retries.length > 0)
    await run(
      tx,
      sql`INSERT INTO message_retry (workspace_id, campaign_id, seq, attempt, due_at)
          SELECT ${workspaceId}, r.campaign_id, r.seq, r.attempt, now() + r.after * interval '1 second'
            FROM unnest(${retries.map((r) => r.campaignId)}::uuid[], ${retries.map((r) => r.seq)}::int[],
                        ${retries.map((r) => r.attempt)}::smallint[], ${retries.map((r) => r.retryAfterSeconds ?? 0)}::float8[])
              AS r (campaign_id, seq, attempt, after)
          ON CONFLICT (workspace_id, campaign_id, seq) DO UPDATE SET attempt = excluded.attempt, due_at = excluded.due_at`,
    )
  await writeEvents(
    tx,
    workspaceId,
    applied.map(({ campaignId, seq, attempt, code, event }) => ({ campaignId, seq, attempt, code, ...event })),
  )
}

export interface MessageEvent {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number | null
  readonly code: number | null
  readonly kind: string
  readonly detail: string
}

/** Adds lines to recipients' trails. */
export async function writeEvents(tx: Db, workspaceId: string, events: readonly MessageEvent[]): Promise<void> {
  if (events.length === 0) return
  await run(
    tx,
    sql`INSERT INTO message_event (workspace_id, campaign_id, seq, id, attempt, code, kind, detail)
        SELECT ${workspaceId}, e.* FROM unnest(${events.map((e) => e.campaignId)}::uuid[], ${events.map((e) => e.seq)}::int[],
               ${events.map(() => newId())}::uuid[], ${events.map((e) => e.attempt)}::smallint[], ${events.map((e) => e.code)}::int[],
               ${events.map((e) => e.kind)}::text[], ${events.map((e) => e.detail)}::text[]) AS e`,
  )
}

/** A second message id for one recipient: a person was messaged twice. Told once per id, and not where a person or policy accepted it. */
async function alarmDoubles(tx: Db, workspaceId: string, written: readonly Written[], proofs: readonly ProofRow[]): Promise<void> {
  const wamids = new Map(written.map((row) => [keyOf(row.campaign_id, row.seq), row.wamid]))
  const doubles = proofs.flatMap((proof) => {
    const known = wamids.get(keyOf(proof.campaignId, proof.seq))
    return [proof.wamid, proof.otherWamid]
      .filter((wamid) => wamid !== null && wamid !== known)
      .map((wamid) => ({ ...proof, code: null, kind: 'double', detail: `second message id ${wamid}` }))
  })
  if (doubles.length === 0) return
  const trail = await many<{ campaign_id: string; seq: number; kind: string; detail: string }>(
    tx,
    sql`SELECT e.campaign_id, e.seq, e.kind, e.detail
          FROM message_event e JOIN unnest(${doubles.map((d) => d.campaignId)}::uuid[], ${doubles.map((d) => d.seq)}::int[]) AS k (campaign_id, seq)
            ON e.campaign_id = k.campaign_id AND e.seq = k.seq
         WHERE e.workspace_id = ${workspaceId} AND e.kind IN ('double', 'doubt_accepted')`,
  )
  const isExpected = (double: (typeof doubles)[number]) =>
    trail.some(
      (line) =>
        line.campaign_id === double.campaignId &&
        line.seq === double.seq &&
        (line.kind === 'doubt_accepted' || line.detail === double.detail),
    )
  const fresh = doubles.filter((double) => !isExpected(double))
  doublesTotal.inc(fresh.length)
  await writeEvents(tx, workspaceId, fresh)
}

/**
 * A receipt for somebody this database has not sent to yet: it was rewound or cloned, and going on would message people twice
 * (delivery.md §4). Everything on that number waits for a person.
 */
async function holdRewound(tx: Db, workspaceId: string, rows: readonly Written[]): Promise<void> {
  if (rows.length === 0) return
  const numbers = await many<{ number_id: string }>(
    tx,
    sql`SELECT DISTINCT number_id FROM campaign WHERE workspace_id = ${workspaceId} AND number_id IS NOT NULL
           AND id = ANY(${[...new Set(rows.map((row) => row.campaign_id))]}::uuid[])`,
  )
  for (const { number_id } of numbers) {
    await setHold(tx, {
      workspaceId,
      scope: 'number',
      scopeId: number_id,
      reason: 'restored',
      detail: 'Meta confirmed messages that this database has not sent: it was restored or copied from an older state.',
    })
  }
}
