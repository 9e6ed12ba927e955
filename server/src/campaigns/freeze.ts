import { moveFailures } from '../analytics/failure-counts.ts'
import { brokenConfirmation } from '../confirmations/content.ts'
import { skipReasonSql } from '../contacts/eligibility.ts'
import { contactFieldSql } from '../contacts/fields.ts'
import { SLICE_SIZE } from '../dispatch/counters.ts'
import { setHold } from '../dispatch/holds.ts'
import { canarySize } from '../dispatch/safety.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { type Db, join, many, maybeOne, one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { NO_COUNTRY } from '../pricing/country.ts'
import { type Family, versionSql } from './languages.ts'
import { checkLaunch, type Launch, launchOf, MENDABLE } from './launch.ts'
import type { CampaignRow, LaunchTemplate } from './queries.ts'
import { hoursOf, type Quiet } from './quiet-hours.ts'
import { nightRule, orderByZone, placeSql } from './zones.ts'

/**
 * Freezes the audience of a Running campaign in one transaction (delivery.md §2): one INSERT … SELECT writes who it goes to and the fields
 * their message reads; those who may not be messaged get their Skipped row in the same transaction, so a recipient without a message row is
 * always one that may be sent. Done once, repeatable by any worker after a crash; a cancel wins over it.
 * @returns `held`: its template waits for approval; `gone`: not Running, frozen already, cancelled meanwhile, or in another worker's hands
 */
export function freezeCampaign(deps: Deps, workspaceId: string, campaignId: string): Promise<'frozen' | 'failed' | 'held' | 'gone'> {
  const freezing = inTransaction(deps.pool, async (tx) => {
    const { free } = await one<{ free: boolean }>(
      tx,
      sql`SELECT pg_try_advisory_xact_lock(${FREEZE_LOCK}::int, hashtext(${campaignId})) AS free`,
    )
    const campaign = await maybeOne<CampaignRow>(
      tx,
      sql`SELECT * FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${campaignId} AND status = 'Running' AND frozen_at IS NULL`,
    )
    if (!free || campaign === undefined) return 'gone'
    let launch: Launch
    try {
      launch = await checkLaunch(deps, tx, workspaceId, launchOf(campaign))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (MENDABLE.has(error.slug)) {
        const at = { workspaceId, scope: 'template', scopeId: campaign.template_id } as const
        await setHold(tx, { ...at, reason: 'template_paused', detail: error.message })
        return 'held'
      }
      await fail(tx, campaign, error.slug, error.message)
      return 'failed'
    }
    await run(tx, sql`SET LOCAL work_mem = '128MB'`)
    const { audience, quiet } = await insertRecipients(deps, tx, campaign, launch)
    const eligible = await one<{ n: number }>(
      tx,
      sql`SELECT ${audience} - count(*) AS n FROM message WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}`,
    )
    const refusal =
      eligible.n === 0
        ? { code: 'empty-audience', detail: 'Nobody in the audience may be messaged.' }
        : await brokenConfirmation(tx, campaign, launch, eligible.n)
    if (refusal !== undefined) {
      await run(tx, sql`DELETE FROM message WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}`)
      await run(tx, sql`DELETE FROM recipient WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaignId}`)
      await fail(tx, campaign, refusal.code, refusal.detail)
      return 'failed'
    }
    await insertSlices(tx, campaign, audience)
    await insertCounters(tx, campaign)
    await countCountries(tx, campaign)
    const canary = await canaryOf(tx, campaign, eligible.n)
    if (launch.family !== null) await insertVersions(tx, campaign, launch.family)
    // the campaign's own row is locked only from here on: a cancel during the long part above wins, and undoes all of it
    const done = await run(
      tx,
      sql`UPDATE campaign
             SET frozen_at = now(), audience = ${audience}, frozen_template = ${JSON.stringify(frozenOf(launch.template))}, frozen_quiet = ${quiet && JSON.stringify(quiet)},
                 field_names = ${launch.message.fieldNames}, canary_seq = ${canary?.seq ?? null}, canary_size = ${canary?.size ?? null},
                 number_id = ${launch.numberId}, account_id = ${launch.template.account_id}
           WHERE workspace_id = ${workspaceId} AND id = ${campaignId} AND status = 'Running' AND frozen_at IS NULL`,
    )
    if (done === 0) throw new Overtaken()
    await wakeWorkers(tx)
    return 'frozen' as const
  })
  return freezing.catch((error: unknown) => {
    if (error instanceof Overtaken) return 'gone'
    throw error
  })
}

