import { booleans, ints, smallints, texts, times, uuids } from '../platform/arrays.ts'
import { type Db, many, prepared, sql } from '../platform/db.ts'
import { type ChargedRow, chargeSql } from '../pricing/charges.ts'
import { INFERABLE } from './moves.ts'
import type { FoldedProof } from './proof.ts'
import { STATE, type State } from './state.ts'

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

/** An inference with the state its campaign allows: nobody waits for a retry in a campaign that has ended. */
export type InferenceRow = Omit<Inference, 'state'> & { readonly state: State }

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

/** A message row just written, with what it was before. */
export interface Written extends ChargedRow {
  readonly state: State
  readonly prev_state: State | null
  readonly error_code: number | null
  readonly prev_error_code: number | null
  readonly prev_failed_at: Date | null
  /** Kept when proof comes: it says under which reason the person was counted. */
  readonly skip_reason: string | null
  readonly is_held: boolean
  readonly prev_is_held: boolean
  readonly wamid: string | null
  readonly is_new: boolean
}
let last = { campaignId: '', n: 0, key: '' }
/** A recipient or a slice as the key of a map. Rows come in their order, so that the slice of one is mostly that of the one before. */
export function keyOf(campaignId: string, n: number): string {
  if (last.n !== n || last.campaignId !== campaignId) last = { campaignId, n, key: `${campaignId} ${n}` }
  return last.key
}

/** What a proof tells beyond the row it is written to. */
export interface Told {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
  readonly wamid: string | null
  /** A second message id beside `wamid`. */
  readonly otherWamid: string | null
  /** When it happened. */
  readonly at: Date | undefined
}
export const toldBy = (proof: FoldedProof): Told => ({
  campaignId: proof.campaignId,
  seq: proof.seq,
  attempt: proof.attempt,
  wamid: proof.wamid,
  otherWamid: proof.otherWamid,
  at: proof.readAt ?? proof.deliveredAt ?? proof.failedAt ?? proof.sentAt ?? undefined,
})
export const toldByAnswer = ({ campaignId, seq, attempt, wamid, acceptedAt }: Acceptance): Told => ({
  campaignId,
  seq,
  attempt,
  wamid,
  otherWamid: null,
  at: acceptedAt,
})

const failureWins = sql`(excluded.failed_at IS NOT NULL AND (m.state < 6 OR m.failed_at IS NULL OR excluded.failed_at < m.failed_at
                           OR (excluded.failed_at = m.failed_at AND coalesce(excluded.error_code, 0) < coalesce(m.error_code, 0))))`
const pricingWins = sql`(excluded.pricing_state IS NOT NULL AND (m.pricing_state IS NULL OR excluded.pricing_state > m.pricing_state
                           OR (excluded.pricing_state = m.pricing_state AND excluded.pricing_at < m.pricing_at)))`
/**
 * The one merge, of answers and receipts alike: the state is the maximum, of each time the earliest stands, and what a row holds from the time
 * before any proof (a refusal, a skip) no longer counts once Meta is known to have accepted. Columns that an insert leaves out are null in
 * `excluded` and change nothing.
 */
const merge = sql`
        ON CONFLICT (workspace_id, campaign_id, seq) DO UPDATE
           SET prev_state = m.state, prev_error_code = m.error_code, prev_failed_at = m.failed_at, prev_is_held = m.is_held, prev_charge = ${chargeSql(sql`m`)},
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
        RETURNING m.campaign_id, m.seq, m.state, m.prev_state, m.error_code, m.prev_error_code, m.prev_failed_at, m.skip_reason, m.is_held, m.prev_is_held, m.wamid, (xmax = 0) AS is_new,
                  m.prev_charge, ${chargeSql(sql`m`)} AS charge`

