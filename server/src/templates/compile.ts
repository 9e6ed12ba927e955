import { defaultSource, type LiquidText, parseLiquid, scopeOf } from './liquid.ts'
import { componentType, headerFormat, parametersOf, placeholders, type TemplateComponent } from './parameters.ts'
import { type CompiledMessage, type MessageInput, renderMessage } from './render.ts'

export interface CompileProblem {
  readonly slug: 'parameters-unmapped' | 'media-missing' | 'template-not-sendable' | 'invalid-input'
  readonly key: string
  readonly detail: string
}

const PLAIN = /^\s*\{\{\s*contact\.([A-Za-z0-9_.]+)\s*\}\}\s*$/
/** Scheme and host written out: nothing a contact's data says may choose where a link leads. */
const LITERAL_HOST = /^https?:\/\/[^\s{}/?#@]+(?=[/?#]|$)/

/** What a quick reply's variable says when a press means "stop": everything, or what the campaign is about. */
export const STOP_MARK = 'optOut'
export const TOPIC_MARK = 'optOut:topic'
const STOP_MARKS: ReadonlySet<string> = new Set([STOP_MARK, TOPIC_MARK])

/** Buttons that bring nothing of their own at send time. */
const STATIC_BUTTONS = new Set(['PHONE_NUMBER', 'VOICE_CALL', 'CATALOG', 'REQUEST_CONTACT_INFO', 'CALL_PERMISSION_REQUEST', 'APP'])

/** What stops a template from being sent by us, in plain words; undefined when nothing does. */
export function unsupportedReason(components: readonly TemplateComponent[]): string | undefined {
  for (const component of components) {
    const type = componentType(component)
    if (type === 'CAROUSEL') return 'Carousel templates cannot be sent by campaigns yet.'
    if (type === 'LIMITED_TIME_OFFER' && component.limited_time_offer?.has_expiration === true)
      return 'Limited-time offers with an expiry cannot be sent by campaigns yet.'
    if (type === 'HEADER' && ['LOCATION', 'PRODUCT', 'GIF'].includes(headerFormat([component])))
      return `A ${headerFormat([component]).toLowerCase()} header cannot be sent by campaigns.`
    if (!['HEADER', 'BODY', 'FOOTER', 'BUTTONS', 'LIMITED_TIME_OFFER', 'CALL_PERMISSION_REQUEST'].includes(type))
      return `A component of type ${type} is not known here.`
    for (const button of type === 'BUTTONS' ? (component.buttons ?? []) : []) {
      if (!STATIC_BUTTONS.has(button.type) && !['QUICK_REPLY', 'URL', 'COPY_CODE', 'OTP', 'FLOW'].includes(button.type))
        return `A button of type ${button.type} cannot be sent by campaigns.`
    }
  }
  return undefined
}

/** Checks and parses everything once. Every problem is named, not just the first. */
export function compileMessage(
  input: MessageInput,
): { readonly ok: true; readonly message: CompiledMessage } | { readonly ok: false; readonly problems: CompileProblem[] } {
  const problems: CompileProblem[] = []
  const unsupported = unsupportedReason(input.components)
  if (unsupported !== undefined) return { ok: false, problems: [{ slug: 'template-not-sendable', key: '', detail: unsupported }] }

  const buttons = input.components.find((component) => componentType(component) === 'BUTTONS')?.buttons ?? []
  const parameters = parametersOf(input.components).filter(({ type }) => type !== 'media')
  const texts = new Map<string, LiquidText>()
  const sources = new Map<string, string>()
  for (const { key } of parameters) {
    const name = key.slice(key.indexOf('.') + 1)
    const isNamed = input.parameterFormat.toUpperCase() === 'NAMED' && !key.startsWith('button.') && !/^\d+$/.test(name)
    const source = input.variables[key] ?? (isNamed ? defaultSource(name) : undefined)
    if (source === undefined || source.trim() === '') {
      problems.push({ slug: 'parameters-unmapped', key, detail: `The template parameter ${key} has no value.` })
      continue
    }
    const parsed = parseLiquid(source)
    if ('error' in parsed) problems.push({ slug: 'invalid-input', key, detail: parsed.error })
    else {
      texts.set(key, parsed.text)
      sources.set(key, source)
    }
  }
  const optOutButtons = buttons.flatMap((button, i) =>
    button.type === 'QUICK_REPLY' && STOP_MARKS.has(input.variables[`button.${i}`] ?? '') ? [i] : [],
  )
  const known = new Set([...parameters.map(({ key }) => key), ...optOutButtons.map((i) => `button.${i}`)])
  for (const key of Object.keys(input.variables))
    if (!known.has(key)) problems.push({ slug: 'invalid-input', key, detail: `The template has no parameter ${key}.` })

  const trackedButtons = buttons.flatMap((button, i) =>
    button.type === 'URL' &&
    placeholders(button.url ?? '').length > 0 &&
    input.trackedPrefixes.some((prefix) => button.url?.startsWith(prefix))
      ? [i]
      : [],
  )
  for (const i of trackedButtons) {
    const source = sources.get(`button.${i}`)
    if (source !== undefined && !LITERAL_HOST.test(source.trim()))
      problems.push({
        slug: 'invalid-input',
        key: `button.${i}`,
        detail: 'The destination must begin with a literal address, such as https://example.com/.',
      })
  }
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
  if (problems.length > 0) return { ok: false, problems }

  const fieldNames = [...new Set([...texts.values()].flatMap(({ fields }) => fields))].sort()
  const plain = [...sources.values()].map((source) => (source.includes('{{') || source.includes('{%') ? PLAIN.exec(source)?.[1] : ''))
  const plainFields = plain.some((field) => field === undefined) ? undefined : [...new Set(plain.filter((field) => field !== ''))]
  return {
    ok: true,
    message: {
      fieldNames,
      trackedButtons,
      optOutButtons,
      plainFields: plainFields as string[] | undefined,
      render: (fields, hooks) => renderMessage(input, buttons, texts, trackedButtons, scopeOf(fieldNames, fields), hooks),
    },
  }
}
