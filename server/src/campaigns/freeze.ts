import { brokenConfirmation } from '../confirmations/content.ts'
import { setHold } from '../dispatch/holds.ts'
import { canarySize } from '../dispatch/safety.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { type Db, maybeOne, one, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { chooseAudience, writeAudience } from './audience.ts'
import type { Family } from './languages.ts'
import { checkLaunch, type Launch, launchOf, MENDABLE } from './launch.ts'
import type { CampaignRow, LaunchTemplate } from './queries.ts'
import { orderByZone } from './zones.ts'

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
    const chosen = await chooseAudience(tx, campaign, launch)
    const refusal =
      chosen.eligible === 0
        ? { code: 'empty-audience', detail: 'Nobody in the audience may be messaged.' }
        : await brokenConfirmation(tx, campaign, launch, chosen.eligible)
    if (refusal !== undefined) {
      await fail(tx, campaign, refusal.code, refusal.detail)
      return 'failed'
    }
    const quiet = chosen.night && (await orderByZone(tx, chosen.night.hours, chosen.night.fallbackZone, deps.now()))
    await writeAudience(tx, campaign, chosen, quiet !== null)
    const canary = await canaryOf(tx, campaign, chosen.eligible)
    if (launch.family !== null) await insertVersions(tx, campaign, launch.family)
    // the campaign's own row is locked only from here on: a cancel during the long part above wins, and undoes all of it
    const done = await run(
      tx,
      sql`UPDATE campaign
             SET frozen_at = now(), audience = ${chosen.size}, frozen_template = ${JSON.stringify(frozenOf(launch.template))}, frozen_quiet = ${quiet && JSON.stringify(quiet)},
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
