import { type Db, run, type Sql, sql } from '../platform/db.ts'
import type { CampaignInput } from './schema.ts'

export const jsonOrNull = (value: object | null | undefined): string | null => (value ? JSON.stringify(value) : null)

/** What a copy and a resend keep: the manner of sending, beside template, number and people. */
export const keptColumns: Sql = sql`variables, header_media, rate_per_second, unknown_policy, time_zone, quiet_from, quiet_to, canary, circuit_breaker, topic_id, languages`

/** Stores a new campaign: a Draft without a time, Scheduled with one. Whoever calls has checked the input. */
export const insertCampaign = (
  tx: Db,
  campaign: {
    readonly workspaceId: string
    readonly id: string
    readonly input: CampaignInput
    readonly actor: { readonly id: string | null; readonly name: string; readonly type: string }
    /** The recurrence that makes it, and its instant. */
    readonly occurrence?: { readonly recurrenceId: string; readonly at: Date }
    /** The experiment whose part it goes to. */
    readonly experiment?: { readonly id: string; readonly part: number }
    /** Somebody holding Execute approved this exact content. */
    readonly isApproved?: boolean
  },
): Promise<number> => {
  const { workspaceId, id, input, actor, occurrence, experiment, isApproved = false } = campaign
  return run(
    tx,
    sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, sender_id, contact_filter, variables, header_media, rate_per_second,
               unknown_policy, scheduled_at, time_zone, quiet_from, quiet_to, finish_by, canary, circuit_breaker, topic_id, languages, recurrence_id, occurrence_at, experiment_id, experiment_part,
               approved_version, created_by_id, created_by_name, created_by_type)
        VALUES (${workspaceId}, ${id}, ${input.name}, ${input.scheduledAt ? 'Scheduled' : 'Draft'}, ${input.templateId}, ${input.senderId ?? null},
                ${JSON.stringify(input.contactFilter)}, ${JSON.stringify(input.variables ?? {})}, ${jsonOrNull(input.headerMedia)},
                ${input.ratePerSecond ?? null}, ${input.unknownPolicy ?? 'hold'}, ${input.scheduledAt ?? null}, ${input.timeZone ?? null},
                ${input.quietHours?.from ?? null}, ${input.quietHours?.to ?? null}, ${input.finishBy ?? null}, ${jsonOrNull(input.canary)},
                ${jsonOrNull(input.circuitBreaker)}, ${input.topicId ?? null}, ${input.languages ?? 'template'}, ${occurrence?.recurrenceId ?? null}, ${occurrence?.at ?? null}, ${experiment?.id ?? null}, ${experiment?.part ?? null}, ${isApproved ? 1 : null},
                ${actor.id}, ${actor.name}, ${actor.type})`,
  )
}
