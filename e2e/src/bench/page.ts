import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { shownNumber } from './charts.ts'
import { type Chart, chartsOf } from './gallery.ts'
import { isMet } from './goals.ts'
import { machineShown } from './machine.ts'
import type { PartResult, Row } from './report.ts'
import { at, judged, type Results } from './results.ts'

const PAGE = 'docs/performance.md'

/** Draws docs/performance.md and its charts from what was measured; charts of parts that have none any more go. */
export function drawPage(results: Results): void {
  const charts = chartsOf(results.parts)
  for (const file of globSync('docs/images/bench-*.svg', { cwd: at('.') })) rmSync(at(file))
  for (const { name, svg } of charts) writeFileSync(at(`docs/images/${name}.svg`), svg)
  writeFileSync(at(PAGE), pageOf(readFileSync(at(PAGE), 'utf8'), results, charts))
}

/** The page with its measured stretches anew; what people wrote around them stays. Throws when a stretch is not there. */
export function pageOf(page: string, results: Results, charts: readonly Chart[]): string {
  const stretches = { goals: goalTable(results), machine: measuredOn(results), charts: gallery(charts), figures: furtherFigures(results) }
  return Object.entries(stretches).reduce((text, [name, content]) => {
    const stretch = new RegExp(`(<!-- measured: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
    if (!stretch.test(text)) throw new Error(`${PAGE} has no stretch for ${name}`)
    return text.replace(stretch, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`)
  }, page)
}

function goalTable(results: Results): string {
  const rows = judged(results).map(({ figure, goal, measured, verdict }) => `| ${figure} | ${goal} | ${measured} | ${verdict} |`)
  return ['| Figure | Goal | Measured | Result |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function measuredOn({ parts }: Results): string {
  const machines = Map.groupBy(parts, (part) => `${part.takenAt.slice(0, 10)} on ${machineShown(part.machine)}`)
  const told = [...machines].map(([machine, of]) => `- ${machine}: ${of.map(({ name }) => `\`${name}\``).join(', ')}`)
  const isWhole = judged({ parts }).every(({ verdict }) => verdict !== 'not measured')
  const warning = 'Not every goal was measured at its full size, so these figures and charts are of a shorter run and say little.'
  return [...(isWhole ? [] : [warning, '']), ...told].join('\n')
}

const gallery = (charts: readonly Chart[]): string => charts.map(({ name, alt }) => `![${alt}](images/${name}.svg)`).join('\n\n')

/** Rows with a goal of their own, and failed checks: what the table of goals does not tell. */
function furtherFigures({ parts }: Results): string {
  const rows = parts.flatMap((part) => part.rows.map((row) => ({ part, row }))).filter(({ row }) => row.goal !== undefined)
  const line = ({ part, row }: { readonly part: PartResult; readonly row: Row }) => {
    const limit =
      row.goal === undefined ? '' : 'atMost' in row.goal ? `≤ ${shownNumber(row.goal.atMost)}` : `≥ ${shownNumber(row.goal.atLeast)}`
    const verdict = row.goal !== undefined && !isMet(row.value, row.goal) ? 'not met' : 'met'
    return `| \`${part.name}\` | ${row.what} | ${limit} ${row.unit} | ${shownNumber(row.value)} ${row.unit} | ${verdict} |`.replaceAll(
      ' /s',
      '/s',
    )
  }
  return ['| Part | Figure | Goal | Measured | Result |', '| --- | --- | --- | --- | --- |', ...rows.map(line)].join('\n')
}
