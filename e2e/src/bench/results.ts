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

const text = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`

/** Keeps a run in `bench-results/`. @returns where */
export function save(results: Results, name: string): string {
  mkdirSync(at('bench-results'), { recursive: true })
  const file = `bench-results/${name}.json`
  writeFileSync(at(file), text(results))
  return file
}

export const latest = (): Results => JSON.parse(readFileSync(at(LATEST), 'utf8')) as Results

/** Parts of this run take the place of their earlier results; other parts stay. */
export function publish(results: Results, before: Results): Results {
  const now = new Map([...before.parts, ...results.parts].map((part) => [part.name, part]))
  const published = { parts: [...now.values()] }
  mkdirSync(at('docs/bench'), { recursive: true })
  writeFileSync(at(LATEST), text(published))
  return published
}
