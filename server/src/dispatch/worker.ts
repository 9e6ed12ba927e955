import pg from 'pg'
import { renewMedia } from '../accounts/media.ts'
import { freezeRunning, startDueCampaigns } from '../campaigns/scheduler.ts'
import { driveExperiments } from '../experiments/drive.ts'
import { type Db, many, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { inTransaction } from '../platform/transaction.ts'
import { makeDueCampaigns } from '../recurrences/occur.ts'
import { startReceipts } from '../webhooks/receipts.ts'
import { completeIfSettled, settledCampaigns } from './completion.ts'
import { watchDisk } from './disk.ts'
import { openEpoch } from './epoch.ts'
import { makeJointRecord } from './joint-record.ts'
import { livingWorkers, numbersWithWork, registerWorker, releaseLease, takeLease, watchOwners } from './lease.ts'
import { flagWithoutReceipt } from './no-receipt.ts'
import { credentialsOf, type DrivenNumber, driveNumber } from './number.ts'
import { type NumberKey, ordersOf } from './orders.ts'
import { applyUnknownPolicies } from './policies.ts'
import { liftAssessed } from './quality.ts'
import { recordBatch, type SuspicionCounts } from './record.ts'
import { rescueEarlierOwners, rescueStale } from './rescuer.ts'
import { fullNumbers, liftFullRooms } from './room.ts'
import { watchSafety } from './safety-watch.ts'
import { makeSharing } from './sharing.ts'
import { WORK_CHANNEL, wakeWorkers } from './wake.ts'

const SWEEP_EVERY_MS = 1_000
const ORDERS_EVERY_MS = 500
const DRAIN_WITHIN_MS = 20_000
/** Sweeps after work began at which the planner learns about the tables that just grew; later autovacuum keeps it informed. */
const ANALYZE_AT = new Set([5, 30, 120])

export interface Worker {
  /** No new intents; waits for the answers still coming (20 s at most), gives every number back. */
  stop(): Promise<void>
}

/**
 * The part of a process that sends: finds due campaigns, takes numbers, drives them, rescues what earlier owners left, completes
 * campaigns, and applies receipts. Any number of workers may run on one database; a number has one driver at a time.
 */
export async function startWorker(deps: Deps): Promise<Worker> {
  const { pool, config, log } = deps
  const numbers = new Map<string, DrivenNumber>()
  const sharing = makeSharing({ leaseMs: config.LEASE_MS, nowMs: () => performance.now() })
  /** Numbers on their way to another worker: the answers still coming are ours. */
  const leaving = new Map<string, { readonly number: DrivenNumber; readonly left: Promise<void> }>()
  const epoch = await openEpoch(deps)
  const receipts = startReceipts(deps)
  let session = await openSession()
  let isStopping = false
  let isSweeping = false
  let isWakeWanted = false
  let sweeps = 0
  let quietSweeps = 0
  let sweeping: Promise<void> = Promise.resolve()
  let freezing: Promise<void> = Promise.resolve()
  let isFreezing = false
  let timer: NodeJS.Timeout | undefined

  /** The connection whose advisory lock says that this worker lives. When it is lost, nothing more may be written. */
  async function openSession(): Promise<{ client: pg.Client; workerKey: number }> {
    const client = new pg.Client({ connectionString: pool.options.connectionString, application_name: 'fanfare-worker', keepAlive: true })
    client.on('error', (error) => log.warn({ err: error }, 'the worker session was lost'))
    client.on('end', () => void lostSession(client))
    client.on('notification', () => void wake())
    await client.connect()
    const workerKey = await registerWorker(client as Db)
    await client.query(`LISTEN ${WORK_CHANNEL}`)
    return { client, workerKey }
  }

  async function lostSession(client: pg.Client): Promise<void> {
    if (isStopping || session.client !== client) return
    for (const number of [...numbers.values(), ...[...leaving.values()].map((going) => going.number)]) number.driver.fence()
    const lost = [...numbers.values()]
    numbers.clear()
    for (const number of lost) void number.driver.drain().then(() => number.close())
    for (;;) {
      try {
        session = await openSession()
        return
      } catch (error) {
        if (isStopping) return
        log.warn({ err: error }, 'cannot open a new worker session yet')
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
    }
  }

  async function wake(): Promise<void> {
    if (isStopping) return
    if (isSweeping) {
      isWakeWanted = true
      return
    }
    isSweeping = true
    clearTimeout(timer)
    try {
      sweeping = oneSweep()
      await sweeping
    } catch (error) {
      log.warn({ err: error }, 'sweep failed, next one in a second')
    }
    isSweeping = false
    const wait = isWakeWanted ? 0 : SWEEP_EVERY_MS
    isWakeWanted = false
    if (!isStopping) timer = setTimeout(() => void wake(), wait)
  }

  /** One at a time, beside the sweeps: what it freezes is found by the sweep its commit wakes. */
  function freezeBeside(): void {
    if (isFreezing) return
    isFreezing = true
    freezing = renewMedia(deps) // what a campaign is about to send must be there
      .catch((error: unknown) => log.warn({ err: error }, 'media could not be looked through'))
      .then(() => freezeRunning(deps))
      .catch((error: unknown) => log.warn({ err: error }, 'an audience could not be frozen yet'))
      .finally(() => {
        isFreezing = false
      })
  }

  const suspicions: SuspicionCounts = new Map()
  const together = makeJointRecord((workspaceId, results) => recordBatch(pool, workspaceId, results, suspicions))

  const leases = () => [...numbers.values()].map(({ lease }) => lease)

  /** Rates, windows, holds and new campaigns reach the drivers here: twice a second, so that a change counts within one. */
  async function giveOrders(): Promise<void> {
    const orders = await ordersOf(pool, config, leases())
    for (const [numberId, { update }] of numbers) {
      const now = orders.get(numberId)
      if (now !== undefined) update(now)
    }
  }
  const ordering = setInterval(() => {
    giveOrders().catch((error: unknown) => log.debug({ err: error }, 'orders could not be read'))
  }, ORDERS_EVERY_MS)

  async function oneSweep(): Promise<void> {
    await makeDueCampaigns(deps)
    await driveExperiments(deps)
    await startDueCampaigns(deps)
    freezeBeside()
    await watchOwners(pool)
    await shareNumbers(session.workerKey)
    const credentials = await credentialsOf(pool, leases())
    for (const [numberId, { refresh }] of numbers) await refresh(credentials.get(numberId))
    for (const { workspaceId, numberId } of await fullNumbers(pool, leases()))
      await inTransaction(pool, (tx) => liftFullRooms(tx, workspaceId, numberId))
    await watchSafety(pool)
    await giveOrders()
    if (sweeps % 60 === 1) await applyUnknownPolicies(pool)
    if (sweeps % 5 === 0) {
      await rescueStale(pool, config.SEND_TIMEOUT_MS + config.RESCUE_GRACE_MS)
      await liftAssessed(pool)
      await watchDisk(deps, await numbersWithWork(pool))
      if (numbers.size > 0) await epoch.advance()
    }
    sweeps++
    for (const { workspaceId, id } of await settledCampaigns(pool)) await completeIfSettled(pool, workspaceId, id)
    if (numbers.size > 0 && ANALYZE_AT.has(sweeps)) await pool.query('ANALYZE recipient, message, campaign_slice')
    if (numbers.size === 0) sweeps = 0
    if (quietSweeps++ % 600 === 0) await flagWithoutReceipt(pool)
    await letGoOfRemoved()
  }

  /** Takes this worker's share of what nobody drives, side by side, because each waits for an answer of Meta; hands over what is more. */
  async function shareNumbers(workerKey: number): Promise<void> {
    const known = (await numbersWithWork(pool)).filter(({ numberId }) => !leaving.has(numberId))
    for (const number of known) // giving it back had failed
      if (number.workerKey === workerKey && !numbers.has(number.numberId)) await releaseLease(pool, { ...number, workerKey })
    const { overdue, free, room, handOver } = sharing.shareOf(known, await livingWorkers(pool), workerKey)
    const take = (some: readonly NumberKey[]) => Promise.all(some.map((target) => takeNumber(target, workerKey)))
    await take(overdue)
    for (let left = room, from = 0; left > 0 && from < free.length; ) {
      const some = free.slice(from, from + left) // others may be quicker with some of them
      left -= (await take(some)).filter((isTaken) => isTaken).length
      from += some.length
    }
    const number = handOver && numbers.get(handOver.numberId)
    if (number !== undefined) handOverNumber(number)
  }

  /** Begins nothing new on a number and gives it back when its answers are recorded: nobody becomes Unknown for it. */
  function handOverNumber(number: DrivenNumber): void {
    const { lease, driver } = number
    log.info({ numberId: lease.numberId }, 'handing a number over to a worker that drives fewer')
    numbers.delete(lease.numberId)
    const left = driver
      .drain()
      .then(() => releaseLease(pool, lease))
      .then(() => wakeWorkers(pool))
      .catch((error: unknown) => log.warn({ err: error, numberId: lease.numberId }, 'a number could not be handed over'))
      .then(() => number.close())
      .finally(() => leaving.delete(lease.numberId))
    leaving.set(lease.numberId, { number, left })
  }

  /**
   * Takes a number that nobody drives and drives it; what cannot be driven is given back and tried again by a later sweep.
   * @returns whether it was ours to take
   */
  async function takeNumber(target: NumberKey, workerKey: number): Promise<boolean> {
    if (isStopping) return false
    const lease = await takeLease(pool, target, workerKey, config.LEASE_MS)
    if (lease === undefined) return false
    try {
      const rescued = await rescueEarlierOwners(pool, lease)
      if (rescued > 0) log.warn({ numberId: lease.numberId, rescued }, 'took over a number; intents without a result are Unknown')
      const orders = (await ordersOf(pool, config, [lease])).get(lease.numberId)
      if (isStopping || orders === undefined) await releaseLease(pool, lease)
      else numbers.set(target.numberId, await driveNumber(deps, lease, orders, together))
    } catch (error) {
      log.error({ err: error, numberId: target.numberId }, 'a number cannot be driven')
      await releaseLease(pool, lease)
    }
    return true
  }

  /** A number whose lease is no longer ours (taken over while we were stopped) is let go: nothing more is written for it. */
  async function letGoOfRemoved(): Promise<void> {
    if (numbers.size === 0) return
    const mine = await many<{ numberId: string; token: number }>(
      pool,
      sql`SELECT number_id AS "numberId", token FROM number_lease WHERE worker_key = ${session.workerKey}
             AND number_id = ANY(${[...numbers.keys()]}::uuid[])`,
    )
    const tokens = new Map(mine.map(({ numberId, token }) => [numberId, token]))
    for (const [numberId, number] of numbers) {
      if (tokens.get(numberId) === number.lease.token) continue
      log.warn({ numberId }, 'another worker drives this number now')
      number.driver.fence()
      numbers.delete(numberId)
      void number.driver.drain().then(() => number.close())
    }
  }

  void wake()
  return {
    async stop() {
      isStopping = true
      clearTimeout(timer)
      clearInterval(ordering)
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_WITHIN_MS).unref())
      await Promise.race([Promise.allSettled([sweeping, freezing]), deadline]) // a number may be in taking right now
      await Promise.race([
        Promise.all([...leaving.values().map(({ left }) => left), ...[...numbers.values()].map(({ driver }) => driver.drain())]),
        deadline,
      ])
      for (const { lease, driver } of numbers.values()) if (driver.inFlight() === 0) await releaseLease(pool, lease)
      await receipts.stop()
      await Promise.all([...numbers.values()].map((number) => number.close()))
      await session.client.end()
    },
  }
}
