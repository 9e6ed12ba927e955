/** A piece of a message's text as WhatsApp shows it. */
export type Span =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** A place that has no value yet. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'bold'; readonly spans: readonly Span[] }
  | { readonly kind: 'italic'; readonly spans: readonly Span[] }
  | { readonly kind: 'strike'; readonly spans: readonly Span[] }

const STYLES = { '*': 'bold', _: 'italic', '~': 'strike' } as const
const WORD = /[\p{L}\p{N}]/u
const VARIABLE = /\{\{\s*([^{}]{1,200}?)\s*\}\}/y
const CODE = /```([\s\S]+?)```|`([^`\n]+)`/y

/**
 * Reads WhatsApp's markup: `*bold*`, `_italic_`, `~strike~`, `` `code` `` and ```` ```monospace``` ````. A mark counts at the edge of a word
 * only, and within one line; whatever is no markup stays as it was typed. `{{name}}` is a place without a value.
 */
export function parseMarkup(text: string): readonly Span[] {
  const spans: Span[] = []
  let plain = ''
  const push = (span: Span) => {
    if (plain !== '') spans.push({ kind: 'text', text: plain })
    plain = ''
    spans.push(span)
  }
  for (let i = 0; i < text.length; ) {
    const code = match(CODE, text, i)
    const variable = match(VARIABLE, text, i)
    const end = closingMark(text, i)
    if (code !== null) {
      push({ kind: 'code', text: code[1] ?? code[2] ?? '' })
      i += code[0].length
    } else if (variable !== null) {
      push({ kind: 'variable', name: variable[1] ?? '' })
      i += variable[0].length
    } else if (end > 0) {
      push({ kind: STYLES[text[i] as keyof typeof STYLES], spans: parseMarkup(text.slice(i + 1, end)) })
      i = end + 1
    } else plain += text[i++]
  }
  if (plain !== '') spans.push({ kind: 'text', text: plain })
  return spans
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Where the style that begins at `at` ends; 0 when none begins there. */
function closingMark(text: string, at: number): number {
  const mark = text[at] ?? ''
  if (!(mark in STYLES) || WORD.test(text[at - 1] ?? '') || /^\s?$/.test(text[at + 1] ?? '')) return 0
  for (let end = at + 1; end < text.length && text[end] !== '\n'; end++) {
    const isClosing = text[end] === mark && end > at + 1 && !/\s/.test(text[end - 1] ?? '') && !WORD.test(text[end + 1] ?? '')
    if (isClosing) return end
  }
  return 0
}
