import { z } from '@hono/zod-openapi'
import { ContactFilter } from '../contacts/filter.ts'
import { Instant, InstantOut, TimeZone } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { HeaderMediaInput, Variables } from '../templates/schema.ts'
import { CAMPAIGN_STATUSES } from './status.ts'

const Id = z.string().refine(isUuid, 'is not an id').openapi({ format: 'uuid' })
/** What a campaign is made of (api.md §3.1). The first four fields are the user's own; the rest is optional. */
export const CampaignInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    templateId: Id,
    scheduledAt: Instant.nullable().optional(),
    contactFilter: ContactFilter,
    senderId: Id.nullable().optional(),
    variables: Variables.optional(),
    headerMedia: HeaderMediaInput.nullable().optional(),
    timeZone: TimeZone.nullable().optional(),
    ratePerSecond: z.int().min(1).max(10_000).nullable().optional(),
    unknownPolicy: z.enum(['hold', 'confident', 'resend']).optional(),
  })
  .openapi('CampaignInput')
export type CampaignInput = z.infer<typeof CampaignInput>

export const Status = z.enum(CAMPAIGN_STATUSES).openapi('CampaignStatus')
export const Counts = z
  .object({
    audience: z.int(),
    pending: z.int(),
    sent: z.int(),
    delivered: z.int(),
    read: z.int(),
    failed: z.int(),
    skipped: z.int(),
    unknown: z.int(),
    cancelled: z.int(),
  })
  .openapi('CampaignCounts')
export const Funnel = z
  .object({ audience: z.int(), sent: z.int(), delivered: z.int(), read: z.int(), clicked: z.int(), replied: z.int(), optedOut: z.int() })
  .openapi('CampaignFunnel')
export const Rates = z
  .object({ delivery: z.number().nullable(), read: z.number().nullable(), click: z.number().nullable(), failure: z.number().nullable() })
  .openapi('CampaignRates')
export const Progress = z.object({ ratePerSecond: z.number(), etaAt: InstantOut.nullable() }).openapi('CampaignProgress')
const HoldOut = z
  .object({ reason: z.string(), since: InstantOut, autoResumeAt: InstantOut.nullable(), detail: z.string() })
  .openapi('CampaignHold')

const base = {
  id: z.string(),
  name: z.string(),
  status: Status,
  hold: HoldOut.nullable(),
  actions: z.array(z.string()),
  templateId: z.string(),
  template: z.object({ name: z.string(), language: z.string(), category: z.string() }),
  senderId: z.string().nullable(),
  contactFilter: z.record(z.string(), z.unknown()),
  headerMedia: z.record(z.string(), z.unknown()).nullable(),
  ratePerSecond: z.int().nullable(),
  unknownPolicy: z.string(),
  scheduledAt: InstantOut.nullable(),
  timeZone: z.string().nullable(),
  createdAt: InstantOut,
  updatedAt: InstantOut,
  startedAt: InstantOut.nullable(),
  frozenAt: InstantOut.nullable(),
  completedAt: InstantOut.nullable(),
  createdBy: z.object({ id: z.string().nullable(), name: z.string(), type: z.string() }),
  parentId: z.string().nullable(),
  failureReason: z.object({ code: z.string(), title: z.string(), detail: z.string() }).nullable(),
  counts: Counts,
  funnel: Funnel,
  rates: Rates,
  progress: Progress.nullable(),
}
export const CampaignItem = z.object(base).openapi('CampaignItem')
export const Campaign = z
  .object({ ...base, variables: z.record(z.string(), z.string()), estimatedAudience: z.int().nullable() })
  .openapi('Campaign')
export type Campaign = z.infer<typeof Campaign>
export type CampaignItem = z.infer<typeof CampaignItem>
