import { type Compiled, type CompileProblem, compileMessage } from './compile.ts'
import { headerFormat, numberedButtons, parametersOf } from './parameters.ts'
import type { MessageInput } from './render.ts'

/**
 * One message in several languages: each version is compiled by itself and must have a value for all it asks for; a variable may belong to
 * some of them only. Fields are read once for all versions. Problems name the language.
 */
export function compileVersions(inputs: readonly MessageInput[]): Compiled {
  const [own] = inputs
  if (own === undefined) throw new Error('a message has at least one version')
  if (inputs.length === 1) return compileMessage(own)
  const known = inputs.map(keysOf)
  const problems: CompileProblem[] = Object.keys(own.variables)
    .filter((key) => !known.some((keys) => keys.has(key)))
    .map((key) => ({ slug: 'invalid-input', key, detail: `No language of the template has a parameter ${key}.` }))
  if (own.headerMedia !== null && !inputs.some(takesMedia))
    problems.push({ slug: 'invalid-input', key: 'headerMedia', detail: 'The template has no media header.' })
  const compiled = inputs.map((input, i) => compileMessage(only(input, known[i] ?? new Set())))
  compiled.forEach((one, i) => {
    if (!one.ok) problems.push(...one.problems.map((problem) => ({ ...problem, detail: `${problem.detail} (${inputs[i]?.language})` })))
  })
  const versions = compiled.flatMap((one) => (one.ok ? [one.message] : []))
  if (problems.length > 0) return { ok: false, problems }
  const fieldNames = [...new Set(versions.flatMap((version) => version.fieldNames))].sort()
  const places = versions.map((version) => version.fieldNames.map((name) => fieldNames.indexOf(name)))
  const plain = versions.map(({ plainFields }) => plainFields)
  return {
    ok: true,
    message: {
      fieldNames,
      trackedButtons: [...new Set(versions.flatMap(({ trackedButtons }) => trackedButtons))],
      optOutButtons: [...new Set(versions.flatMap(({ optOutButtons }) => optOutButtons))],
      plainFields: plain.some((names) => names === undefined) ? undefined : [...new Set(plain.flatMap((names) => names ?? []))],
      plainByVersion: plain.map((names) => names ?? []),
      render(fields, hooks, version = 0) {
        const one = versions[version]
        if (one === undefined) throw new Error(`the message has no version ${version}`)
        return one.render(
          (places[version] ?? []).map((place) => fields[place] ?? null),
          hooks,
        )
      },
    },
  }
}

const takesMedia = ({ components }: MessageInput): boolean => ['IMAGE', 'VIDEO', 'DOCUMENT'].includes(headerFormat(components))

/** The keys of `variables` that this version understands: its parameters, and its quick replies to be marked. */
const keysOf = ({ components }: MessageInput): Set<string> =>
  new Set([
    ...parametersOf(components).flatMap(({ key, type }) => (type === 'media' ? [] : [key])),
    ...numberedButtons(components).flatMap(({ key, button }) => (button.type === 'QUICK_REPLY' ? [key] : [])),
  ])

/** The input with only what this version takes. */
function only(input: MessageInput, keys: ReadonlySet<string>): MessageInput {
  const { fileName, ...media } = input.headerMedia ?? { link: '' }
  const isDocument = headerFormat(input.components) === 'DOCUMENT'
  return {
    ...input,
    variables: Object.fromEntries(Object.entries(input.variables).filter(([key]) => keys.has(key))),
    headerMedia: input.headerMedia === null || !takesMedia(input) ? null : isDocument ? input.headerMedia : media,
  }
}
