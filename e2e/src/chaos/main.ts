// The fault matrix as a program: see docs/chaos.md. Exit 1 when a cell broke a promise.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BREAKS, playBreaks } from './breaks.ts'
import { CELLS } from './cells.ts'
import { nameOf } from './play.ts'
import { startPostgres } from './postgres.ts'
import { table } from './report.ts'
import { type Result, runCell } from './run.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    cell: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '2' },
    json: { type: 'string', default: 'chaos-result.json' },
    report: { type: 'boolean', default: false },
    prove: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const USAGE = `npm run chaos -- [options]
  --quick           the quick matrix: at most 15 minutes on two cores
  --cell <text>     only cells whose name contains this; may be repeated
  --seed <n>        where faults strike and how long answers take (default 1)
  --parallel <n>    cells at a time (default 2)
  --json <file>     machine-readable result (default chaos-result.json)
  --report          writes docs/chaos.md
  --prove           breaks the product on purpose, ${BREAKS.length} ways, and demands that a cell notices each
  --list            names the cells and ends`

const chosen = CELLS.filter(
  (cell) =>
    (values.cell.length === 0 || values.cell.some((text) => nameOf(cell).includes(text))) &&
    (!values.quick || cell.isQuick === true || values.cell.length > 0),
)
if (values.help) console.log(USAGE)
else if (values.list) for (const cell of CELLS) console.log(`${cell.isQuick ? '*' : ' '} ${nameOf(cell)}`)
else await main()

async function main(): Promise<void> {
  const seed = Number(values.seed)
  const postgres = await startPostgres()
  try {
    if (values.prove) {
      process.exitCode = (await playBreaks(postgres, seed, values.cell)) ? 0 : 1
      return
    }
    console.log(`${chosen.length} cells, seed ${seed}`)
    const results: Result[] = []
    const queue = [...chosen].sort((a, b) => (b.stage?.people ?? 0) - (a.stage?.people ?? 0)) // the long ones first
    const beganMs = performance.now()
    const turn = async () => {
      for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
        const result = await runCell(cell, seed, postgres)
        results.push(result)
        console.log(
          `${{ held: '✔', broken: '✘', 'not run': '–' }[result.outcome]} ${result.name} (seed ${seed}, ${result.seconds} s)${result.failures.map((text) => `\n    ${text}`).join('')}`,
        )
      }
    }
    await Promise.all(Array.from({ length: Number(values.parallel) }, turn))
    const minutes = (performance.now() - beganMs) / 60_000
    const order = new Map(CELLS.map((cell, i) => [nameOf(cell), i]))
    results.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0))
    const broken = results.filter(({ outcome }) => outcome === 'broken')
    const notRun = results.filter(({ outcome }) => outcome === 'not run')
    console.log(
      `\n${results.length - broken.length - notRun.length} held, ${broken.length} broken, ${notRun.length} not run, ${minutes.toFixed(1)} min`,
    )
    for (const { name } of broken) console.log(`  again: npm run chaos -- --cell '${name}' --seed ${seed}`)
    writeFileSync(values.json, `${JSON.stringify({ seed, quick: values.quick, minutes: Number(minutes.toFixed(1)), results }, null, 2)}\n`)
    if (values.report) {
      const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
      mkdirSync(docs, { recursive: true })
      writeFileSync(`${docs}chaos.md`, table({ results, seed, isQuick: values.quick, minutes }))
    }
    process.exitCode = broken.length > 0 ? 1 : 0
  } finally {
    await postgres.close()
  }
}
