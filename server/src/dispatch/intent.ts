import type pg from 'pg'
import { skipReasonSql } from '../contacts/eligibility.ts'
import { type Db, inTransaction, many, maybeOne, one, run, type Sql, sql } from '../platform/db.ts'
import { makeTally } from './counters.ts'
import { isHeldSql } from './holds.ts'
import type { Lease } from './lease.ts'
import { STATE } from './state.ts'

/** One attempt whose intent is durable. */
export interface Intended {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
  /** Attempts that counted before this one. */
  readonly tries: number
  readonly intendedAt: Date
}

/** A running campaign as its number's driver sees it. */
export interface RunningCampaign {
  readonly workspaceId: string
  readonly id: string
  readonly numberId: string
  readonly accountId: string
  readonly templateId: string
  readonly category: string
  readonly ratePerSecond: number | null
  readonly requireMarketingOptIn: boolean
  readonly utilityThroughOptOut: boolean
  /** A retry is due. */
  readonly hasRetryDue: boolean
}

/** A recipient of a slice that has no message row yet. */
export interface Recipient {
  readonly seq: number
  readonly address: string
  readonly fields: readonly (string | null)[]
}

/**
 * Condition over alias `r`: no message row yet. Written as a probe per recipient, so that no planner, with whatever statistics on a table
 * that grows by the second, reads the whole of it.
 */
const hasNoMessage = sql`(SELECT 1 FROM message m WHERE m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq LIMIT 1) IS NULL`

/** The next slice that is not at its end, from `fromSlice` on. */
export const nextSlice = (db: Db, campaign: RunningCampaign, fromSlice: number) =>
  maybeOne<{ sliceNo: number; cursorSeq: number; lastSeq: number }>(
    db,
    sql`SELECT slice_no AS "sliceNo", cursor_seq AS "cursorSeq", last_seq AS "lastSeq"
          FROM campaign_slice
         WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND slice_no >= ${fromSlice} AND cursor_seq < last_seq
         ORDER BY slice_no LIMIT 1`,
  )

/** The people of a slice past its cursor who may be sent to: those without a message row. */
export const recipientsPast = (db: Db, campaign: RunningCampaign, cursorSeq: number, lastSeq: number): Promise<Recipient[]> =>
  many(
    db,
    sql`SELECT r.seq, r.address, r.fields
          FROM recipient r
         WHERE r.workspace_id = ${campaign.workspaceId} AND r.campaign_id = ${campaign.id} AND r.seq > ${cursorSeq} AND r.seq <= ${lastSeq}
           AND ${hasNoMessage}
         ORDER BY r.seq`,
  )

/** What a driver asks to intend: everybody in (fromSeq, upToSeq], except those rendering found unsendable. */
export interface Advance {
  readonly sliceNo: number
  readonly fromSeq: number
  readonly upToSeq: number
  readonly unsendable: readonly { readonly seq: number; readonly reason: string }[]
}
/** `refused`: not running, held, no longer my number, or the slice moved or belongs to unsettled intents of another owner. */
export type IntentResult =
  | { readonly kind: 'intended'; readonly intended: Intended[]; readonly skipped: number }
  | { readonly kind: 'refused' }

/** Locks campaign and lease against cancel and take-over; no row: sending is not allowed now. */
const mayDispatch = (campaign: RunningCampaign, lease: Lease): Sql => sql`
  c.workspace_id = ${campaign.workspaceId} AND c.id = ${campaign.id} AND c.status = 'Running' AND c.frozen_at IS NOT NULL AND NOT ${isHeldSql}
  AND l.workspace_id = c.workspace_id AND l.number_id = c.number_id AND l.number_id = ${lease.numberId}
  AND l.token = ${lease.token} AND l.worker_key = ${lease.workerKey}`

/**
 * Recipients with the reason why they may not be sent to any more, or null: asked again inside every intent. Somebody whose number changed
 * since the freeze no longer has the number that was frozen: whoever has it now never was in the audience.
 */
