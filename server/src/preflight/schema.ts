import { z } from '@hono/zod-openapi'
import { CampaignInput, PreviewInput } from '../campaigns/schema.ts'
import { LEVELS } from './finding.ts'

/** What the preview takes, and how the campaign is sent. */
export const PreflightInput = PreviewInput.extend({
  canary: CampaignInput.shape.canary.default(null),
  unknownPolicy: CampaignInput.shape.unknownPolicy.default('hold'),
}).openapi('CampaignPreflightInput')

const Check = z
  .object({
    code: z.string().openapi({ description: 'Stable; a blocker has the code with which quick-run refuses' }),
    level: z.enum(LEVELS),
    title: z.string(),
    detail: z.string().openapi({ description: 'What was seen' }),
    seen: z
      .object({ name: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])) })
      .nullable()
      .openapi({
        description: 'The same without words, for another language: which outcome, and its values; null: only `detail` tells it',
      }),
    fix: z.string().nullable().openapi({ description: 'One sentence: what to do; null when all is well' }),
    pointer: z.string().openapi({ description: 'The field in which it is mended; empty: in none' }),
  })
  .openapi('PreflightCheck')
export const Preflight = z
  .object({
    ready: z.boolean().openapi({ description: 'No blocker: quick-run would start it' }),
    checks: z.array(Check).openapi({ description: 'Blockers first, then warnings' }),
  })
  .openapi('CampaignPreflight')
export type Preflight = z.infer<typeof Preflight>
