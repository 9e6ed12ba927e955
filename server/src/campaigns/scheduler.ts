import { Histogram } from 'prom-client'
import { clearHolds, isHeldSql, setHold } from '../dispatch/holds.ts'
import { announce } from '../outgoing/events.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { metrics } from '../platform/metrics.ts'
import { Problem } from '../platform/problem.ts'
import { traceStart } from '../platform/tracing.ts'
import { inTransaction } from '../platform/transaction.ts'
import { fail, freezeCampaign } from './freeze.ts'
import { checkLaunch, hasEligible, launchOf, MENDABLE } from './launch.ts'
import type { CampaignRow } from './queries.ts'

const startLateness = new Histogram({
  name: 'fanfare_campaign_start_lateness_seconds',
  help: 'How long after its time a scheduled campaign was started',
  buckets: [0.25, 0.5, 1, 2, 5, 15, 60, 300, 3_600],
  registers: [metrics],
})

/** One look at the clock: starts what is due, exactly once however many processes look. Quick, so that everybody starts on time. */
export async function startDueCampaigns(deps: Deps): Promise<void> {
  const due = await many<{ workspace_id: string; id: string }>(
    deps.pool,
    sql`SELECT workspace_id, id FROM campaign c WHERE status = 'Scheduled' AND deleted_at IS NULL AND scheduled_at <= now()
           AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.workspace_id = c.workspace_id AND h.scope = 'campaign' AND h.scope_id = c.id::text
                              AND (h.auto_resume_at IS NULL OR h.auto_resume_at > now()))
         ORDER BY scheduled_at LIMIT 100`,
  )
  for (const { workspace_id, id } of due) {
    const lateSeconds = await startDue(deps, workspace_id, id)
    if (lateSeconds !== undefined) startLateness.observe(lateSeconds)
  }
}

/** Freezes what runs unfrozen. A large audience takes seconds: a worker does this beside its sweeps, not in them. */
export async function freezeRunning(deps: Deps): Promise<void> {
  const unfrozen = await many<{ workspace_id: string; id: string }>(
    deps.pool,
    sql`SELECT workspace_id, id FROM campaign c WHERE status = 'Running' AND frozen_at IS NULL AND NOT ${isHeldSql} ORDER BY started_at LIMIT 20`,
  )
  for (const { workspace_id, id } of unfrozen) await freezeCampaign(deps, workspace_id, id)
}

/** Both, for callers that wait. */
export async function sweep(deps: Deps): Promise<void> {
  await startDueCampaigns(deps)
  await freezeRunning(deps)
}

/**
 * Starts one due campaign, or holds or fails it with its reason. The row's lock makes it once.
 * @returns how many seconds after its time it started; undefined: it did not
 */
function startDue(deps: Deps, workspaceId: string, id: string): Promise<number | undefined> {
  return inTransaction(deps.pool, async (tx) => {
    const campaign = await maybeOne<CampaignRow & { is_missed: boolean; needs_approval: boolean; late_seconds: number }>(
      tx,
      sql`SELECT *, approved_version IS DISTINCT FROM version
                   AND (SELECT approval_required FROM workspace w WHERE w.id = campaign.workspace_id) AS needs_approval,
                 scheduled_at < now() - ${deps.config.MISSED_SCHEDULE_GRACE_MS} * interval '1 millisecond' AS is_missed,
                 extract(epoch FROM now() - scheduled_at)::float8 AS late_seconds
            FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${id} AND status = 'Scheduled' AND deleted_at IS NULL AND scheduled_at <= now()
             FOR UPDATE SKIP LOCKED`,
    )
    if (campaign === undefined) return undefined
    const at = { workspaceId, scope: 'campaign', scopeId: id } as const
    if (campaign.needs_approval) {
      await setHold(tx, { ...at, reason: 'awaiting_approval', detail: 'Somebody who may run campaigns must approve its content first.' })
      return undefined
    }
    if (campaign.is_missed) {
      await setHold(tx, {
        ...at,
        reason: 'missed_schedule',
        detail: `It was due at ${campaign.scheduled_at?.toISOString()}; run it or schedule it again.`,
      })
      return undefined
    }
    try {
      const launch = await checkLaunch(deps, tx, workspaceId, launchOf(campaign))
      if (!(await hasEligible(tx, launch))) throw new Problem('empty-audience', 'Nobody in the audience may be messaged.')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (MENDABLE.has(error.slug)) await setHold(tx, { ...at, reason: 'template_paused', detail: error.message })
      else await fail(tx, campaign, error.slug, error.message)
      return undefined
    }
    await start(tx, workspaceId, id)
    return campaign.late_seconds
  })
}

/** Running, with the audience still to be frozen: the one place where a campaign starts. The caller holds its lock. */
export async function start(tx: Db, workspaceId: string, id: string): Promise<void> {
  await run(
    tx,
    sql`UPDATE campaign SET status = 'Running', started_at = now(), frozen_at = NULL WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  await clearHolds(tx, { workspaceId, scope: 'campaign', scopeId: id, reasons: ['missed_schedule', 'awaiting_approval'] })
  await announce(tx, workspaceId, [{ type: 'campaign.started', campaignId: id }])
  traceStart(id)
}