const checked = (tx: Db, campaign: RunningCampaign, which: Sql): Promise<{ seq: number; reason: string | null }[]> =>
  many(
    tx,
    sql`SELECT r.seq, CASE WHEN c.id IS NULL THEN 'contact_deleted' WHEN c.send_key IS DISTINCT FROM r.send_key THEN 'invalid_phone' ELSE ${skipReasonSql({ ...campaign, skipUsMarketing: true })} END AS reason
          FROM recipient r
          LEFT JOIN contact c ON c.workspace_id = r.workspace_id AND c.id = r.contact_id
         WHERE r.workspace_id = ${campaign.workspaceId} AND r.campaign_id = ${campaign.id} AND ${which}
         ORDER BY r.seq`,
  )

/**
 * The durable intent (delivery.md §2): moves a slice's cursor. With its commit everyone in (fromSeq, upToSeq] without a message row is
 * intended; those no longer allowed are Skipped in the same transaction. Nothing may be written to Meta before it returns.
 */
export function intend(pool: pg.Pool, campaign: RunningCampaign, lease: Lease, advance: Advance): Promise<IntentResult> {
  return inTransaction<IntentResult>(
    pool,
    async (tx) => {
      const locked = await maybeOne(
        tx,
        sql`SELECT 1 FROM campaign c, number_lease l, campaign_slice s
           WHERE ${mayDispatch(campaign, lease)}
             AND s.workspace_id = c.workspace_id AND s.campaign_id = c.id AND s.slice_no = ${advance.sliceNo}
             AND s.cursor_seq = ${advance.fromSeq} AND ${advance.upToSeq} BETWEEN s.cursor_seq AND s.last_seq
             AND (s.owner_token = ${lease.token} OR s.sending = 0)
             FOR SHARE OF c FOR SHARE OF l FOR UPDATE OF s`,
      )
      if (locked === undefined) return { kind: 'refused' }
      const open = await checked(tx, campaign, sql`r.seq > ${advance.fromSeq} AND r.seq <= ${advance.upToSeq} AND ${hasNoMessage}`)
      const unsendable = new Map(advance.unsendable.map(({ seq, reason }) => [seq, reason]))
      const reasonOf = ({ seq, reason }: (typeof open)[number]) => reason ?? unsendable.get(seq) ?? null
      const toSend = open.filter((recipient) => reasonOf(recipient) === null)
      const { intendedAt } = await one<{ intendedAt: Date }>(
        tx,
        sql`UPDATE campaign_slice
             SET cursor_seq = ${advance.upToSeq}, owner_token = ${lease.token}, advanced_at = now(), sending = sending + ${toSend.length}
           WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND slice_no = ${advance.sliceNo}
          RETURNING advanced_at AS "intendedAt"`,
      )
      const skipped = open.flatMap((recipient) => {
        const reason = reasonOf(recipient)
        return reason === null ? [] : [{ seq: recipient.seq, reason }]
      })
      await skip(tx, campaign, skipped)
      const intended = toSend.map(({ seq }) => ({ campaignId: campaign.id, seq, attempt: 1, tries: 0, intendedAt }))
      return { kind: 'intended', intended, skipped: skipped.length }
    },
    { durable: true },
  )
}

