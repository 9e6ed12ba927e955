import { z } from '@hono/zod-openapi'
import { etagOfFields, InstantOut, iso, isoOrNull, PageBody, TimeZone } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { ContactFilter } from './filter.ts'

const Text = z.string().trim().max(200)
export const Tag = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .refine((tag) => !/\p{Cc}/u.test(tag), 'holds a control character')
export const TAGS_MAX = 50
export const ATTRIBUTES_MAX = 100
export const ATTRIBUTE_LENGTH_MAX = 1_024
/** A contact as people and programs write it. Numbers in any common writing; national ones by the workspace's country. */
export const ContactInput = z
  .strictObject({
    phone: z.string().max(40),
    firstName: Text.nullable().optional(),
    lastName: Text.nullable().optional(),
    email: z.email('is not an e-mail address').max(320).nullable().optional(),
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$/, 'is not a language code such as en or pt_BR')
      .nullable()
      .optional(),
    timeZone: TimeZone.nullable().optional(),
    tags: z.array(Tag).max(TAGS_MAX).optional(),
    attributes: z
      .record(z.string().min(1).max(200), z.union([z.string().max(ATTRIBUTE_LENGTH_MAX), z.number(), z.boolean(), z.null()]))
      .refine((attributes) => Object.keys(attributes).length <= ATTRIBUTES_MAX, `at most ${ATTRIBUTES_MAX} attributes`)
      .optional(),
    isActive: z.boolean().optional(),
    marketingOptIn: z.boolean().nullable().optional(),
    externalId: Text.nullable().optional(),
  })
  .openapi('ContactInput')
export type ContactInput = z.infer<typeof ContactInput>

export const Contact = z
  .object({
    id: z.string(),
    phone: z.string().nullable(),
    userId: z.string().nullable(),
    waId: z.string().nullable(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    language: z.string().nullable(),
    country: z.string().nullable(),
    timeZone: z.string().nullable(),
    externalId: z.string().nullable(),
    tags: z.array(z.string()),
    attributes: z.record(z.string(), z.string()),
    isActive: z.boolean(),
    marketingOptIn: z.boolean().nullable(),
    optedOutAt: InstantOut.nullable(),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Contact')
export type Contact = z.infer<typeof Contact>

export const ContactListQuery = z
  .strictObject({
    ...PageBody,
    searchTerm: z.string().max(200).optional(),
    contactFilter: ContactFilter.optional(),
    sortBy: z.string().max(50).default('createddate desc'),
  })
  .openapi('ContactQuery')
export const BulkTags = z
  .strictObject({
    contactFilter: ContactFilter.optional(),
    contactIds: z.array(z.string().refine(isUuid, 'is not an id')).min(1).max(10_000).optional(),
    add: z.array(Tag).max(TAGS_MAX).default([]),
    remove: z.array(Tag).max(TAGS_MAX).default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, { error: 'Name tags to add or to remove.', path: ['add'] })
  .openapi('BulkTags')
export type BulkTags = z.infer<typeof BulkTags>
export const BulkDelete = z.strictObject({ contactFilter: ContactFilter, confirmCount: z.int().min(0) }).openapi('BulkDelete')
export type BulkDelete = z.infer<typeof BulkDelete>
export const OptChange = z
  .strictObject({
    source: z.string().trim().max(200).default(''),
    note: z.string().trim().max(1_000).default(''),
    topicId: z
      .string()
      .refine(isUuid, 'is not an id')
      .nullable()
      .default(null)
      .openapi({ format: 'uuid', description: 'Of this topic alone; absent: of every message' }),
  })
  .openapi('OptChange')
export type OptChange = z.infer<typeof OptChange>
export const Changed = z.object({ changed: z.int() }).openapi('Changed')
export const ContactTimelineEntry = z
  .object({
    at: InstantOut,
    kind: z.string(),
    detail: z.string().openapi({ description: 'In one line: what was said, or the campaign and what became of its message' }),
    campaignId: z.string().nullable(),
    campaignName: z.string().nullable().openapi({ description: 'Of a message' }),
    reason: z.string().nullable().openapi({ description: 'Why a message was left out' }),
    errorCode: z.int().nullable().openapi({ description: 'Meta’s code of a message that failed' }),
    errorTitle: z.string().nullable().openapi({ description: 'Why a message failed' }),
  })
  .openapi('ContactTimelineEntry')

export interface ContactRow {
  id: string
  phone_e164: string | null
  user_id: string | null
  wa_id: string | null
  first_name: string | null
  last_name: string | null
  email: string | null
  language: string | null
  country: string | null
  time_zone: string | null
  external_id: string | null
  tags: string[]
  attributes: Record<string, string>
  is_active: boolean
  marketing_opt_in: boolean | null
  opted_out_at: Date | null
  created_at: Date
  updated_at: Date
}

export const contactOf = (row: ContactRow): Contact => ({
  id: row.id,
  phone: row.phone_e164,
  userId: row.user_id,
  waId: row.wa_id,
  firstName: row.first_name,
  lastName: row.last_name,
  name: [row.first_name, row.last_name].filter(Boolean).join(' ') || null,
  email: row.email,
  language: row.language,
  country: row.country,
  timeZone: row.time_zone,
  externalId: row.external_id,
  tags: row.tags,
  attributes: row.attributes,
  isActive: row.is_active,
  marketingOptIn: row.marketing_opt_in,
  optedOutAt: isoOrNull(row.opted_out_at),
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})

/** Moves with the fields that PUT replaces, never with what people say or do. */
export const contactEtag = (row: ContactRow): string =>
  etagOfFields(
    row.phone_e164,
    row.first_name,
    row.last_name,
    row.email,
    row.language,
    row.time_zone,
    row.external_id,
    row.tags,
    row.attributes,
    row.is_active,
    row.marketing_opt_in,
  )

/** Attributes are stored as text; null removes. */
export const attributeTexts = (attributes: ContactInput['attributes']): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes ?? {}).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]])))

/** Tags in their first writing, each once without regard to case. */
export const distinctTags = (tags: readonly string[]): string[] =>
  [...new Map(tags.toReversed().map((tag) => [tag.toLowerCase(), tag])).values()].toReversed()
