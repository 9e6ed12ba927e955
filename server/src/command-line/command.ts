import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from '../people/commands.ts'

/** Every option there is, with the word its help shows for the value; null: a switch. */
const OPTIONS = {
  workspace: 'ID',
  name: 'NAME',
  permissions: 'A:B,C:D',
  id: 'ID',
  file: 'FILE',
  email: 'E',
  role: 'ROLE',
  campaign: 'ID',
  'audience-max': 'N',
  minutes: 'M',
  'without-two-factor': null,
  'print-key': null,
  'without-erased': null,
} as const
export type OptionName = keyof typeof OPTIONS

/** What a command did: `data` for `--json`, `text` for people. */
export interface Told {
  readonly data: unknown
  /** Empty: nothing is printed. */
  readonly text: string
  /** Default 0. */
  readonly exitCode?: number
}

/** A command with what it takes; `[name]` in `takes` may be left out. */
export interface Command<Context> {
  /** For example `keys create`. */
  readonly name: string
  readonly takes: readonly (OptionName | readonly [OptionName])[]
  readonly about: string
  /** More for its own help. */
  readonly more?: string
  run(context: Context, given: Given): Promise<Told>
}

/** The options of one call. */
export interface Given {
  readonly text: Readonly<Partial<Record<OptionName, string>>>
  readonly is: Readonly<Partial<Record<OptionName, boolean>>>
  /** @throws when it is missing or empty */
  needed(name: OptionName): string
}

export type Parsed<Context> =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly command: Command<Context>; readonly given: Given; readonly isJson: boolean }

/** True when the output of this call is for machines, even one that cannot be parsed. */
export const wantsJson = (args: readonly string[]): boolean => args.includes('--json')

/** @throws UsageError for a command or an option that is not known */
export function parse<Context>(args: readonly string[], commands: readonly Command<Context>[]): Parsed<Context> {
  const words = args.filter((word, i) => !word.startsWith('-') && !takesValue(args[i - 1]))
  const command = commands.find(({ name }) => name === words.join(' '))
  if (command === undefined) {
    const isAsked = args.length === 0 || args.includes('--help') || args.includes('-h')
    const within = commands.filter(({ name }) => words.length > 0 && name.startsWith(`${words.join(' ')} `))
    if (isAsked && (words.length === 0 || within.length > 0)) return { kind: 'help', text: helpOf(within.length > 0 ? within : commands) }
    const said = words.length === 0 ? 'Which command?' : `There is no command ${words.join(' ')}.`
    throw new UsageError(`${said} \`npm run fanfare -- --help\` lists them.`)
  }
  const { values } = parsed(command, args)
  if (values.help === true) return { kind: 'help', text: helpOn(command) }
  const given: Given = {
    text: Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string')),
    is: Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'boolean')),
    needed(name) {
      const value = values[name]
      if (typeof value !== 'string' || value.trim() === '') throw new UsageError(`--${name} is needed.\n${helpOn(command)}`)
      return value.trim()
    },
  }
  for (const option of command.takes) if (typeof option === 'string') given.needed(option)
  return { kind: 'run', command, given, isJson: values.json === true }
}

const takesValue = (word: string | undefined): boolean => word?.startsWith('--') === true && !!OPTIONS[word.slice(2) as OptionName]

const optionsOf = ({ takes }: Pick<Command<never>, 'takes'>): OptionName[] =>
  takes.map((option) => (typeof option === 'string' ? option : option[0]))

function parsed(
  command: Pick<Command<never>, 'name' | 'takes'>,
  args: readonly string[],
): { values: Record<string, string | boolean | undefined> } {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } }
  for (const name of optionsOf(command)) options[name] = { type: OPTIONS[name] === null ? 'boolean' : 'string' }
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options }) as { values: Record<string, string | boolean | undefined> }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. \`npm run fanfare -- ${command.name} --help\` lists its options.`)
  }
}

const usageOf = ({ name, takes }: Pick<Command<never>, 'name' | 'takes'>): string =>
  [
    name,
    ...takes.map((option) => {
      const optional = typeof option !== 'string'
      const known = optional ? option[0] : option
      const text = OPTIONS[known] === null ? `--${known}` : `--${known} ${OPTIONS[known]}`
      return optional ? `[${text}]` : text
    }),
  ].join(' ')

const COMMON = `Each takes --json (one JSON value on standard output; errors as JSON on standard error) and --help.
Exit code: 0 done, 1 failed, 2 not understood.`

function helpOf(commands: readonly Pick<Command<never>, 'name' | 'takes' | 'about'>[]): string {
  const lines = commands.map((command) => `  ${usageOf(command)}\n      ${command.about}`)
  return ['Usage: npm run fanfare -- <command> [options]', '', ...lines, '', COMMON].join('\n')
}

const helpOn = (command: Pick<Command<never>, 'name' | 'takes' | 'about' | 'more'>): string =>
  [
    `Usage: npm run fanfare -- ${usageOf(command)} [--json]`,
    '',
    command.about,
    ...(command.more === undefined ? [] : ['', command.more]),
  ].join('\n')
