import type pg from 'pg'
import { awakeZones, type Quiet } from '../campaigns/quiet-hours.ts'
import { skipReasonSql } from '../contacts/eligibility.ts'
import { type Db, many, maybeOne, post, postPrepared, prepared, run, type Sql, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { isHeldSql } from './holds.ts'
import type { Lease } from './lease.ts'
import { HELD_BACK, HELD_BACK_DAYS } from './outcome.ts'
import { postpone, putOff } from './put-off.ts'
import { type LimitedNumber, limitedColumns, limitsOf, type RoomSeeker, takeRoom } from './room.ts'
import { skip, skipWaiting } from './skip.ts'
import { hasNoMessage, inFlightSql } from './slices.ts'

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
  /** Of a campaign in several languages: language → template; null: there is only its own. */
  readonly templates?: Readonly<Record<string, string>> | null
  readonly category: string
  readonly ratePerSecond: number | null
  readonly requireMarketingOptIn: boolean
  readonly utilityThroughOptOut: boolean
  readonly topicId: string | null
  /** Kept with every intent; null: none. */
  readonly quiet: Quiet | null
  /** Nobody past this one before the canary has passed; null: everybody may go. */
  readonly canarySeq: number | null
  /** A retry is due. */
  readonly hasRetryDue: boolean
}

/** A recipient of a slice that has no message row yet. */
export interface Recipient {
  readonly seq: number
  readonly address: string
  readonly fields: readonly (string | null)[]
  /** Which template of a campaign in several languages; null: its own. */
  readonly versionNo?: number | null
}

/** What a driver asks to intend: everybody in (fromSeq, upToSeq], except those rendering found unsendable. */
export interface Advance {
  readonly sliceNo: number
  readonly fromSeq: number
  readonly upToSeq: number
  readonly unsendable: readonly { readonly seq: number; readonly reason: string }[]
}
/**
 * `refused`: not running, held, no longer my number, or the slice moved or belongs to unsettled intents of another owner. `isFull`: the
 * window or the 24-hour limit ended the step early, at `upToSeq`.
 */
export type IntentResult =
  | {
      readonly kind: 'intended'
      readonly intended: Intended[]
      readonly skipped: number
      readonly upToSeq: number
      readonly isFull: boolean
    }
  | { readonly kind: 'refused' }

/** Locks campaign and lease against cancel and take-over; no row: sending is not allowed now. */
const mayDispatch = (campaign: RunningCampaign, lease: Lease): Sql => sql`
  c.workspace_id = ${campaign.workspaceId} AND c.id = ${campaign.id} AND c.status = 'Running' AND c.frozen_at IS NOT NULL AND NOT ${isHeldSql}
  AND l.workspace_id = c.workspace_id AND l.number_id = c.number_id AND l.number_id = ${lease.numberId}
  AND l.token = ${lease.token} AND l.worker_key = ${lease.workerKey}
  AND n.workspace_id = c.workspace_id AND n.id = c.number_id AND a.workspace_id = n.workspace_id AND a.id = n.account_id`

interface Allowed extends LimitedNumber {
  /** Intents of this number, of all owners, that have no result. */
  readonly inFlight: number
  /** The database's time, when the transaction began: whether somebody sleeps is asked of one clock, and it is the intent's own time. */
  readonly now: Date
}
const allowedColumns = (lease: Lease): Sql =>
  sql`now() AS now, ${limitedColumns}, ${inFlightSql(lease.workspaceId, lease.numberId)} AS "inFlight"`

interface Checked extends RoomSeeker {
  readonly seq: number
  readonly zoneNo: number | null
  readonly reason: string | null
}
/** Somebody of a zone in which it is night. */
const sleepsIn = ({ quiet }: RunningCampaign, now: Date): ((person: Checked) => boolean) => {
  if (quiet === null) return () => false
  const awake = new Set(awakeZones(quiet, now))
  return ({ zoneNo }) => zoneNo !== null && !awake.has(zoneNo)
}

/**
 * Recipients with the reason why they may not be sent to any more, or null: asked again inside every intent. Somebody whose number changed
 * since the freeze no longer has the number that was frozen: whoever has it now never was in the audience.
 */
