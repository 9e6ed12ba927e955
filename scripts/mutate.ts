// Mutation testing of the pure core: changes the source in small ways and demands that a test notices each. See docs/mutation.md.
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Mutant, mutantsOf } from './mutation/mutants.ts'
import type { Answer, Job } from './mutation/worker.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const SRC = 'server/src'
/** The pure core of dispatch, receipts and status, and the tests that guard each file; none of them needs a database. */
const GUARDED: Readonly<Record<string, readonly string[]>> = {
  'dispatch/state.ts': ['dispatch/state.test.ts', 'dispatch/proof.property.test.ts'],
  'dispatch/proof.ts': ['dispatch/proof.property.test.ts'],
  'dispatch/outcome.ts': ['dispatch/outcome.test.ts', 'dispatch/outcome.table.test.ts'],
  'dispatch/verdict.ts': ['dispatch/outcome.test.ts', 'dispatch/verdict.test.ts'],
  'dispatch/pacing.ts': ['dispatch/pacing.test.ts', 'dispatch/pacing.property.test.ts'],
  'dispatch/moves.ts': ['dispatch/state.test.ts', 'dispatch/model.test.ts'],
  'dispatch/address.ts': ['dispatch/address.test.ts', 'dispatch/address.property.test.ts'],
  'dispatch/ambiguity.ts': ['dispatch/ambiguity.test.ts', 'dispatch/ambiguity.property.test.ts'],
  'campaigns/status.ts': ['campaigns/status.test.ts'],
  'campaigns/wall-time.ts': ['campaigns/wall-time.test.ts'],
  'webhooks/stop-words.ts': ['webhooks/stop-words.test.ts'],
}
/** Share of mutants that a test must notice. */
const KILLED_MIN = 0.85
const WITHIN_MS = 30_000
/** A process keeps every copy of every module it loaded: it is replaced now and then. */
const JOBS_PER_PROCESS = 150

const { values } = parseArgs({
  options: {
    file: { type: 'string', multiple: true, default: [] },
    parallel: { type: 'string', default: '2' },
    report: { type: 'boolean', default: false },
  },
})

interface Outcome {
  readonly mutant: Mutant
  readonly killedBy: string | undefined
}

/** One worker process after another; `undefined` as answer: it did not end in time, which notices a mutant too. */
function makeWorker() {
  let child: ChildProcess | undefined
  let done = 0
  const stop = () => child?.kill('SIGKILL')
  return {
    stop,
    async run(job: Job): Promise<Answer> {
      if (child === undefined || !child.connected || done++ % JOBS_PER_PROCESS === JOBS_PER_PROCESS - 1) {
        stop()
        child = fork(fileURLToPath(new URL('./mutation/worker.ts', import.meta.url)), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      }
      const worker = child
      return new Promise((resolve) => {
        const finish = (killedBy: string) => {
          worker.removeAllListeners()
          worker.kill('SIGKILL')
          child = undefined
          resolve({ id: job.id, killedBy })
        }
        const timer = setTimeout(() => finish('time-out'), WITHIN_MS)
        worker.once('exit', () => {
          clearTimeout(timer)
          finish('crash')
        })
        worker.once('message', (answer: Answer) => {
          clearTimeout(timer)
          worker.removeAllListeners('exit')
          resolve(answer)
        })
        worker.send(job)
      })
    },
  }
}

const chosen = Object.entries(GUARDED).filter(([file]) => values.file.length === 0 || values.file.some((text) => file.includes(text)))
const jobs = chosen.flatMap(([file, tests]) => {
  const path = `${root}${SRC}/${file}`
  const paths = tests.map((test) => `${root}${SRC}/${test}`)
  return [undefined, ...mutantsOf(path, readFileSync(path, 'utf8'))].map((mutant) => ({ mutant, tests: paths }))
})
const queue = jobs.map((job, id) => ({ ...job, id }))
const outcomes: Outcome[] = []
const beganMs = performance.now()

await Promise.all(
  Array.from({ length: Number(values.parallel) }, async () => {
    const worker = makeWorker()
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const { killedBy } = await worker.run(job)
      if (job.mutant !== undefined) outcomes.push({ mutant: job.mutant, killedBy })
      else if (killedBy !== undefined) {
        console.error(`The unchanged source fails "${killedBy}" in ${job.tests.join(', ')}`)
        process.exit(1)
      }
    }
    worker.stop()
  }),
)

const minutes = (performance.now() - beganMs) / 60_000
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const rows = chosen.map(([file]) => {
  const own = outcomes.filter(({ mutant }) => mutant.file.endsWith(`${SRC}/${file}`))
  const survivors = own.filter(({ killedBy }) => killedBy === undefined).sort((a, b) => a.mutant.start - b.mutant.start)
  return { file, mutants: own.length, killed: own.length - survivors.length, survivors }
})
for (const { file, mutants, killed, survivors } of rows) {
  console.log(`${file}: ${killed} of ${mutants} (${percent(killed / mutants)})`)
  for (const { mutant } of survivors) console.log(`    ${mutant.line}: ${mutant.operator}  ${mutant.was}  →  ${mutant.text}`)
}
const total = outcomes.length
const killed = outcomes.filter(({ killedBy }) => killedBy !== undefined).length
console.log(`\n${killed} of ${total} mutants noticed (${percent(killed / total)}), ${minutes.toFixed(1)} min`)
if (values.report) writeFileSync(`${root}docs/mutation.md`, report())
process.exitCode = killed / total >= KILLED_MIN ? 0 : 1

function report(): string {
  const cell = (text: string) => `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``
  return `# Mutation testing of the pure core

The modules below decide who is messaged, what an answer means and what receipts make of it. Each is changed in small ways (an operator, a
condition, a text, a call left out: the set that Stryker uses), one at a time, and the tests named in \`scripts/mutate.ts\` must notice. The
tests run in one process with fresh copies of the modules, so that a mutant costs milliseconds; one that never ends counts as noticed.

Repeat it: \`npm run mutate -- --report\` (\`--file <text>\` for one file). It fails below ${percent(KILLED_MIN)}.

| File | Mutants | Noticed | Share |
| --- | --- | --- | --- |
${rows.map(({ file, mutants, killed: own }) => `| \`${file}\` | ${mutants} | ${own} | ${percent(own / mutants)} |`).join('\n')}
| **All** | **${total}** | **${killed}** | **${percent(killed / total)}** |

## What nobody noticed

Left after looking at each: a change that no caller can see (an equivalent), a text for people, or a fallback for values that cannot occur.

| File, line | Change |
| --- | --- |
${rows.flatMap(({ file, survivors }) => survivors.map(({ mutant }) => `| \`${file}\` ${mutant.line} | ${cell(mutant.was)} → ${cell(mutant.text)} |`)).join('\n')}
`
}
