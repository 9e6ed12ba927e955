import { type FailureMove, moveFailures } from '../analytics/failure-counts.ts'
import { type Db, postPrepared, sql } from '../platform/db.ts'
import { type ChargedRow, moveCharges } from '../pricing/charges.ts'
import { type ShownStatus, STATE, type State, shownStatus } from './state.ts'

/** Recipients per slice: sequence arithmetic everywhere relies on it. */
export const SLICE_SIZE = 500
export const sliceOf = (seq: number): number => Math.floor((seq - 1) / SLICE_SIZE)

/** One recipient's move. `from` undefined: there was no message row. */
export interface Move {
  readonly campaignId: string
  readonly seq: number
  readonly from: State | undefined
  readonly to: State
  /** The recipient's intent was durable and had no result until now. */
  readonly wasSending: boolean
  /** It had no row but was shown Cancelled: past the cursor of a campaign that ended early. */
  readonly wasCancelledWithoutRow?: boolean
  /** When it happened, for the per-minute series. */
  readonly at: Date
  /** When it had failed, if it had: a failure that proof undoes is taken back where it was counted. */
  readonly failedBefore?: Date | null
}

/** What people did with a message (people who clicked, presses, people who replied, people who opted out), and what Meta holds back. */
export interface Acts {
  readonly held?: number
  readonly clicked?: number
  readonly clicks?: number
  readonly replied?: number
  readonly optedOut?: number
}
/** One press of a button. */
export interface Press {
  readonly campaignId: string
  readonly button: number
  /** The person had not pressed this button before. */
  readonly isFirst: boolean
  readonly isStop: boolean
  readonly at: Date
}

/**
 * Count moves gathered over one transaction and written at its end, each table in key order: counters are the last locks of the lock order
 * (delivery.md §2), so a transaction that still has a slice, a message or a contact to lock must not hold them yet.
 */
export interface Tally {
  /** The caller holds the slice's lock and has written the message row. */
  move(move: Move): void
  failure(move: FailureMove): void
  act(campaignId: string, acts: Acts): void
  press(press: Press): void
  charge(row: ChargedRow): void
  flush(tx: Db, workspaceId: string): Promise<void>
}

type SliceColumn = 'sent' | 'delivered' | 'read' | 'failed' | 'skipped' | 'unknown' | 'cancelled'
const SLICE_COLUMN: Record<ShownStatus, SliceColumn | undefined> = {
  Pending: undefined,
  Sent: 'sent',
  Delivered: 'delivered',
  Read: 'read',
  Failed: 'failed',
  Skipped: 'skipped',
  Unknown: 'unknown',
  Cancelled: 'cancelled',
}
type MinuteColumn = 'sent' | 'delivered' | 'read' | 'failed' | 'clicked'
type StateColumn = Exclude<SliceColumn, 'failed'> | 'rejected' | 'undelivered'
type CounterColumn = StateColumn | 'held' | 'clicked' | 'clicks' | 'replied' | 'optedOut'
type ButtonColumn = 'clicks' | 'unique'
const counterColumn = (state: State): StateColumn | undefined => {
  if (state === STATE.rejected) return 'rejected'
  if (state === STATE.undelivered) return 'undelivered'
  return SLICE_COLUMN[shownStatus(state)] as StateColumn | undefined
}

/** A sparse table of deltas: row key → column → sum. */
type Deltas<C extends string> = Map<string, { [column in C]?: number }>

function add<C extends string>(table: Deltas<C>, key: string, column: C | undefined, delta: number): void {
  if (column === undefined || delta === 0) return
  const row: { [column in C]?: number } = table.get(key) ?? {}
  row[column] = (row[column] ?? 0) + delta
  table.set(key, row)
}

/** Minutes since 1970: made a time only when it is written. */
const minuteOf = (campaignId: string, at: Date) => `${campaignId} ${Math.floor(at.getTime() / 60_000)}`
const failedIn = (state: State) => (shownStatus(state) === 'Failed' ? 1 : 0)

