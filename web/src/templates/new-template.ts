import type { Schema } from '../api/client.ts'

export type TemplateInput = Schema<'WhatsappTemplateInput'>
export const BUTTON_TYPES = ['QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE'] as const

/** One button as it is written; `value` is its address, number or sample code, `example` the sample of an address with a variable. */
export interface ButtonForm {
  readonly type: (typeof BUTTON_TYPES)[number]
  readonly text: string
  readonly value: string
  readonly example: string
}
/** A template as it is written. */
export interface TemplateForm {
  readonly accountId: string | null
  readonly name: string
  readonly language: string
  readonly category: 'MARKETING' | 'UTILITY'
  readonly header: string
  readonly body: string
  readonly footer: string
  readonly buttons: readonly ButtonForm[]
  /** By `header.1`, `body.name`: Meta's reviewers want to see one value of each. */
  readonly examples: Readonly<Record<string, string>>
}

export const emptyTemplate: TemplateForm = {
  accountId: null,
  name: '',
  language: 'en_US',
  category: 'MARKETING',
  header: '',
  body: '',
  footer: '',
  buttons: [],
  examples: {},
}

/** Names or numbers of a text's places, each once, in order. */
export const placesOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g)].map((match) => match[1] ?? '')),
]

/** The next free number for a place. */
export const nextPlace = (text: string): string => String(1 + Math.max(0, ...placesOf(text).map(Number).filter(Number.isInteger)))

/** Texts whose places ask for an example. */
export const exampleKeys = ({ header, body }: TemplateForm): string[] => [
  ...placesOf(header).map((name) => `header.${name}`),
  ...placesOf(body).map((name) => `body.${name}`),
]

const PARTS = ['header', 'body', 'footer', 'buttons'] as const
type Part = (typeof PARTS)[number]
/** The parts that are there, in the order in which they are sent. */
const partsOf = (form: TemplateForm): readonly Part[] =>
  PARTS.filter((part) => part === 'body' || (part === 'buttons' ? form.buttons.length > 0 : form[part] !== ''))

/** What the API takes. */
export function templateInput(form: TemplateForm): TemplateInput {
  const isNamed = exampleKeys(form).some((key) => !/\.\d+$/.test(key))
  return {
    ...(form.accountId === null ? {} : { accountId: form.accountId }),
    name: form.name,
    language: form.language,
    category: form.category,
    parameterFormat: isNamed ? 'NAMED' : 'POSITIONAL',
    components: partsOf(form).map((part): TemplateInput['components'][number] => {
      if (part === 'header') return { type: 'HEADER', format: 'TEXT', text: form.header, ...exampleOf(form, 'header', isNamed) }
      if (part === 'body') return { type: 'BODY', text: form.body, ...exampleOf(form, 'body', isNamed) }
      if (part === 'footer') return { type: 'FOOTER', text: form.footer }
      return { type: 'BUTTONS', buttons: form.buttons.map(buttonOf) }
    }),
  }
}

/** Examples in Meta's own forms: a list by position, or pairs by name. */
function exampleOf(form: TemplateForm, where: 'header' | 'body', isNamed: boolean): { example?: Record<string, unknown> } {
  const names = placesOf(form[where])
  if (names.length === 0) return {}
  const values = names.map((name) => form.examples[`${where}.${name}`] ?? '')
  if (isNamed)
    return { example: { [`${where}_text_named_params`]: names.map((name, i) => ({ param_name: name, example: values[i] ?? '' })) } }
  return { example: { [`${where}_text`]: where === 'body' ? [values] : values } }
}

function buttonOf({ type, text, value, example }: ButtonForm): { type: string; [key: string]: unknown } {
  if (type === 'QUICK_REPLY') return { type, text }
  if (type === 'PHONE_NUMBER') return { type, text, phone_number: value }
  if (type === 'COPY_CODE') return { type, example: value }
  return { type, text, url: value, ...(placesOf(value).length === 0 ? {} : { example: [example] }) }
}

/**
 * The field of the form that a refusal is about: `/components/1/text` → `body`, `/components/2/buttons/0/url` → `buttons.0.value`.
 * @returns undefined when it is about none
 */
export function fieldOf(form: TemplateForm, pointer: string): string | undefined {
  const [head = '', at, ...rest] = pointer.replace(/^\//, '').split('/')
  if (head !== 'components') return ['name', 'language', 'category', 'accountId'].includes(head) ? head : undefined
  const part = at === undefined ? 'body' : partsOf(form)[Number(at)]
  if (part !== 'buttons') return part
  const [, index, key] = rest
  if (index === undefined) return 'buttons'
  return `buttons.${index}.${key === 'text' ? 'text' : 'value'}`
}
