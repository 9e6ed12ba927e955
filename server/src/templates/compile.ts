import { defaultSource, type LiquidText, parseLiquid, scopeOf } from './liquid.ts'
import { headerFormat, numberedButtons, parametersOf, placeholders, type TemplateParameter } from './parameters.ts'
import { degreesMax, isDegrees } from './parts.ts'
import { type CompiledMessage, isInstant, type MessageInput, renderMessage } from './render.ts'
import { unsupportedReason } from './support.ts'

export interface CompileProblem {
  readonly slug: 'parameters-unmapped' | 'media-missing' | 'template-not-sendable' | 'invalid-input'
  readonly key: string
  readonly detail: string
}
export type Compiled =
  | { readonly ok: true; readonly message: CompiledMessage }
  | { readonly ok: false; readonly problems: CompileProblem[] }

const PLAIN = /^\s*\{\{\s*contact\.([A-Za-z0-9_.]+)\s*\}\}\s*$/
/** Scheme and host written out: nothing a contact's data says may choose where a link leads. */
const LITERAL_HOST = /^https?:\/\/[^\s{}/?#@]+(?=[/?#]|$)/
const isLiquid = (source: string): boolean => source.includes('{{') || source.includes('{%')

/** What a quick reply's variable says when a press means "stop": everything, or what the campaign is about. */
export const STOP_MARK = 'optOut'
export const TOPIC_MARK = 'optOut:topic'
const STOP_MARKS: ReadonlySet<string> = new Set([STOP_MARK, TOPIC_MARK])

/** What is wrong with the text of a parameter for its kind, as far as it can be told before anybody's data fills it. */
function sourceProblem({ key, type }: TemplateParameter, source: string, isTracked: boolean): string | undefined {
  const text = source.trim()
  if (isTracked && !LITERAL_HOST.test(text)) return 'The destination must begin with a literal address, such as https://example.com/.'
  if (type === 'card_media' && (isLiquid(text) || !(/^\d+$/.test(text) || (LITERAL_HOST.test(text) && URL.canParse(text)))))
    return 'The media of a card is a mediaId or an address, the same for everybody.'
  if (isLiquid(text)) return undefined
  if (type === 'copy_code' && !/^[A-Za-z0-9]{1,15}$/.test(text)) return 'A code has 1 to 15 letters and digits.'
  if (type === 'location' && degreesMax(key) !== undefined && !isDegrees(text, degreesMax(key) ?? 0))
    return `is not a ${key.slice(7)} in degrees.`
  if (type === 'instant' && !isInstant(text)) return 'is not an instant with an offset, such as 2026-12-24T20:00:00Z.'
  return undefined
}

/** Checks and parses everything once. Every problem is named, not just the first. */
export function compileMessage(input: MessageInput): Compiled {
  const problems: CompileProblem[] = []
  const unsupported = unsupportedReason(input.components)
  if (unsupported !== undefined) return { ok: false, problems: [{ slug: 'template-not-sendable', key: '', detail: unsupported }] }

  const buttons = numberedButtons(input.components)
  const tracked = buttons.filter(
    ({ button }) =>
      button.type === 'URL' &&
      placeholders(button.url ?? '').length > 0 &&
      input.trackedPrefixes.some((prefix) => button.url?.startsWith(prefix)),
  )
  const trackedKeys = new Set(tracked.map(({ key }) => key))
  const parameters = parametersOf(input.components).filter(({ type }) => type !== 'media')
  const isNamedFormat = input.parameterFormat.toUpperCase() === 'NAMED'
  const texts = new Map<string, LiquidText>()
  const sources = new Map<string, string>()
  for (const parameter of parameters) {
    const { key, type } = parameter
    const name = key.slice(key.lastIndexOf('.') + 1)
    const isNamed = isNamedFormat && type === 'text' && !/^\d+$/.test(name)
    const source = input.variables[key] ?? (isNamed ? defaultSource(name) : undefined)
    if (source === undefined || source.trim() === '') {
      problems.push({ slug: 'parameters-unmapped', key, detail: `The template parameter ${key} has no value.` })
      continue
    }
    const parsed = parseLiquid(source)
    const wrong = 'error' in parsed ? parsed.error : sourceProblem(parameter, source, trackedKeys.has(key))
    if (wrong !== undefined) problems.push({ slug: 'invalid-input', key, detail: wrong })
    if ('text' in parsed) {
      texts.set(key, parsed.text)
      sources.set(key, source)
    }
  }
  const optOut = buttons.filter(({ key, button }) => button.type === 'QUICK_REPLY' && STOP_MARKS.has(input.variables[key] ?? ''))
  const known = new Set([...parameters.map(({ key }) => key), ...optOut.map(({ key }) => key)])
  for (const key of Object.keys(input.variables))
    if (!known.has(key)) problems.push({ slug: 'invalid-input', key, detail: `The template has no parameter ${key}.` })

  const format = headerFormat(input.components)
  const needsMedia = ['IMAGE', 'VIDEO', 'DOCUMENT'].includes(format)
  if (needsMedia && input.headerMedia === null)
    problems.push({
      slug: 'media-missing',
      key: 'headerMedia',
      detail: `The template has a ${format.toLowerCase()} header: give headerMedia.`,
    })
  if (!needsMedia && input.headerMedia !== null)
    problems.push({ slug: 'invalid-input', key: 'headerMedia', detail: 'The template has no media header.' })
  if (format !== 'DOCUMENT' && input.headerMedia?.fileName !== undefined)
    problems.push({ slug: 'invalid-input', key: 'headerMedia', detail: 'Only a document has a fileName.' })
  if (problems.length > 0) return { ok: false, problems }

  const fieldNames = [...new Set([...texts.values()].flatMap(({ fields }) => fields))].sort()
  const plain = [...sources.values()].map((source) => (isLiquid(source) ? PLAIN.exec(source)?.[1] : ''))
  const plainFields = plain.some((field) => field === undefined) ? undefined : [...new Set(plain.filter((field) => field !== ''))]
  return {
    ok: true,
    message: {
      fieldNames,
      trackedButtons: tracked.map(({ number }) => number),
      optOutButtons: optOut.map(({ number }) => number),
      plainFields: plainFields as string[] | undefined,
      plainByVersion: [(plainFields ?? []) as string[]],
      render: (fields, hooks) => renderMessage(input, texts, trackedKeys, scopeOf(fieldNames, fields), hooks),
    },
  }
}
