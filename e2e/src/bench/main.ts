import { measureAccepts } from './accepts.ts'
import { measureProduct } from './product.ts'
import { makeReport } from './report.ts'

/**
 * `npm run bench`: how fast the whole product is on this machine, with the simulator and PostgreSQL beside it. Bounded; ends by itself.
 * BENCH_PEOPLE, BENCH_IMPORT_ROWS (0: none) and BENCH_LATENCY_MS change its sizes.
 */
const sizes = {
  people: Number(process.env.BENCH_PEOPLE ?? 100_000),
  importRows: Number(process.env.BENCH_IMPORT_ROWS ?? 1_000_000),
  latencyMs: Number(process.env.BENCH_LATENCY_MS ?? 100),
}
const report = makeReport()
console.log(`${sizes.people.toLocaleString('en')} people, ${sizes.latencyMs} ms simulated latency, receipts withheld while sending\n`)
await measureAccepts(report)
await measureProduct(report, sizes)
process.exit(report.isTrue ? 0 : 1)
