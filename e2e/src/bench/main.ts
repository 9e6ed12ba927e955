import { measureAccepts } from './accepts.ts'
import { measureConsole } from './console.ts'
import { measureCounts } from './counts.ts'
import { measureProduct } from './product.ts'
import { makeReport } from './report.ts'

/**
 * `npm run bench`: how fast the whole product is on this machine, with the simulator and PostgreSQL beside it. Bounded; ends by itself.
 * BENCH_PEOPLE, BENCH_IMPORT_ROWS (0: none) and BENCH_LATENCY_MS change its sizes; BENCH_ONLY names one part: accepts, product,
 * counts (BENCH_CONTACTS, a million) or console.
 */
const sizes = {
  people: Number(process.env.BENCH_PEOPLE ?? 100_000),
  importRows: Number(process.env.BENCH_IMPORT_ROWS ?? 1_000_000),
  latencyMs: Number(process.env.BENCH_LATENCY_MS ?? 100),
}
const report = makeReport()
console.log(`${sizes.people.toLocaleString('en')} people, ${sizes.latencyMs} ms simulated latency, receipts withheld while sending\n`)
const isWanted = (part: string) => [undefined, part].includes(process.env.BENCH_ONLY)
if (isWanted('accepts')) await measureAccepts(report)
if (isWanted('product')) await measureProduct(report, sizes)
if (isWanted('counts')) await measureCounts(report, Number(process.env.BENCH_CONTACTS ?? 1_000_000))
if (isWanted('console')) await measureConsole(report)
process.exit(report.isTrue ? 0 : 1)
