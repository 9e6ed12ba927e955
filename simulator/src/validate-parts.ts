import { GraphError } from './graph-error.ts'

export type Json = Record<string, unknown>
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
export const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(object) : [])
export const upper = (value: unknown): string => String(value ?? '').toUpperCase()
const placeholders = (text: unknown): string[] => [
  ...new Set([...String(text ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] ?? '')),
]
const isCode = (button: Json): boolean => upper(button.type) === 'OTP' || button.otp_type !== undefined

/** Media that was uploaded and has not expired, by id. */
export type KnownMedia = ReadonlyMap<string, { readonly type: string }>

/** What one message's parts are checked with, for the message itself and for each card. */
export interface PartsCheck {
  readonly isNamed: boolean
  readonly media: KnownMedia
  /** Number of the first button: 0 for the message, (card + 1) · 10 for a card. */
  readonly from: number
  readonly payloads: Map<number, string>
  readonly suffixes: Map<number, string>
}

const part = (components: readonly Json[], type: string) => components.find((component) => upper(component.type) === type)

/** Checks header, body and buttons against what the template declares (reference §3.2 to §3.4). */
export function checkParts(declared: readonly Json[], sent: readonly Json[], check: PartsCheck): void {
  for (const type of ['HEADER', 'BODY'])
    if (sent.filter((component) => upper(component.type) === type).length > 1)
      throw new GraphError(132018, `More than one ${type.toLowerCase()} component`)
  const header = part(declared, 'HEADER')
  const format = header === undefined ? '' : upper(header.format ?? 'TEXT')
  if (format === '' || format === 'TEXT') checkText('header', 60, header, part(sent, 'HEADER'), check.isNamed)
  else checkMedia(format, part(sent, 'HEADER'), check.media)
  const max = declared.length > 1 ? 1_024 : Number.POSITIVE_INFINITY
  const values = checkText('body', max, part(declared, 'BODY'), part(sent, 'BODY'), check.isNamed)
  checkButtons(declared, sent, values[0], check)
}

/** @returns the values in the order sent */
function checkText(where: string, max: number, known: Json | undefined, given: Json | undefined, isNamed: boolean): string[] {
  const names = placeholders(known?.text)
  const parameters = list(given?.parameters)
  if (parameters.length !== names.length)
    throw new GraphError(132000, `Number of parameters does not match: ${where} expects ${names.length}, got ${parameters.length}`)
  const numbered = names.toSorted((a, b) => Number(a) - Number(b))
  const values = new Map<string, string>()
  parameters.forEach((parameter, i) => {
    const value = textOf(parameter)
    if (!isNamed && parameter.parameter_name !== undefined) throw new GraphError(132012, `Parameters of ${where} have no names`)
    const name = isNamed ? String(parameter.parameter_name ?? '') : (numbered[i] ?? '')
    if (!names.includes(name) || values.has(name)) throw new GraphError(132012, `Parameter name does not match in ${where}`)
    values.set(name, value)
  })
  const filled = String(known?.text ?? '').replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => values.get(name) ?? '')
  if ([...filled].length > max) throw new GraphError(132005, `Translated text too long: ${where}`)
  return [...values.values()]
}

function textOf(parameter: Json): string {
  const text = parameter.text
  if (upper(parameter.type) !== 'TEXT' || typeof text !== 'string') throw new GraphError(132012, 'Parameter format does not match')
  if (text === '' || /[\n\r\t]/.test(text) || / {5,}/.test(text))
    throw new GraphError(132018, 'Parameter text must not be empty nor hold new lines, tabs or more than four spaces')
  return text
}