/** The campaign was cancelled while its audience was being written. */
class Overtaken extends Error {}
const FREEZE_LOCK = 0x66727a65

/**
 * The audience in a stable order; the first contact of a send key is sent to, later ones are duplicates.
 * @returns its size, and the quiet hours it is ordered for
 */
async function insertRecipients(
  deps: Deps,
  tx: Db,
  campaign: CampaignRow,
  launch: Launch,
): Promise<{ readonly audience: number; readonly quiet: Quiet | null }> {
  const { workspace_id: workspaceId, id } = campaign
  const { hours, fallbackZone } = await nightRule(tx, workspaceId, {
    quietHours: hoursOf(campaign.quiet_from, campaign.quiet_to),
    timeZone: campaign.time_zone,
    category: launch.template.category,
  })
  const fields =
    launch.message.fieldNames.length === 0
      ? sql`'{}'::text[]`
      : sql`ARRAY[${join(launch.message.fieldNames.map(contactFieldSql), sql`, `)}]::text[]`
  // A chosen table is written once and read by all that follows: each reason is worked out once.
  await run(
    tx,
    sql`CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
        SELECT (row_number() OVER (ORDER BY c.id))::int AS seq, c.id, c.send_key, c.country, coalesce(c.phone_e164, c.user_id) AS address,
               ${fields} AS fields, ${skipReasonSql(launch.rule)} AS reason, ${hours === null ? sql`NULL::text` : placeSql} AS place,
               ${launch.family === null ? sql`NULL::smallint` : versionSql(launch.family)} AS version_no, NULL::smallint AS zone_no
          FROM contact c WHERE ${launch.people}`,
  )
  // No two contacts have one number, so a key stands twice only where some contact's key is not its number: a national alternate. Mostly there is none.
  await run(
    tx,
    sql`UPDATE chosen AS m SET reason = 'duplicate_phone'
          FROM (SELECT send_key, min(seq) AS first_seq FROM chosen
                 WHERE reason IS NULL AND send_key IN (SELECT send_key FROM chosen WHERE reason IS NULL AND send_key IS DISTINCT FROM substr(address, 2))
                 GROUP BY send_key HAVING count(*) > 1) AS shared
         WHERE m.send_key = shared.send_key AND m.reason IS NULL AND m.seq > shared.first_seq`,
  )
  const quiet = hours && (await orderByZone(tx, hours, fallbackZone, deps.now()))
  const audience = await run(
    tx,
    sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id, send_key, address, fields, zone_no, version_no)
        SELECT ${workspaceId}, ${id}, seq, id, CASE WHEN reason IS NULL THEN send_key END, CASE WHEN reason IS NULL THEN address END, fields, zone_no, version_no
          FROM chosen`,
  )
  await run(
    tx,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, skip_reason, settled_at)
        SELECT ${workspaceId}, ${id}, seq, 3, reason, now() FROM chosen WHERE reason IS NOT NULL`,
  )
  return { audience, quiet }
}

const insertSlices = (tx: Db, { workspace_id: workspaceId, id }: CampaignRow, audience: number) =>
  run(
    tx,
    sql`INSERT INTO campaign_slice (workspace_id, campaign_id, slice_no, first_seq, last_seq, cursor_seq, skipped, zone_from, zone_to)
        SELECT ${workspaceId}, ${id}, n, n * ${SLICE_SIZE}::int + 1, least((n + 1) * ${SLICE_SIZE}::int, ${audience}::int), n * ${SLICE_SIZE}::int,
               coalesce(k.skipped, 0), k.zone_from, k.zone_to
          FROM generate_series(0, (${audience}::int - 1) / ${SLICE_SIZE}::int) AS n
          LEFT JOIN (SELECT (seq - 1) / ${SLICE_SIZE}::int AS slice_no, count(*) FILTER (WHERE reason IS NOT NULL)::int AS skipped,
                            min(zone_no) AS zone_from, max(zone_no) AS zone_to
                       FROM chosen WHERE reason IS NOT NULL OR zone_no IS NOT NULL GROUP BY 1) AS k
            ON k.slice_no = n`,
  )

