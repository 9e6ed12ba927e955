import { GraphError } from './graph-error.ts'
import type { SimTemplate, SimWaba } from './options.ts'

type Json = Record<string, unknown>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(object) : [])
const placeholders = (text: unknown): string[] => [
  ...new Set([...String(text ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] ?? '')),
]
const upper = (value: unknown): string => String(value ?? '').toUpperCase()

export interface SendRequest {
  readonly to: string | null
  readonly recipient: string | null
  readonly template: SimTemplate
  readonly components: Json[]
  readonly callbackData: string | null
  /** Payloads of quick replies by button index. */
  readonly payloads: ReadonlyMap<number, string>
  /** Suffixes of URL buttons by button index. */
  readonly suffixes: ReadonlyMap<number, string>
}

/** Checks a `POST /{phone-number-id}/messages` body as strictly as Meta describes (reference §3), and throws Meta's error. */
export function validateSend(body: unknown, waba: SimWaba): SendRequest {
  const message = object(body)
  if (message.messaging_product !== 'whatsapp') throw new GraphError(100, 'The parameter messaging_product is required.')
  const to = typeof message.to === 'string' ? message.to : null
  const recipient = to === null && typeof message.recipient === 'string' ? message.recipient : null
  if (to === null && recipient === null) throw new GraphError(100, 'The parameter to is required.')
  if (to !== null && !/^\+?[1-9]\d{6,14}$/.test(to.replace(/[\s()-]/g, '')))
    throw new GraphError(131009, 'The parameter value is not valid: to')
  if (recipient !== null && !/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(recipient))
    throw new GraphError(131009, 'The parameter value is not valid: recipient')
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
  checkTexts(template, components)
  checkHeader(template, components)
  checkButtons(template, components, payloads, suffixes)
  return { to, recipient, template, components, callbackData: typeof callbackData === 'string' ? callbackData : null, payloads, suffixes }
}

const sent = (components: readonly Json[], type: string) => components.find((component) => upper(component.type) === type)
const declared = (template: SimTemplate, type: string) => template.components.find((component) => upper(component.type) === type)

function checkTexts(template: SimTemplate, components: readonly Json[]): void {
  for (const [type, max] of [
    ['HEADER', 60],
    ['BODY', 1_024],
  ] as const) {
    const known = declared(template, type)
    if (known === undefined || (type === 'HEADER' && upper(known.format ?? 'TEXT') !== 'TEXT')) continue
    const names = placeholders(known.text)
    const parameters = list(sent(components, type)?.parameters)
    if (parameters.length !== names.length)
      throw new GraphError(
        132000,
        `Number of parameters does not match: ${type.toLowerCase()} expects ${names.length}, got ${parameters.length}`,
      )
    const values = new Map<string, string>()
    parameters.forEach((parameter, i) => {
      const value = checkText(parameter)
      const name =
        template.parameter_format === 'NAMED'
          ? String(parameter.parameter_name ?? '')
          : (names.toSorted((a, b) => Number(a) - Number(b))[i] ?? '')
      if (!names.includes(name)) throw new GraphError(132012, `Parameter name does not match in ${type.toLowerCase()}`)
      values.set(name, value)
    })
    const filled = String(known.text ?? '').replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => values.get(name) ?? '')
    if ([...filled].length > max && template.components.length > 1)
      throw new GraphError(132005, `Translated text too long: ${type.toLowerCase()}`)
  }
}

function checkText(parameter: Json): string {
  const text = parameter.text
  if (upper(parameter.type) !== 'TEXT' || typeof text !== 'string') throw new GraphError(132012, 'Parameter format does not match')
  if (text === '' || /[\n\r\t]/.test(text) || / {5,}/.test(text))
    throw new GraphError(132018, 'Parameter text must not be empty nor hold new lines, tabs or more than four spaces')
  return text
}

function checkHeader(template: SimTemplate, components: readonly Json[]): void {
  const format = upper(declared(template, 'HEADER')?.format)
  if (!['IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'].includes(format)) return
  const parameter = list(sent(components, 'HEADER')?.parameters)[0]
  if (parameter === undefined) throw new GraphError(132012, `header: a ${format.toLowerCase()} is missing`)
  const media = object(parameter[format.toLowerCase()])
  if (upper(parameter.type) !== format) throw new GraphError(132012, `header: expected ${format.toLowerCase()}`)
  if (format !== 'LOCATION' && typeof media.id !== 'string' && typeof media.link !== 'string')
    throw new GraphError(131008, 'header: media needs id or link')
}

function checkButtons(
  template: SimTemplate,
  components: readonly Json[],
  payloads: Map<number, string>,
  suffixes: Map<number, string>,
): void {
  const buttons = list(declared(template, 'BUTTONS')?.buttons)
  for (const component of components.filter((known) => upper(known.type) === 'BUTTON')) {
    const index = Number(component.index)
    const button = buttons[index]
    const parameter = list(component.parameters)[0] ?? {}
    if (button === undefined) throw new GraphError(132018, `There is no button ${component.index}`)
    const subType = String(component.sub_type ?? '').toLowerCase()
    const expected = {
      QUICK_REPLY: 'quick_reply',
      URL: 'url',
      OTP: 'url',
      COPY_CODE: 'copy_code',
      FLOW: 'flow',
      CATALOG: 'catalog',
      MPM: 'mpm',
    }[upper(button.type)]
    if (expected !== subType) throw new GraphError(132012, `Button ${index} is no ${subType}`)
    if (subType === 'quick_reply') {
      if (typeof parameter.payload !== 'string' || parameter.payload.length > 256)
        throw new GraphError(132018, `Button ${index}: payload of at most 256 characters`)
      payloads.set(index, parameter.payload)
    }
    if (subType === 'url') {
      const text = checkText(parameter)
      if (String(button.url ?? '').length + text.length > 2_000) throw new GraphError(132005, `Button ${index}: address too long`)
      suffixes.set(index, text)
    }
    if (subType === 'copy_code' && (typeof parameter.coupon_code !== 'string' || parameter.coupon_code.length > 15))
      throw new GraphError(132018, `Button ${index}: a code of at most 15 characters`)
  }
  buttons.forEach((button, index) => {
    const needs = upper(button.type) === 'COPY_CODE' || (upper(button.type) === 'URL' && placeholders(button.url).length > 0)
    const has = components.some((component) => upper(component.type) === 'BUTTON' && Number(component.index) === index)
    if (needs && !has) throw new GraphError(131008, `Required parameter is missing: button ${index}`)
  })
  if (declared(template, 'CAROUSEL') !== undefined && sent(components, 'CAROUSEL') === undefined)
    throw new GraphError(132012, 'carousel: the cards are missing')
}
