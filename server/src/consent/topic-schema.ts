import { z } from '@hono/zod-openapi'
import { InstantOut, PageBody } from '../platform/http.ts'

export const TOPICS_MAX = 50
export const TopicInput = z
  .strictObject({ name: z.string().trim().min(1).max(100), description: z.string().trim().max(1_000).optional() })
  .openapi('TopicInput')
export type TopicInput = z.infer<typeof TopicInput>
export const Topic = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    createdBy: z.string(),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Topic')
export const TopicQuery = z.strictObject({ ...PageBody, nameFilter: z.string().max(100).optional() }).openapi('TopicQuery')
/** Where one person stands. */
export const ContactTopics = z
  .object({ items: z.array(z.object({ id: z.string(), name: z.string(), optedOutAt: InstantOut.nullable() })) })
  .openapi('ContactTopics')
