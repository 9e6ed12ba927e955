import type pg from 'pg'
import { run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'

const BEAT_EVERY_MS = 10_000
/** Longer without a beat of any process: Meta may have called and met nobody. */
const GAP_AFTER = '30 seconds'

/** Pools whose intake had to refuse a body since the last beat. */
const broken = new WeakSet<pg.Pool>()

/** A body was refused because the store was away: until Meta tells it again, its receipts are missing. */
export const intakeBroke = (pool: pg.Pool): unknown => broken.add(pool)

/**
 * Notes that the webhook address answers. After a gap (no process, no store, a refused body) the time since which intake is unbroken starts
 * anew: policy `confident` sends again only to people whose receipts could have come all the time.
 */
export async function beat(pool: pg.Pool): Promise<void> {
  const hadGap = broken.has(pool)
  await run(
    pool,
    sql`UPDATE install
           SET intake_unbroken_since = CASE WHEN ${hadGap} OR intake_seen_at IS NULL OR intake_seen_at < now() - ${GAP_AFTER}::interval
                                            THEN now() ELSE intake_unbroken_since END,
               intake_seen_at = now()`,
  )
  if (hadGap) broken.delete(pool)
}

/** Beats for as long as this process takes webhooks. */
export function startIntakeWatch({ pool, log }: Pick<Deps, 'pool' | 'log'>): { stop(): void } {
  const look = () => void beat(pool).catch((error: unknown) => log.debug({ err: error }, 'intake beat failed'))
  look()
  const timer = setInterval(look, BEAT_EVERY_MS)
  return { stop: () => clearInterval(timer) }
}
