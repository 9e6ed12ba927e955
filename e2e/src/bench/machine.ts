import { cpus, release, totalmem } from 'node:os'
import type pg from 'pg'

/** What a figure was measured on: no names, no paths. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  /** Known once a part has spoken to a database. */
  readonly postgres?: string
}

export const machineFacts = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: `${process.platform} ${release().replace(/^(\d+\.\d+).*$/, '$1')}`,
  node: process.version.slice(1),
})

export const postgresVersion = async (client: pg.Client): Promise<string> =>
  (await client.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version ?? 'unknown'

export const machineShown = ({ cpu, cores, memoryGb, kernel, node, postgres }: Machine): string =>
  `${cores} × ${cpu}, ${memoryGb} GB, ${kernel}, Node ${node}${postgres === undefined ? '' : `, PostgreSQL ${postgres}`}`
