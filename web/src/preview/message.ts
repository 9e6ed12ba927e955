import type { Schema } from '../api/client.ts'

/** What a phone shows of a template message. Texts hold WhatsApp's markup; `{{name}}` in them is a place without a value. */
export interface PreviewMessage {
  readonly header: PreviewHeader | null
  readonly body: string
  readonly footer: string | null
  readonly buttons: readonly PreviewButton[]
  /** Of a carousel; empty for any other message. */
  readonly cards: readonly { readonly header: PreviewHeader | null; readonly body: string; readonly buttons: readonly PreviewButton[] }[]
}
export type PreviewHeader =
  | { readonly kind: 'text'; readonly text: string }
  /** `format` is Meta's word: IMAGE, VIDEO, DOCUMENT, LOCATION … */
  | {
      readonly kind: 'media'
      readonly format: string
      /** An address, or the name of a file. */
      readonly link: string | null
      /** A data URL, where this browser has the picture. */
      readonly picture?: string | null
    }
export interface PreviewButton {
  readonly type: string
  /** Empty where Meta writes the label itself. */
  readonly text: string
}

/** The value of a parameter (`body.1`), or the word that stands for it while it has none. */
export type ValueFor = (key: string) => { readonly value: string } | { readonly open: string }
/** Every place stays open, under the name the template gives it. */
export const ALL_OPEN: ValueFor = (key) => ({ open: key.replace(/^(card\.\d+\.)?\w+\./, '') })

/** The values that the template itself gives as examples. */
export const examplesOf =
  (parameters: Schema<'WhatsappTemplate'>['parameters']): ValueFor =>
  (key) => {
    const example = parameters.find((parameter) => parameter.key === key)?.example
    return example == null ? ALL_OPEN(key) : { value: example }
  }

type Component = Readonly<Record<string, unknown>>
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly Component[] => (Array.isArray(value) ? value : [])
const typeOf = ({ type }: Component): string => textOf(type).toUpperCase()

const PLACE = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g
/** A value is text, never a place of its own. */
const asText = (value: string) => value.replaceAll('{{', '{\u2060{')
const filled = (text: unknown, where: string, valueFor: ValueFor): string =>
  textOf(text).replace(PLACE, (_, name: string) => {
    const found = valueFor(`${where}.${name}`)
    return 'value' in found ? asText(found.value) : `{{${found.open}}}`
  })

/** A template's components, as Meta gives them, with its values. @param mediaLink of the header, when the campaign has one */
export function messageOf(
  components: readonly Component[],
  valueFor: ValueFor = ALL_OPEN,
  mediaLink: string | null = null,
): PreviewMessage {
  const part = (type: string) => components.find((component) => typeOf(component) === type)
  const footer = part('FOOTER')
  return {
    header: headerOf(part('HEADER'), valueFor, mediaLink),
    body: filled(part('BODY')?.text, 'body', valueFor),
    footer: footer === undefined ? null : textOf(footer.text),
    buttons: buttonsOf(part('BUTTONS')),
    cards: listOf(part('CAROUSEL')?.cards).map((card, n) => {
      const parts = listOf(card.components)
      const here: ValueFor = (key) => valueFor(`card.${n}.${key}`)
      const media = here('header')
      const find = (type: string) => parts.find((component) => typeOf(component) === type)
      return {
        header: headerOf(find('HEADER'), here, 'value' in media && media.value.startsWith('http') ? media.value : null),
        body: filled(find('BODY')?.text, 'body', here),
        buttons: buttonsOf(find('BUTTONS')),
      }
    }),
  }
}

function headerOf(header: Component | undefined, valueFor: ValueFor, link: string | null): PreviewHeader | null {
  if (header === undefined) return null
  const format = textOf(header.format).toUpperCase() || 'TEXT'
  return format === 'TEXT' ? { kind: 'text', text: filled(header.text, 'header', valueFor) } : { kind: 'media', format, link }
}

const buttonsOf = (buttons: Component | undefined): PreviewButton[] =>
  listOf(buttons?.buttons).map((button) => ({ type: typeOf(button), text: textOf(button.text) }))

/** The same message as the server rendered it for one person. */
export function renderedMessage(message: PreviewMessage, text: NonNullable<Schema<'RenderedText'>>): PreviewMessage {
  return {
    ...message,
    header: message.header?.kind === 'text' && text.header !== null ? { kind: 'text', text: asText(text.header) } : message.header,
    body: asText(text.body),
    footer: text.footer,
    buttons: text.buttons.map(({ type, text: label }) => ({ type, text: label })),
    cards: message.cards.map((card, n) => ({ ...card, body: asText(text.cards[n]?.body ?? card.body) })),
  }
}
