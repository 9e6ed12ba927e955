import { z } from '@hono/zod-openapi'
import { CampaignContent, Status } from '../campaigns/schema.ts'
import { Instant, InstantOut, PageBody, TimeZone } from '../platform/http.ts'

const Rule = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .openapi({ description: 'RFC 5545 RRULE of days, weeks, months or years, without DTSTART', example: 'FREQ=WEEKLY;BYDAY=MO,TH' })
const when = { rule: Rule, startsAt: Instant, timeZone: TimeZone }

export const RecurrenceInput = z
  .strictObject({
    name: z.string().trim().min(1).max(180),
    ...when,
    campaign: CampaignContent.openapi({ description: 'What is sent to whom each time: a campaign without name and time' }),
  })
  .openapi('RecurrenceInput')
export type RecurrenceInput = z.infer<typeof RecurrenceInput>

export const OccurrencesInput = z.strictObject(when).openapi('OccurrencesInput')
export const Occurrences = z.object({ items: z.array(InstantOut) }).openapi('Occurrences')
export const RecurrenceQuery = z.strictObject({ ...PageBody, nameFilter: z.string().max(200).optional() }).openapi('RecurrenceQuery')

export const RECURRENCE_STATUSES = ['Active', 'Paused', 'Ended'] as const
export const Recurrence = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(RECURRENCE_STATUSES),
    rule: z.string(),
    startsAt: InstantOut,
    timeZone: z.string(),
    campaign: z.record(z.string(), z.unknown()),
    nextAt: InstantOut.nullable(),
    upcoming: z.array(InstantOut).openapi({ description: 'The next five, as if it were not paused' }),
    isApproved: z.boolean().openapi({ description: 'Its content as it stands: each of its campaigns is then approved too' }),
    lastCampaign: z.object({ id: z.string(), name: z.string(), status: Status }).nullable(),
    campaigns: z.int(),
    createdBy: z.object({ id: z.string().nullable(), name: z.string(), type: z.string() }),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Recurrence')
export type Recurrence = z.infer<typeof Recurrence>
