import { type Quiet, wakesAt } from '../campaigns/quiet-hours.ts'
import { type Db, run, sql } from '../platform/db.ts'

/** Somebody for whom it is night. */
export interface Sleeper {
  readonly seq: number
  readonly zoneNo: number | null
}
interface Of {
  readonly workspaceId: string
  readonly id: string
  readonly quiet: Quiet | null
}

/** When each may be messaged, one look at the clock for each zone. */
function wakings(quiet: Quiet, people: readonly Sleeper[], now: Date): Date[] {
  const times = new Map(
    quiet.zones
      .map((zones, number) => [number, zones] as const)
      .filter(([number]) => people.some(({ zoneNo }) => zoneNo === number))
      .map(([number, zones]) => [number, wakesAt(zones, quiet, now)]),
  )
  return people.map(({ zoneNo }) => times.get(zoneNo ?? -1) ?? now)
}

/**
 * Puts people off who have no message row: they are Pending with no attempt made, and their first attempt is a retry that falls due when they
 * wake. Opt-outs, cancel and limits meet them there as they meet any retry. The caller holds their slice and moves its cursor past them.
 * Few: a slice that sleeps as a whole is never read, so of each zone at most one slice and what the night fell upon.
 */
export async function putOff(tx: Db, campaign: Of, people: readonly Sleeper[], now: Date): Promise<void> {
  if (people.length === 0 || campaign.quiet === null) return
  const due = wakings(campaign.quiet, people, now)
  await run(
    tx,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state)
        SELECT ${campaign.workspaceId}, ${campaign.id}, seq, 0 FROM unnest(${people.map(({ seq }) => seq)}::int[]) AS seq`,
  )
  await run(
    tx,
    sql`INSERT INTO message_retry (workspace_id, campaign_id, seq, attempt, due_at)
        SELECT ${campaign.workspaceId}, ${campaign.id}, p.seq, 0, p.due_at
          FROM unnest(${people.map(({ seq }) => seq)}::int[], ${due}::timestamptz[]) AS p (seq, due_at)`,
  )
}

/** Retries that fell due at night wait for the morning. The caller holds their slices. */
export async function postpone(tx: Db, campaign: Of, people: readonly Sleeper[], now: Date): Promise<void> {
  if (people.length === 0 || campaign.quiet === null) return
  await run(
    tx,
    sql`UPDATE message_retry r SET due_at = p.due_at
          FROM unnest(${people.map(({ seq }) => seq)}::int[], ${wakings(campaign.quiet, people, now)}::timestamptz[]) AS p (seq, due_at)
         WHERE r.workspace_id = ${campaign.workspaceId} AND r.campaign_id = ${campaign.id} AND r.seq = p.seq`,
  )
}
