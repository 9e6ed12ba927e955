import { z } from '@hono/zod-openapi'
import { SKIP_REASONS } from '../analytics/failure-catalog.ts'
import { ContactFilter } from '../contacts/filter.ts'
import { Instant, InstantOut, NullableInstant, PageBody, QuietHours, TimeZone } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { Cost } from '../pricing/cost.ts'
import { HeaderMediaInput, RenderedText, Variables } from '../templates/schema.ts'
import { CAMPAIGN_STATUSES } from './status.ts'

const Id = z.string().refine(isUuid, 'is not an id').openapi({ format: 'uuid' })
const Canary = z
  .strictObject({ share: z.number().min(0.001).max(0.5).default(0.01), waitMinutes: z.int().min(1).max(1_440).default(30) })
  .openapi('Canary', { description: 'So many first; the rest once half of them are delivered and few failed, else a person decides' })
const CircuitBreaker = z
  .strictObject({ failureShare: z.number().min(0.01).max(1).default(0.1), afterMessages: z.int().min(10).max(100_000).default(100) })
  .openapi('CircuitBreaker', { description: 'Holds the campaign when more than this share of at least so many messages failed' })
const Languages = z.enum(['template', 'family']).openapi('CampaignLanguages', {
  description:
    '`family`: everybody gets the approved template of the same name in a language of theirs; `template` (default): that template',
})
/** What a campaign is made of (api.md §3.1). The first four fields are the user's own; the rest is optional. */
export const CampaignInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    templateId: Id,
    languages: Languages.optional(),
    scheduledAt: NullableInstant.optional(),
    contactFilter: ContactFilter,
    senderId: Id.nullable().optional(),
    variables: Variables.optional(),
    headerMedia: HeaderMediaInput.nullable().optional(),
    timeZone: TimeZone.nullable().optional(),
    ratePerSecond: z.int().min(1).max(10_000).nullable().optional(),
    quietHours: QuietHours.nullable().optional(),
    finishBy: NullableInstant.optional(),
    canary: Canary.nullable().optional(),
    circuitBreaker: CircuitBreaker.nullable().optional(),
    topicId: Id.nullable().optional().openapi({ description: 'What it is about: whoever is out of this topic is left out' }),
    unknownPolicy: z.enum(['hold', 'confident', 'resend']).optional(),
  })
  .openapi('CampaignInput')
export type CampaignInput = z.infer<typeof CampaignInput>
/** A campaign's message, audience and manner, whenever it is sent. */
export const CampaignContent = CampaignInput.omit({ name: true, scheduledAt: true, finishBy: true }).openapi('CampaignContent')
export type CampaignContent = z.infer<typeof CampaignContent>

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
const Finish = z.object({
  expectedAt: InstantOut.nullable().openapi({
    description: 'When the last one goes, by rate, quiet hours and limit; null: not within a month',
  }),
  late: z.int().openapi({ description: 'How many go after finishBy; 0 without one' }),
})
const Quiet = z
  .object({
    from: z.string(),
    to: z.string(),
    waiting: z.int().openapi({ description: 'People for whom it is night now' }),
    nextAt: InstantOut.nullable().openapi({ description: 'When the first of them wake; null: nobody waits' }),
  })
  .openapi('CampaignQuiet')
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
  languages: Languages,
  senderId: z.string().nullable(),
  contactFilter: z.record(z.string(), z.unknown()),
  headerMedia: z.record(z.string(), z.unknown()).nullable(),
  ratePerSecond: z.int().nullable(),
  quietHours: QuietHours.nullable(),
  finishBy: InstantOut.nullable(),
  canary: Canary.nullable(),
  circuitBreaker: CircuitBreaker.nullable(),
  topicId: z.string().nullable(),
  topic: z.object({ name: z.string() }).nullable(),
  unknownPolicy: z.string(),
  scheduledAt: InstantOut.nullable(),
  timeZone: z.string().nullable(),
  createdAt: InstantOut,
  updatedAt: InstantOut,
  startedAt: InstantOut.nullable(),
  frozenAt: InstantOut.nullable(),
  completedAt: InstantOut.nullable(),
  peopleDeletedAt: InstantOut.nullable().openapi({ description: 'Its people are no longer kept (RETENTION_DAYS); its figures are' }),
  createdBy: z.object({ id: z.string().nullable(), name: z.string(), type: z.string() }),
  parentId: z.string().nullable(),
  recurrenceId: z.string().nullable(),
  experimentId: z.string().nullable(),
  failureReason: z.object({ code: z.string(), title: z.string(), detail: z.string() }).nullable(),
  counts: Counts,
  funnel: Funnel,
  rates: Rates,
  cost: Cost.nullable(),
  progress: Progress.nullable(),
}
export const CampaignItem = z.object(base).openapi('CampaignItem')
export const Campaign = z
  .object({
    ...base,
    variables: z.record(z.string(), z.string()),
    estimatedAudience: z.int().nullable(),
    quiet: Quiet.nullable().openapi({ description: 'While it runs with quiet hours' }),
    finish: Finish.nullable().openapi({ description: 'While it runs with quiet hours or finishBy' }),
  })
  .openapi('Campaign')
