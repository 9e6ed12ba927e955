import { z } from 'zod'
import type { Fanfare, Input, Schema } from '../../client/src/index.ts'

export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** `sends`: messages go to people, and only with a person's confirmation. */
  readonly effect: 'reads' | 'drafts' | 'sends'
  readonly input: z.ZodObject
  run(api: Fanfare, input: Record<string, unknown>): Promise<unknown>
}

/** A tool whose `run` gets its input checked and typed. */
const tool = <Shape extends z.ZodRawShape>(
  described: Omit<Tool, 'input' | 'run'> & {
    readonly input: Shape
    run(api: Fanfare, input: z.output<z.ZodObject<Shape>>): Promise<unknown>
  },
): Tool => ({ ...described, input: z.strictObject(described.input), run: (api, input) => described.run(api, input as never) })

const campaignId = z.uuid().describe('id of a campaign')
const page = { pageNumber: z.int().min(1).default(1), pageSize: z.int().min(1).max(200).default(20) }
/** The server knows these shapes best and names every bad field; here they are only described. */
const contactFilter = z
  .record(z.string(), z.unknown())
  .describe(
    'Who: { tags: ["VIP"], tagsMatch: "any"|"all", excludeTags, segmentId, attributes: [{ key, op, value }], isActive, importId, campaign: { id, outcome } }, combined with AND; { everyone: true } means all contacts',
  )
const plan = {
  templateId: z.uuid().describe('id of an approved template, from list_templates'),
  contactFilter,
  variables: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'template parameter → Liquid text, such as { "body.1": "{{ contact.firstName | default: \'there\' }}" }; keys from get_template',
    ),
  senderId: z.uuid().nullable().optional().describe('phone number to send from, from list_numbers; default: the account’s default number'),
  headerMedia: z.record(z.string(), z.unknown()).nullable().optional().describe('{ link } or { mediaId }'),
  ratePerSecond: z.int().min(1).max(10_000).nullable().optional(),
}
const given = <T>(input: unknown): T => input as T

/** Of a campaign that exists: what its preview asks for. */
const planOf = (campaign: Schema<'Campaign'>): Input<'previewCampaign'>['body'] => ({
  templateId: campaign.templateId,
  contactFilter: given(campaign.contactFilter),
  variables: campaign.variables,
  senderId: campaign.senderId,
  headerMedia: given(campaign.headerMedia),
  ratePerSecond: campaign.ratePerSecond,
  quietHours: campaign.quietHours,
  timeZone: campaign.timeZone,
  finishBy: campaign.finishBy,
  scheduledAt: campaign.scheduledAt,
})

const READ: readonly Tool[] = [
  tool({
    name: 'list_campaigns',
    title: 'List campaigns',
    description: 'Campaigns, newest first, with status, counts and rates.',
    effect: 'reads',
    input: {
      ...page,
      status: z.enum(['Draft', 'Scheduled', 'Running', 'Completed', 'Failed', 'Cancelled']).optional(),
      nameFilter: z.string().max(200).optional(),
    },
    run: (api, input) => api.listCampaigns({ body: given(input) }),
  }),
  tool({
    name: 'get_campaign',
    title: 'Read a campaign',
    description: 'One campaign: content, counts by current state, funnel, rates, progress, and what holds it.',
    effect: 'reads',
    input: { campaignId },
    run: (api, input) => api.getCampaign({ id: input.campaignId }),
  }),
  tool({
    name: 'count_campaigns',
    title: 'Count campaigns',
    description: 'How many campaigns there are in each status.',
    effect: 'reads',
    input: { nameFilter: z.string().max(200).optional() },
    run: (api, input) => api.countCampaigns(given(input)),
  }),
  tool({
    name: 'campaign_failures',
    title: 'Why people were not reached',
    description: 'Failures of a campaign grouped by reason, each in plain words with advice; held-back and skipped people too.',
    effect: 'reads',
    input: { campaignId },
    run: (api, input) => api.getFailures({ id: input.campaignId }),
  }),
  tool({
    name: 'list_templates',
    title: 'List templates',
    description: 'Message templates with their text, parameters and status; only approved ones can be sent.',
    effect: 'reads',
    input: page,
    run: (api, input) => api.listTemplates({ body: input }),
  }),
  tool({
    name: 'get_template',
    title: 'Read a template',
    description: 'One template: its components as Meta gives them and the parameters that variables must fill.',
    effect: 'reads',
    input: { templateId: z.uuid() },
    run: (api, input) => api.getTemplate({ id: input.templateId }),
  }),
  tool({
    name: 'list_segments',
    title: 'List segments',
    description: 'Named filters over contacts; use one as contactFilter { segmentId }.',
    effect: 'reads',
    input: page,
    run: (api, input) => api.listSegments({ body: input }),
  }),
  tool({
    name: 'list_tags',
    title: 'List tags',
    description: 'Tags of contacts with how many people have each.',
    effect: 'reads',
    input: {},
    run: (api) => api.listTags(),
  }),
  tool({
    name: 'list_numbers',
    title: 'List phone numbers',
    description: 'Numbers that campaigns are sent from: quality, limit of 24 hours and how much of it is used.',
    effect: 'reads',
    input: {},
    async run(api) {
      const { items } = await api.listWhatsappAccounts({ body: { pageSize: 200 } })
      return Promise.all(items.map(async ({ id, name }) => ({ accountId: id, account: name, ...(await api.listPhoneNumbers({ id })) })))
    },
  }),
  tool({
    name: 'preview_campaign',
    title: 'Preview a plan',
    description:
      'Who would be reached and who is left out and why, sample messages, estimated cost and time. Nothing is stored and nothing sent.',
    effect: 'reads',
    input: plan,
    run: (api, input) => api.previewCampaign({ body: given(input) }),
  }),
  tool({
    name: 'preview_draft',
    title: 'Preview a draft',
    description: 'The preview of a campaign that exists, exactly as it stands. Show it to the person who is to confirm.',
    effect: 'reads',
    input: { campaignId },
    run: async (api, input) => api.previewCampaign({ body: planOf(await api.getCampaign({ id: input.campaignId })) }),
  }),
]

const DRAFT: readonly Tool[] = [
  tool({
    name: 'create_draft',
    title: 'Create a draft',
    description: 'A campaign in status Draft. It is never sent by itself; launch_campaign needs a person’s confirmation.',
    effect: 'drafts',
    input: { name: z.string().min(1).max(200), ...plan },
    run: (api, input) => api.createCampaign({ body: given(input) }),
  }),
  tool({
    name: 'duplicate_campaign',
    title: 'Duplicate a campaign',
    description: 'A Draft with the content of another campaign and no time.',
    effect: 'drafts',
    input: { campaignId },
    run: (api, input) => api.duplicateCampaign({ id: input.campaignId }),
  }),
]

const SEND: readonly Tool[] = [
  tool({
    name: 'launch_campaign',
    title: 'Launch a campaign that a person confirmed',
    description:
      'Sends a campaign to its audience, now. Needs a confirmation that only a person can make, in Fanfare, for exactly this campaign: it is good once, for minutes, for this content and a greatest audience. Ask the person for it after they saw the preview; never launch on anything else.',
    effect: 'sends',
    input: { campaignId, confirmation: z.string().min(1).max(1_000).describe('begins with confirm_') },
    run: (api, input) => api.launchCampaign({ id: input.campaignId, body: { confirmation: input.confirmation } }),
  }),
]

export const TOOLS: readonly Tool[] = [...READ, ...DRAFT, ...SEND]
