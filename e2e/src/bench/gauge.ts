import type pg from 'pg'
import { cpuSeconds, cpuSecondsOfTree, memoryMb, parentOf } from './processes.ts'

export interface Reading {
  readonly seconds: number
  readonly serverCpu: number
  readonly databaseCpu: number
  /** Highest resident memory of the server process in MB, read every 100 ms. */
  readonly peakMb: number
}
export interface Gauge {
  /** Of the database server, to read its memory. */
  readonly postmaster: number
  /** Measures until the returned function is called. */
  begin(): () => Reading
}

/** Reads wall time, CPU and memory of a server process and its database: CPU tells the cost also on a machine that has other work. */
export async function makeGauge(client: pg.Client, serverPid: () => number): Promise<Gauge> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const postmaster = parentOf(rows[0]?.pid ?? 0)
  const read = () => ({ at: performance.now(), server: cpuSeconds(serverPid()), database: cpuSecondsOfTree(postmaster) })
  return {
    postmaster,
    begin() {
      const from = read()
      let peakMb = memoryMb(serverPid())
      const watch = setInterval(() => {
        peakMb = Math.max(peakMb, memoryMb(serverPid()))
      }, 100)
      return () => {
        clearInterval(watch)
        const to = read()
        return { seconds: (to.at - from.at) / 1_000, serverCpu: to.server - from.server, databaseCpu: to.database - from.database, peakMb }
      }
    },
  }
}

/** `server 31 + database 24 µs CPU a row` */
export const costEach = ({ serverCpu, databaseCpu }: Reading, count: number, each: string): string =>
  `server ${((serverCpu / count) * 1e6).toFixed(0)} + database ${((databaseCpu / count) * 1e6).toFixed(0)} µs CPU a ${each}`
