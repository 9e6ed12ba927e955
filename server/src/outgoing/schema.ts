import { z } from '@hono/zod-openapi'
import { sql } from '../platform/db.ts'
import { InstantOut, iso, isoOrNull, PageBody, PageQuery } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { EVENT_TYPES } from './events.ts'

const EventName = z.enum(EVENT_TYPES).openapi('WebhookEventType')

export const WebhookEndpoint = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()),
    isEnabled: z.boolean(),
    disabledReason: z.string().nullable().openapi({ description: 'Set when Fanfare disabled it after long failure.' }),
    failingSince: InstantOut.nullable(),
    lastStatus: z.int().nullable(),
    lastAttemptAt: InstantOut.nullable(),
    createdBy: z.object({ name: z.string() }),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('WebhookEndpoint')
export const NewWebhookEndpoint = WebhookEndpoint.extend({
  secret: z.string().openapi({ description: 'Standard Webhooks signing secret, shown this once.' }),
}).openapi('NewWebhookEndpoint')
export const WebhookEndpointInput = z
  .strictObject({
    url: z.string().min(1).max(2_000).openapi({ format: 'uri', example: 'https://hooks.example.com/fanfare' }),
    description: z.string().trim().max(500).default(''),
    events: z
      .array(EventName)
      .min(1)
      .max(EVENT_TYPES.length)
      .transform((events) => [...new Set(events)]),
    isEnabled: z.boolean().default(true),
  })
  .openapi('WebhookEndpointInput')
export const WebhookEndpointQuery = z.strictObject(PageBody).openapi('WebhookEndpointQuery')

const STATUSES = ['Pending', 'Delivered', 'Failed'] as const
export const DeliveriesQuery = z.strictObject({ ...PageQuery, status: z.enum(STATUSES).optional() })
export const Delivery = z
  .object({
    id: z.string().openapi({ description: 'The webhook-id header of every attempt.' }),
    type: z.string(),
    campaignId: z.string().nullable(),
    people: z.int().openapi({ description: 'How many people it speaks of; 0 when it is not about people.' }),
    status: z.enum(STATUSES),
    attempts: z.array(z.object({ at: InstantOut, status: z.int().nullable(), error: z.string().nullable(), ms: z.int() })),
    nextAttemptAt: InstantOut.nullable(),
    createdAt: InstantOut,
    deliveredAt: InstantOut.nullable(),
  })
  .openapi('WebhookDelivery')
export const ResendInput = z
  .strictObject({ deliveryId: z.string().refine(isUuid, 'is not an id').openapi({ format: 'uuid' }) })
  .openapi('WebhookResend')
export const TestResult = z
  .object({ deliveryId: z.string(), ok: z.boolean(), status: z.int().nullable(), error: z.string().nullable(), ms: z.int() })
  .openapi('WebhookTestResult')

export interface EndpointRow {
  readonly id: string
  readonly url: string
  readonly description: string
  readonly events: string[]
  readonly is_enabled: boolean
  readonly disabled_reason: string | null
  readonly failing_since: Date | null
  readonly last_status: number | null
  readonly last_attempt_at: Date | null
  readonly version: number
  readonly created_by_name: string
  readonly created_at: Date
  readonly updated_at: Date
}
export const shownColumns = sql`id, url, description, events, is_enabled, disabled_reason, failing_since, last_status, last_attempt_at, version,
  created_by_name, created_at, updated_at`
export const shownEndpoint = (row: EndpointRow): z.infer<typeof WebhookEndpoint> => ({
  id: row.id,
  url: row.url,
  description: row.description,
  events: row.events,
  isEnabled: row.is_enabled,
  disabledReason: row.disabled_reason,
  failingSince: isoOrNull(row.failing_since),
  lastStatus: row.last_status,
  lastAttemptAt: isoOrNull(row.last_attempt_at),
  createdBy: { name: row.created_by_name },
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})

export interface DeliveryRow {
  readonly id: string
  readonly type: string
  readonly campaign_id: string | null
  readonly people: number
  readonly status: (typeof STATUSES)[number]
  readonly attempts: { at: string; status: number | null; error: string | null; ms: number }[]
  readonly next_attempt_at: Date
  readonly created_at: Date
  readonly delivered_at: Date | null
}
export const deliveryColumns = sql`id, type, campaign_id, coalesce(cardinality(seqs), jsonb_array_length(data->'items'), 0) AS people, status, attempts,
  next_attempt_at, created_at, delivered_at`
export const shownDelivery = (row: DeliveryRow): z.infer<typeof Delivery> => ({
  id: row.id,
  type: row.type,
  campaignId: row.campaign_id,
  people: row.people,
  status: row.status,
  attempts: row.attempts,
  nextAttemptAt: row.status === 'Pending' ? iso(row.next_attempt_at) : null,
  createdAt: iso(row.created_at),
  deliveredAt: isoOrNull(row.delivered_at),
})
