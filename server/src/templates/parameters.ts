/** A component as Meta gives it; keys we do not know are kept and ignored. */
export interface TemplateComponent {
  readonly type: string
  readonly format?: string | undefined
  readonly text?: string | undefined
  readonly buttons?: readonly TemplateButton[] | undefined
  readonly cards?: readonly { readonly components: readonly TemplateComponent[] }[] | undefined
  readonly example?: Record<string, unknown>
  readonly limited_time_offer?: { readonly has_expiration?: boolean | undefined; readonly text?: string | undefined } | undefined
  readonly [key: string]: unknown
}
export interface TemplateButton {
  readonly type: string
  readonly text?: string | undefined
  readonly url?: string | undefined
  readonly example?: unknown
  readonly otp_type?: string | undefined
  readonly [key: string]: unknown
}

/** One value a campaign must bring. `key` is what `variables` of a campaign uses. */
export interface TemplateParameter {
  /**
   * `header.1`, `body.1`, `body.first_name`, `button.0`; of a location header `header.latitude`; of a limited-time offer `offer.expiresAt`; of
   * the cards of a carousel the same with the card before it: `card.0.header`, `card.0.body.1`, `card.0.button.1`.
   */
  readonly key: string
  /** `media` is brought by `headerMedia`, everything else by `variables`. */
  readonly type: 'text' | 'url' | 'copy_code' | 'media' | 'card_media' | 'location' | 'instant' | 'unsupported'
  readonly example: string | null
}

export const componentType = (component: { readonly type: string }): string => component.type.toUpperCase()
const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g
/** Names or numbers of the placeholders of a text, each once, in order. */
export const placeholders = (text: string): string[] => [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] as string))]

const isMedia = (format: string | undefined): boolean => ['IMAGE', 'VIDEO', 'DOCUMENT', 'GIF'].includes((format ?? '').toUpperCase())
export const headerFormat = (components: readonly TemplateComponent[]): string =>
  (components.find((component) => componentType(component) === 'HEADER')?.format ?? '').toUpperCase()

/** The value in Meta's example for a placeholder: positional lists, or named pairs. */
function exampleOf(component: TemplateComponent, where: 'header' | 'body', name: string, index: number): string | null {
  const example = component.example ?? {}
  const named = example[`${where}_text_named_params`]
  if (Array.isArray(named)) {
    const pair = named.find((item: { param_name?: unknown }) => item?.param_name === name) as { example?: unknown } | undefined
    if (typeof pair?.example === 'string') return pair.example
  }
  const list = example[`${where}_text`]
  const values: unknown = Array.isArray(list) && Array.isArray(list[0]) ? list[0] : list
  const value: unknown = Array.isArray(values) ? values[index] : undefined
  return typeof value === 'string' ? value : null
}

/** What a location header shows (reference §3.2); every part of it is a text a campaign writes. */
export const LOCATION_PARTS = ['latitude', 'longitude', 'name', 'address'] as const

/**
 * Every value the template asks for, in the order header, body, buttons, cards. Read from the texts: Meta's examples may be missing.
 * @param prefix `card.0.` for the components of a card
 */
export function parametersOf(components: readonly TemplateComponent[], prefix = ''): TemplateParameter[] {
  return components.flatMap((component): TemplateParameter[] => {
    switch (componentType(component)) {
      case 'HEADER': {
        const format = (component.format ?? '').toUpperCase()
        if (isMedia(format)) return [{ key: `${prefix}header`, type: prefix === '' ? 'media' : 'card_media', example: null }]
        if (format === 'LOCATION')
          return LOCATION_PARTS.map((part) => ({ key: `${prefix}header.${part}`, type: 'location', example: null }))
        if (format === 'PRODUCT') return [{ key: `${prefix}header`, type: 'unsupported', example: null }]
        return placeholders(component.text ?? '').map((name, i) => ({
          key: `${prefix}header.${name}`,
          type: 'text',
          example: exampleOf(component, 'header', name, i),
        }))
      }
      case 'BODY':
        return placeholders(component.text ?? '').map((name, i) => ({
          key: `${prefix}body.${name}`,
          type: 'text',
          example: exampleOf(component, 'body', name, i),
        }))
      case 'LIMITED_TIME_OFFER':
        return component.limited_time_offer?.has_expiration === true ? [{ key: 'offer.expiresAt', type: 'instant', example: null }] : []
      case 'BUTTONS':
        return (component.buttons ?? []).flatMap((button, index) => buttonParameter(button, `${prefix}button.${index}`))
      case 'CAROUSEL':
        return (component.cards ?? []).flatMap((card, n) => parametersOf(card.components, `card.${n}.`))
      default:
        return []
    }
  })
}

/** A button that carries a one-time code: made as OTP, stored and sent as URL (reference §3.4). Its code is the body's. */
export const isOneTimeCode = (button: TemplateButton): boolean => button.type === 'OTP' || button.otp_type !== undefined

function buttonParameter(button: TemplateButton, key: string): TemplateParameter[] {
  const example = Array.isArray(button.example) ? button.example[0] : button.example
  const text = typeof example === 'string' ? example : null
  if (isOneTimeCode(button)) return []
  if (button.type === 'URL' && placeholders(button.url ?? '').length > 0) return [{ key, type: 'url', example: text }]
  if (button.type === 'COPY_CODE') return [{ key, type: 'copy_code', example: text }]
  return []
}

/** A button under the number by which its clicks are counted: 0 … 9 below the message, (card + 1) · 10 + index on a card. */
export interface NumberedButton {
  readonly number: number
  /** `button.0`, `card.1.button.0`. */
  readonly key: string
  readonly button: TemplateButton
}
export function numberedButtons(components: readonly TemplateComponent[], prefix = '', from = 0): NumberedButton[] {
  return components.flatMap((component): NumberedButton[] => {
    if (componentType(component) === 'BUTTONS')
      return (component.buttons ?? []).map((button, i) => ({ number: from + i, key: `${prefix}button.${i}`, button }))
    if (componentType(component) === 'CAROUSEL')
      return (component.cards ?? []).flatMap((card, n) => numberedButtons(card.components, `card.${n}.`, (n + 1) * 10))
    return []
  })
}