const MEDIA: Readonly<Record<string, RegExp>> = { IMAGE: /^image\//, VIDEO: /^video\//, DOCUMENT: /^(application|text)\//, GIF: /^video\// }

/** A media header brings its media with every message; an id that is not there, or has expired, cannot be fetched. */
function checkMedia(format: string, given: Json | undefined, known: KnownMedia): void {
  const parameters = list(given?.parameters)
  const [parameter] = parameters
  const name = format.toLowerCase()
  if (parameter === undefined) throw new GraphError(132012, `header: a ${name} is missing`)
  if (parameters.length > 1 || upper(parameter.type) !== format) throw new GraphError(132012, `header: expected one ${name}`)
  const content = object(parameter[name])
  if (format === 'PRODUCT' && typeof content.product_retailer_id !== 'string')
    throw new GraphError(131008, 'header: product_retailer_id is missing')
  if (format === 'LOCATION') checkLocation(content)
  else if (format !== 'PRODUCT') checkFile(format, content, known)
}

function checkFile(format: string, content: Json, known: KnownMedia): void {
  const name = format.toLowerCase()
  if ((content.id === undefined) === (content.link === undefined)) throw new GraphError(131008, 'header: media needs id or link')
  if (content.link !== undefined && (!URL.canParse(String(content.link)) || !/^https?:/.test(String(content.link))))
    throw new GraphError(131053, 'header: the link cannot be fetched')
  if (content.filename !== undefined && (format !== 'DOCUMENT' || typeof content.filename !== 'string'))
    throw new GraphError(132012, 'header: only a document has a filename')
  if (content.id === undefined) return
  const upload = known.get(String(content.id))
  if (upload === undefined) throw new GraphError(131053, `Media upload error: there is no media ${content.id}`)
  if (!MEDIA[format]?.test(upload.type)) throw new GraphError(131053, `Media upload error: ${upload.type} is no ${name}`)
}

function checkLocation(place: Json): void {
  const within = (value: unknown, max: number) => typeof value === 'number' && Math.abs(value) <= max
  if (!within(place.latitude, 90) || !within(place.longitude, 180))
    throw new GraphError(132012, 'header: latitude and longitude are degrees, as numbers')
  if ([place.name, place.address].some((text) => typeof text !== 'string' || text === ''))
    throw new GraphError(131008, 'header: the location needs name and address')
}

const SUB_TYPES: Readonly<Record<string, string>> = {
  QUICK_REPLY: 'quick_reply',
  URL: 'url',
  OTP: 'url',
  COPY_CODE: 'copy_code',
  FLOW: 'flow',
  CATALOG: 'catalog',
  MPM: 'mpm',
}

function checkButtons(declared: readonly Json[], sent: readonly Json[], code: string | undefined, check: PartsCheck): void {
  const buttons = list(part(declared, 'BUTTONS')?.buttons)
  const seen = new Set<number>()
  for (const component of sent.filter((known) => upper(known.type) === 'BUTTON')) {
    const index = Number(component.index)
    const button = buttons[index]
    if (button === undefined) throw new GraphError(132018, `There is no button ${component.index}`)
    if (seen.has(index)) throw new GraphError(132018, `Button ${index} stands twice`)
    seen.add(index)
    const subType = String(component.sub_type ?? '').toLowerCase()
    if (SUB_TYPES[upper(button.type)] !== subType) throw new GraphError(132012, `Button ${index} is no ${subType}`)
    const parameters = list(component.parameters)
    if (parameters.length !== 1) throw new GraphError(132000, `Button ${index} takes one parameter`)
    checkButton(button, subType, index, parameters[0] ?? {}, code, check)
  }
  buttons.forEach((button, index) => {
    const type = upper(button.type)
    const needs = type === 'COPY_CODE' || type === 'MPM' || isCode(button) || (type === 'URL' && placeholders(button.url).length > 0)
    if (needs && !seen.has(index)) throw new GraphError(131008, `Required parameter is missing: button ${index}`)
  })
}

function checkButton(button: Json, subType: string, index: number, parameter: Json, code: string | undefined, check: PartsCheck): void {
  if (subType === 'quick_reply') {
    if (parameter.type !== 'payload' || typeof parameter.payload !== 'string' || parameter.payload.length > 256)
      throw new GraphError(132018, `Button ${index}: payload of at most 256 characters`)
    check.payloads.set(check.from + index, parameter.payload)
  }
  if (subType === 'url') {
    const text = textOf(parameter)
    if (isCode(button) && (text !== code || text.length > 15))
      throw new GraphError(132018, `Button ${index}: the code is the body’s, ≤ 15 characters`)
    if (!isCode(button) && placeholders(button.url).length === 0) throw new GraphError(132018, `Button ${index} has no variable`)
    if (String(button.url ?? '').length + text.length > 2_000) throw new GraphError(132005, `Button ${index}: address too long`)
    check.suffixes.set(check.from + index, text)
  }
  if (subType === 'copy_code' && (parameter.type !== 'coupon_code' || !/^[A-Za-z0-9]{1,15}$/.test(String(parameter.coupon_code ?? ''))))
    throw new GraphError(132018, `Button ${index}: a code of at most 15 letters and digits`)
  if (['flow', 'catalog', 'mpm'].includes(subType) && (parameter.type !== 'action' || typeof parameter.action !== 'object'))
    throw new GraphError(132018, `Button ${index}: an action`)
}

/** Limited-time offer (reference §3.5): when it ends, in milliseconds, and only where the template asks for it. */
export function checkOffer(declared: readonly Json[], sent: readonly Json[]): void {
  const known = part(declared, 'LIMITED_TIME_OFFER')
  const given = part(sent, 'LIMITED_TIME_OFFER')
  const needs = object(known?.limited_time_offer).has_expiration === true
  if (given === undefined) {
    if (needs) throw new GraphError(131008, 'Required parameter is missing: limited_time_offer')
    return
  }
  if (!needs) throw new GraphError(132000, 'The template has no offer with an expiration')
  const [parameter = {}] = list(given.parameters)
  const at = object(parameter.limited_time_offer).expiration_time_ms
  if (upper(parameter.type) !== 'LIMITED_TIME_OFFER' || !Number.isSafeInteger(at) || (at as number) <= Date.now())
    throw new GraphError(132018, 'limited_time_offer: expiration_time_ms lies ahead, in milliseconds')
}

/** Carousel (reference §3.6): every card of the template, in order, each checked like a message of its own. */
export function checkCarousel(declared: readonly Json[], sent: readonly Json[], check: PartsCheck): void {
  const known = part(declared, 'CAROUSEL')
  const given = part(sent, 'CAROUSEL')
  if (known === undefined) {
    if (given !== undefined) throw new GraphError(132012, 'The template has no carousel')
    return
  }
  if (given === undefined) throw new GraphError(132012, 'carousel: the cards are missing')
  const cards = list(known.cards)
  const shown = list(given.cards)
  if (shown.length !== cards.length) throw new GraphError(132000, `carousel: expects ${cards.length} cards, got ${shown.length}`)
  shown.forEach((card, n) => {
    if (card.card_index !== n) throw new GraphError(132018, `carousel: card_index ${String(card.card_index)} at place ${n}`)
    const components = list(card.components)
    const other = components.find((component) => !['HEADER', 'BODY', 'BUTTON'].includes(upper(component.type)))
    if (other !== undefined) throw new GraphError(132018, `carousel: a card has no ${String(other.type)}`)
    checkParts(list(cards[n]?.components), components, { ...check, from: (n + 1) * 10 })
  })
}
