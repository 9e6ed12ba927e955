// What the documentation shows of the API: its JSON samples and the routes it names, read so that a test can hold them against the product.
import type { Document } from './openapi.ts'

export interface JsonSample {
  readonly text: string
  /** Why it does not parse; undefined: it does. */
  readonly error: string | undefined
}

/**
 * Every JSON value of fenced samples: one that begins a line (alone, or after method and path), and what `-d '…'` sends in a shell.
 * An abbreviation is `…`, outside of a text: in place of a value, of further elements, or of further fields.
 */
export function samplesOfJson(fences: readonly { readonly language: string; readonly text: string }[]): JsonSample[] {
  return fences.flatMap(({ language, text }) => {
    if (language === 'sh') return [...text.matchAll(/-d '(\{(?:[^']|'"\$\w+"')*)'/g)].map(([, body = '']) => parsed(body))
    if (!['', 'json', 'http'].includes(language)) return []
    const samples: JsonSample[] = []
    const starts = /^(?:(?:GET|POST|PUT|PATCH|DELETE) \S+ +)?([{[])/gm
    for (let start = starts.exec(text); start !== null; start = starts.exec(text)) {
      const from = start.index + start[0].length - 1
      const length = lengthOfValue(text.slice(from))
      samples.push(parsed(text.slice(from, from + length)))
      starts.lastIndex = from + length
    }
    return samples
  })
}

function parsed(text: string): JsonSample {
  try {
    JSON.parse(spelledOut(text))
    return { text, error: undefined }
  } catch (error) {
    return { text, error: (error as Error).message }
  }
}

/** Texts and everything between them, in order. */
const pieces = (text: string): string[] => text.match(/"(?:[^"\\]|\\.)*"|[^"]|"/gs) ?? []

/** Characters up to the bracket that closes the first one; all of them when none does. */
function lengthOfValue(text: string): number {
  let depth = 0
  let length = 0
  for (const piece of pieces(text)) {
    length += piece.length
    if (piece === '{' || piece === '[') depth++
    if ((piece === '}' || piece === ']') && --depth === 0) break
  }
  return length
}

/** The sample with something valid in place of each `…`. */
function spelledOut(text: string): string {
  const open: string[] = []
  let before = ''
  let made = 0
  return pieces(text)
    .map((piece) => {
      const previous = before
      if (piece.trim() !== '') before = piece
      if (piece === '{' || piece === '[') open.push(piece)
      if (piece === '}' || piece === ']') open.pop()
      if (piece !== '…') return piece
      return previous === ':' || open.at(-1) === '[' ? '"…"' : `"…${++made}": 0`
    })
    .join('')
}

export interface NamedRoute {
  readonly method: string
  readonly path: string
}

/** Every `METHOD /path` and `METHOD …/end` of a text, and every `/api/v1/…` between backticks, whose method is `*`. */
export function routesNamed(text: string): NamedRoute[] {
  const withMethod = [...text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) +(?:https?:\/\/[^\s/]+)?(…?\/[^\s`,;)|"'?]*)/g)]
  const alone = [...text.matchAll(/`(?:https?:\/\/[^\s/`]+)?(\/api\/v1\/[^\s`?]+)`/g)]
  return [
    ...withMethod.map(([, method = '', path = '']) => ({ method, path })),
    ...alone.map(([, path = '']) => ({ method: '*', path })),
  ].map(({ method, path }) => ({ method, path: path.replace(/[.:]+$/, '') }))
}

/** Not ours to describe: the simulator's own controls, and Meta's calls. */
const FOREIGN = /^\/(_sim\/|\{phone-number-id\}\/|\{waba-id\}\/|\{version\}\/)/

/** The routes that the OpenAPI document does not have. A path may leave `/api/v1` out; an id is `{id}`, `:id`, or holds `…` or `$`. */
export function unknownRoutes<T extends NamedRoute>(document: Document, routes: readonly T[]): T[] {
  const known = Object.entries(document.paths).map(([path, operations]) => ({
    segments: path.split('/').slice(1),
    methods: [...Object.keys(operations).map((method) => method.toUpperCase()), '*'],
  }))
  return routes.filter(({ method, path }) => {
    if (FOREIGN.test(path)) return false
    const isEnd = path.startsWith('…/')
    const given = path.split('/').slice(1)
    const spellings = isEnd ? [given] : [given, ['api', 'v1', ...given]]
    return !known.some(
      ({ segments, methods }) =>
        methods.includes(method) &&
        spellings.some((spelling) => {
          const compared = isEnd ? segments.slice(-spelling.length) : segments
          return compared.length === spelling.length && compared.every((segment, i) => isSame(segment, spelling[i] ?? ''))
        }),
    )
  })
}

const isSame = (known: string, given: string): boolean =>
  known.startsWith('{') ? /^[{:]|[…$]/.test(given) : known.toLowerCase() === given.toLowerCase()