export function makeTally(): Tally {
  const slices: Deltas<SliceColumn | 'sending'> = new Map()
  const counters: Deltas<CounterColumn> = new Map()
  const minutes: Deltas<MinuteColumn> = new Map()
  const buttons: Deltas<ButtonColumn> = new Map()
  const failures: FailureMove[] = []
  const charges: ChargedRow[] = []
  return {
    move({ campaignId, seq, from, to, wasSending, wasCancelledWithoutRow, at, failedBefore }) {
      const slice = `${campaignId} ${sliceOf(seq)}`
      if (wasSending) add(slices, slice, 'sending', -1)
      if (wasCancelledWithoutRow) add(counters, campaignId, 'cancelled', -1)
      if (from === to) return
      if (from !== undefined) {
        add(slices, slice, SLICE_COLUMN[shownStatus(from)], -1)
        add(counters, campaignId, counterColumn(from), -1)
      }
      add(slices, slice, SLICE_COLUMN[shownStatus(to)], 1)
      add(counters, campaignId, counterColumn(to), 1)

      const minute = minuteOf(campaignId, at)
      const rank = from ?? STATE.pending
      if (to >= STATE.sent && rank < STATE.sent) add(minutes, minute, 'sent', 1)
      if (to >= STATE.delivered && rank < STATE.delivered) add(minutes, minute, 'delivered', 1)
      if (to === STATE.read) add(minutes, minute, 'read', 1)
      add(minutes, minute, 'failed', failedIn(to))
      add(minutes, minuteOf(campaignId, failedBefore ?? at), 'failed', -failedIn(rank))
    },
    failure: (move) => void failures.push(move),
    act(campaignId, acts) {
      for (const [column, delta] of Object.entries(acts)) add(counters, campaignId, column as keyof Acts, delta)
    },
    press({ campaignId, button, isFirst, isStop, at }) {
      add(buttons, `${campaignId} ${button}`, 'clicks', 1)
      add(buttons, `${campaignId} ${button}`, 'unique', isFirst ? 1 : 0)
      add(minutes, minuteOf(campaignId, at), 'clicked', isStop ? 0 : 1)
      add(counters, campaignId, 'clicks', 1)
    },
    charge: (row) => void charges.push(row),
    async flush(tx, workspaceId) {
      await updateSlices(tx, workspaceId, slices)
      await moveFailures(tx, workspaceId, failures)
      await updateCounters(tx, workspaceId, counters)
      await updateMinutes(tx, workspaceId, minutes)
      await updateButtons(tx, workspaceId, buttons)
      await moveCharges(tx, workspaceId, charges)
      for (const table of [slices, counters, minutes, buttons]) table.clear()
      failures.length = 0
      charges.length = 0
    },
  }
}

/** A tally of these moves, written at once: for transactions that lock nothing after it. */
export async function moveCounts(tx: Db, workspaceId: string, moves: readonly Move[]): Promise<void> {
  const tally = makeTally()
  for (const move of moves) tally.move(move)
  await tally.flush(tx, workspaceId)
}

async function updateSlices(tx: Db, workspaceId: string, table: Deltas<SliceColumn | 'sending'>) {
  if (table.size === 0) return
  const rows = [...table].map(([key, row]) => ({ campaignId: key.slice(0, 36), sliceNo: Number(key.slice(37)), ...row }))
  const column = (name: SliceColumn | 'sending') => rows.map((row) => row[name] ?? 0)
  await postPrepared(
    tx,
    sql`UPDATE campaign_slice s
           SET sending = s.sending + d.sending, sent = s.sent + d.sent, delivered = s.delivered + d.delivered, read = s.read + d.read,
               failed = s.failed + d.failed, skipped = s.skipped + d.skipped, unknown = s.unknown + d.unknown,
               cancelled = s.cancelled + d.cancelled
          FROM unnest(${rows.map((row) => row.campaignId)}::uuid[], ${rows.map((row) => row.sliceNo)}::int[], ${column('sending')}::int[],
                      ${column('sent')}::int[], ${column('delivered')}::int[], ${column('read')}::int[], ${column('failed')}::int[],
                      ${column('skipped')}::int[], ${column('unknown')}::int[], ${column('cancelled')}::int[])
            AS d (campaign_id, slice_no, sending, sent, delivered, read, failed, skipped, unknown, cancelled)
         WHERE s.workspace_id = ${workspaceId} AND s.campaign_id = d.campaign_id AND s.slice_no = d.slice_no`,
  )
}