const checked = (tx: Db, campaign: RunningCampaign, which: Sql): Promise<Checked[]> =>
  prepared(
    tx,
    sql`SELECT r.seq, r.zone_no AS "zoneNo", r.send_key AS "sendKey", coalesce(c.last_inbound_at <= now() - interval '24 hours', true) AS "needsRoom",
               CASE WHEN c.id IS NULL THEN 'contact_deleted' WHEN c.send_key IS DISTINCT FROM r.send_key THEN 'invalid_phone' ELSE ${skipReasonSql({ ...campaign, skipUsMarketing: true })} END AS reason
          FROM recipient r
          LEFT JOIN contact c ON c.workspace_id = r.workspace_id AND c.id = r.contact_id
         WHERE r.workspace_id = ${campaign.workspaceId} AND r.campaign_id = ${campaign.id} AND ${which}
         ORDER BY r.seq`,
  )

/**
 * The durable intent (delivery.md §2): moves a slice's cursor. With its commit everyone in (fromSeq, upToSeq] without a message row is
 * intended; those no longer allowed are Skipped in the same transaction, and those for whom it is night are put off until they wake. The
 * cursor stops before whom the window or the 24-hour limit has no place for. Nothing may be written to Meta before it returns.
 * @param window W: intents of this number without a durable result, at most
 */
