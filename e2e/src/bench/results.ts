import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Judged, judge } from './goals.ts'
import type { PartResult } from './report.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
export const at = (path: string): string => join(ROOT, path)
/** What docs/performance.md is drawn from: the latest published result of each part. */
const LATEST = 'docs/bench/latest.json'

export interface Results {
  readonly parts: readonly PartResult[]
}

/** Values that a goal speaks of. */
export const valuesOf = ({ parts }: Results): Map<string, number> =>
  new Map(parts.flatMap(({ rows }) => rows.flatMap(({ key, value }) => (key === undefined ? [] : [[key, value] as const]))))

export const judged = (results: Results): Judged[] => judge(valuesOf(results))

/** Whether each part came to its end, with figures that are numbers and everything so that must be. */
export const isTrue = ({ parts }: Results): boolean =>
  parts.every(
    ({ failure, rows, checks }) =>
      failure === undefined && rows.every(({ value }) => Number.isFinite(value)) && checks.every((one) => one.isSo),
  )

/** Three decimals tell enough, and a list of numbers stands on one line. */
const text = (results: Results): string => {
  const rounded = (_key: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value)
  return `${JSON.stringify(results, rounded, 2).replace(/\[[-\d.,\s]+\]/g, (list) => list.replace(/\s+/g, ' '))}\n`
}

/** Keeps a run in `bench-results/`. @returns where */
export function save(results: Results, name: string): string {
  mkdirSync(at('bench-results'), { recursive: true })
  const file = `bench-results/${name}.json`
  writeFileSync(at(file), text(results))
  return file
}

export const latest = (): Results => JSON.parse(readFileSync(at(LATEST), 'utf8')) as Results

/** Parts of this run take the place of their earlier results; other parts stay. @returns what stands in the file now */
export function publish(results: Results, before: Results): Results {
  const now = new Map([...before.parts, ...results.parts].map((part) => [part.name, part]))
  mkdirSync(at('docs/bench'), { recursive: true })
  writeFileSync(at(LATEST), text({ parts: [...now.values()] }))
  return latest()
}
