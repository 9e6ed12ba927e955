import { iso, isoOrNull } from '../platform/http.ts'
import type { CampaignRow } from './queries.ts'
import { hoursOf } from './quiet-hours.ts'
import type { CampaignItem } from './schema.ts'
import { actionsOf } from './status.ts'

/** A fraction to four places; null of nothing. */
export const share = (part: number, whole: number): number | null => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000)

/** Counts by current state, always adding up to the audience; the funnel is cumulative (api.md §3.1). */
export function figuresOf(
  row: Pick<
    CampaignRow,
    | 'audience'
    | 'sent'
    | 'delivered'
    | 'read'
    | 'rejected'
    | 'undelivered'
    | 'skipped'
    | 'unknown'
    | 'cancelled'
    | 'clicked'
    | 'replied'
    | 'opted_out'
  >,
) {
  const failed = row.rejected + row.undelivered
  const settled = row.sent + row.delivered + row.read + failed + row.skipped + row.unknown + row.cancelled
  const accepted = row.sent + row.delivered + row.read + row.undelivered
  const delivered = row.delivered + row.read
  return {
    counts: {
      audience: row.audience,
      pending: row.audience - settled,
      sent: row.sent,
      delivered: row.delivered,
      read: row.read,
      failed,
      skipped: row.skipped,
      unknown: row.unknown,
      cancelled: row.cancelled,
    },
    funnel: {
      audience: row.audience,
      sent: accepted,
      delivered,
      read: row.read,
      clicked: row.clicked,
      replied: row.replied,
      optedOut: row.opted_out,
    },
    rates: {
      delivery: share(delivered, accepted),
      read: share(row.read, delivered),
      click: share(row.clicked, delivered),
      failure: share(failed, row.audience - row.skipped),
    },
  }
}

/**
 * Speed and end of a running campaign, from what it sent since it started or in the last minutes, whichever is shorter. With quiet hours a
 * straight line to the end would lie: answer.ts works it out.
 */
function progressOf(row: CampaignRow, pending: number, now: Date) {
  if (row.status !== 'Running' || row.started_at === null) return null
  const seconds = Math.min(180, Math.max(1, (now.getTime() - row.started_at.getTime()) / 1_000))
  const ratePerSecond = Math.round((row.last_minute / seconds) * 10) / 10
  const expected = ratePerSecond > 0 ? ratePerSecond : (row.effective_rate ?? 0)
  const etaAt =
    row.frozen_at === null || row.frozen_quiet !== null || row.hold !== null || expected <= 0
      ? null
      : new Date(now.getTime() + (pending / expected) * 1_000).toISOString()
  return { ratePerSecond, etaAt }
}

export function campaignItem(row: CampaignRow, may: (permission: string) => boolean, now: Date): CampaignItem {
  const figures = figuresOf(row)
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    hold: row.hold && {
      reason: row.hold.reason,
      since: new Date(row.hold.since).toISOString(),
      autoResumeAt: row.hold.autoResumeAt === null ? null : new Date(row.hold.autoResumeAt).toISOString(),
      detail: row.hold.detail,
    },
    actions: actionsOf(
      {
        status: row.status,
        hold: row.hold?.reason ?? null,
        isFrozen: row.frozen_at !== null,
        hasPeople: row.people_deleted_at === null,
        unknown: row.unknown,
      },
      may,
    ),
    templateId: row.template_id,
    languages: row.languages,
    template: { name: row.template_name, language: row.template_language, category: row.template_category },
    senderId: row.sender_id,
    contactFilter: { ...row.contact_filter },
    headerMedia: row.header_media === null ? null : { ...row.header_media },
    ratePerSecond: row.rate_per_second,
    quietHours: hoursOf(row.quiet_from, row.quiet_to),
    finishBy: isoOrNull(row.finish_by),
    canary: row.canary,
    circuitBreaker: row.circuit_breaker,
    topicId: row.topic_id,
    topic: row.topic_name === null ? null : { name: row.topic_name },
    unknownPolicy: row.unknown_policy,
    scheduledAt: isoOrNull(row.scheduled_at),
    timeZone: row.time_zone,
    createdAt: iso(row.created_at),
    updatedAt: iso(row.updated_at),
    startedAt: isoOrNull(row.started_at),
    frozenAt: isoOrNull(row.frozen_at),
    completedAt: isoOrNull(row.completed_at),
    peopleDeletedAt: isoOrNull(row.people_deleted_at),
    createdBy: { id: row.created_by_id, name: row.created_by_name, type: row.created_by_type },
    parentId: row.parent_id,
    recurrenceId: row.recurrence_id,
    experimentId: row.experiment_id,
    failureReason: row.failure_reason,
    ...figures,
    cost: row.cost,
    progress: progressOf(row, figures.counts.pending, now),
  }
}
