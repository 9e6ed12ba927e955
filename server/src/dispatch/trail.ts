import { Counter } from 'prom-client'
import { type Db, many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { metrics } from '../platform/metrics.ts'
import type { Told } from './message-rows.ts'

const doublesTotal = new Counter({
  name: 'fanfare_doubles_total',
  help: 'Second messages that Meta accepted for one recipient without anybody having accepted the doubt: an alarm',
  registers: [metrics],
})

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

/** A message id that Meta told beside the one a recipient's row holds. */
export interface Double {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
  readonly wamid: string
}
const NONE: readonly Double[] = []

/** @param known the id that the row holds */
export function doublesOf({ campaignId, seq, attempt, wamid, otherWamid }: Told, known: string | null): readonly Double[] {
  if (otherWamid === null && (wamid === null || wamid === known)) return NONE
  return [wamid, otherWamid].flatMap((id) => (id === null || id === known ? [] : [{ campaignId, seq, attempt, wamid: id }]))
}

/** A second message id for one recipient: a person was messaged twice. Told once per id, and not where a person or policy accepted it. */
export async function alarmDoubles(tx: Db, workspaceId: string, found: readonly Double[]): Promise<void> {
  const doubles = found.map(
    ({ wamid, ...at }): MessageEvent => ({ ...at, code: null, kind: 'double', detail: `second message id ${wamid}` }),
  )
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
