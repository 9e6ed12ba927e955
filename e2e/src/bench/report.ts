import { type Goal, goalOf, isMet } from './goals.ts'
import { type Machine, machineFacts } from './machine.ts'

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** Of a figure that stands alone; one with a key has its goal in goals.ts. */
  readonly goal?: Goal | undefined
  readonly note?: string
  /** Names a figure of goals.ts; undefined at another size than the goal speaks of. */
  readonly key?: string | undefined
}
export interface Check {
  readonly what: string
  readonly isSo: boolean
  readonly note: string
}
/** What one part measured: what is saved, and drawn. */
export interface PartResult {
  readonly name: string
  readonly takenAt: string
  readonly seconds: number
  readonly machine: Machine
  readonly rows: readonly Row[]
  readonly checks: readonly Check[]
  /** Points of charts, by name. */
  readonly series: Readonly<Record<string, readonly number[]>>
  /** Why it did not come to its end. */
  readonly failure?: string
}
export interface Report {
  row(row: Row): void
  /** Anything that must be so, whatever the speed. */
  mustBe(what: string, isSo: boolean, note: string): void
  series(name: string, points: readonly number[]): void
  /** The version of the database that was measured. */
  postgres(version: string): void
}

const shown = (value: number, unit: string): string => {
  const digits = unit === 's' || unit === '×' ? 2 : unit === 'ms' ? 1 : 0
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`.replace(' /s', '/s')
}

/** Runs one part and prints each row as it comes: figure, goal, whether it is met. A part that throws is a result too. */
export async function reportPart(name: string, run: (report: Report) => Promise<void>): Promise<PartResult> {
  const rows: Row[] = []
  const checks: Check[] = []
  const series: Record<string, readonly number[]> = {}
  let machine = machineFacts()
  const begunMs = performance.now()
  const takenAt = new Date().toISOString()
  const result = () => ({ name, takenAt, seconds: Math.round((performance.now() - begunMs) / 1_000), machine, rows, checks, series })
  console.log(`\n— ${name}`)
  try {
    await run({
      row(row) {
        rows.push(row)
        const goal = row.goal ?? goalOf(row.key)
        const wanted = goal && `goal ${'atMost' in goal ? '≤' : '≥'} ${shown('atMost' in goal ? goal.atMost : goal.atLeast, row.unit)}`
        const missed = goal !== undefined && !isMet(row.value, goal) ? 'MISSED ' : ''
        console.log(
          `${row.what.padEnd(62)} ${shown(row.value, row.unit).padStart(12)}   ${(wanted ?? '').padEnd(18)} ${missed}${row.note ?? ''}`,
        )
      },
      mustBe(what, isSo, note) {
        checks.push({ what, isSo, note })
        console.log(`${what.padEnd(62)} ${(isSo ? 'yes' : 'NO').padStart(12)}   ${note}`)
      },
      series: (of, points) => void Object.assign(series, { [of]: points }),
      postgres(version) {
        machine = { ...machine, postgres: version }
      },
    })
    return result()
  } catch (error) {
    const failure = (error as Error).message
    console.log(`${name} did not come to its end: ${(error as Error).stack ?? failure}`)
    return { ...result(), failure }
  }
}
