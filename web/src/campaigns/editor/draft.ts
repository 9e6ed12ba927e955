import type { Schema } from '../../api/client.ts'
import type { Campaign } from '../queries.ts'

export type CampaignInput = Schema<'CampaignInput'>
export type Template = Schema<'WhatsappTemplate'>
export type Filter = Schema<'ContactFilter'>
export type AttributeCondition = Schema<'AttributeCondition'>
/** What a canary and a circuit breaker begin with when they are switched on. */
export const USUAL_CANARY = { share: 0.01, waitMinutes: 30 }
export const USUAL_BREAKER = { failureShare: 0.1, afterMessages: 100 }
export const UNKNOWN_POLICIES = ['hold', 'confident', 'resend'] as const

/** A campaign as it is being written: unlike what the API takes, it may lack a template, and its rows may be half filled. */
export interface Draft {
  readonly name: string
  readonly templateId: string | null
  /** `family`: everybody in their language. */
  readonly languages: Schema<'CampaignLanguages'>
  readonly senderId: string | null
  readonly variables: Readonly<Record<string, string>>
  readonly headerMedia: NonNullable<Schema<'HeaderMedia'>> | null
  readonly contactFilter: Filter
  readonly timeZone: string | null
  readonly ratePerSecond: number | null
  /** The campaign's own night; null: the workspace's, for marketing. */
  readonly quietHours: Schema<'QuietHours'> | null
  /** An instant. */
  readonly finishBy: string | null
  readonly canary: typeof USUAL_CANARY | null
  readonly circuitBreaker: typeof USUAL_BREAKER | null
  /** What it is about; null: nothing in particular. */
  readonly topicId: string | null
  readonly unknownPolicy: (typeof UNKNOWN_POLICIES)[number]
}

export const emptyDraft = (templateId: string | null): Draft => ({
  name: '',
  templateId,
  languages: 'template',
  senderId: null,
  variables: {},
  headerMedia: null,
  contactFilter: {},
  timeZone: null,
  ratePerSecond: null,
  quietHours: null,
  finishBy: null,
  canary: null,
  circuitBreaker: null,
  topicId: null,
  unknownPolicy: 'hold',
})

export const draftOf = (campaign: Campaign): Draft => ({
  name: campaign.name,
  templateId: campaign.templateId,
  languages: campaign.languages,
  senderId: campaign.senderId,
  variables: campaign.variables,
  headerMedia: campaign.headerMedia as Draft['headerMedia'],
  contactFilter: campaign.contactFilter as Filter,
  timeZone: campaign.timeZone,
  ratePerSecond: campaign.ratePerSecond,
  quietHours: campaign.quietHours,
  finishBy: campaign.finishBy,
  canary: campaign.canary && { ...USUAL_CANARY, ...campaign.canary },
  circuitBreaker: campaign.circuitBreaker && { ...USUAL_BREAKER, ...campaign.circuitBreaker },
  topicId: campaign.topicId,
  unknownPolicy: UNKNOWN_POLICIES.find((policy) => policy === campaign.unknownPolicy) ?? 'hold',
})

const isWhole = ({ key, op, value }: AttributeCondition): boolean =>
  key.trim() !== '' && (op === 'exists' || (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ''))

/** The filter without what is still half written, and without what says nothing. */
export function wholeFilter({ tags = [], excludeTags = [], attributes = [], ...rest }: Filter): Filter {
  const conditions = attributes.filter(isWhole)
  return {
    ...(tags.length === 0 ? {} : { tags }),
    ...(excludeTags.length === 0 ? {} : { excludeTags }),
    ...(conditions.length === 0 ? {} : { attributes: conditions }),
    ...rest,
  }
}

/** What is sent to whom and how, as the preview and the campaign itself take it. Undefined until there is a template. */
function contentOf(draft: Draft) {
  if (draft.templateId === null) return undefined
  return {
    templateId: draft.templateId,
    languages: draft.languages,
    contactFilter: wholeFilter(draft.contactFilter),
    variables: Object.fromEntries(Object.entries(draft.variables).filter(([, text]) => text.trim() !== '')),
    headerMedia: draft.headerMedia,
    senderId: draft.senderId,
    timeZone: draft.timeZone,
    ratePerSecond: draft.ratePerSecond,
    quietHours: draft.quietHours,
    finishBy: draft.finishBy,
    topicId: draft.topicId,
  }
}

