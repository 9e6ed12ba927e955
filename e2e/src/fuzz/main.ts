import { parseArgs } from 'node:util'
import { fuzz } from './run.ts'
import { fuzzedServer } from './server.ts'

const { values } = parseArgs({ options: { bodies: { type: 'string', default: '2000' }, seed: { type: 'string' } } })
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const bodiesPerRoute = Number(values.bodies)

console.log(`Fuzzing every route with ${bodiesPerRoute} requests; --seed ${seed} repeats this run`)
const server = await fuzzedServer()
try {
  const startedAt = performance.now()
  const report = await fuzz({ ...server, seed, bodiesPerRoute })
  console.log(
    `${report.requests.toLocaleString('en')} requests to ${report.routes} routes in ${Math.round((performance.now() - startedAt) / 1_000)} s`,
  )
  console.table(report.byStatus)
  for (const { route, what, request } of report.faults) console.log(`\n✖ ${route} ${what}\n${request}`)
  console.log(report.faults.length === 0 ? '\nNo fault.' : `\n${report.faults.length} faults.`)
  process.exitCode = report.faults.length === 0 ? 0 : 1
} finally {
  await server.close()
}
process.exit()