export async function upsertProofs(tx: Db, workspaceId: string, rows: readonly FoldedProof[]): Promise<Written[]> {
  if (rows.length === 0) return []
  return prepared<Written>(
    tx,
    sql`INSERT INTO message AS m (workspace_id, campaign_id, seq, state, attempt, wamid, sent_at, delivered_at, read_at, failed_at, error_code,
               error_title, is_retryable, pricing_category, pricing_type, pricing_state, pricing_at, is_held, settled_at)
        SELECT ${workspaceId}, p.campaign_id, p.seq, p.state, greatest(p.attempt, 1), p.wamid, p.sent_at, p.delivered_at, p.read_at,
               p.failed_at, p.error_code, p.error_title, p.is_retryable, p.pricing_category, p.pricing_type, p.pricing_state, p.pricing_at,
               false, now()
          FROM unnest(${uuids(rows, (r) => r.campaignId)}::uuid[], ${ints(rows, (r) => r.seq)}::int[], ${smallints(rows, (r) => r.state)}::smallint[],
                      ${smallints(rows, (r) => r.attempt)}::smallint[], ${texts(rows, (r) => r.wamid)}::text[], ${times(rows, (r) => r.sentAt)}::timestamptz[],
                      ${times(rows, (r) => r.deliveredAt)}::timestamptz[], ${times(rows, (r) => r.readAt)}::timestamptz[],
                      ${times(rows, (r) => r.failedAt)}::timestamptz[], ${ints(rows, (r) => r.code)}::int[], ${texts(rows, (r) => r.title)}::text[],
                      ${booleans(rows, (r) => r.isRetryable)}::boolean[], ${texts(rows, (r) => r.pricingCategory)}::text[],
                      ${texts(rows, (r) => r.pricingType)}::text[], ${smallints(rows, (r) => r.pricingState)}::smallint[],
                      ${times(rows, (r) => r.pricingAt)}::timestamptz[])
            AS p (campaign_id, seq, state, attempt, wamid, sent_at, delivered_at, read_at, failed_at, error_code, error_title, is_retryable,
                  pricing_category, pricing_type, pricing_state, pricing_at) ${merge}`,
  )
}

/** Answers with a wamid: Sent. Meta's own time of sending comes with the receipt; until then `accepted_at` stands for it. */
export async function upsertAcceptances(tx: Db, workspaceId: string, rows: readonly Acceptance[]): Promise<Written[]> {
  return prepared<Written>(
    tx,
    sql`INSERT INTO message AS m (workspace_id, campaign_id, seq, state, attempt, wamid, accepted_at, intended_at, is_held, settled_at)
        SELECT ${workspaceId}, a.campaign_id, a.seq, ${STATE.sent}::smallint, greatest(a.attempt, 1), a.wamid, a.accepted_at, a.intended_at, a.is_held, now()
          FROM unnest(${uuids(rows, (r) => r.campaignId)}::uuid[], ${ints(rows, (r) => r.seq)}::int[], ${smallints(rows, (r) => r.attempt)}::smallint[],
                      ${texts(rows, (r) => r.wamid)}::text[], ${times(rows, (r) => r.acceptedAt)}::timestamptz[],
                      ${times(rows, (r) => r.intendedAt)}::timestamptz[], ${booleans(rows, (r) => r.isHeld)}::boolean[])
            AS a (campaign_id, seq, attempt, wamid, accepted_at, intended_at, is_held) ${merge}`,
  )
}

export async function upsertInferences(tx: Db, workspaceId: string, rows: readonly InferenceRow[]): Promise<Written[]> {
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
           SET prev_state = m.state, prev_error_code = m.error_code, prev_failed_at = m.failed_at, prev_is_held = m.is_held,
               state = excluded.state, tries = excluded.tries,
               error_code = excluded.error_code, error_title = excluded.error_title, is_retryable = excluded.is_retryable,
               failed_at = excluded.failed_at, settled_at = now()
         WHERE m.attempt = excluded.attempt AND m.state = ANY(${INFERABLE}::smallint[]) -- the same attempt, and nothing proven since
        RETURNING m.campaign_id, m.seq, m.state, m.prev_state, m.error_code, m.prev_error_code, m.prev_failed_at, m.skip_reason, m.is_held, m.prev_is_held, m.wamid, (xmax = 0) AS is_new`,
  )
}