export type Campaign = z.infer<typeof Campaign>
export type CampaignItem = z.infer<typeof CampaignItem>

/** Whom a resend goes to. */
export const RESEND_OUTCOMES = ['Failed', 'Unknown', 'NotDelivered', 'NotRead', 'NotClicked'] as const
export const ResendInput = z
  .strictObject({
    outcome: z.enum(RESEND_OUTCOMES),
    templateId: Id.optional(),
    acceptDoubles: z.boolean().optional().openapi({ description: 'Adds the Unknown to Failed and NotDelivered: they may get it twice.' }),
  })
  .openapi('Resend')
export type ResendInput = z.infer<typeof ResendInput>
export const UnknownInput = z.strictObject({ action: z.enum(['resend', 'giveUp']) }).openapi('UnknownDecision')
export const CampaignListQuery = z
  .strictObject({
    ...PageBody,
    sortBy: z.string().max(50).default('createddate desc'),
    status: Status.optional(),
    nameFilter: z.string().max(200).optional(),
    templateId: Id.optional(),
    recurrenceId: Id.optional(),
    createdFrom: Instant.optional(),
    createdTo: Instant.optional(),
  })
  .openapi('CampaignQuery')
export const StatusCounts = z
  .object(Object.fromEntries(['All', ...CAMPAIGN_STATUSES].map((status) => [status, z.int()])))
  .openapi('CampaignStatusCounts')
export const PreviewInput = z
  .strictObject({
    templateId: Id,
    languages: Languages.default('template'),
    contactFilter: ContactFilter,
    variables: Variables.default({}),
    headerMedia: HeaderMediaInput.nullable().default(null),
    senderId: Id.nullable().default(null),
    timeZone: TimeZone.nullable().default(null),
    ratePerSecond: z.int().min(1).max(10_000).nullable().default(null),
    quietHours: QuietHours.nullable().default(null),
    scheduledAt: NullableInstant.default(null),
    finishBy: NullableInstant.default(null),
    topicId: Id.nullable().default(null),
  })
  .openapi('CampaignPreviewInput')
export const ExcludedInput = PreviewInput.extend({ ...PageBody, reason: z.enum(Object.keys(SKIP_REASONS)) }).openapi('ExcludedQuery')
export const ExcludedPerson = z
  .object({ contactId: z.string(), name: z.string().nullable(), phone: z.string().nullable() })
  .openapi('ExcludedPerson')
export const Preview = z
  .object({
    matched: z.int(),
    eligible: z.int(),
    excluded: z.array(z.object({ reason: z.string(), count: z.int() })),
    optedOutOfTopic: z.int().openapi({ description: 'Of those excluded as opted_out: who is out of the campaign’s topic alone' }),
    approximate: z.boolean(),
    countries: z.array(z.object({ country: z.string(), count: z.int(), cost: Cost.nullable() })),
    estimatedCost: Cost.nullable(),
    estimatedSeconds: z.int(),
    now: z.int(),
    restFrom: InstantOut.nullable(),
    quietHours: QuietHours.nullable().openapi({ description: 'Those that would be kept: the campaign’s own, else the workspace’s' }),
    asleep: z
      .object({ people: z.int(), until: InstantOut.nullable() })
      .openapi({ description: 'For how many it is night at its time or now, and when the last of them wakes' }),
    finish: Finish,
    languages: z
      .array(
        z.object({
          language: z.string(),
          templateId: z.string(),
          status: z.string(),
          people: z.int(),
          reason: z.string().nullable().openapi({ description: 'Why nobody gets it; null: it is used' }),
        }),
      )
      .openapi({ description: 'Of `languages: family`: every template of the name, the campaign’s own first; empty otherwise' }),
    samples: z.array(
      z.object({
        contactId: z.string(),
        name: z.string().nullable(),
        phone: z.string().nullable(),
        language: z.string(),
        text: RenderedText.nullable(),
        reason: z.string().nullable(),
      }),
    ),
  })
  .openapi('CampaignPreview')
export const TestInput = z.strictObject({ phones: z.array(z.string().max(40)).min(1).max(10) }).openapi('TestSendInput')
export const TestResults = z
  .object({
    results: z.array(
      z.object({
        phone: z.string(),
        status: z.string(),
        wamid: z.string().nullable(),
        errorCode: z.int().nullable(),
        errorTitle: z.string().nullable(),
      }),
    ),
  })
  .openapi('TestSendResults')
