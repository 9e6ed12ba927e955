import { until } from '../api.ts'
import { campaignOf } from '../world.ts'
import { LIFE_TAG } from './history.ts'
import { type Gathered, startReceiptSender, webhookTarget } from './receipt-sender.ts'
import type { Report } from './report.ts'
import { type Stand, windowFor } from './stand.ts'

const PER_POST = 50

/** What one message costs from its freeze until it is read. */
export interface LifeCost {
  /** Of server and database. */
  readonly cpuMicroseconds: number
  readonly walBytes: number
  readonly diskBytes: number
}

/** Messages to contacts of a database that holds a history: frozen, sent, and followed by three receipts each, up to 50 to a post. */
export async function measureLife(report: Report, stand: Stand, gathered: Gathered, messages: number, history: number): Promise<LifeCost> {
  const { world, client, gauge } = stand
  await stand.setPace({ perSecond: 10_000, window: windowFor(5_000, 100) })
  const id = await stand.addCampaign({ name: 'A message’s life', filter: { tags: [LIFE_TAG] } })
  const sender = startReceiptSender(world.simulator, gathered, { server: webhookTarget(world.server().url, world.accountId) })
  try {
    await sender.order({ do: 'follow', target: 'server', perPost: PER_POST, afterMs: { sent: 100, delivered: 300, read: 800 } })
    await client.query('CHECKPOINT')
    const before = await weigh(stand)
    const end = gauge.begin()
    await stand.start([id])
    await stand.sent([id], messages, 900_000)
    await sender.order({ do: 'finish' })
    const { counts } = await until(
      'everybody to have read it',
      () => campaignOf(world.api, id),
      ({ counts: { read } }) => read >= messages,
      300_000,
    )
    const { serverCpu, databaseCpu, seconds } = end()
    const after = await weigh(stand)
    const cost = {
      cpuMicroseconds: ((serverCpu + databaseCpu) / messages) * 1e6,
      walBytes: (after.wal - before.wal) / messages,
      diskBytes: (after.disk - before.disk) / messages,
    }
    const among = `a message’s life among ${history.toLocaleString('en')}`
    const split = `server ${((serverCpu / messages) * 1e6).toFixed(0)} + database ${((databaseCpu / messages) * 1e6).toFixed(0)}`
    report.row({
      what: `${among}: CPU`,
      value: cost.cpuMicroseconds,
      unit: 'µs',
      note: `${split}; ${(messages / seconds).toFixed(0)} lives a second`,
    })
    report.row({ what: '… WAL', value: cost.walBytes, unit: 'bytes' })
    report.row({ what: '… disk', value: cost.diskBytes, unit: 'bytes' })
    report.mustBe('everybody read it', counts.read === messages, `${counts.read} of ${messages}`)
    return cost
  } finally {
    await sender.close()
  }
}

/** Bytes of the log of changes so far, and of the database on disk. */
async function weigh({ client }: Stand): Promise<{ readonly wal: number; readonly disk: number }> {
  const { rows } = await client.query<{ wal: number; disk: number }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS wal, pg_database_size(current_database())::float8 AS disk`,
  )
  return rows[0] ?? { wal: 0, disk: 0 }
}
