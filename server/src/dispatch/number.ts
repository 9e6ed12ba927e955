import { Histogram } from 'prom-client'
import { openAccount } from '../accounts/queries.ts'
import { compiledMessageOf } from '../campaigns/message.ts'
import { type Db, many, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { metrics } from '../platform/metrics.ts'
import { addressesOf } from './address.ts'
import { watchAmbiguity } from './ambiguity.ts'
import { holdFullDisk, isDiskFull } from './disk.ts'
import { type Driver, startDriver } from './driver.ts'
import { type HoldReason, setHold } from './holds.ts'
import { intend, intendRetries } from './intent.ts'
import type { JointRecord } from './joint-record.ts'
import type { Lease } from './lease.ts'
import { watchMeta } from './meta-watch.ts'
import { type NumberKey, numberRows } from './orders.ts'
import type { Orders, Ports } from './ports.ts'
import { makeSender, type Sender } from './send.ts'
import { nextSlice, recipientsPast } from './slices.ts'
import { intendTests } from './test-sends.ts'
import { traced } from './trace.ts'

const sendSeconds = new Histogram({
  name: 'fanfare_send_seconds',
  help: 'Time of a call that sends a message, by what came of it: accepted, refused, ambiguous, late, not-written',
  labelNames: ['outcome'],
  buckets: [0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60],
  registers: [metrics],
})

/** A number this process drives: a driver with its sender, its lease and the watch for outages. */
export interface DrivenNumber {
  readonly lease: Lease
  readonly driver: Driver
  /** What there is to do now, and how fast. */
  update(orders: Orders): void
  /** Takes over a changed token or secret of the account; requests under way end on the old connections. */
  refresh(now: Credentials | undefined): Promise<void>
  close(): Promise<void>
}

/** Opens the account, connects and starts driving. Throws when the account cannot be opened. */
export async function driveNumber(deps: Deps, lease: Lease, orders: Orders, together: JointRecord): Promise<DrivenNumber> {
  const { pool, config, log } = deps
  let credentials = (await credentialsOf(pool, [lease])).get(lease.numberId) ?? gone(lease)
  let sender = await connect()
  async function connect(): Promise<Sender> {
    const account = await openAccount(deps, lease.workspaceId, credentials.accountId)
    return makeSender({
      baseUrl: account.graphBaseUrl ?? config.META_GRAPH_BASE_URL,
      version: config.META_GRAPH_VERSION,
      phoneNumberId: credentials.phoneNumberId,
      accessToken: account.accessToken,
      appSecret: account.appSecret ?? null,
      timeoutMs: config.SEND_TIMEOUT_MS,
      connections: 2_000, // opened as needed; the window is the real bound and may grow while we drive
      sawDate: (header) => watch.sawDate(header),
    })
  }
  const watch = watchMeta(deps, lease, () => sender)
  const ambiguity = watchAmbiguity()
  let window = orders.window
  /** A disk without room for our writes holds the number; the caller tries again as after any other failure. */
  const writing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (isDiskFull(error)) await holdFullDisk(deps, lease)
      throw error
    }
  }
  const ports: Ports = {
    nextSlice: (campaign, fromSlice, awake) => nextSlice(pool, campaign, fromSlice, awake),
    recipientsPast: (campaign, cursorSeq, lastSeq) => recipientsPast(pool, campaign, cursorSeq, lastSeq),
    compiled: (campaign) => compiledMessageOf(deps, campaign.workspaceId, campaign.id),
    intend: (campaign, advance, most) => writing(intend(pool, campaign, lease, advance, most)),
    intendRetries: (campaign, wanted, most) => writing(intendRetries(pool, campaign, lease, wanted, most)),
    intendTests: (wanted, most) => writing(intendTests(pool, lease, wanted, most)),
    async send(message, refuseToWrite) {
      const begunMs = performance.now()
      const outcome = await sender.send(message, refuseToWrite)
      sendSeconds.observe({ outcome: outcome.kind }, (performance.now() - begunMs) / 1_000)
      watch.saw(outcome.kind !== 'accepted' && outcome.kind !== 'refused')
      if (ambiguity.saw(outcome.kind === 'ambiguous', performance.now(), window))
        await holdNumber(
          deps,
          lease,
          'ambiguity_breaker',
          'Too many of Meta’s answers in ten minutes did not tell whether the message was accepted.',
        )
      return outcome
    },
    record: (results) => writing(together.record(lease.workspaceId, results)),
    nowMs: () => performance.now(),
    now: () => deps.now(),
    random: () => Math.random(),
    later(ms, then) {
      const timer = setTimeout(then, ms)
      return () => clearTimeout(timer)
    },
    log: (message, detail) => log.warn({ numberId: lease.numberId, ...detail, err: detail.error }, message),
  }
  await watch.start()
  const addresses = addressesOf(deps)
  const driver = startDriver(traced(ports, addresses, lease), addresses, orders)
  return {
    lease,
    driver,
    update(now) {
      window = now.window
      driver.update(now)
    },
    async refresh(now) {
      watch.tick()
      if (now === undefined || now.updatedAt.getTime() === credentials.updatedAt.getTime()) return
      credentials = now
      const old = sender
      sender = await connect()
      void old.close()
    },
    async close() {
      watch.stop()
      await sender.close()
    },
  }
}

async function holdNumber(deps: Deps, lease: Lease, reason: HoldReason, detail: string): Promise<void> {
  deps.log.warn({ numberId: lease.numberId, reason }, 'holding the number')
  await setHold(deps.pool, { workspaceId: lease.workspaceId, scope: 'number', scopeId: lease.numberId, reason, detail }).catch(
    (error: unknown) => deps.log.error({ err: error }, 'hold could not be written'),
  )
}

/** Which account a number belongs to, and when its secrets last changed. */
export interface Credentials {
  readonly accountId: string
  readonly phoneNumberId: string
  readonly updatedAt: Date
}

/** By number id; one statement for all numbers of a process. */
export async function credentialsOf(db: Db, numbers: readonly NumberKey[]): Promise<ReadonlyMap<string, Credentials>> {
  const found = await many<Credentials & { numberId: string }>(
    db,
    sql`SELECT n.id AS "numberId", n.account_id AS "accountId", n.phone_number_id AS "phoneNumberId", a.updated_at AS "updatedAt"
          FROM ${numberRows(numbers)} JOIN phone_number n ON n.workspace_id = k.workspace_id AND n.id = k.number_id
          JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id`,
  )
  return new Map(found.map((row) => [row.numberId, row]))
}

function gone({ numberId }: Lease): never {
  throw new Error(`phone number ${numberId} is gone`)
}
