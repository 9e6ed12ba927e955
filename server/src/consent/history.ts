import type pg from 'pg'
import { CONSENT_SOURCES } from '../contacts/consent.ts'
import { phoneKey } from '../contacts/identity.ts'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import { type Db, join, many, one, type Sql, sql } from '../platform/db.ts'
import { iso } from '../platform/http.ts'

/** `earlier`: known from before the history was kept. */
export const HISTORY_SOURCES = [...CONSENT_SOURCES, 'earlier'] as const
/** Opt-outs and opt-ins, and what became of `marketingOptIn`. */
export const CONSENT_ACTIONS = ['opted_out', 'opted_in', 'marketing_yes', 'marketing_no', 'marketing_unset'] as const

export interface HistoryFilter {
  readonly contactId?: string | undefined
  /** E.164: everybody who has this number in one of its national writings. */
  readonly phone?: string | undefined
  readonly topicId?: string | undefined
  readonly source?: (typeof HISTORY_SOURCES)[number] | undefined
  readonly action?: (typeof CONSENT_ACTIONS)[number] | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}
export const isNarrowed = (filter: HistoryFilter): boolean => Object.values(filter).some((value) => value !== undefined)

interface EventRow {
  readonly contact_id: string
  readonly name: string | null
  readonly phone_e164: string | null
  readonly said_at: Date
  /** To the microsecond, which a Date does not hold. */
  readonly said_exactly: string
  readonly recorded_at: Date
  readonly source: (typeof HISTORY_SOURCES)[number]
  readonly kind: (typeof CONSENT_ACTIONS)[number]
  readonly topic_id: string
  readonly topic_name: string | null
  readonly note: string
  readonly actor_name: string | null
}

const conditionsOf = (workspaceId: string, filter: HistoryFilter): Sql =>
  join(
    [
      sql`e.workspace_id = ${workspaceId}`,
      ...(filter.contactId === undefined ? [] : [sql`e.contact_id = ${filter.contactId}`]),
      ...(filter.phone === undefined
        ? []
        : [
            sql`e.contact_id IN (SELECT p.id FROM contact p WHERE p.workspace_id = ${workspaceId} AND p.send_key = ${phoneKey(filter.phone)})`,
          ]),
      ...(filter.topicId === undefined ? [] : [sql`e.topic_id = ${filter.topicId}`, ...optSql('opted_')]),
      ...(filter.source === undefined ? [] : [sql`e.source = ${filter.source}`]),
      ...(filter.action === undefined ? [] : [sql`e.kind = ${filter.action}`, ...optSql(filter.action)]),
      ...(filter.from === undefined ? [] : [sql`e.said_at >= ${filter.from}`]),
      ...(filter.to === undefined ? [] : [sql`e.said_at < ${filter.to}`]),
    ],
    sql` AND `,
  )
/** Says to the planner, which sees no parameter's value, that the small index will do. */
const optSql = (action: string): Sql[] => (action.startsWith('opted_') ? [sql`e.kind IN ('opted_out', 'opted_in')`] : [])

/** The key of an event, newest first. */
const ORDER = sql`e.said_at DESC, e.contact_id DESC, e.source DESC, e.kind DESC, e.topic_id DESC`
const KEY = sql`e.said_at, e.contact_id, e.source, e.kind, e.topic_id`
const COLUMNS = sql`e.contact_id, nullif(concat_ws(' ', c.first_name, c.last_name), '') AS name, c.phone_e164, e.said_at, e.said_at::text AS said_exactly,
  e.recorded_at, e.source, e.kind, e.note, e.actor_name, e.topic_id, t.name AS topic_name`

/** A page of the workspace's history, newest first. It is found among keys alone: skipped events are never read whole. */
export async function listHistory(
  db: Db,
  workspaceId: string,
  filter: HistoryFilter,
  limit: number,
  offset: number,
): Promise<{ readonly rows: EventRow[]; readonly total: number }> {
  const conditions = conditionsOf(workspaceId, filter)
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM consent_event e WHERE ${conditions}`)
  const rows = await many<EventRow>(
    db,
    sql`WITH page AS MATERIALIZED (
          SELECT ${KEY} FROM consent_event e WHERE ${conditions} ORDER BY ${ORDER} LIMIT ${limit} OFFSET ${offset})
        SELECT ${COLUMNS} FROM page k
          JOIN consent_event e ON e.workspace_id = ${workspaceId} AND e.contact_id = k.contact_id AND e.said_at = k.said_at
                              AND e.source = k.source AND e.kind = k.kind AND e.topic_id = k.topic_id
          JOIN contact c ON c.workspace_id = e.workspace_id AND c.id = e.contact_id
          LEFT JOIN topic t ON t.workspace_id = e.workspace_id AND t.id = e.topic_id
         ORDER BY ${ORDER}`,
  )
  return { rows, total: n }
}

/** An event as the API shows it. */
export const eventOf = (row: EventRow) => ({
  contact: { id: row.contact_id, name: row.name, phone: row.phone_e164 },
  saidAt: iso(row.said_at),
  action: row.kind,
  topic: row.topic_name === null ? null : { id: row.topic_id, name: row.topic_name },
  source: row.source,
  note: row.note,
  recordedBy: row.actor_name,
  recordedAt: iso(row.recorded_at),
})

const BATCH = 2_000
const HEADER = ['saidAt', 'action', 'phone', 'name', 'contactId', 'source', 'note', 'recordedBy', 'recordedAt', 'topic']

/** The history as CSV, newest first, a batch at a time, each beginning behind the last event of the one before. */
export function historyCsv(pool: pg.Pool, workspaceId: string, filter: HistoryFilter): ReadableStream<Uint8Array> {
  const conditions = conditionsOf(workspaceId, filter)
  let last: EventRow | undefined
  return csvStream(csvLine(HEADER), async () => {
    const behind =
      last === undefined
        ? sql`true`
        : sql`(${KEY}) < (${last.said_exactly}::timestamptz, ${last.contact_id}::uuid, ${last.source}, ${last.kind}, ${last.topic_id}::uuid)`
    const rows = await many<EventRow>(
      pool,
      sql`SELECT ${COLUMNS} FROM consent_event e JOIN contact c ON c.workspace_id = e.workspace_id AND c.id = e.contact_id
            LEFT JOIN topic t ON t.workspace_id = e.workspace_id AND t.id = e.topic_id
           WHERE ${conditions} AND ${behind} ORDER BY ${ORDER} LIMIT ${BATCH}`,
    )
    last = rows.at(-1)
    return last === undefined ? undefined : rows.map((row) => csvLine(cellsOf(row))).join('')
  })
}

const cellsOf = (row: EventRow): string[] => [
  iso(row.said_at),
  row.kind,
  row.phone_e164?.slice(1) ?? '',
  guardCell(row.name ?? ''),
  row.contact_id,
  row.source,
  guardCell(row.note),
  guardCell(row.actor_name ?? ''),
  iso(row.recorded_at),
  guardCell(row.topic_name ?? ''),
]
