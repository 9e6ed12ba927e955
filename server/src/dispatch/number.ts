import type pg from 'pg'
import { openAccount } from '../accounts/queries.ts'
import { compiledMessageOf } from '../campaigns/message.ts'
import { isKeptOutSql } from '../contacts/eligibility.ts'
import { inTransaction, many, maybeOne, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { addressesOf } from './address.ts'
import { watchAmbiguity } from './ambiguity.ts'
import { type Driver, type Orders, type Ports, type Result, startDriver, type TestSend } from './driver.ts'
import { clearHolds, setHold } from './holds.ts'
import { intend, intendRetries, nextSlice, recipientsPast } from './intent.ts'
import type { Lease } from './lease.ts'
import { recordBatch } from './record.ts'
import { makeSender, type Sender } from './send.ts'

/** Lost answers or failed connections in a row that mean "Meta is away" (delivery.md §3). */
const OUTAGE_AFTER = 5
const PROBE_EVERY_MS = 5_000
/** A test send older than this is not sent any more: nobody waits for it, and it may stem from a restored database. */
const TEST_WITHIN = '60 seconds'

/** A number this process drives: a driver with its sender, its lease and the watch for outages. */
export interface DrivenNumber {
  readonly lease: Lease
  readonly driver: Driver
  /** What there is to do now, and how fast. */
  update(orders: Orders): void
  /** Takes over a changed token or secret of the account; requests under way end on the old connection. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/** Opens the account, connects and starts driving. Throws when the account cannot be opened. */
export async function driveNumber(deps: Deps, lease: Lease, orders: Orders): Promise<DrivenNumber> {
  const { pool, config, log } = deps
  let credentials = await credentialsOf(pool, lease)
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
    })
  }
  const watch = watchOutage(deps, lease, () => sender.probe())
  const ambiguity = watchAmbiguity()
  let window = orders.window
  const suspicions = new Map<string, number>()
  const ports: Ports = {
    nextSlice: (campaign, fromSlice) => nextSlice(pool, campaign, fromSlice),
    recipientsPast: (campaign, cursorSeq, lastSeq) => recipientsPast(pool, campaign, cursorSeq, lastSeq),
    compiled: (campaign) => compiledMessageOf(deps, campaign.workspaceId, campaign.id),
    intend: (campaign, advance) => intend(pool, campaign, lease, advance),
    intendRetries: (campaign, wanted) => intendRetries(pool, campaign, lease, wanted),
    intendTests: (wanted) => intendTests(pool, lease, wanted),
    async send(message) {
      const outcome = await sender.send(message)
      watch.saw(outcome.kind !== 'accepted' && outcome.kind !== 'refused')
      if (ambiguity.saw(outcome.kind === 'ambiguous', performance.now(), window)) await holdForDoubt(deps, lease)
      return outcome
    },
    record: (results: readonly Result[]) => recordBatch(pool, lease, results, suspicions),
    nowMs: () => performance.now(),
    now: () => deps.now(),
    random: () => Math.random(),
    later(ms, then) {
      const timer = setTimeout(then, ms)
      return () => clearTimeout(timer)
    },
    log: (message, detail) => log.warn({ numberId: lease.numberId, ...detail, err: detail.error }, message),
  }
  await watch.resume()
  const driver = startDriver(ports, addressesOf(deps), orders)
  return {
    lease,
    driver,
    update(now) {
      window = now.window
      driver.update(now)
    },
    async refresh() {
      const now = await credentialsOf(pool, lease)
      if (now.updatedAt.getTime() === credentials.updatedAt.getTime()) return
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

async function holdForDoubt(deps: Deps, lease: Lease): Promise<void> {
  deps.log.warn({ numberId: lease.numberId }, 'too many answers leave doubt: holding the number')
  await setHold(deps.pool, {
    workspaceId: lease.workspaceId,
    scope: 'number',
    scopeId: lease.numberId,
    reason: 'ambiguity_breaker',
    detail: 'Too many of Meta’s answers in ten minutes did not tell whether the message was accepted.',
  }).catch((error: unknown) => deps.log.error({ err: error }, 'hold could not be written'))
}

/** Which account a number belongs to, and when its secrets last changed. */
async function credentialsOf(pool: pg.Pool, lease: Lease): Promise<{ accountId: string; phoneNumberId: string; updatedAt: Date }> {
  const found = await maybeOne<{ accountId: string; phoneNumberId: string; updatedAt: Date }>(
    pool,
    sql`SELECT n.account_id AS "accountId", n.phone_number_id AS "phoneNumberId", a.updated_at AS "updatedAt"
          FROM phone_number n JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
         WHERE n.workspace_id = ${lease.workspaceId} AND n.id = ${lease.numberId}`,
  )
  if (found === undefined) throw new Error(`phone number ${lease.numberId} is gone`)
  return found
}

/** Test sends waiting on this number become Sending: their intent, under the same lease. */
function intendTests(pool: pg.Pool, lease: Lease, wanted: number): Promise<TestSend[]> {
  return inTransaction(
    pool,
    async (tx) => {
      const mine = await maybeOne(
        tx,
        sql`SELECT 1 FROM number_lease WHERE workspace_id = ${lease.workspaceId} AND number_id = ${lease.numberId}
             AND token = ${lease.token} AND worker_key = ${lease.workerKey} FOR SHARE`,
      )
      if (mine === undefined) return []
      const open = sql`t.workspace_id = ${lease.workspaceId} AND t.number_id = ${lease.numberId} AND t.state = 'Pending'`
      await run(
        tx,
        sql`UPDATE test_send t SET state = 'Failed', settled_at = now(), error_title = CASE WHEN t.created_at < now() - ${TEST_WITHIN}::interval
                 THEN 'It could not be sent in time.' ELSE 'This person opted out or is suppressed.' END
             WHERE ${open} AND (t.created_at < now() - ${TEST_WITHIN}::interval OR ${isKeptOutSql(lease.workspaceId, sql`t.send_key`, sql`t.key_hash`)})`,
      )
      return many<TestSend>(
        tx,
        sql`UPDATE test_send SET state = 'Sending', owner_token = ${lease.token}, intended_at = now()
           WHERE workspace_id = ${lease.workspaceId} AND id IN (
                 SELECT t.id FROM test_send t JOIN phone_number n ON n.workspace_id = t.workspace_id AND n.id = t.number_id
                  WHERE ${open} AND NOT EXISTS (
                        SELECT 1 FROM hold h WHERE h.workspace_id = t.workspace_id AND (h.auto_resume_at IS NULL OR h.auto_resume_at > now())
                           AND ((h.scope = 'number' AND h.scope_id = n.id::text) OR (h.scope = 'account' AND h.scope_id = n.account_id::text)))
                  ORDER BY t.created_at LIMIT ${wanted} FOR UPDATE OF t)
          RETURNING id, phone_e164 AS "phoneE164", request AS template, intended_at AS "intendedAt"`,
      )
    },
    { durable: true },
  )
}

/**
 * Five lost answers or failed connections in a row hold the number, so that an outage costs neither attempts nor doubt; a harmless
 * question to Meta every few seconds finds out when it is over.
 */
function watchOutage(deps: Deps, lease: Lease, isAnswered: () => Promise<boolean>) {
  let inARow = 0
  let isAway = false
  let timer: NodeJS.Timeout | undefined
  const at = { workspaceId: lease.workspaceId, scope: 'number', scopeId: lease.numberId } as const

  async function probe(): Promise<void> {
    try {
      if (await isAnswered()) {
        await clearHolds(deps.pool, { ...at, reasons: ['provider_outage'] })
        isAway = false
        inARow = OUTAGE_AFTER - 1 // one more lost answer and it counts as away again
        deps.log.info({ numberId: lease.numberId }, 'Meta answers again')
        return
      }
    } catch (error) {
      deps.log.warn({ err: error, numberId: lease.numberId }, 'probe failed')
    }
    timer = setTimeout(() => void probe(), PROBE_EVERY_MS)
  }

  async function declareAway(): Promise<void> {
    isAway = true
    deps.log.warn({ numberId: lease.numberId }, 'Meta does not answer: holding the number')
    await setHold(deps.pool, {
      ...at,
      reason: 'provider_outage',
      detail: `${OUTAGE_AFTER} requests in a row got no answer from Meta.`,
    }).catch((error: unknown) => deps.log.error({ err: error }, 'hold could not be written'))
    timer = setTimeout(() => void probe(), PROBE_EVERY_MS)
  }

  return {
    saw(isLost: boolean): void {
      inARow = isLost ? inARow + 1 : 0
      if (inARow >= OUTAGE_AFTER && !isAway) void declareAway()
    },
    /** Goes on probing after a restart or take-over during an outage. */
    async resume(): Promise<void> {
      const held = await run(
        deps.pool,
        sql`SELECT 1 FROM hold WHERE workspace_id = ${at.workspaceId} AND scope = 'number' AND scope_id = ${at.scopeId} AND reason = 'provider_outage'`,
      )
      if (held === 0) return
      isAway = true
      void probe()
    },
    stop: () => clearTimeout(timer),
  }
}
