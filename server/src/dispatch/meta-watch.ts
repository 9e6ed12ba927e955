import { many, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { clearHolds, type HoldReason, setHold } from './holds.ts'
import type { Lease } from './lease.ts'
import type { Sender } from './send.ts'

/** Lost answers or failed connections in a row that mean "Meta is away" (delivery.md §3). */
const OUTAGE_AFTER = 5
const PROBE_EVERY_MS = 5_000
/** A clock further off than this holds (delivery.md §7). */
export const CLOCK_OFF_MAX_MS = 120_000

/** How far our clock is ahead of a `Date` header; undefined: it says no time. */
export function clockOffMs(dateHeader: string | undefined, now: Date): number | undefined {
  const told = Date.parse(dateHeader ?? '')
  return Number.isNaN(told) ? undefined : now.getTime() - told
}

/** Notices when the wall clock moves otherwise than the monotonic one, between two looks. */
export function watchJumps(clock: { now(): Date; nowMs(): number }): () => boolean {
  const difference = () => clock.now().getTime() - clock.nowMs()
  let before = difference()
  return () => {
    const moved = Math.abs(difference() - before)
    before = difference()
    return moved > CLOCK_OFF_MAX_MS
  }
}

/** Watches what only calls to Meta can tell: that Meta is away, and that our clock is wrong. Holds the number, and lifts its holds by probing. */
export interface MetaWatch {
  /** Every outcome: five without an answer in a row hold `provider_outage`. */
  saw(isLost: boolean): void
  /** Every `Date` header: more than two minutes off holds `clock`. */
  sawDate(header: string | undefined): void
  /** Once a second: a wall clock that jumped holds `clock` until Meta's says that it is right again. */
  tick(): void
  /** Before the first intent: asks Meta for the time, and goes on probing for holds that stood before a restart or take-over. */
  start(): Promise<void>
  stop(): void
}

const PROBED: readonly HoldReason[] = ['provider_outage', 'clock']

export function watchMeta(deps: Deps, lease: Lease, sender: () => Pick<Sender, 'probe'>): MetaWatch {
  const at = { workspaceId: lease.workspaceId, scope: 'number', scopeId: lease.numberId } as const
  const hasJumped = watchJumps({ now: () => deps.now(), nowMs: () => performance.now() })
  const standing = new Set<HoldReason>()
  let inARow = 0
  let isClockRight = true
  let isProbing = false
  let isStopped = false
  let timer: NodeJS.Timeout | undefined

  function hold(reason: 'provider_outage' | 'clock', detail: string): void {
    if (standing.has(reason)) return
    standing.add(reason)
    deps.log.warn({ numberId: lease.numberId, reason, detail }, 'holding the number')
    setHold(deps.pool, { ...at, reason, detail }).catch((error: unknown) => {
      standing.delete(reason) // the next sign sets it again
      deps.log.error({ err: error }, 'hold could not be written')
    })
    probeLater()
  }

  function probeLater(): void {
    clearTimeout(timer)
    if (!isStopped) timer = setTimeout(() => void probe(), PROBE_EVERY_MS)
  }

  async function probe(): Promise<void> {
    if (isProbing) return
    isProbing = true
    try {
      if (await sender().probe()) {
        const mended = [...standing].filter((reason) => reason === 'provider_outage' || isClockRight)
        if (mended.length > 0) await clearHolds(deps.pool, { ...at, reasons: mended })
        for (const reason of mended) standing.delete(reason)
        inARow = OUTAGE_AFTER - 1 // one more lost answer and it counts as away again
        if (mended.length > 0) deps.log.info({ numberId: lease.numberId, mended }, 'lifted by a probe')
      }
    } catch (error) {
      deps.log.warn({ err: error, numberId: lease.numberId }, 'probe failed')
    }
    isProbing = false
    if (standing.size > 0) probeLater()
  }

  const watch: MetaWatch = {
    saw(isLost) {
      inARow = isLost ? inARow + 1 : 0
      if (inARow >= OUTAGE_AFTER) hold('provider_outage', `${OUTAGE_AFTER} requests in a row got no answer from Meta.`)
    },
    sawDate(header) {
      const off = clockOffMs(header, deps.now())
      if (off === undefined) return
      isClockRight = Math.abs(off) <= CLOCK_OFF_MAX_MS
      if (isClockRight) return
      const minutes = Math.round(Math.abs(off) / 60_000)
      hold('clock', `This machine’s clock is ${minutes} minutes ${off > 0 ? 'ahead of' : 'behind'} Meta’s.`)
    },
    tick() {
      if (!hasJumped()) return
      isClockRight = false // until an answer of Meta says otherwise
      hold('clock', 'This machine’s clock was changed by more than two minutes.')
    },
    async start() {
      const held = await many<{ reason: HoldReason }>(
        deps.pool,
        sql`SELECT reason FROM hold WHERE workspace_id = ${at.workspaceId} AND scope = 'number' AND scope_id = ${at.scopeId} AND reason = ANY(${PROBED}::text[])`,
      )
      for (const { reason } of held) standing.add(reason)
      await probe()
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
  return watch
}
