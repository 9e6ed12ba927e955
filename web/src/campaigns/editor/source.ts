/** Where a variable's value comes from, as a person chooses it. The API knows one form only: Liquid text. */
export type Source =
  /** `name` of a contact's own field, such as firstName. */
  | { readonly kind: 'field'; readonly name: string; readonly fallback: string }
  | { readonly kind: 'attribute'; readonly name: string; readonly fallback: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'liquid'; readonly text: string }
export type SourceKind = Source['kind']

const SIMPLE =
  /^\{\{-?\s*contact\.(?:attributes(?:\.([A-Za-z_][\w-]*)|\[(?:"([^"]+)"|'([^']+)')\])|([A-Za-z]+))\s*(?:\|\s*default:\s*(?:"([^"]*)"|'([^']*)')\s*)?-?\}\}$/

/** Liquid text of a choice; a choice without a name or text is empty. */
export function toLiquid(source: Source): string {
  if (source.kind === 'text' || source.kind === 'liquid') return source.text
  if (source.name === '') return ''
  const path = source.kind === 'field' ? source.name : attributePath(source.name)
  return source.fallback === '' ? `{{ contact.${path} }}` : `{{ contact.${path} | default: ${quoted(source.fallback)} }}`
}
const attributePath = (key: string): string => (/^[A-Za-z_][\w-]*$/.test(key) ? `attributes.${key}` : `attributes[${quoted(key)}]`)
/** Liquid knows no escapes: a text with both kinds of quotes keeps one of them as a typographic one. */
const quoted = (text: string): string => {
  if (!text.includes("'")) return `'${text}'`
  return text.includes('"') ? `'${text.replaceAll("'", '’')}'` : `"${text}"`
}

/** The choice behind a text: whatever is not simple stays Liquid. */
export function readLiquid(text: string): Source {
  const found = SIMPLE.exec(text.trim())
  if (found === null) return /\{\{|\{%/.test(text) ? { kind: 'liquid', text } : { kind: 'text', text }
  const [, plainKey, doubleKey, singleKey, field, doubleFallback, singleFallback] = found
  const fallback = doubleFallback ?? singleFallback ?? ''
  if (field !== undefined) return { kind: 'field', name: field, fallback }
  return { kind: 'attribute', name: plainKey ?? doubleKey ?? singleKey ?? '', fallback }
}