/** Writes Skipped rows for people who have none. */
async function skip(
  tx: Db,
  campaign: RunningCampaign,
  people: readonly { readonly seq: number; readonly reason: string }[],
): Promise<void> {
  if (people.length === 0) return
  await run(
    tx,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, skip_reason, settled_at)
        SELECT ${campaign.workspaceId}, ${campaign.id}, s.seq, 3, s.reason, now()
          FROM unnest(${people.map(({ seq }) => seq)}::int[], ${people.map(({ reason }) => reason)}::text[]) AS s (seq, reason)`,
  )
  await countSkipped(tx, campaign, people, undefined)
}

async function countSkipped(
  tx: Db,
  campaign: RunningCampaign,
  people: readonly { readonly seq: number; readonly reason: string }[],
  from: typeof STATE.pending | undefined,
): Promise<void> {
  const at = new Date()
  const tally = makeTally()
  for (const { seq, reason } of people) {
    tally.move({ campaignId: campaign.id, seq, from, to: STATE.skipped, wasSending: false, at })
    tally.failure({ campaignId: campaign.id, kind: 'skipped', code: reason, count: 1 })
  }
  await tally.flush(tx, campaign.workspaceId)
}

/** A retry's recipient, with what is needed to render it again. */
export type IntendedRetry = Intended & Recipient

/**
 * As `intend`, for people whose next attempt is due: takes the same locks, asks the same guard, gives each a new attempt number.
 * @param wanted at most so many
 */
export function intendRetries(
  pool: pg.Pool,
  campaign: RunningCampaign,
  lease: Lease,
  wanted: number,
): Promise<{ readonly kind: 'intended'; readonly intended: IntendedRetry[]; readonly skipped: number } | { readonly kind: 'refused' }> {
  return inTransaction(
    pool,
    async (tx) => {
      const locked = await maybeOne(
        tx,
        sql`SELECT 1 FROM campaign c, number_lease l WHERE ${mayDispatch(campaign, lease)} FOR SHARE OF c FOR SHARE OF l`,
      )
      if (locked === undefined) return { kind: 'refused' } as const
      const due = await many<{ seq: number }>(
        tx,
        sql`SELECT seq FROM message_retry WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND due_at <= now()
           ORDER BY due_at LIMIT ${wanted}`,
      )
      if (due.length === 0) return { kind: 'intended', intended: [], skipped: 0 } as const
      const seqs = due.map(({ seq }) => seq)
      await run(
        tx,
        sql`SELECT 1 FROM campaign_slice WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id}
             AND slice_no = ANY(SELECT (seq - 1) / 500 FROM unnest(${seqs}::int[]) AS seq) ORDER BY slice_no FOR UPDATE`,
      )
      const taken = await many<{ seq: number }>(
        tx,
        sql`DELETE FROM message_retry WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND seq = ANY(${seqs}::int[])
          RETURNING seq`,
      )
      const takenSeqs = taken.map(({ seq }) => seq)
      const reasons = (await checked(tx, campaign, sql`r.seq = ANY(${takenSeqs}::int[])`)).flatMap(({ seq, reason }) =>
        reason === null ? [] : [{ seq, reason }],
      )
      await run(
        tx,
        sql`UPDATE message m SET prev_state = m.state, state = 3, skip_reason = k.reason, settled_at = now()
            FROM unnest(${reasons.map(({ seq }) => seq)}::int[], ${reasons.map(({ reason }) => reason)}::text[]) AS k (seq, reason)
           WHERE m.workspace_id = ${campaign.workspaceId} AND m.campaign_id = ${campaign.id} AND m.seq = k.seq AND m.state = 0`,
      )
      const intended = await many<IntendedRetry>(
        tx,
        sql`UPDATE message m
             SET prev_state = m.state, state = 1, attempt = m.attempt + 1, intended_at = now(), owner_token = ${lease.token}
            FROM recipient r
           WHERE m.workspace_id = ${campaign.workspaceId} AND m.campaign_id = ${campaign.id} AND m.state = 0
             AND m.seq = ANY(${takenSeqs}::int[])
             AND r.workspace_id = m.workspace_id AND r.campaign_id = m.campaign_id AND r.seq = m.seq
          RETURNING m.campaign_id AS "campaignId", m.seq, m.attempt, m.tries, m.intended_at AS "intendedAt", r.address, r.fields`,
      )
      await run(
        tx,
        sql`UPDATE campaign_slice s SET sending = s.sending + d.n, advanced_at = now()
            FROM (SELECT (seq - 1) / 500 AS slice_no, count(*)::int AS n FROM unnest(${intended.map(({ seq }) => seq)}::int[]) AS seq GROUP BY 1) AS d
           WHERE s.workspace_id = ${campaign.workspaceId} AND s.campaign_id = ${campaign.id} AND s.slice_no = d.slice_no`,
      )
      await countSkipped(tx, campaign, reasons, STATE.pending)
      return { kind: 'intended', intended, skipped: reasons.length } as const
    },
    { durable: true },
  )
}