/** What is kept of a template at the freeze: every attempt renders from it. */
const frozenOf = ({ name, language, category, parameter_format, components }: LaunchTemplate) => ({
  name,
  language,
  category,
  parameterFormat: parameter_format,
  components,
})

/** The templates of a campaign in several languages, and how many get each. */
const insertVersions = (tx: Db, { workspace_id: workspaceId, id }: CampaignRow, { versions }: Family) =>
  run(
    tx,
    sql`INSERT INTO campaign_version (workspace_id, campaign_id, version_no, template_id, language, frozen, people)
        SELECT ${workspaceId}, ${id}, v.version_no, v.template_id, v.language, v.frozen, coalesce(k.people, 0)
          FROM unnest(${versions.map((_, i) => i)}::smallint[], ${versions.map((version) => version.id)}::uuid[], ${versions.map(({ language }) => language)}::text[],
                      ${versions.map((version) => JSON.stringify(frozenOf(version)))}::jsonb[]) AS v (version_no, template_id, language, frozen)
          LEFT JOIN (SELECT version_no, count(*)::int AS people FROM chosen WHERE reason IS NULL GROUP BY 1) AS k USING (version_no)`,
  )

async function insertCounters(tx: Db, { workspace_id: workspaceId, id }: CampaignRow): Promise<void> {
  const reasons = await many<{ reason: string; n: number }>(
    tx,
    sql`SELECT reason, count(*) AS n FROM chosen WHERE reason IS NOT NULL GROUP BY reason`,
  )
  const skipped = reasons.reduce((sum, { n }) => sum + n, 0)
  await run(
    tx,
    sql`INSERT INTO campaign_counter (workspace_id, campaign_id, skipped) VALUES (${workspaceId}, ${id}, ${skipped})
        ON CONFLICT (workspace_id, campaign_id) DO UPDATE SET skipped = excluded.skipped`,
  )
  await moveFailures(
    tx,
    workspaceId,
    reasons.map(({ reason, n }) => ({ campaignId: id, kind: 'skipped', code: reason, count: n })),
  )
}

/** How many of the audience may be sent to, by country: the estimate of cost reads these, never the recipients. */
const countCountries = (tx: Db, { workspace_id: workspaceId, id }: CampaignRow) =>
  run(
    tx,
    sql`INSERT INTO campaign_country (workspace_id, campaign_id, country, recipients)
        SELECT ${workspaceId}, ${id}, coalesce(country, ${NO_COUNTRY}), count(*) FROM chosen WHERE reason IS NULL GROUP BY 3`,
  )

/** The few who go first, by the place of the last of them; an audience that is not larger than a canary needs none. */
async function canaryOf(tx: Db, { canary }: CampaignRow, eligible: number): Promise<{ seq: number; size: number } | undefined> {
  if (canary === null) return undefined
  const size = canarySize(eligible, canary)
  return maybeOne(
    tx,
    sql`SELECT seq, ${size}::int AS size FROM chosen WHERE reason IS NULL AND ${eligible > size} ORDER BY seq OFFSET ${size - 1} LIMIT 1`,
  )
}

/** Dispatch cannot start and no time mends it. */
export const fail = (
  tx: Db,
  { workspace_id: workspaceId, id }: Pick<CampaignRow, 'workspace_id' | 'id'>,
  code: string,
  detail: string,
): Promise<number> =>
  run(
    tx,
    sql`UPDATE campaign SET status = 'Failed', completed_at = now(), failure_reason = ${JSON.stringify({ code, title: 'Dispatch could not start', detail })}
         WHERE workspace_id = ${workspaceId} AND id = ${id} AND status IN ('Scheduled', 'Running')`,
  )