/** The body of the preview. @param scheduledAt an instant; absent: at once */
export function previewInputOf(draft: Draft, scheduledAt?: string): Schema<'CampaignPreviewInput'> | undefined {
  const content = contentOf(draft)
  return content && { ...content, scheduledAt: scheduledAt ?? null }
}

/** What the API takes; undefined while it would not take it: a campaign needs a name and a template. */
export function inputOf(draft: Draft, scheduledAt?: string): CampaignInput | undefined {
  const content = contentOf(draft)
  if (content === undefined || draft.name.trim() === '') return undefined
  const { name, unknownPolicy, canary, circuitBreaker } = draft
  return { ...content, name, unknownPolicy, canary, circuitBreaker, ...(scheduledAt === undefined ? {} : { scheduledAt }) }
}

/** How a quick reply is marked that stops everything, or the campaign's topic alone. */
export const STOP_MARK = 'optOut'
export const TOPIC_MARK = 'optOut:topic'

/** Another topic keeps the marks of buttons; without one, what stopped the topic stops everything. */
export const withTopic = (draft: Draft, topicId: string | null): Draft => ({
  ...draft,
  topicId,
  variables:
    topicId !== null
      ? draft.variables
      : Object.fromEntries(
          Object.entries(draft.variables).map(([key, text]) => [key, key.startsWith('button.') && text === TOPIC_MARK ? STOP_MARK : text]),
        ),
})

/** Another template keeps the values it asks for as well, and no others. */
export function withTemplate(draft: Draft, template: Template): Draft {
  const keys = new Set([...template.parameters.map(({ key }) => key), ...quickReplies(template).map(({ key }) => key)])
  const isMedia = template.parameters.some(({ type }) => type === 'media')
  return {
    ...draft,
    templateId: template.id,
    languages: 'template', // another name has other languages
    senderId: null, // a number belongs to the template's account
    variables: Object.fromEntries(Object.entries(draft.variables).filter(([key]) => keys.has(key))),
    headerMedia: isMedia ? draft.headerMedia : null,
  }
}

export interface Button {
  readonly key: string
  readonly type: string
  readonly text: string
  readonly url: string
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const listOf = (value: unknown): readonly Record<string, unknown>[] => (Array.isArray(value) ? value : [])

/** A template's buttons, those on cards included, under the keys of `variables`. */
export function buttonsOf(template: Template): readonly Button[] {
  return buttonsIn(template.components, '')
}
function buttonsIn(components: unknown, prefix: string): Button[] {
  return listOf(components).flatMap(({ type, buttons, cards }) => {
    if (text(type).toUpperCase() === 'CAROUSEL') return listOf(cards).flatMap((card, n) => buttonsIn(card.components, `card.${n}.`))
    return listOf(buttons).map((button, i) => ({
      key: `${prefix}button.${i}`,
      type: text(button.type),
      text: text(button.text),
      url: text(button.url),
    }))
  })
}
export const quickReplies = (template: Template): readonly Button[] => buttonsOf(template).filter(({ type }) => type === 'QUICK_REPLY')

/** Whether any condition, or the word "everyone", says who is meant. */
const saysWho = (filter: Filter): boolean => Object.keys(wholeFilter(filter)).some((part) => part !== 'tagsMatch')

/** What is not filled in yet, as paths of its fields: until then there is nothing to count or to show to people. */
export function missingIn(draft: Draft, template: Template): readonly string[] {
  const isNamed = template.parameterFormat.toUpperCase() === 'NAMED' // such a parameter takes the field of its name by itself
  const lacks = ({ key, type }: Template['parameters'][number]) =>
    (draft.variables[key] ?? '').trim() === '' && !(isNamed && type === 'text')
  return [
    ...template.parameters.filter(({ type }) => type === 'media').flatMap(() => (draft.headerMedia === null ? ['headerMedia'] : [])),
    ...template.parameters
      .filter(({ type }) => type !== 'media' && type !== 'unsupported')
      .filter(lacks)
      .map(({ key }) => `variables.${key}`),
    ...(saysWho(draft.contactFilter) ? [] : ['contactFilter']),
  ]
}
