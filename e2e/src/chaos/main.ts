// The fault matrix as a program: see docs/chaos.md. Exit 1 when a cell broke a promise.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BREAKS, type Proof, playBreaks } from './breaks.ts'
import { CELLS } from './cells.ts'
import { nameOf } from './play.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { page, type Run } from './report.ts'
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
  --prove           breaks the product on purpose, ${BREAKS.length} ways, and demands that a cell notices each (kept in chaos-proof.json)
  --report          writes docs/chaos.md from the two files, without playing
  --list            names the cells and ends`

const chosen = CELLS.filter(
  (cell) =>
    (values.cell.length === 0 || values.cell.some((text) => nameOf(cell).includes(text))) &&
    (!values.quick || cell.isQuick === true || values.cell.length > 0),
)
const PROOF_FILE = 'chaos-proof.json'

if (values.help) console.log(USAGE)
else if (values.list) for (const cell of CELLS) console.log(`${cell.isQuick ? '*' : ' '} ${nameOf(cell)}`)
else if (values.report) writePage()
else await play()

async function play(): Promise<void> {
  const seed = Number(values.seed)
  const postgres = await startPostgres()
  try {
    if (values.prove) {
      const proofs = await playBreaks(postgres, seed, values.cell)
      writeFileSync(PROOF_FILE, `${JSON.stringify(proofs, null, 2)}\n`)
      process.exitCode = proofs.every(({ noticed }) => noticed !== undefined) ? 0 : 1
    } else process.exitCode = (await playCells(postgres, seed)) ? 0 : 1
  } finally {
    await postgres.close()
  }
}

/** @returns true when no cell broke a promise */
async function playCells(postgres: Postgres, seed: number): Promise<boolean> {
  console.log(`${chosen.length} cells, seed ${seed}`)
  const results: Result[] = []
  const queue = [...chosen].sort((a, b) => (b.stage?.people ?? 0) - (a.stage?.people ?? 0)) // the long ones first
  const beganMs = performance.now()
  const turn = async () => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      const result = await runCell(cell, seed, postgres)
      results.push(result)
      const mark = { held: '✔', broken: '✘', 'not run': '–' }[result.outcome]
      console.log([`${mark} ${result.name} (seed ${seed}, ${result.seconds} s)`, ...result.failures].join('\n    '))
      save()
    }
  }
  /** After every cell, so that a run that is cut short leaves what it found. */
  const save = () => {
    const order = new Map(CELLS.map((cell, i) => [nameOf(cell), i]))
    results.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0))
    const minutes = Math.round((performance.now() - beganMs) / 6_000) / 10
    const run: Run = { seed, quick: values.quick, minutes, results }
    writeFileSync(values.json, `${JSON.stringify(run, null, 2)}\n`)
    return minutes
  }
  await Promise.all(Array.from({ length: Number(values.parallel) }, turn))
  const broken = results.filter(({ outcome }) => outcome === 'broken')
  const notRun = results.filter(({ outcome }) => outcome === 'not run')
  console.log(`\n${results.length - broken.length - notRun.length} held, ${broken.length} broken, ${notRun.length} not run, ${save()} min`)
  for (const { name } of broken) console.log(`  again: npm run chaos -- --cell '${name}' --seed ${seed}`)
  return broken.length === 0
}

function writePage(): void {
  const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8'))
  const proofs = existsSync(PROOF_FILE) ? read<Proof[]>(PROOF_FILE) : undefined
  writeFileSync(fileURLToPath(new URL('../../../docs/chaos.md', import.meta.url)), page(read<Run>(values.json), proofs))
}
