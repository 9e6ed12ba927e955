import { z } from '@hono/zod-openapi'
import { CampaignItem } from '../campaigns/schema.ts'
import { SHOWN_STATUSES, type ShownStatus } from '../dispatch/state.ts'
import { InstantOut, Paged } from '../platform/http.ts'
import { Cost } from '../pricing/cost.ts'
import { RenderedText } from '../templates/schema.ts'

const Click = z.object({ index: z.int(), text: z.string(), at: InstantOut }).openapi('Click')
export const Recipient = z
  .object({
    contactId: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    status: z.enum(SHOWN_STATUSES),
    kind: z.string().nullable(),
    reason: z.string().nullable(),
    errorCode: z.int().nullable(),
    errorTitle: z.string().nullable(),
    errorAdvice: z.string().nullable(),
    attempts: z.int(),
    wamid: z.string().nullable(),
    language: z.string().nullable().openapi({ description: 'Of the template they get' }),
    sentAt: InstantOut.nullable(),
    deliveredAt: InstantOut.nullable(),
    readAt: InstantOut.nullable(),
    failedAt: InstantOut.nullable(),
    clicked: z.array(Click),
    repliedAt: InstantOut.nullable(),
    cost: Cost.nullable(),
  })
  .openapi('Recipient')
/** A status in any letter case; anything else is refused. */
const StatusFilter = z
  .string()
  .transform((text, context): ShownStatus => {
    const found = SHOWN_STATUSES.find((status) => status.toLowerCase() === text.toLowerCase())
    if (found === undefined) context.addIssue({ code: 'custom', message: `is one of ${SHOWN_STATUSES.join(' ')}` })
    return found ?? 'Pending'
  })
  .openapi({ type: 'string', enum: [...SHOWN_STATUSES] })
export const Filters = { searchTerm: z.string().max(200).optional(), statusFilter: StatusFilter.optional() }
const Button = z
  .object({ index: z.int(), type: z.string(), text: z.string(), clicks: z.int(), uniqueContacts: z.int(), rate: z.number().nullable() })
  .openapi('ButtonClicks')
const Presser = z
  .object({
    contactId: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    clicks: z.int(),
    firstAt: InstantOut,
    lastAt: InstantOut,
  })
  .openapi('ButtonPresser')
const Reason = z
  .object({ code: z.string(), title: z.string(), advice: z.string().nullable(), retryable: z.boolean(), count: z.int() })
  .openapi('FailureReason')
const Sums = z.object({
  campaigns: z.int(),
  audience: z.int(),
  sent: z.int(),
  delivered: z.int(),
  read: z.int(),
  failed: z.int(),
  clicked: z.int(),
  replied: z.int(),
  optedOut: z.int(),
  cost: Cost.nullable(),
})
const PeriodRates = z.object({
  delivery: z.number().nullable(),
  read: z.number().nullable(),
  click: z.number().nullable(),
  failure: z.number().nullable(),
})
const Top = { id: z.string(), name: z.string(), sent: z.int(), delivered: z.int(), read: z.int(), clicked: z.int() }
export const Dashboard = z
  .object({
    totals: Sums,
    rates: PeriodRates,
    previous: z.object({ totals: Sums, rates: PeriodRates }),
    series: z.array(z.object({ date: z.string(), sent: z.int(), delivered: z.int(), read: z.int(), failed: z.int(), clicked: z.int() })),
    statusCounts: z.record(z.string(), z.int()),
    topCampaigns: z.array(z.object(Top)),
    topTemplates: z.array(z.object({ ...Top, language: z.string() })),
    failures: z.array(z.object({ code: z.string(), title: z.string(), count: z.int() })),
    upcoming: z.array(CampaignItem),
    running: z.array(CampaignItem),
    senders: z.array(
      z.object({ id: z.string(), phone: z.string(), quality: z.string(), limit: z.string(), usedLast24h: z.int(), ratePerSecond: z.int() }),
    ),
  })
  .openapi('Dashboard')
export const Reply = z
  .object({
    id: z.string(),
    contactId: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    type: z.string(),
    text: z.string(),
    at: InstantOut,
  })
  .openapi('Reply')
export const TimelineEntry = z.object({ at: InstantOut, kind: z.string(), detail: z.string() }).openapi('TimelineEntry')
const Minute = z
  .object({ at: InstantOut, sent: z.int(), delivered: z.int(), read: z.int(), failed: z.int(), clicked: z.int() })
  .openapi('TimelineMinute')
export const Trail = Recipient.extend({ events: z.array(TimelineEntry), text: RenderedText.nullable() }).openapi('RecipientTrail')
export const ButtonClickReport = z
  .object({
    totalClicks: z.int(),
    uniqueContacts: z.int(),
    buttons: z.array(Button),
    series: z.array(z.object({ at: InstantOut, clicks: z.int() })),
    contacts: Paged(Presser, 'ButtonPressers').optional(),
  })
  .openapi('ButtonClickReport')
export const Failures = z.object({ failures: z.array(Reason), metaLimits: z.array(Reason), skipped: z.array(Reason) }).openapi('Failures')
export const Timeline = z.object({ events: z.array(TimelineEntry), minutes: z.array(Minute) }).openapi('Timeline')
