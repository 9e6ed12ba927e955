import type { Report } from './report.ts'
import type { Stand } from './stand.ts'
import { median } from './statistics.ts'

/**
 * From the start of a server to its first `ready`, after a clean stop: with the database running, and with the embedded one that it starts
 * itself, as `npm start` does. The stand is over after the second: its database ends with that server.
 * @returns seconds with the embedded database
 */
export async function measureReady(report: Report, stand: Stand, size: number, rounds: number): Promise<number> {
  const { world } = stand
  const beside: number[] = []
  for (let round = 0; round < rounds; round++) {
    await world.server().stop()
    beside.push(await secondsOf(() => world.start()))
  }
  const embedded: number[] = []
  await stand.client.end()
  await world.server().stop()
  await stand.database.stop()
  for (let round = 0; round < rounds; round++) {
    embedded.push(await secondsOf(() => world.start({ DATABASE_URL: '' })))
    await world.server().stop()
  }
  const among = `start to ready with ${size.toLocaleString('en')} stored`
  report.row({ what: `${among}, PostgreSQL included`, value: median(embedded), unit: 's' })
  report.row({ what: '… with PostgreSQL running', value: median(beside), unit: 's' })
  return median(embedded)
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begunMs = performance.now()
  await work()
  return (performance.now() - begunMs) / 1_000
}
