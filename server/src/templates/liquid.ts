import { Liquid, type Template } from 'liquidjs'

/** Contact fields that `contact` exposes beside `contact.attributes.<key>`. */
export const CONTACT_FIELDS = ['firstName', 'lastName', 'name', 'phone', 'email', 'language'] as const

/** One parsed Liquid text and the contact fields it reads. */
export interface LiquidText {
  readonly fields: readonly string[]
  /** Deterministic; undefined when it fails or renders nothing but white space. */
  render(contact: Scope): string | undefined
}
export interface Scope {
  readonly contact: Readonly<Record<string, unknown>>
}

const engine = new Liquid({ strictFilters: true, ownPropertyOnly: true, parseLimit: 20_000, renderLimit: 200, memoryLimit: 100_000 })
// Every attempt must render the same message: no randomness, no clock, and nothing that reads files.
for (const name of ['sample', 'shuffle']) if (name in engine.filters) engine.unregisterFilter(name)
for (const name of ['include', 'render', 'layout', 'block']) if (name in engine.tags) delete engine.tags[name]
const CLOCK = /['"]\s*(now|today)\s*['"]/i

/** Parses once. `error` says in plain words what is wrong with the text. */
export function parseLiquid(source: string): { readonly text: LiquidText } | { readonly error: string } {
  if (CLOCK.test(source)) return { error: 'The current time cannot be used: a retry must send the same message.' }
  let parsed: Template[]
  let segments: readonly (readonly unknown[])[]
  try {
    parsed = engine.parse(source)
    segments = engine.globalVariableSegmentsSync(parsed) as readonly (readonly unknown[])[]
  } catch (error) {
    return { error: `Not valid Liquid: ${(error as Error).message.split('\n')[0]}` }
  }
  const fields = new Set<string>()
  for (const path of segments) {
    const field = fieldOf(path)
    if ('error' in field) return field
    fields.add(field.name)
  }
  return {
    text: {
      fields: [...fields].sort(),
      render(scope) {
        try {
          const text = String(engine.renderSync(parsed, scope))
          return text.trim() === '' ? undefined : text
        } catch {
          return undefined // a filter that cannot take this contact's value: the same as no value
        }
      },
    },
  }
}

function fieldOf(path: readonly unknown[]): { readonly name: string } | { readonly error: string } {
  const [root, first, second, ...rest] = path
  const shown = path.map((part) => (typeof part === 'string' || typeof part === 'number' ? part : '…')).join('.')
  if (root !== 'contact') return { error: `“${shown}” is not known; values come from contact, such as contact.firstName.` }
  if (first === 'attributes') {
    if (typeof second !== 'string' || rest.length > 0) return { error: `“${shown}”: name one attribute, such as contact.attributes.city.` }
    return { name: `attributes.${second}` }
  }
  if (second === undefined && (CONTACT_FIELDS as readonly unknown[]).includes(first)) return { name: String(first) }
  return { error: `“${shown}” is not a contact field; there are ${CONTACT_FIELDS.join(', ')} and attributes.` }
}

/** The scope that texts see, from field values in the order of their names. Absent values are nil, so that `default` works. */
export function scopeOf(names: readonly string[], values: readonly (string | null)[]): Scope {
  const contact: Record<string, unknown> = {}
  const attributes: Record<string, string | null> = {}
  names.forEach((name, i) => {
    const value = values[i] === '' ? null : (values[i] ?? null)
    if (name.startsWith('attributes.')) attributes[name.slice('attributes.'.length)] = value
    else contact[name] = value
  })
  return { contact: { ...contact, attributes } }
}

/** What a named parameter takes when the campaign does not map it: the contact field or attribute of that name (api.md §7). */
export function defaultSource(parameterName: string): string {
  const camel = parameterName.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return (CONTACT_FIELDS as readonly string[]).includes(camel) ? `{{ contact.${camel} }}` : `{{ contact.attributes.${parameterName} }}`
}
