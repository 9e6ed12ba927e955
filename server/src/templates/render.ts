import type { LiquidText, Scope } from './liquid.ts'
import { componentType, type TemplateComponent } from './parameters.ts'
import { type Filled, fillParts, type PartsInput, Unsendable } from './parts.ts'

/** `fileName` is what the reader of a document sees. */
export type HeaderMedia = ({ readonly link: string } | { readonly mediaId: string }) & { readonly fileName?: string | undefined }

export interface MessageInput {
  readonly name: string
  readonly language: string
  /** `POSITIONAL` or `NAMED`. */
  readonly parameterFormat: string
  readonly components: readonly TemplateComponent[]
  /** Template parameter → Liquid text. */
  readonly variables: Readonly<Record<string, string>>
  readonly headerMedia: HeaderMedia | null
  /** A URL button whose template URL starts with one of these is tracked. */
  readonly trackedPrefixes: readonly string[]
}

/** Buttons go by their number (see `NumberedButton`). */
export interface RenderHooks {
  /** The return address of a quick reply: comes back when it is pressed. */
  quickReplyPayload(button: number): string
  /** The suffix of a tracked link. */
  linkToken(button: number): string
}

/** What people see, for previews and trails. */
export interface RenderedText {
  readonly header: string | null
  readonly body: string
  readonly footer: string | null
  readonly buttons: ShownButton[]
  /** Of a carousel; empty for any other message. */
  readonly cards: { readonly header: string | null; readonly body: string; readonly buttons: ShownButton[] }[]
}
interface ShownButton {
  readonly type: string
  readonly text: string
  readonly url: string | null
}

export type Rendered =
  | {
      readonly ok: true
      /** The `template` object of `POST /{phone-number-id}/messages`. */
      readonly template: Record<string, unknown>
      /** Where each tracked button leads. */
      readonly destinations: Readonly<Record<number, string>>
      readonly text: RenderedText
    }
  | { readonly ok: false; readonly reason: 'missing_variable' | 'too_long'; readonly key: string }

/** A campaign's message, parsed once; `render` is deterministic and does no I/O. */
export interface CompiledMessage {
  /** Contact fields the variables read, sorted: `firstName`, `attributes.city` … */
  readonly fieldNames: readonly string[]
  readonly trackedButtons: readonly number[]
  /** Quick replies that the campaign marked as opt-out. */
  readonly optOutButtons: readonly number[]
  /** Every value is a plain path such as `{{ contact.firstName }}`: who lacks it can be counted exactly in SQL. */
  readonly plainFields: readonly string[] | undefined
  /** The plain fields of each version, by its number. */
  readonly plainByVersion: readonly (readonly string[])[]
  /** @param version of a message in several languages; 0: the campaign's own template */
  render(fields: readonly (string | null)[], hooks: RenderHooks, version?: number): Rendered
}

/** As Meta demands of parameter texts: no new lines, no tabs, at most four spaces in a row. */
export const normaliseSpace = (text: string): string =>
  text
    .replace(/[\r\n\t\v\f\u0085\u2028\u2029]+/g, ' ')
    .replace(/ {5,}/g, '    ')
    .trim()

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
/** An ISO 8601 instant that says its offset. */
export const isInstant = (text: string): boolean => INSTANT.test(text) && !Number.isNaN(Date.parse(text))

/** Fills a template for one person. Deterministic, no I/O; what makes it unsendable is answered, not thrown. */
export function renderMessage(
  input: MessageInput,
  texts: ReadonlyMap<string, LiquidText>,
  trackedKeys: ReadonlySet<string>,
  scope: Scope,
  hooks: RenderHooks,
): Rendered {
  const parts: PartsInput = {
    isNamed: input.parameterFormat.toUpperCase() === 'NAMED',
    isBodyOnly: input.components.every((component) => componentType(component) === 'BODY'),
    isOpen: (key) => texts.has(key),
    isTracked: (key) => trackedKeys.has(key),
    value(key) {
      const normal = normaliseSpace(texts.get(key)?.render(scope) ?? '')
      if (normal === '') throw new Unsendable('missing_variable', key)
      return normal
    },
    hooks,
  }
  try {
    const filled = fillParts(parts, input.components, '', 0, input.headerMedia)
    const cards = cardsOf(parts, input.components)
    const components = [
      ...filled.components,
      ...offerOf(parts, input.components),
      ...filled.buttonComponents,
      ...(cards.length === 0
        ? []
        : [
            {
              type: 'carousel',
              cards: cards.map((card, i) => ({ card_index: i, components: [...card.components, ...card.buttonComponents] })),
            },
          ]),
    ]
    return {
      ok: true,
      template: { name: input.name, language: { code: input.language }, ...(components.length > 0 ? { components } : {}) },
      destinations: Object.assign({}, filled.destinations, ...cards.map(({ destinations }) => destinations)),
      text: { ...filled.shown, cards: cards.map(({ shown: { header, body, buttons } }) => ({ header, body, buttons })) },
    }
  } catch (error) {
    if (error instanceof Unsendable) return { ok: false, reason: error.reason, key: error.key }
    throw error
  }
}

/** Every card brings its media at send time; they stand in the template's order (reference §3.6). */
function cardsOf(parts: PartsInput, components: readonly TemplateComponent[]): Filled[] {
  const carousel = components.find((component) => componentType(component) === 'CAROUSEL')
  return (carousel?.cards ?? []).map((card, n) => {
    const given = parts.value(`card.${n}.header`)
    return fillParts(parts, card.components, `card.${n}.`, (n + 1) * 10, /^\d+$/.test(given) ? { mediaId: given } : { link: given })
  })
}

/** When a limited-time offer ends, in milliseconds; needed only where the template says so (reference §3.5). */
function offerOf(parts: PartsInput, components: readonly TemplateComponent[]): Record<string, unknown>[] {
  const key = 'offer.expiresAt'
  const offer = components.find((component) => componentType(component) === 'LIMITED_TIME_OFFER')
  if (offer?.limited_time_offer?.has_expiration !== true) return []
  const given = parts.value(key)
  if (!isInstant(given)) throw new Unsendable('missing_variable', key)
  const parameter = { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: Date.parse(given) } }
  return [{ type: 'limited_time_offer', parameters: [parameter] }]
}
