import { GraphError } from './graph-error.ts'
import type { SimTemplate, SimWaba } from './options.ts'
import { checkCarousel, checkOffer, checkParts, type Json, type KnownMedia, list, object, upper } from './validate-parts.ts'

export interface SendRequest {
  readonly to: string | null
  readonly recipient: string | null
  readonly template: SimTemplate
  readonly components: Json[]
  readonly callbackData: string | null
  /** Payloads of quick replies by button: its index, on a card (card + 1) · 10 + index. */
  readonly payloads: ReadonlyMap<number, string>
  /** Suffixes of URL buttons, likewise. */
  readonly suffixes: ReadonlyMap<number, string>
}

const COMPONENTS = ['HEADER', 'BODY', 'BUTTON', 'CAROUSEL', 'LIMITED_TIME_OFFER', 'TAP_TARGET_CONFIGURATION']

/** Checks a `POST /{phone-number-id}/messages` body as strictly as Meta describes (reference §3), and throws Meta's error. */
export function validateSend(body: unknown, waba: SimWaba, media: KnownMedia): SendRequest {
  const message = object(body)
  if (message.messaging_product !== 'whatsapp') throw new GraphError(100, 'The parameter messaging_product is required.')
  const to = typeof message.to === 'string' ? message.to : null
  const recipient = to === null && typeof message.recipient === 'string' ? message.recipient : null
  if (to === null && recipient === null) throw new GraphError(100, 'The parameter to is required.')
  if (to !== null && !/^\+?[1-9]\d{6,14}$/.test(to.replace(/[\s()-]/g, '')))
    throw new GraphError(131009, 'The parameter value is not valid: to')
  if (recipient !== null && !/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(recipient))
    throw new GraphError(131009, 'The parameter value is not valid: recipient')
  if (message.recipient_type !== undefined && message.recipient_type !== 'individual')
    throw new GraphError(100, 'recipient_type must be individual')
  if (message.type !== 'template') throw new GraphError(131051, 'Only template messages are simulated.')
  const callbackData = message.biz_opaque_callback_data
  if (callbackData !== undefined && (typeof callbackData !== 'string' || callbackData.length > 512))
    throw new GraphError(100, 'biz_opaque_callback_data must have at most 512 characters.')

  const asked = object(message.template)
  const language = object(asked.language).code
  if (typeof asked.name !== 'string' || typeof language !== 'string')
    throw new GraphError(131008, 'Required parameter is missing: template')
  const template = waba.templates.find((known) => known.name === asked.name && known.language === language)
  if (template === undefined || ['PENDING', 'REJECTED', 'DELETED'].includes(template.status))
    throw new GraphError(132001, `Template name (${asked.name}) does not exist in ${language}`)
  if (template.status === 'PAUSED') throw new GraphError(132015, 'Template is paused')
  if (template.status === 'DISABLED') throw new GraphError(132016, 'Template is disabled')
  if (template.category === 'AUTHENTICATION' && recipient !== null)
    throw new GraphError(131062, 'Business-scoped user ids are not allowed for this message')
  const components = list(asked.components)
  const payloads = new Map<number, string>()
  const suffixes = new Map<number, string>()
  const other = components.find(({ type }) => !COMPONENTS.includes(upper(type)))
  if (other !== undefined) throw new GraphError(132018, `There is no component of type ${String(other.type)}`)
  const check = { isNamed: template.parameter_format === 'NAMED', media, from: 0, payloads, suffixes }
  checkParts(template.components, components, check)
  checkOffer(template.components, components)
  checkCarousel(template.components, components, check)
  return { to, recipient, template, components, callbackData: typeof callbackData === 'string' ? callbackData : null, payloads, suffixes }
}
