import { parseArgs } from 'node:util'
import { machineFacts, machineShown } from './machine.ts'
import { drawPage } from './page.ts'
import { PARTS } from './parts.ts'
import { type PartResult, reportPart } from './report.ts'
import { isTrue, judged, latest, publish, save } from './results.ts'
import { sizesOf, variablesShown } from './sizes.ts'

const USAGE = `npm run bench -- [options]     how fast the whole product is on this machine, each figure beside a baseline; bounded, ends by itself
  --smoke     tiny sizes, at most a minute: tells that every part runs, and nothing about speed
  --publish   puts what was measured into docs/bench/latest.json and draws docs/performance.md from it
  --draw      draws docs/performance.md again, without measuring
  --help      this text

Parts, all of them unless BENCH_ONLY names some (BENCH_ONLY=send,pace):
${PARTS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

Sizes by the environment, with what they are otherwise; goals are judged at these alone:
${variablesShown()}`

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    draw: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) console.log(USAGE)
else if (values.draw) drawPage(latest())
else process.exit((await measure()) ? 0 : 1)

/** @returns whether every part came to its end and all is so that must be; goals that are missed are figures, not faults */
async function measure(): Promise<boolean> {
  const sizes = sizesOf(process.env, { isSmoke: values.smoke })
  const wanted = (process.env.BENCH_ONLY || undefined)?.split(',').map((name) => name.trim())
  const unknown = wanted?.filter((name) => !PARTS.some((part) => part.name === name)) ?? []
  if (unknown.length > 0) throw new Error(`BENCH_ONLY names no part: ${unknown.join(', ')}`)
  console.log(machineShown(machineFacts()))
  const chosen = PARTS.filter(({ name }) => wanted === undefined || wanted.includes(name))
  const results = new Map<string, PartResult>()
  const inOrder = () => chosen.flatMap(({ name }) => results.get(name) ?? [])
  const waiting = [...chosen]
  const drive = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const { name, measure: run } = part
      results.set(name, await reportPart(name, (report) => run(report, sizes)))
      save({ parts: inOrder() }, values.smoke ? 'smoke' : 'run') // what was measured so far is there whatever happens next
    }
  }
  // where nothing is timed, one part starts its server while another waits for its own
  await Promise.all(values.smoke ? [drive(), drive()] : [drive()])
  const parts = inOrder()
  console.log('\n— goals')
  for (const { figure, goal, measured, verdict } of judged({ parts }))
    console.log(`${verdict.padEnd(13)} ${figure}\n${' '.repeat(14)}goal ${goal}; measured ${measured}`)
  console.log(`\nsaved: ${save({ parts }, values.smoke ? 'smoke' : (parts[0]?.takenAt ?? 'run').replaceAll(':', '-'))}`)
  if (values.publish) drawPage(publish({ parts }, latest()))
  return isTrue({ parts })
}
