/** What the figures are to reach: the rows of the table that the suite ends with, and that docs/performance.md shows. */

export type Goal = { readonly atMost: number } | { readonly atLeast: number }
export interface Condition {
  /** Of the row that measures it. */
  readonly key: string
  readonly goal: Goal
  /** How the value is told: `12 ms p99`. */
  readonly shown: (value: number) => string
}
export interface GoalRow {
  readonly figure: string
  readonly goal: string
  readonly conditions: readonly Condition[]
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const as =
  (text: string, digits = 0) =>
  (value: number): string =>
    text.replace('#', number(value, digits))
const atMost = (key: string, limit: number, shown: Condition['shown']): Condition => ({ key, goal: { atMost: limit }, shown })
const atLeast = (key: string, limit: number, shown: Condition['shown']): Condition => ({ key, goal: { atLeast: limit }, shown })

/** Messages in any 100 ms at 1,000 a second: max(12 %, 2) + 1 of a second's rate. */
export const WINDOW_MAX = 121

export const GOALS: readonly GoalRow[] = [
  {
    figure: 'Messages/s, one server process, ten numbers, 100 ms latency, everything durable, receipts withheld until sending ends',
    goal: '≥ 10,000, and ≥ 0.5 × a bare undici loop against the same simulator',
    conditions: [atLeast('send.perSecond', 10_000, as('#/s')), atLeast('send.share', 0.5, as('# × bare', 2))],
  },
  {
    figure: 'One number at 1,000/s for 60 s',
    goal: '± 2 %, smooth (no 100 ms above 121), p99 lateness ≤ 100 ms',
    conditions: [
      atMost('pace.error', 2, as('± # %', 1)),
      atMost('pace.window', WINDOW_MAX, as('at most # in 100 ms')),
      atMost('pace.lateness', 100, as('p99 # ms late')),
    ],
  },
  {
    figure: 'Receipts while sending at 1,000/s',
    goal: '3,000/s, ack p50 ≤ 20 ms, p99 ≤ 100 ms, screen lag ≤ 1 s, 0 lost',
    conditions: [
      atLeast('receipts.perSecond', 2_940, as('#/s')),
      atMost('receipts.ackP50', 20, as('ack p50 # ms', 1)),
      atMost('receipts.ackP99', 100, as('p99 # ms', 1)),
      atMost('receipts.lag', 1, as('lag # s', 2)),
      atMost('receipts.lost', 0, as('# lost')),
    ],
  },
  {
    figure: 'Receipt ceiling, batches of 50',
    goal: '≥ 20,000/s',
    conditions: [atLeast('ceiling.perSecond', 20_000, as('#/s applied'))],
  },
  {
    figure: 'Launch of 1 M recipients',
    goal: 'quick-run answers ≤ 200 ms, freeze ≤ 5 s, first message ≤ 1 s after it',
    conditions: [
      atMost('launch.answer', 200, as('# ms')),
      atMost('launch.freeze', 5, as('freeze # s', 1)),
      atMost('launch.first', 1, as('first # s after', 2)),
    ],
  },
  {
    figure: 'Import of 1 M CSV rows',
    goal: '≤ 20 s, ≤ 250 MB',
    conditions: [atMost('import.seconds', 20, as('# s', 1)), atMost('import.memory', 250, as('# MB'))],
  },
  {
    figure: 'Every read route, p99, at 10 M recipients',
    goal: '≤ 50 ms, and ≤ 1.5 × its figure at 10 k (search: ≤ 100 ms)',
    conditions: [
      atMost('pages.p99', 50, as('slowest # ms', 1)),
      atMost('pages.growth', 1.5, as('at most # ×', 2)),
      atMost('pages.search', 100, as('search # ms', 1)),
    ],
  },
  {
    figure: 'CPU per message, whole life, server + database',
    goal: '≤ 120 µs, flat within 20 % from 10 k to 10 M',
    conditions: [atMost('life.cpu', 120, as('# µs')), atMost('life.growth', 20, as('± # %'))],
  },
  {
    figure: 'Memory of the server process during 1 M',
    goal: '≤ 200 MB, flat',
    conditions: [atMost('memory.peak', 200, as('# MB')), atMost('memory.growth', 10, as('grew # %'))],
  },
  {
    figure: 'Start to ready with 10 M recipients stored, after a clean stop',
    goal: '≤ 3 s',
    conditions: [atMost('start.seconds', 3, as('# s', 2))],
  },
]

const CONDITIONS = new Map(GOALS.flatMap(({ conditions }) => conditions.map((condition) => [condition.key, condition] as const)))
/** The goal of a row by its key. */
export const goalOf = (key: string | undefined): Goal | undefined => (key === undefined ? undefined : CONDITIONS.get(key)?.goal)
export const isMet = (value: number, goal: Goal): boolean => ('atMost' in goal ? value <= goal.atMost : value >= goal.atLeast)

export interface Judged {
  readonly figure: string
  readonly goal: string
  readonly measured: string
  /** `not measured`: not all of it, at the full size. */
  readonly verdict: 'met' | 'not met' | 'not measured'
}

/** The goals judged by measured values, by key. */
export function judge(values: ReadonlyMap<string, number>): Judged[] {
  return GOALS.map(({ figure, goal, conditions }) => {
    const known = conditions.flatMap((condition) => {
      const value = values.get(condition.key)
      return value === undefined ? [] : [{ ...condition, value }]
    })
    const isComplete = known.length === conditions.length
    const isReached = known.every((condition) => isMet(condition.value, condition.goal))
    return {
      figure,
      goal,
      measured: known.map(({ value, shown }) => shown(value)).join(', ') || '–',
      verdict: !isReached ? 'not met' : isComplete ? 'met' : 'not measured',
    }
  })
}
