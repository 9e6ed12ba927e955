import { STATE, type State } from '../dispatch/state.ts'
import { type Db, join, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'

/** Everything an endpoint can subscribe to (api.md §4). */
export const EVENT_TYPES = [
  'campaign.started',
  'campaign.completed',
  'campaign.held',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.failed',
  'button.clicked',
  'contact.opted_out',
  'number.quality',
  'account.disconnected',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Happenings of which a campaign or an account has few; they are kept for notices even when no endpoint listens. */
export const NOTICE_TYPES = ['campaign.completed', 'campaign.held', 'number.quality', 'account.disconnected'] as const
const isNotice = (type: EventType): boolean => (NOTICE_TYPES as readonly string[]).includes(type)

export interface Happening {
  readonly type: EventType
  readonly campaignId?: string | null
  /** Recipients of the campaign, for `message.*`. */
  readonly seqs?: readonly number[]
  /** Ids and facts, never what a person is called: bodies add nothing that a later erasure would have to find here. */
  readonly data?: Readonly<Record<string, unknown>>
}

const isWanted = (workspaceId: string, type: EventType) =>
  sql`EXISTS (SELECT 1 FROM webhook_endpoint e WHERE e.workspace_id = ${workspaceId} AND e.is_enabled AND ${type} = ANY(e.events))`

/** Notes what happened, in the transaction in which it happens. Costs one statement; writes nothing that nobody listens to. */
export async function announce(tx: Db, workspaceId: string, happenings: readonly Happening[]): Promise<void> {
  if (happenings.length === 0) return
  const rows = happenings.map(
    ({ type, campaignId = null, seqs = null, data = {} }) =>
      sql`SELECT ${workspaceId}::uuid, ${newId()}::uuid, ${type}::text, ${campaignId}::uuid, ${seqs}::int[], ${JSON.stringify(data)}::jsonb
           WHERE ${isNotice(type)} OR ${isWanted(workspaceId, type)}`,
  )
  await run(tx, sql`INSERT INTO outgoing_event (workspace_id, id, type, campaign_id, seqs, data) ${join(rows, sql` UNION ALL `)}`)
}

/** True in SQL when somebody listens to `message.*`: a column of a statement that runs anyway, so that silence costs nothing. */
export const listensToMessagesSql = (workspaceId: string) =>
  sql`EXISTS (SELECT 1 FROM webhook_endpoint e WHERE e.workspace_id = ${workspaceId} AND e.is_enabled
                 AND e.events && '{message.sent,message.delivered,message.read,message.failed}'::text[])`

interface Moved {
  readonly campaignId: string
  readonly seq: number
  readonly from: State | undefined
  readonly to: State
}

/** Which events a move of a recipient is. A receipt may jump: `read` that comes first is a delivery too. */
export function eventsOfMove({ from = STATE.pending, to }: Pick<Moved, 'from' | 'to'>): EventType[] {
  if (from === to) return []
  const isFailed = (state: State) => state === STATE.rejected || state === STATE.undelivered
  const passed = (state: State) => to >= state && from < state
  return [
    ...(passed(STATE.sent) ? (['message.sent'] as const) : []),
    ...(passed(STATE.delivered) ? (['message.delivered'] as const) : []),
    ...(passed(STATE.read) ? (['message.read'] as const) : []),
    ...(isFailed(to) && !isFailed(from) ? (['message.failed'] as const) : []),
  ]
}

/** One row per campaign and event, however many recipients moved. */
export async function announceMoves(tx: Db, workspaceId: string, moves: readonly Moved[]): Promise<void> {
  const seqs = new Map<string, number[]>()
  for (const move of moves)
    for (const type of eventsOfMove(move)) {
      const key = `${move.campaignId} ${type}`
      const list = seqs.get(key) ?? []
      list.push(move.seq)
      seqs.set(key, list)
    }
  const happenings = [...seqs].map(([key, list]) => ({ type: key.slice(37) as EventType, campaignId: key.slice(0, 36), seqs: list }))
  await announce(tx, workspaceId, happenings)
}
