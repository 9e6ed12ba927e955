import { componentType, headerFormat, isOneTimeCode, placeholders, type TemplateButton, type TemplateComponent } from './parameters.ts'
import type { HeaderMedia, RenderedText, RenderHooks } from './render.ts'

/** What one rendering knows, for the message itself and for each card of a carousel. */
export interface PartsInput {
  readonly isNamed: boolean
  /** Nothing stands beside the body: it may be longer. */
  readonly isBodyOnly: boolean
  /** True when the parameter is one a campaign brings. */
  isOpen(key: string): boolean
  isTracked(key: string): boolean
  /** The parameter's text for this person; throws `Unsendable` when it is empty. */
  value(key: string): string
  readonly hooks: RenderHooks
}

/** Header, body and buttons of a message or card, filled. */
export interface Filled {
  /** Header and body, as `POST /{phone-number-id}/messages` takes them. */
  readonly components: readonly Record<string, unknown>[]
  readonly buttonComponents: readonly Record<string, unknown>[]
  readonly destinations: Readonly<Record<number, string>>
  readonly shown: Omit<RenderedText, 'cards'>
}

/** Signals inside a rendering that this person cannot be sent to. */
export class Unsendable extends Error {
  readonly reason: 'missing_variable' | 'too_long'
  readonly key: string
  constructor(reason: 'missing_variable' | 'too_long', key: string) {
    super(reason)
    this.reason = reason
    this.key = key
  }
}

const HEADER_MAX = 60
const BODY_MAX = 1_024
const BODY_ONLY_MAX = 4_096
const URL_MAX = 2_000
/** Of a coupon, and of a one-time code. */
const CODE_MAX = 15

/**
 * @param prefix of its parameters' keys: `card.0.` for a card
 * @param firstButton number of its first button
 * @param media of its header, where that is media
 */
export function fillParts(
  input: PartsInput,
  template: readonly TemplateComponent[],
  prefix: string,
  firstButton: number,
  media: HeaderMedia | null,
): Filled {
  const part = (type: string) => template.find((component) => componentType(component) === type)
  const components: Record<string, unknown>[] = []
  const header = headerOf(input, part('HEADER'), prefix, media)
  if (header.parameters.length > 0) components.push({ type: 'header', parameters: header.parameters })
  const body = textOf(input, prefix, 'body', part('BODY')?.text ?? '', input.isBodyOnly ? BODY_ONLY_MAX : BODY_MAX)
  if (body.parameters.length > 0) components.push({ type: 'body', parameters: body.parameters })
  const buttons = part('BUTTONS')?.buttons ?? []
  const filled = buttons.map((button, i) => buttonOf(input, button, `${prefix}button.${i}`, firstButton + i, body.values[0] ?? ''))
  return {
    components,
    buttonComponents: filled.flatMap(({ sent }, i) =>
      sent === undefined ? [] : [{ type: 'button', sub_type: sent.subType, index: String(i), parameters: [sent.parameter] }],
    ),
    destinations: Object.fromEntries(
      filled.flatMap(({ destination }, i) => (destination === undefined ? [] : [[firstButton + i, destination]])),
    ),
    shown: {
      header: header.shown,
      body: body.filled,
      footer: part('FOOTER')?.text ?? null,
      buttons: buttons.map((button, i) => ({ type: button.type, text: button.text ?? '', url: filled[i]?.url ?? button.url ?? null })),
    },
  }
}

function headerOf(
  input: PartsInput,
  header: TemplateComponent | undefined,
  prefix: string,
  media: HeaderMedia | null,
): { readonly parameters: readonly Record<string, unknown>[]; readonly shown: string | null } {
  if (header === undefined) return { parameters: [], shown: null }
  const format = headerFormat([header]).toLowerCase()
  if (format === 'location') return { parameters: [{ type: 'location', location: locationOf(input, prefix) }], shown: null }
  if (format === 'text' || format === '') {
    const { parameters, filled } = textOf(input, prefix, 'header', header.text ?? '', HEADER_MAX)
    return { parameters, shown: filled }
  }
  if (media === null) throw new Unsendable('missing_variable', `${prefix}header`)
  const source = 'link' in media ? { link: media.link } : { id: media.mediaId }
  const fileName = format === 'document' && media.fileName !== undefined ? { filename: media.fileName } : {}
  return { parameters: [{ type: format, [format]: { ...source, ...fileName } }], shown: null }
}

