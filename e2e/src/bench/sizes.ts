/** How much each part does; the environment changes one by one, `--smoke` all of them. Goals are judged at the full sizes alone. */
export interface Sizes {
  /** Of one round of load on the simulator alone. */
  readonly acceptSeconds: number
  /** Messages of one round of sending, over ten numbers. */
  readonly messages: number
  /** Rounds whose median is told. */
  readonly rounds: number
  readonly latenciesMs: readonly number[]
  readonly paceSeconds: number
  readonly numbersSeconds: number
  readonly receiptSeconds: number
  readonly burstReceipts: number
  readonly importRows: number
  readonly launchRecipients: number
  /** Recipients of the histories that pages are read from. */
  readonly histories: readonly number[]
  readonly pageRequests: number
  /** Messages sent inside each history, for the cost of one. */
  readonly lifeMessages: number
  /** People of the small figures. */
  readonly people: number
  /** Contacts of the live counts. */
  readonly contacts: number
  readonly consolePeople: number
  readonly consoleSeconds: number
}

export const FULL: Sizes = {
  acceptSeconds: 3,
  messages: 200_000,
  rounds: 3,
  latenciesMs: [0, 100, 250],
  paceSeconds: 60,
  numbersSeconds: 30,
  receiptSeconds: 60,
  burstReceipts: 10_000,
  importRows: 1_000_000,
  launchRecipients: 1_000_000,
  histories: [10_000, 1_000_000, 10_000_000],
  pageRequests: 300,
  lifeMessages: 100_000,
  people: 100_000,
  contacts: 1_000_000,
  consolePeople: 40_000,
  consoleSeconds: 10,
}

/** Enough that every part runs to its end; its figures say nothing. */
const SMOKE: Sizes = {
  acceptSeconds: 0.2,
  messages: 500,
  rounds: 1,
  latenciesMs: [20],
  paceSeconds: 0.4,
  numbersSeconds: 0.1,
  receiptSeconds: 0.4,
  burstReceipts: 100,
  importRows: 500,
  launchRecipients: 500,
  histories: [1_000],
  pageRequests: 2,
  lifeMessages: 300,
  people: 300,
  contacts: 500,
  consolePeople: 300,
  consoleSeconds: 1,
}

const VARIABLES: { readonly [K in keyof Sizes]: string } = {
  acceptSeconds: 'BENCH_ACCEPT_SECONDS',
  messages: 'BENCH_MESSAGES',
  rounds: 'BENCH_ROUNDS',
  latenciesMs: 'BENCH_LATENCIES_MS',
  paceSeconds: 'BENCH_PACE_SECONDS',
  numbersSeconds: 'BENCH_NUMBERS_SECONDS',
  receiptSeconds: 'BENCH_RECEIPT_SECONDS',
  burstReceipts: 'BENCH_BURST_RECEIPTS',
  importRows: 'BENCH_IMPORT_ROWS',
  launchRecipients: 'BENCH_LAUNCH_RECIPIENTS',
  histories: 'BENCH_SIZES',
  pageRequests: 'BENCH_PAGE_REQUESTS',
  lifeMessages: 'BENCH_LIFE_MESSAGES',
  people: 'BENCH_PEOPLE',
  contacts: 'BENCH_CONTACTS',
  consolePeople: 'BENCH_CONSOLE_PEOPLE',
  consoleSeconds: 'BENCH_CONSOLE_SECONDS',
}

/** The sizes of a run. Throws with the variable's name when one is not a whole number, or a list of them. */
export function sizesOf(environment: Record<string, string | undefined>, options: { readonly isSmoke: boolean }): Sizes {
  const base = options.isSmoke ? SMOKE : FULL
  const entries = Object.entries(VARIABLES).map(([name, variable]) => {
    const given = environment[variable]
    const fallback = base[name as keyof Sizes]
    if (given === undefined || given === '') return [name, fallback]
    const numbers = given.split(',').map(Number)
    if (numbers.some((n) => !Number.isInteger(n) || n < 0) || (!Array.isArray(fallback) && numbers.length !== 1))
      throw new Error(`${variable}=${given} is not a ${Array.isArray(fallback) ? 'list of whole numbers' : 'whole number'}`)
    return [name, Array.isArray(fallback) ? numbers : numbers[0]]
  })
  return Object.fromEntries(entries) as unknown as Sizes
}

/** `BENCH_MESSAGES (200,000)`, one a line. */
export const variablesShown = (): string =>
  Object.entries(VARIABLES)
    .map(([name, variable]) => `  ${variable} (${[FULL[name as keyof Sizes]].flat().join(',')})`)
    .join('\n')