export function intend(
  pool: pg.Pool,
  campaign: RunningCampaign,
  lease: Lease,
  advance: Advance,
  window = Number.POSITIVE_INFINITY,
): Promise<IntentResult> {
  return inTransaction<IntentResult>(
    pool,
    async (tx) => {
      const [[allowed], open] = await Promise.all([
        prepared<Allowed>(
          tx,
          sql`SELECT ${allowedColumns(lease)} FROM campaign c, number_lease l, campaign_slice s, phone_number n, whatsapp_account a
           WHERE ${mayDispatch(campaign, lease)}
             AND s.workspace_id = c.workspace_id AND s.campaign_id = c.id AND s.slice_no = ${advance.sliceNo}
             AND s.cursor_seq = ${advance.fromSeq} AND ${advance.upToSeq} BETWEEN s.cursor_seq AND least(s.last_seq, c.canary_seq)
             AND (s.owner_token = ${lease.token} OR s.sending = 0)
             FOR SHARE OF c FOR SHARE OF l FOR UPDATE OF s`,
        ),
        checked(tx, campaign, sql`r.seq > ${advance.fromSeq} AND r.seq <= ${advance.upToSeq} AND ${hasNoMessage}`), // under those locks
      ])
      if (allowed === undefined) return { kind: 'refused' }
      const unsendable = new Map(advance.unsendable.map(({ seq, reason }) => [seq, reason]))
      const reasonOf = ({ seq, reason }: Checked) => reason ?? unsendable.get(seq) ?? null
      const isAsleep = sleepsIn(campaign, allowed.now)
      const may = open.filter((recipient) => reasonOf(recipient) === null)
      const willing = may.filter((recipient) => !isAsleep(recipient))
      const places = Math.max(0, window - allowed.inFlight)
      const fits = await takeRoom(tx, campaign.workspaceId, limitsOf(allowed), willing.slice(0, places))
      const toSend = willing.slice(0, fits)
      const upToSeq = (willing[fits]?.seq ?? advance.upToSeq + 1) - 1
      await postPrepared(
        tx,
        sql`UPDATE campaign_slice
             SET cursor_seq = ${upToSeq}, owner_token = ${lease.token}, advanced_at = now(), sending = sending + ${toSend.length}
           WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND slice_no = ${advance.sliceNo}`,
      )
      const skipped = open.flatMap((recipient) => {
        const reason = reasonOf(recipient)
        return reason === null || recipient.seq > upToSeq ? [] : [{ seq: recipient.seq, reason }]
      })
      await skip(tx, campaign, skipped)
      const asleep = may.filter((recipient) => isAsleep(recipient) && recipient.seq <= upToSeq)
      await putOff(tx, campaign, asleep, allowed.now)
      const intended = toSend.map(({ seq }) => ({ campaignId: campaign.id, seq, attempt: 1, tries: 0, intendedAt: allowed.now }))
      return { kind: 'intended', intended, skipped: skipped.length + asleep.length, upToSeq, isFull: fits < willing.length }
    },
    { durable: true },
  )
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
  window = Number.POSITIVE_INFINITY,
): Promise<{ readonly kind: 'intended'; readonly intended: IntendedRetry[]; readonly skipped: number } | { readonly kind: 'refused' }> {
  return inTransaction(
    pool,
    async (tx) => {
      const allowed = await maybeOne<Allowed>(
        tx,
        sql`SELECT ${allowedColumns(lease)} FROM campaign c, number_lease l, phone_number n, whatsapp_account a
             WHERE ${mayDispatch(campaign, lease)} FOR SHARE OF c FOR SHARE OF l`,
      )
      if (allowed === undefined) return { kind: 'refused' } as const
      const most = Math.min(wanted, Math.max(0, window - allowed.inFlight))
      const due = await many<{ seq: number; isTooLate: boolean }>(
        tx, // the few that are due first, then one probe each
        sql`SELECT t.seq, coalesce((SELECT m.error_code = ${HELD_BACK} AND m.intended_at < now() - ${HELD_BACK_DAYS} * interval '1 day' FROM message m
                                     WHERE m.workspace_id = ${campaign.workspaceId} AND m.campaign_id = ${campaign.id} AND m.seq = t.seq LIMIT 1), false) AS "isTooLate"
              FROM (SELECT seq FROM message_retry WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND due_at <= now()
                     ORDER BY due_at LIMIT ${most}) AS t`,
      )
      const tooLate = new Set(due.flatMap(({ seq, isTooLate }) => (isTooLate ? [seq] : [])))
      if (due.length === 0) return { kind: 'intended', intended: [], skipped: 0 } as const
      await run(
        tx,
        sql`SELECT 1 FROM campaign_slice WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id}
             AND slice_no = ANY(SELECT (seq - 1) / 500 FROM unnest(${due.map(({ seq }) => seq)}::int[]) AS seq) ORDER BY slice_no FOR UPDATE`,
      )
      // asked again under the slices' locks: a receipt or a cancel may have taken some back
      const asked = await checked(
        tx,
        campaign,
        sql`r.seq = ANY(${due.map(({ seq }) => seq)}::int[])
            AND (SELECT 1 FROM message_retry t WHERE t.workspace_id = r.workspace_id AND t.campaign_id = r.campaign_id AND t.seq = r.seq LIMIT 1) = 1`,
      )
      const waiting = asked.map((person) => (tooLate.has(person.seq) ? { ...person, reason: person.reason ?? 'cooling_down' } : person))
      const isAsleep = sleepsIn(campaign, allowed.now)
      const willing = waiting.filter((person) => person.reason === null && !isAsleep(person))
      const fits = await takeRoom(tx, campaign.workspaceId, limitsOf(allowed), willing)
      const seqs = willing.slice(0, fits).map(({ seq }) => seq)
      const skipped = waiting.flatMap(({ seq, reason }) => (reason === null ? [] : [{ seq, reason }]))
      await post(
        tx,
        sql`DELETE FROM message_retry WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id}
               AND seq = ANY(${[...seqs, ...skipped.map(({ seq }) => seq)]}::int[])`,
      )
      const intended = await many<IntendedRetry>(
        tx, // recipients by one probe each, whatever the planner knows of tables that grow by the second
        sql`WITH moved AS (
              UPDATE message m SET prev_state = m.state, state = 1, attempt = m.attempt + 1, intended_at = now(), owner_token = ${lease.token}
               WHERE m.workspace_id = ${campaign.workspaceId} AND m.campaign_id = ${campaign.id} AND m.state = 0 AND m.seq = ANY(${seqs}::int[])
              RETURNING m.campaign_id, m.seq, m.attempt, m.tries, m.intended_at)
            SELECT moved.campaign_id AS "campaignId", moved.seq, moved.attempt, moved.tries, moved.intended_at AS "intendedAt", r.address, r.fields, r.version_no AS "versionNo"
              FROM moved CROSS JOIN LATERAL (SELECT address, fields, version_no FROM recipient
                WHERE workspace_id = ${campaign.workspaceId} AND campaign_id = ${campaign.id} AND seq = moved.seq LIMIT 1) AS r`,
      )
      await post(
        tx,
        sql`UPDATE campaign_slice s SET sending = s.sending + d.n, advanced_at = now()
            FROM (SELECT (seq - 1) / 500 AS slice_no, count(*)::int AS n FROM unnest(${intended.map(({ seq }) => seq)}::int[]) AS seq GROUP BY 1) AS d
           WHERE s.workspace_id = ${campaign.workspaceId} AND s.campaign_id = ${campaign.id} AND s.slice_no = d.slice_no`,
      )
      await skipWaiting(tx, campaign, skipped)
      await postpone(
        tx,
        campaign,
        waiting.filter((person) => person.reason === null && isAsleep(person)),
        allowed.now,
      )
      return { kind: 'intended', intended, skipped: skipped.length } as const
    },
    { durable: true },
  )
}