/** The range of a location's parameter, 90 or 180 degrees; undefined for its texts. */
export const degreesMax = (key: string): number | undefined => ({ latitude: 90, longitude: 180 })[key.slice(key.lastIndexOf('.') + 1)]
export const isDegrees = (text: string, max: number): boolean => /^-?\d{1,3}(\.\d+)?$/.test(text) && Math.abs(Number(text)) <= max

/** Degrees as numbers within their range, name and address as texts (reference §3.2). */
function locationOf({ value }: PartsInput, prefix: string): Record<string, unknown> {
  const degrees = (key: string): number => {
    const text = value(key)
    if (!isDegrees(text, degreesMax(key) ?? 0)) throw new Unsendable('missing_variable', key)
    return Number(text)
  }
  return {
    latitude: degrees(`${prefix}header.latitude`),
    longitude: degrees(`${prefix}header.longitude`),
    name: value(`${prefix}header.name`),
    address: value(`${prefix}header.address`),
  }
}

/** Parameters of a text component, and the text with them filled in. */
function textOf(
  { isNamed, value }: PartsInput,
  prefix: string,
  where: 'header' | 'body',
  text: string,
  max: number,
): { readonly parameters: readonly Record<string, unknown>[]; readonly filled: string; readonly values: readonly string[] } {
  const names = placeholders(text)
  const values = names.map((name) => value(`${prefix}${where}.${name}`))
  const filled = text.replace(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g, (_, name: string) => values[names.indexOf(name)] ?? '')
  if ([...filled].length > max) throw new Unsendable('too_long', `${prefix}${where}`)
  const pairs = names.map((name, i) => ({ name, text: values[i] ?? '' }))
  const inOrder = isNamed ? pairs : pairs.sort((a, b) => Number(a.name) - Number(b.name))
  return {
    parameters: inOrder.map(({ name, text: content }) => ({ type: 'text', ...(isNamed ? { parameter_name: name } : {}), text: content })),
    filled,
    values: inOrder.map(({ text: content }) => content),
  }
}

interface FilledButton {
  /** Undefined for a button with nothing of its own to send. */
  readonly sent?: { readonly subType: string; readonly parameter: Record<string, unknown> }
  readonly url?: string
  readonly destination?: string
}

function buttonOf(
  { isOpen, isTracked, value, hooks }: PartsInput,
  button: TemplateButton,
  key: string,
  number: number,
  code: string,
): FilledButton {
  if (button.type === 'QUICK_REPLY')
    return { sent: { subType: 'quick_reply', parameter: { type: 'payload', payload: hooks.quickReplyPayload(number) } } }
  if (button.type === 'FLOW')
    return { sent: { subType: 'flow', parameter: { type: 'action', action: { flow_token: hooks.quickReplyPayload(number) } } } }
  if (isOneTimeCode(button)) return { sent: { subType: 'url', parameter: { type: 'text', text: short(code, key) } } }
  if (button.type === 'COPY_CODE') {
    const coupon = value(key)
    if (!/^[A-Za-z0-9]+$/.test(coupon)) throw new Unsendable('missing_variable', key)
    return { sent: { subType: 'copy_code', parameter: { type: 'coupon_code', coupon_code: short(coupon, key) } } }
  }
  if (button.type !== 'URL' || !isOpen(key)) return {}
  const given = value(key)
  if (isTracked(key) && !URL.canParse(given)) throw new Unsendable('missing_variable', key)
  const suffix = isTracked(key) ? hooks.linkToken(number) : encodeURI(given)
  if ((button.url ?? '').length + suffix.length > URL_MAX) throw new Unsendable('too_long', key)
  const sent = { subType: 'url', parameter: { type: 'text', text: suffix } }
  return isTracked(key)
    ? { sent, url: given, destination: given }
    : { sent, url: (button.url ?? '').replace(/\{\{[^}]*\}\}/, () => suffix) }
}

const short = (code: string, key: string): string => {
  if (code.length > CODE_MAX) throw new Unsendable('too_long', key)
  return code
}
