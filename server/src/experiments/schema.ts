import { z } from '@hono/zod-openapi'
import { CampaignContent, Status } from '../campaigns/schema.ts'
import { ContactFilter } from '../contacts/filter.ts'
import { InstantOut, PageBody } from '../platform/http.ts'

const Variant = CampaignContent.omit({ contactFilter: true, canary: true }).openapi('ExperimentVariant', {
  description: 'A message and the manner in which it is sent: a campaign without name, audience and time',
})
const Decide = z
  .strictObject({
    by: z.enum(['read', 'click']),
    afterMinutes: z.int().min(1).max(10_080).openapi({ description: 'After the start; a decision waits for receipts at least so long' }),
    certainty: z.number().min(0.5).max(0.999).nullable().default(null).openapi({
      description: 'Decides earlier, as soon as it is so certain that one is the best and each was delivered to 100 people',
    }),
  })
  .openapi('ExperimentDecision')

export const ExperimentInput = z
  .strictObject({
    name: z.string().trim().min(1).max(180),
    contactFilter: ContactFilter,
    variants: z.array(Variant).min(2).max(4),
    testShare: z.number().min(0.001).max(1).default(0.2).openapi({ description: 'Of the audience, all variants together, in equal parts' }),
    holdOutShare: z.number().min(0).max(0.9).default(0).openapi({ description: 'Of the audience: these get nothing' }),
    decide: Decide,
  })
  .refine(({ testShare, holdOutShare }) => testShare + holdOutShare <= 1, {
    message: 'and testShare are more than everybody',
    path: ['holdOutShare'],
  })
  .openapi('ExperimentInput')
export type ExperimentInput = z.infer<typeof ExperimentInput>
export type Variant = z.infer<typeof Variant>

export const EXPERIMENT_STATUSES = ['Draft', 'Starting', 'Testing', 'Decided', 'Failed', 'Cancelled'] as const
const PartResult = z.object({
  group: z.string(),
  template: z.object({ id: z.string(), name: z.string(), language: z.string() }).nullable(),
  campaign: z.object({ id: z.string(), status: Status }).nullable(),
  people: z.int().openapi({ description: 'Drawn into it' }),
  sent: z.int(),
  delivered: z.int(),
  read: z.int(),
  clicked: z.int(),
  rate: z.number().nullable().openapi({ description: 'Of those delivered, who read it or pressed a button' }),
  certainty: z.number().nullable().openapi({ description: 'That this variant’s true rate is the highest' }),
})
export const Experiment = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(EXPERIMENT_STATUSES),
    contactFilter: z.record(z.string(), z.unknown()),
    variants: z.array(z.record(z.string(), z.unknown())),
    testShare: z.number(),
    holdOutShare: z.number(),
    decide: Decide,
    groups: z.array(PartResult).openapi({ description: 'The variants, the rest and the held out' }),
    winner: z.string().nullable(),
    decision: z.object({ how: z.string(), by: z.string(), certainty: z.number().nullable() }).nullable(),
    failure: z.string().nullable(),
    startedAt: InstantOut.nullable(),
    decideAt: InstantOut.nullable(),
    decidedAt: InstantOut.nullable(),
    createdBy: z.object({ id: z.string().nullable(), name: z.string(), type: z.string() }),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Experiment')
export type Experiment = z.infer<typeof Experiment>
export const ExperimentQuery = z.strictObject({ ...PageBody, nameFilter: z.string().max(200).optional() }).openapi('ExperimentQuery')
export const DecideInput = z.strictObject({ winner: z.enum(['A', 'B', 'C', 'D']) }).openapi('ExperimentDecideInput')
