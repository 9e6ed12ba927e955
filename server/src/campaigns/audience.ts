import { moveFailures } from '../analytics/failure-counts.ts'
import { skipReasonSql } from '../contacts/eligibility.ts'
import { contactFieldSql } from '../contacts/fields.ts'
import { SLICE_SIZE } from '../dispatch/counters.ts'
import { type Db, join, many, run, sql } from '../platform/db.ts'
import { NO_COUNTRY } from '../pricing/country.ts'
import { versionSql } from './languages.ts'
import type { Launch } from './launch.ts'
import type { CampaignRow } from './queries.ts'
import { hoursOf, type QuietHours } from './quiet-hours.ts'
import { nightRule, placeSql } from './zones.ts'

/** Who a campaign goes to, chosen and counted: they stand in table `chosen` of the transaction. */
export interface Chosen {
  readonly size: number
  /** May be sent to. */
  readonly eligible: number
  /** Left out, by reason. */
  readonly skipped: ReadonlyMap<string, number>
  /** May be sent to, by country. */
  readonly countries: ReadonlyMap<string, number>
  /** The quiet hours that are kept, and where people are of whom nothing is known; null: none. */
  readonly night: { readonly hours: QuietHours; readonly fallbackZone: string } | null
}

/**
 * Chooses the audience in a stable order, by contact. The table is written once and read by all that follows: each reason is worked out once.
 * Of contacts with one send key the first is sent to, later ones are duplicates.
 */
export async function chooseAudience(tx: Db, campaign: CampaignRow, launch: Launch): Promise<Chosen> {
  const { hours, fallbackZone } = await nightRule(tx, campaign.workspace_id, {
    quietHours: hoursOf(campaign.quiet_from, campaign.quiet_to),
    timeZone: campaign.time_zone,
    category: launch.template.category,
  })
  const people = launch.people // names the workspace
  const fields =
    launch.message.fieldNames.length === 0
      ? sql`'{}'::text[]`
      : sql`ARRAY[${join(launch.message.fieldNames.map(contactFieldSql), sql`, `)}]::text[]`
  await run(
    tx,
    sql`CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
        SELECT (row_number() OVER (ORDER BY c.id))::int AS seq, c.id, c.send_key, c.country, coalesce(c.phone_e164, c.user_id) AS address,
               ${fields} AS fields, ${skipReasonSql(launch.rule)} AS reason, ${hours === null ? sql`NULL::text` : placeSql} AS place,
               ${launch.family === null ? sql`NULL::smallint` : versionSql(launch.family)} AS version_no, NULL::smallint AS zone_no
          FROM contact c WHERE ${people}`,
  )
  let counts = await countChosen(tx)
  // No two contacts have one number, so a key stands twice only where some contact's key is not its number: a national alternate. Mostly there is none.
  if (counts.some(({ alternates }) => alternates > 0) && (await markDuplicates(tx)) > 0) counts = await countChosen(tx)
  const sum = (rows: typeof counts) => rows.reduce((total, row) => total + row.people, 0)
  const eligible = counts.filter(({ reason }) => reason === null)
  const skipped = Map.groupBy(
    counts.filter(({ reason }) => reason !== null),
    ({ reason }) => reason ?? '',
  )
  return {
    size: sum(counts),
    eligible: sum(eligible),
    skipped: new Map([...skipped].map(([reason, rows]) => [reason, sum(rows)])),
    countries: new Map(eligible.map(({ country, people }) => [country, people])),
    night: hours && { hours, fallbackZone },
  }
}

/** One pass: how many are left out for each reason, how many may be sent to in each country, and how many of a key that is not their number. */
const countChosen = (tx: Db) =>
  many<{ reason: string | null; country: string; people: number; alternates: number }>(
    tx,
    sql`SELECT reason, coalesce(country, ${NO_COUNTRY}) AS country, count(*)::int AS people,
               count(*) FILTER (WHERE reason IS NULL AND send_key IS DISTINCT FROM substr(address, 2))::int AS alternates
          FROM chosen GROUP BY reason, 2`,
  )

