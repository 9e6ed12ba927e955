import { z } from '@hono/zod-openapi'
import { ContactFilter } from '../contacts/filter.ts'
import { Contact } from '../contacts/schema.ts'
import { InstantOut, PageBody } from '../platform/http.ts'

export const SegmentInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    description: z.string().trim().max(1_000).optional(),
    contactFilter: ContactFilter,
  })
  .openapi('SegmentInput')
export type SegmentInput = z.infer<typeof SegmentInput>

export const Segment = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    contactFilter: z.record(z.string(), z.unknown()),
    condition: z.record(z.string(), z.unknown()).openapi({ description: 'The whole filter as one tree, its short forms written out.' }),
    createdBy: z.string(),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Segment')

export const SegmentQuery = z.strictObject({ ...PageBody, nameFilter: z.string().max(200).optional() }).openapi('SegmentQuery')
export const PreviewInput = z.strictObject({ contactFilter: ContactFilter }).openapi('SegmentPreviewInput')
export const Preview = z.object({ count: z.int(), samples: z.array(Contact) }).openapi('SegmentPreview')
