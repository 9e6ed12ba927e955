import { z } from '@hono/zod-openapi'
import { InstantOut, iso, PageBody } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import type { TemplateComponent, TemplateParameter } from './parameters.ts'
import { unsupportedReason } from './support.ts'

const FileName = z.string().trim().min(1).max(240).optional().openapi({ description: 'Of a document: what its reader sees' })
export const HeaderMediaInput = z
  .union([
    z.strictObject({ link: z.url({ protocol: /^https?$/ }).max(2_000), fileName: FileName }),
    z.strictObject({ mediaId: z.string().min(1).max(100), fileName: FileName }),
  ])
  .openapi('HeaderMedia')
export const Variables = z.record(z.string().max(200), z.string().max(5_000)).openapi('Variables')

export const Template = z
  .object({
    id: z.string(),
    metaId: z.string().nullable(),
    accountId: z.string(),
    name: z.string(),
    language: z.string(),
    category: z.string(),
    status: z.string(),
    quality: z.string(),
    parameterFormat: z.string(),
    components: z.array(z.record(z.string(), z.unknown())),
    parameters: z.array(z.object({ key: z.string(), type: z.string(), example: z.string().nullable() })),
    rejectedReason: z.string().nullable(),
    notice: z.string().nullable(),
    unsupportedReason: z.string().nullable().openapi({ description: 'Why campaigns cannot send it, if they cannot.' }),
    updatedAt: InstantOut,
  })
  .openapi('WhatsappTemplate')
export type Template = z.infer<typeof Template>
export const TemplateQuery = z
  .strictObject({
    ...PageBody,
    status: z.string().max(50).optional(),
    category: z.string().max(50).optional(),
    language: z.string().max(20).optional(),
    nameFilter: z.string().max(512).optional(),
    accountId: z.string().refine(isUuid, 'is not an id').optional(),
  })
  .openapi('WhatsappTemplateQuery')
export type TemplateQuery = z.infer<typeof TemplateQuery>
const Button = z.looseObject({ type: z.string().max(50), text: z.string().optional(), url: z.string().optional() })
const Part = z.looseObject({
  type: z.string().max(50),
  format: z.string().optional(),
  text: z.string().optional(),
  buttons: z.array(Button).max(20).optional(),
})
const Component = Part.extend({
  cards: z
    .array(z.looseObject({ components: z.array(Part).max(10) }))
    .max(20)
    .optional(),
  limited_time_offer: z.looseObject({ has_expiration: z.boolean().optional(), text: z.string().optional() }).optional(),
})
export const TemplateInput = z
  .strictObject({
    accountId: z.string().refine(isUuid, 'is not an id').optional(),
    name: z.string().max(512),
    language: z.string().max(20),
    category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']),
    parameterFormat: z.enum(['POSITIONAL', 'NAMED']).default('POSITIONAL'),
    components: z.array(Component).min(1).max(20),
  })
  .openapi('WhatsappTemplateInput')
export type TemplateInput = z.infer<typeof TemplateInput>
export const TemplateCheck = z.object({ problems: z.array(z.object({ pointer: z.string(), detail: z.string() })) }).openapi('TemplateCheck')
export const TemplateChange = z
  .strictObject({ category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']).optional(), components: z.array(Component).min(1).max(20) })
  .openapi('WhatsappTemplateChange')
export type TemplateChange = z.infer<typeof TemplateChange>
export const TemplatePreviewInput = z
  .strictObject({
    variables: Variables.default({}),
    headerMedia: HeaderMediaInput.nullable().default(null),
    contactId: z.string().refine(isUuid, 'is not an id').optional(),
  })
  .openapi('TemplatePreviewInput')
export type TemplatePreviewInput = z.infer<typeof TemplatePreviewInput>
const ShownButton = z.object({ type: z.string(), text: z.string(), url: z.string().nullable() })
export const RenderedText = z
  .object({
    header: z.string().nullable(),
    body: z.string(),
    footer: z.string().nullable(),
    buttons: z.array(ShownButton),
    cards: z
      .array(z.object({ header: z.string().nullable(), body: z.string(), buttons: z.array(ShownButton) }))
      .openapi({ description: 'Of a carousel; empty for any other message' }),
  })
  .openapi('RenderedText')
export const TemplatePreview = z
  .object({ text: RenderedText.nullable(), reason: z.string().nullable(), template: z.record(z.string(), z.unknown()).nullable() })
  .openapi('TemplatePreview')

export interface TemplateRow {
  id: string
  meta_id: string | null
  account_id: string
  name: string
  language: string
  category: string
  status: string
  quality: string
  parameter_format: string
  components: TemplateComponent[]
  parameters: TemplateParameter[]
  rejected_reason: string | null
  notice: string | null
  updated_at: Date
}
export const templateOf = (row: TemplateRow): Template => ({
  id: row.id,
  metaId: row.meta_id,
  accountId: row.account_id,
  name: row.name,
  language: row.language,
  category: row.category,
  status: row.status,
  quality: row.quality,
  parameterFormat: row.parameter_format,
  components: row.components.map((component) => ({ ...component })),
  parameters: row.parameters.map((parameter) => ({ ...parameter })),
  rejectedReason: row.rejected_reason,
  notice: row.notice,
  unsupportedReason: unsupportedReason(row.components) ?? null,
  updatedAt: iso(row.updated_at),
}) /** What reading templates from Meta changed. */
export const SyncResult = z.object({ created: z.int(), updated: z.int(), removed: z.int(), unchanged: z.int() }).openapi('SyncResult')