const markDuplicates = (tx: Db): Promise<number> =>
  run(
    tx,
    sql`UPDATE chosen AS m SET reason = 'duplicate_phone'
          FROM (SELECT send_key, min(seq) AS first_seq FROM chosen
                 WHERE reason IS NULL AND send_key IN (SELECT send_key FROM chosen WHERE reason IS NULL AND send_key IS DISTINCT FROM substr(address, 2))
                 GROUP BY send_key HAVING count(*) > 1) AS shared
         WHERE m.send_key = shared.send_key AND m.reason IS NULL AND m.seq > shared.first_seq`,
  )

/** Writes the chosen as recipients, with the Skipped row of those left out, in slices, and their counts. */
export async function writeAudience(tx: Db, campaign: CampaignRow, chosen: Chosen, isByZone: boolean): Promise<void> {
  const { workspace_id: workspaceId, id } = campaign
  await run(
    tx,
    sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id, send_key, address, fields, zone_no, version_no)
        SELECT ${workspaceId}, ${id}, seq, id, CASE WHEN reason IS NULL THEN send_key END, CASE WHEN reason IS NULL THEN address END, fields, zone_no, version_no
          FROM chosen`,
  )
  if (chosen.skipped.size > 0)
    await run(
      tx,
      sql`INSERT INTO message (workspace_id, campaign_id, seq, state, skip_reason, settled_at)
          SELECT ${workspaceId}, ${id}, seq, 3, reason, now() FROM chosen WHERE reason IS NOT NULL`,
    )
  await insertSlices(tx, campaign, chosen.size, isByZone || chosen.skipped.size > 0)
  await insertCounters(tx, campaign, chosen)
}

/** @param hasMarks somebody was left out, or has a zone: else nothing of the people need be read */
const insertSlices = (tx: Db, { workspace_id: workspaceId, id }: CampaignRow, audience: number, hasMarks: boolean) =>
  run(
    tx,
    sql`INSERT INTO campaign_slice (workspace_id, campaign_id, slice_no, first_seq, last_seq, cursor_seq, skipped, zone_from, zone_to)
        SELECT ${workspaceId}, ${id}, n, n * ${SLICE_SIZE}::int + 1, least((n + 1) * ${SLICE_SIZE}::int, ${audience}::int), n * ${SLICE_SIZE}::int,
               coalesce(k.skipped, 0), k.zone_from, k.zone_to
          FROM generate_series(0, (${audience}::int - 1) / ${SLICE_SIZE}::int) AS n
          LEFT JOIN (SELECT (seq - 1) / ${SLICE_SIZE}::int AS slice_no, count(*) FILTER (WHERE reason IS NOT NULL)::int AS skipped,
                            min(zone_no) AS zone_from, max(zone_no) AS zone_to
                       FROM chosen WHERE ${hasMarks}::boolean AND (reason IS NOT NULL OR zone_no IS NOT NULL) GROUP BY 1) AS k
            ON k.slice_no = n`,
  )

/** Counts by reason, and by country of those who may be sent to: the estimate of cost reads these, never the recipients. */
async function insertCounters(tx: Db, { workspace_id: workspaceId, id }: CampaignRow, { skipped, countries }: Chosen): Promise<void> {
  const left = [...skipped.values()].reduce((sum, people) => sum + people, 0)
  await run(
    tx,
    sql`INSERT INTO campaign_counter (workspace_id, campaign_id, skipped) VALUES (${workspaceId}, ${id}, ${left})
        ON CONFLICT (workspace_id, campaign_id) DO UPDATE SET skipped = excluded.skipped`,
  )
  await moveFailures(
    tx,
    workspaceId,
    [...skipped].map(([reason, count]) => ({ campaignId: id, kind: 'skipped', code: reason, count })),
  )
  await run(
    tx,
    sql`INSERT INTO campaign_country (workspace_id, campaign_id, country, recipients)
        SELECT ${workspaceId}, ${id}, k.* FROM unnest(${[...countries.keys()]}::text[], ${[...countries.values()]}::int[]) AS k`,
  )
}
