import { announceHold } from '../outgoing/held.ts'
import { type Db, many, maybeOne, run, sql } from '../platform/db.ts'

export const HOLD_SCOPES = ['campaign', 'template', 'number', 'account', 'portfolio'] as const
export type HoldScope = (typeof HOLD_SCOPES)[number]

/** Gravest first: what a campaign shows when several stand. */
export const HOLD_REASONS = [
  'restored',
  'token_invalid',
  'account_restricted',
  'payment',
  'template_paused',
  'ambiguity_breaker',
  'circuit_breaker',
  'clock',
  'low_disk',
  'provider_outage',
  'missed_schedule',
  'awaiting_approval',
  'operator',
  'quality_pending',
  'canary',
  'limit_reached',
] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

export interface HoldInput {
  readonly workspaceId: string
  readonly scope: HoldScope
  /** Id of the campaign, template, phone_number or whatsapp_account row; the portfolio id for `portfolio`. */
  readonly scopeId: string
  readonly reason: HoldReason
  /** One sentence for people: what happened. */
  readonly detail: string
  /** Meta's error code when one set it. */
  readonly code?: number
  readonly autoResumeAt?: Date
  /** When the trouble happened: news older than the last clearing of this hold is no news. Absent: now. */
  readonly happenedAt?: Date
}
export interface Hold {
  readonly scope: HoldScope
  readonly scopeId: string
  readonly reason: HoldReason
  readonly since: Date
  readonly autoResumeAt: Date | null
  readonly detail: string
}

/** Sets a hold and tells of it; one that stands keeps its `since` and is no news. A campaign's own hold is to be set under the campaign's lock. */
export async function setHold(tx: Db, hold: HoldInput): Promise<void> {
  const set = await maybeOne<{ is_new: boolean }>(
    tx,
    sql`INSERT INTO hold AS h (workspace_id, scope, scope_id, reason, auto_resume_at, detail, code)
        SELECT ${hold.workspaceId}, ${hold.scope}, ${hold.scopeId}, ${hold.reason}, ${hold.autoResumeAt ?? null}::timestamptz, ${hold.detail}, ${hold.code ?? null}::int
         WHERE NOT EXISTS (SELECT 1 FROM hold_cleared k WHERE k.workspace_id = ${hold.workspaceId} AND k.scope = ${hold.scope}
                              AND k.scope_id = ${hold.scopeId} AND k.reason = ${hold.reason} AND k.at > ${hold.happenedAt ?? null}::timestamptz)
        ON CONFLICT (workspace_id, scope, scope_id, reason) DO UPDATE
           SET detail = excluded.detail, code = excluded.code, auto_resume_at = excluded.auto_resume_at,
               since = CASE WHEN h.auto_resume_at <= now() THEN now() ELSE h.since END
        RETURNING (xmax = 0 OR h.since = now()) AS is_new`,
  )
  if (set?.is_new) await announceHold(tx, hold)
}

/** Clears holds of one scope; all reasons when none are named. Returns how many stood. */
export const clearHolds = (
  tx: Db,
  at: { workspaceId: string; scope: HoldScope; scopeId: string; reasons?: readonly HoldReason[] },
): Promise<number> =>
  run(
    tx,
    sql`WITH gone AS (
          DELETE FROM hold WHERE workspace_id = ${at.workspaceId} AND scope = ${at.scope} AND scope_id = ${at.scopeId}
             AND reason = ANY(${at.reasons ?? HOLD_REASONS}::text[]) RETURNING reason)
        INSERT INTO hold_cleared (workspace_id, scope, scope_id, reason) SELECT ${at.workspaceId}, ${at.scope}, ${at.scopeId}, reason FROM gone
        ON CONFLICT (workspace_id, scope, scope_id, reason) DO UPDATE SET at = now()`,
  )

/** The scopes whose holds stop a campaign. */
export interface HoldTargets {
  readonly id: string
  readonly templateId: string
  readonly numberId: string | null
  readonly accountId: string | null
}

/** Every hold standing on a campaign, gravest first. One whose `autoResumeAt` has passed no longer stands. */
export async function holdsOfCampaign(db: Db, workspaceId: string, campaign: HoldTargets): Promise<Hold[]> {
  return many<Hold>(
    db,
    sql`SELECT scope, scope_id AS "scopeId", reason, since, auto_resume_at AS "autoResumeAt", detail
          FROM hold
         WHERE workspace_id = ${workspaceId} AND (auto_resume_at IS NULL OR auto_resume_at > now())
           AND ((scope = 'campaign' AND scope_id = ${campaign.id}) OR (scope = 'template' AND (scope_id = ${campaign.templateId} OR scope_id IN (
                   SELECT template_id::text FROM campaign_version WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaign.id})))
             OR (scope = 'number' AND scope_id = ${campaign.numberId}) OR (scope = 'account' AND scope_id = ${campaign.accountId})
             OR (scope = 'portfolio' AND scope_id = (SELECT coalesce(portfolio_id, waba_id) FROM whatsapp_account
                                                      WHERE workspace_id = ${workspaceId} AND id = ${campaign.accountId}::uuid)))
         ORDER BY array_position(${HOLD_REASONS}::text[], reason)`,
  )
}

/** The hold a campaign shows. */
export const holdOfCampaign = async (db: Db, workspaceId: string, campaign: HoldTargets): Promise<Hold | null> =>
  (await holdsOfCampaign(db, workspaceId, campaign))[0] ?? null

/** Condition over aliases `h` (hold) and `c` (campaign): this hold stands, and stops this campaign. */
export const holdsSql = sql`
  h.workspace_id = c.workspace_id AND (h.auto_resume_at IS NULL OR h.auto_resume_at > now())
  AND ((h.scope = 'campaign' AND h.scope_id = c.id::text) OR (h.scope = 'template' AND h.scope_id = c.template_id::text)
    OR (h.scope = 'template' AND c.languages = 'family' AND h.scope_id IN (
          SELECT v.template_id::text FROM campaign_version v WHERE v.workspace_id = c.workspace_id AND v.campaign_id = c.id))
    OR (h.scope = 'number' AND h.scope_id = c.number_id::text) OR (h.scope = 'account' AND h.scope_id = c.account_id::text)
    OR (h.scope = 'portfolio' AND h.scope_id = (SELECT coalesce(a.portfolio_id, a.waba_id) FROM whatsapp_account a
                                                 WHERE a.workspace_id = c.workspace_id AND a.id = c.account_id)))`

/** Condition over alias `c` (campaign): some hold stands. For the sweep, the list and the intent's guard. */
export const isHeldSql = sql`EXISTS (SELECT 1 FROM hold h WHERE ${holdsSql})`
