import { type Db, many, one, run, type Sql, sql } from '../platform/db.ts'
import { COUNTRY_PREFIX, hoursOf, numberZones, type Quiet, type QuietHours } from './quiet-hours.ts'

/** What decides whether a campaign keeps quiet hours, and where people are of whom nothing is known. */
export interface NightRule {
  readonly hours: QuietHours | null
  readonly fallbackZone: string
}

/** What a campaign says for itself. */
export interface OwnNight {
  readonly quietHours: QuietHours | null
  readonly timeZone: string | null
  /** Of its template: the workspace's night is kept by marketing alone. */
  readonly category: string
}

/** The campaign's own quiet hours, else for marketing the workspace's; unknown people are in the campaign's zone, else the workspace's. */
export async function nightRule(db: Db, workspaceId: string, own: OwnNight): Promise<NightRule> {
  const workspace = await one<{ quiet_from: string | null; quiet_to: string | null; time_zone: string }>(
    db,
    sql`SELECT quiet_from, quiet_to, time_zone FROM workspace WHERE id = ${workspaceId}`,
  )
  const shared = own.category.toUpperCase() === 'MARKETING' ? hoursOf(workspace.quiet_from, workspace.quiet_to) : null
  return { hours: own.quietHours ?? shared, fallbackZone: own.timeZone ?? workspace.time_zone }
}

/** Where somebody is, over alias `c` of table contact: their own zone, else their country, else ''. */
export const placeSql: Sql = sql`coalesce(c.time_zone, ${COUNTRY_PREFIX}::text || c.country, '')`

/**
 * Numbers the chosen people of a freeze anew, by zone from east to west and by contact within: slices then hold one zone, or a few
 * neighbours. Those who may not be sent to come last. Costs the freeze one more pass and a sort over its audience, and sending nothing.
 */
export async function orderByZone(tx: Db, hours: QuietHours, fallbackZone: string, at: Date): Promise<Quiet> {
  const places = (await many<{ place: string }>(tx, sql`SELECT DISTINCT place FROM chosen WHERE reason IS NULL`)).map(({ place }) => place)
  const { zones, numberOf } = numberZones(places, fallbackZone, at)
  await run(tx, sql`ALTER TABLE chosen RENAME TO placed`)
  await run(
    tx,
    sql`CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
        SELECT (row_number() OVER (ORDER BY z.zone_no NULLS LAST, p.seq))::int AS seq, p.id, p.send_key, p.address, p.fields, p.country, p.reason, p.version_no, z.zone_no
          FROM placed p
          LEFT JOIN unnest(${[...numberOf.keys()]}::text[], ${[...numberOf.values()]}::smallint[]) AS z (place, zone_no)
            ON z.place = p.place AND p.reason IS NULL`,
  )
  return { ...hours, zones }
}

/** People of a frozen campaign still ahead of the cursors, by the easternmost zone of their slice: reads slices, never recipients. */
export const remainingByZone = (db: Db, workspaceId: string, campaignId: string) =>
  many<{ zone_from: number | null; zone_to: number | null; people: number }>(
    db,
    sql`SELECT zone_from, zone_to, sum(last_seq - cursor_seq - CASE WHEN cursor_seq < first_seq THEN skipped ELSE 0 END) AS people
          FROM campaign_slice WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId} AND cursor_seq < last_seq
         GROUP BY zone_from, zone_to ORDER BY zone_from, zone_to`,
  )

/** Those put off one by one who still sleep: of each zone at most a slice or so. `late`: who wake only after the wished end. */
export const putOffOf = (db: Db, workspaceId: string, campaignId: string, by: Date | null) =>
  one<{ people: number; first: Date | null; last: Date | null; late: number }>(
    db,
    sql`SELECT count(*) AS people, min(due_at) AS first, max(due_at) AS last, count(*) FILTER (WHERE due_at >= ${by}::timestamptz) AS late
          FROM message_retry WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId} AND attempt = 0 AND due_at > now()`,
  )
