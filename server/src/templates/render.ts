import type { LiquidText, Scope } from './liquid.ts'
import { componentType, headerFormat, placeholders, type TemplateButton, type TemplateComponent } from './parameters.ts'

export type HeaderMedia = { readonly link: string } | { readonly mediaId: string }

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

export interface RenderHooks {
  /** The return address of a quick reply: comes back when it is pressed. */
  quickReplyPayload(buttonIndex: number): string
  /** The suffix of a tracked link. */
  linkToken(buttonIndex: number): string
}

/** What people see, for previews and trails. */
export interface RenderedText {
  readonly header: string | null
  readonly body: string
  readonly footer: string | null
  readonly buttons: readonly { readonly type: string; readonly text: string; readonly url: string | null }[]
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
  render(fields: readonly (string | null)[], hooks: RenderHooks): Rendered
}

const HEADER_MAX = 60
const BODY_MAX = 1_024
const BODY_ONLY_MAX = 4_096
const URL_MAX = 2_000
const COPY_CODE_MAX = 15

/** As Meta demands of parameter texts: no new lines, no tabs, at most four spaces in a row. */
export const normaliseSpace = (text: string): string =>
  text
    .replace(/[\r\n\t\v\f\u0085\u2028\u2029]+/g, ' ')
    .replace(/ {5,}/g, '    ')
    .trim()

/** Signals inside `renderMessage` that this person cannot be sent to. */
class Unsendable extends Error {
  readonly reason: 'missing_variable' | 'too_long'
  readonly key: string
  constructor(reason: 'missing_variable' | 'too_long', key: string) {
    super(reason)
    this.reason = reason
    this.key = key
  }
}

/** Fills a template for one person. Deterministic, no I/O; what makes it unsendable is answered, not thrown. */
export function renderMessage(
  input: MessageInput,
  buttons: readonly TemplateButton[],
  texts: ReadonlyMap<string, LiquidText>,
  trackedButtons: readonly number[],
  scope: Scope,
  hooks: RenderHooks,
): Rendered {
  const value = (key: string): string => {
    const text = texts.get(key)?.render(scope)
    const normal = text === undefined ? '' : normaliseSpace(text)
    if (normal === '') throw new Unsendable('missing_variable', key)
    return normal
  }
  const isNamed = input.parameterFormat.toUpperCase() === 'NAMED'
  const isBodyOnly = input.components.every((component) => componentType(component) === 'BODY')
  const components: Record<string, unknown>[] = []
  const destinations: Record<number, string> = {}
  const shown: {
    header: string | null
    body: string
    footer: string | null
    buttons: { type: string; text: string; url: string | null }[]
  } = {
    header: null,
    body: '',
    footer: null,
    buttons: [],
  }
  let bodyValues: string[] = []

  /** Parameters of a text component, and the text with them filled in. */
  const fill = (
    where: 'header' | 'body',
    text: string,
    max: number,
  ): { parameters: Record<string, unknown>[]; filled: string; values: string[] } => {
    const names = placeholders(text)
    const values = names.map((name) => value(`${where}.${name}`))
    const filled = text.replace(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g, (_, name: string) => values[names.indexOf(name)] ?? '')
    if ([...filled].length > max) throw new Unsendable('too_long', where)
    const inOrder = isNamed ? names.map((name, i) => ({ name, text: values[i] })) : byNumber(names, values)
    const parameters = inOrder.map(({ name, text: content }) => ({
      type: 'text',
      ...(isNamed ? { parameter_name: name } : {}),
      text: content,
    }))
    return { parameters, filled, values: inOrder.map(({ text: content }) => content ?? '') }
  }

  try {
    for (const component of input.components) {
      const text = component.text ?? ''
      switch (componentType(component)) {
        case 'HEADER': {
          const format = headerFormat([component]).toLowerCase()
          if (format !== 'text' && format !== '') {
            const media = input.headerMedia as HeaderMedia
            const source = 'link' in media ? { link: media.link } : { id: media.mediaId }
            components.push({ type: 'header', parameters: [{ type: format, [format]: source }] })
            break
          }
          const { parameters, filled } = fill('header', text, HEADER_MAX)
          shown.header = filled
          if (parameters.length > 0) components.push({ type: 'header', parameters })
          break
        }
        case 'BODY': {
          const { parameters, filled, values } = fill('body', text, isBodyOnly ? BODY_ONLY_MAX : BODY_MAX)
          shown.body = filled
          bodyValues = values
          if (parameters.length > 0) components.push({ type: 'body', parameters })
          break
        }
        case 'FOOTER':
          shown.footer = text
          break
      }
    }
    buttons.forEach((button, index) => {
      const key = `button.${index}`
      let url = button.url ?? null
      const add = (subType: string, parameter: Record<string, unknown>) =>
        components.push({ type: 'button', sub_type: subType, index: String(index), parameters: [parameter] })
      if (button.type === 'QUICK_REPLY') add('quick_reply', { type: 'payload', payload: hooks.quickReplyPayload(index) })
      else if (button.type === 'FLOW') add('flow', { type: 'action', action: { flow_token: hooks.quickReplyPayload(index) } })
      else if (button.type === 'OTP' || button.otp_type !== undefined) add('url', { type: 'text', text: bodyValues[0] ?? '' })
      else if (button.type === 'COPY_CODE') {
        const code = value(key)
        if (code.length > COPY_CODE_MAX) throw new Unsendable('too_long', key)
        add('copy_code', { type: 'coupon_code', coupon_code: code })
      } else if (button.type === 'URL' && texts.has(key)) {
        const given = value(key)
        const suffix = trackedButtons.includes(index) ? hooks.linkToken(index) : encodeURI(given)
        if (trackedButtons.includes(index)) {
          if (!URL.canParse(given)) throw new Unsendable('missing_variable', key)
          destinations[index] = given
        }
        if ((button.url ?? '').length + suffix.length > URL_MAX) throw new Unsendable('too_long', key)
        add('url', { type: 'text', text: suffix })
        url = destinations[index] ?? (button.url ?? '').replace(/\{\{[^}]*\}\}/, suffix)
      }
      shown.buttons.push({ type: button.type, text: button.text ?? '', url })
    })
  } catch (error) {
    if (error instanceof Unsendable) return { ok: false, reason: error.reason, key: error.key }
    throw error
  }
  return {
    ok: true,
    template: { name: input.name, language: { code: input.language }, ...(components.length > 0 ? { components } : {}) },
    destinations,
    text: shown,
  }
}

const byNumber = (names: readonly string[], values: readonly string[]): { name: string; text: string | undefined }[] =>
  names.map((name, i) => ({ name, text: values[i] })).sort((a, b) => Number(a.name) - Number(b.name))
