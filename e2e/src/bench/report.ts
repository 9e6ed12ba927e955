import { cpus, totalmem } from 'node:os'

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number } | undefined
  readonly note?: string
}
export interface Report {
  row(row: Row): void
  /** Anything that must be so, whatever the speed. */
  mustBe(what: string, isSo: boolean, note: string): void
  readonly rows: readonly Row[]
  /** False when something that must be so was not. */
  readonly isTrue: boolean
}

const shown = (value: number, unit: string): string => {
  const digits = unit === 's' ? 2 : unit === 'ms' ? 1 : 0
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`.replace(' /s', '/s')
}

/** Prints each row as it comes: figure, goal, whether it is met. */
export function makeReport(): Report {
  const rows: Row[] = []
  let isTrue = true
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}\n`)
  return {
    rows,
    get isTrue() {
      return isTrue
    },
    row(row) {
      rows.push(row)
      const { goal } = row
      const isMet = goal === undefined || ('atMost' in goal ? row.value <= goal.atMost : row.value >= goal.atLeast)
      const wanted =
        goal === undefined ? '' : `goal ${'atMost' in goal ? '≤' : '≥'} ${shown('atMost' in goal ? goal.atMost : goal.atLeast, row.unit)}`
      console.log(
        `${row.what.padEnd(62)} ${shown(row.value, row.unit).padStart(12)}   ${wanted.padEnd(18)} ${isMet ? '' : 'MISSED '}${row.note ?? ''}`,
      )
    },
    mustBe(what, isSo, note) {
      if (!isSo) isTrue = false
      console.log(`${what.padEnd(62)} ${(isSo ? 'yes' : 'NO').padStart(12)}   ${note}`)
    },
  }
}
