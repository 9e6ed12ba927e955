import { Marked, type Token, type Tokens } from 'marked'

const reader = new Marked({ gfm: true })

/** What a markdown file points at: the address as written, and whether it is shown or followed. */
export interface Reference {
  readonly kind: 'image' | 'link'
  readonly href: string
}
export interface Heading {
  readonly depth: number
  readonly text: string
  /** Its anchor on the page, unique within it. */
  readonly anchor: string
}

/** The anchor that GitHub gives a heading, so that a link works there and here: small letters, no punctuation, a hyphen for each blank. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')

/** Every part of a file, inner ones too, in order. */
function tokensOf(markdown: string): Token[] {
  const found: Token[] = []
  void reader.walkTokens(reader.lexer(markdown), (token) => {
    found.push(token)
  })
  return found
}
const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading'
const isCode = (token: Token): token is Tokens.Code => token.type === 'code'

/** Headings in order; of two with one text the second is `…-1`. */
export function headingsOf(markdown: string): Heading[] {
  const seen = new Map<string, number>()
  return tokensOf(markdown)
    .filter(isHeading)
    .map(({ depth, tokens }) => {
      const text = plain(tokens)
      const anchor = anchorOf(text)
      const times = seen.get(anchor) ?? 0
      seen.set(anchor, times + 1)
      return { depth, text, anchor: times === 0 ? anchor : `${anchor}-${times}` }
    })
}

/** Everything a file links to or shows, images of raw HTML among them. */
export const referencesOf = (markdown: string): Reference[] =>
  tokensOf(markdown).flatMap((token): Reference[] => {
    if (token.type === 'link' || token.type === 'image') return [{ kind: token.type, href: (token as Tokens.Link).href }]
    return token.type === 'html' ? imagesOf(token.raw).map(({ src }) => ({ kind: 'image', href: src })) : []
  })

/** Fenced samples: the language (empty when none is named) and the text. */
export const samplesOf = (markdown: string): { readonly language: string; readonly text: string }[] =>
  tokensOf(markdown)
    .filter(isCode)
    .map(({ lang = '', text }) => ({ language: lang, text }))

/** Where a link or image of a file leads here; `title` when that is a page. */
export interface Target {
  readonly address: string
  readonly title?: string
}
/** Words of a link that are nothing but the file's name: `sending.md`, `docs/decisions`. */
const FILE_NAME = /^[\w./-]+\.md$|^(docs|decisions)\/[\w./-]+$/

/**
 * A file as HTML. Links that say a file's name say the page's title instead. Raw HTML is not passed on, but for its images; an address of another kind than http, https or mailto is not either.
 * @param resolve undefined: it is not served here, the words stand alone
 */
export function render(markdown: string, resolve: (href: string) => Target | undefined): string {
  const anchors = headingsOf(markdown).map(({ anchor }) => anchor)
  const image = (src: string, alt: string) => {
    const address = resolve(src)?.address
    return address === undefined ? escaped(alt) : `<img src="${escaped(address)}" alt="${escaped(alt)}" loading="lazy">`
  }
  const writer = new Marked({ gfm: true })
  writer.use({
    renderer: {
      heading({ tokens, depth }) {
        return `<h${depth} id="${escaped(anchors.shift() ?? '')}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      code: ({ text, lang }) =>
        `<pre tabindex="0" role="group" aria-label="${lang ? `Sample, ${escaped(lang)}` : 'Sample'}"><code>${escaped(text)}</code></pre>\n`,
      table(table) {
        const row = (cells: readonly Tokens.TableCell[], tag: 'th' | 'td') =>
          `<tr>${cells.map(({ tokens }) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
        const named = table.header.map(({ text }) => text).join(', ')
        return `<div class="wide" tabindex="0" role="group" aria-label="${escaped(`Table: ${named}`)}"><table><thead>${row(table.header, 'th')}</thead><tbody>${table.rows
          .map((cells) => row(cells, 'td'))
          .join('')}</tbody></table></div>\n`
      },
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens)
        const { address, title } = resolve(href) ?? {}
        if (address === undefined) return words
        const said = title !== undefined && FILE_NAME.test(plain(tokens)) ? escaped(title) : words
        return `<a href="${escaped(address)}"${address.startsWith('http') ? ' rel="noopener noreferrer"' : ''}>${said}</a>`
      },
      image: ({ href, text }) => image(href, text),
      html: ({ raw }) => {
        const images = imagesOf(raw).map(({ src, alt }) => image(src, alt))
        return images.length === 0 ? '' : `<p class="images">${images.join('')}</p>\n`
      },
    },
  })
  return writer.parse(markdown, { async: false })
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')

const imagesOf = (html: string) =>
  [...html.matchAll(/<img\b[^>]*>/g)].map(([tag]) => ({
    src: /\bsrc="([^"]*)"/.exec(tag)?.[1] ?? '',
    alt: /\balt="([^"]*)"/.exec(tag)?.[1] ?? '',
  }))

/** The words alone of what stands in a line. */
const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => ('tokens' in token && token.tokens !== undefined ? plain(token.tokens) : 'text' in token ? String(token.text) : ''))
    .join('')