async function updateCounters(tx: Db, workspaceId: string, table: Deltas<CounterColumn>) {
  // One statement per campaign in key order, so that two transactions never wait for each other crosswise. A batch knows few campaigns.
  for (const [campaignId, d] of [...table].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await postPrepared(
      tx,
      sql`UPDATE campaign_counter
             SET sent = sent + ${d.sent ?? 0}, delivered = delivered + ${d.delivered ?? 0}, read = read + ${d.read ?? 0},
                 rejected = rejected + ${d.rejected ?? 0}, undelivered = undelivered + ${d.undelivered ?? 0},
                 skipped = skipped + ${d.skipped ?? 0}, unknown = unknown + ${d.unknown ?? 0}, cancelled = cancelled + ${d.cancelled ?? 0}, held = held + ${d.held ?? 0},
                 clicked = clicked + ${d.clicked ?? 0}, clicks = clicks + ${d.clicks ?? 0}, replied = replied + ${d.replied ?? 0},
                 opted_out = opted_out + ${d.optedOut ?? 0}
           WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}`,
    )
  }
}

async function updateMinutes(tx: Db, workspaceId: string, table: Deltas<MinuteColumn>) {
  if (table.size === 0) return
  const rows = [...table]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, d]) => ({ campaignId: key.slice(0, 36), minute: new Date(Number(key.slice(37)) * 60_000), d }))
  await postPrepared(
    tx,
    sql`INSERT INTO campaign_minute AS m (workspace_id, campaign_id, minute, sent, delivered, read, failed, clicked)
        SELECT ${workspaceId}, d.* FROM unnest(${rows.map((row) => row.campaignId)}::uuid[], ${rows.map((row) => row.minute)}::timestamptz[],
               ${rows.map(({ d }) => d.sent ?? 0)}::int[], ${rows.map(({ d }) => d.delivered ?? 0)}::int[],
               ${rows.map(({ d }) => d.read ?? 0)}::int[], ${rows.map(({ d }) => d.failed ?? 0)}::int[],
               ${rows.map(({ d }) => d.clicked ?? 0)}::int[]) AS d
        ON CONFLICT (workspace_id, campaign_id, minute) DO UPDATE
           SET sent = m.sent + excluded.sent, delivered = m.delivered + excluded.delivered, read = m.read + excluded.read,
               failed = m.failed + excluded.failed, clicked = m.clicked + excluded.clicked`,
  )
}

async function updateButtons(tx: Db, workspaceId: string, table: Deltas<ButtonColumn>) {
  if (table.size === 0) return
  const rows = [...table]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, d]) => ({ campaignId: key.slice(0, 36), button: Number(key.slice(37)), d }))
  await postPrepared(
    tx,
    sql`INSERT INTO button_counter AS k (workspace_id, campaign_id, button_index, clicks, unique_contacts)
        SELECT ${workspaceId}, d.* FROM unnest(${rows.map((row) => row.campaignId)}::uuid[], ${rows.map((row) => row.button)}::smallint[],
               ${rows.map(({ d }) => d.clicks ?? 0)}::int[], ${rows.map(({ d }) => d.unique ?? 0)}::int[]) AS d
        ON CONFLICT (workspace_id, campaign_id, button_index) DO UPDATE
           SET clicks = k.clicks + excluded.clicks, unique_contacts = k.unique_contacts + excluded.unique_contacts`,
  )
}
