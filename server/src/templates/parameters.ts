/** A component as Meta gives it; keys we do not know are kept and ignored. */
export interface TemplateComponent {
  readonly type: string
  readonly format?: string
  readonly text?: string
  readonly buttons?: readonly TemplateButton[]
  readonly cards?: readonly { readonly components: readonly TemplateComponent[] }[]
  readonly example?: Record<string, unknown>
  readonly limited_time_offer?: { readonly has_expiration?: boolean }
  readonly [key: string]: unknown
}
export interface TemplateButton {
  readonly type: string
  readonly text?: string
  readonly url?: string
  readonly example?: unknown
  readonly otp_type?: string
  readonly [key: string]: unknown
}

/** One value a campaign must bring. `key` is what `variables` of a campaign uses. */
export interface TemplateParameter {
  /** `header.1`, `body.1`, `body.first_name`, `button.0`. */
  readonly key: string
  readonly type: 'text' | 'url' | 'copy_code' | 'media' | 'unsupported'
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

/** Every value the template asks for, in the order header, body, buttons. Read from the texts: Meta's examples may be missing. */
export function parametersOf(components: readonly TemplateComponent[]): TemplateParameter[] {
  return components.flatMap((component): TemplateParameter[] => {
    switch (componentType(component)) {
      case 'HEADER':
        if (isMedia(component.format)) return [{ key: 'header', type: 'media', example: null }]
        if (['LOCATION', 'PRODUCT'].includes((component.format ?? '').toUpperCase()))
          return [{ key: 'header', type: 'unsupported', example: null }]
        return placeholders(component.text ?? '').map((name, i) => ({
          key: `header.${name}`,
          type: 'text',
          example: exampleOf(component, 'header', name, i),
        }))
      case 'BODY':
        return placeholders(component.text ?? '').map((name, i) => ({
          key: `body.${name}`,
          type: 'text',
          example: exampleOf(component, 'body', name, i),
        }))
      case 'BUTTONS':
        return (component.buttons ?? []).flatMap((button, index) => buttonParameter(button, index))
      default:
        return []
    }
  })
}

function buttonParameter(button: TemplateButton, index: number): TemplateParameter[] {
  const example = Array.isArray(button.example) ? button.example[0] : button.example
  const text = typeof example === 'string' ? example : null
  const key = `button.${index}`
  if (button.type === 'URL' && placeholders(button.url ?? '').length > 0) return [{ key, type: 'url', example: text }]
  if (button.type === 'COPY_CODE') return [{ key, type: 'copy_code', example: text }]
  return []
}
