import { many, one, sql } from '../platform/db.ts'
import { installMetric, type Sample } from '../platform/metrics.ts'
import { countWorkers } from './lease.ts'

/** Sums over campaigns: their counters move with the states, so one row of each is read and no recipient. */
interface Totals {
  readonly audience: number
  readonly sent: number
  readonly delivered: number
  readonly read: number
  readonly rejected: number
  readonly undelivered: number
  readonly skipped: number
  readonly unknown: number
  readonly cancelled: number
}
const totals = (db: Parameters<typeof one>[0]): Promise<Totals> =>
  one<Totals>(
    db,
    sql`SELECT coalesce(sum(c.audience), 0) AS audience, coalesce(sum(k.sent), 0) AS sent, coalesce(sum(k.delivered), 0) AS delivered,
               coalesce(sum(k.read), 0) AS read, coalesce(sum(k.rejected), 0) AS rejected, coalesce(sum(k.undelivered), 0) AS undelivered,
               coalesce(sum(k.skipped), 0) AS skipped, coalesce(sum(k.unknown), 0) AS unknown, coalesce(sum(k.cancelled), 0) AS cancelled
          FROM campaign c LEFT JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id`,
  )

installMetric({
  type: 'gauge',
  name: 'fanfare_messages',
  help: 'Recipients of all campaigns by the state they are in now: they add up to all audiences',
  labels: ['state'],
  async read(db): Promise<Sample<'state'>[]> {
    const { audience, ...states } = await totals(db)
    const settled = Object.values(states).reduce((sum, n) => sum + n, 0)
    return [[{ state: 'pending' }, audience - settled], ...Object.entries(states).map(([state, n]): Sample<'state'> => [{ state }, n])]
  },
})
installMetric({
  type: 'counter',
  name: 'fanfare_messages_total',
  help: 'Messages of all campaigns that came at least this far: accepted by Meta, delivered, read. The rate of accepted is the send rate',
  labels: ['reached'],
  async read(db): Promise<Sample<'reached'>[]> {
    const { sent, delivered, read, undelivered } = await totals(db)
    return [
      [{ reached: 'accepted' }, sent + undelivered + delivered + read],
      [{ reached: 'delivered' }, delivered + read],
      [{ reached: 'read' }, read],
    ]
  },
})
installMetric({
  type: 'gauge',
  name: 'fanfare_in_flight',
  help: 'Intents without a durable result, by number: requests under way, and after a crash those in doubt',
  labels: ['number_id'],
  async read(db): Promise<Sample<'number_id'>[]> {
    const rows = await many<{ numberId: string; n: number }>(
      db,
      sql`SELECT number_id AS "numberId", sum(n) AS n FROM (
            SELECT c.number_id, s.sending AS n FROM campaign_slice s JOIN campaign c ON c.workspace_id = s.workspace_id AND c.id = s.campaign_id
             WHERE s.sending > 0
            UNION ALL SELECT number_id, 1 FROM test_send WHERE state = 'Sending'
            UNION ALL SELECT l.number_id, 0 FROM number_lease l JOIN phone_number p ON p.workspace_id = l.workspace_id AND p.id = l.number_id
             WHERE p.removed_at IS NULL) AS open GROUP BY number_id`,
    )
    return rows.map(({ numberId, n }) => [{ number_id: numberId }, n])
  },
})
installMetric({
  type: 'gauge',
  name: 'fanfare_holds',
  help: 'Holds that stand, by what they stop and why',
  labels: ['scope', 'reason'],
  async read(db): Promise<Sample<'scope' | 'reason'>[]> {
    const rows = await many<{ scope: string; reason: string; n: number }>(
      db,
      sql`SELECT h.scope, h.reason, count(*) AS n FROM hold h WHERE (h.auto_resume_at IS NULL OR h.auto_resume_at > now())
             AND (h.scope <> 'campaign' OR EXISTS (SELECT 1 FROM campaign c WHERE c.workspace_id = h.workspace_id AND c.id::text = h.scope_id
                                                      AND c.status IN ('Scheduled', 'Running') AND c.deleted_at IS NULL))
           GROUP BY h.scope, h.reason`,
    )
    return rows.map(({ scope, reason, n }) => [{ scope, reason }, n])
  },
})
installMetric({
  type: 'gauge',
  name: 'fanfare_campaigns',
  help: 'Campaigns by status',
  labels: ['status'],
  async read(db): Promise<Sample<'status'>[]> {
    const rows = await many<{ status: string; n: number }>(
      db,
      sql`SELECT s.status, count(c.id) AS n FROM unnest(ARRAY['Draft', 'Scheduled', 'Running', 'Completed', 'Failed', 'Cancelled']) AS s(status)
            LEFT JOIN campaign c ON c.status = s.status AND c.deleted_at IS NULL GROUP BY s.status`,
    )
    return rows.map(({ status, n }) => [{ status }, n])
  },
})
installMetric({
  type: 'gauge',
  name: 'fanfare_campaign_overdue_seconds',
  help: 'How long the most overdue scheduled campaign waits that no hold of its own stops; 0: none is late',
  async read(db) {
    const late = await one<{ seconds: number | null }>(
      db,
      sql`SELECT extract(epoch FROM now() - min(scheduled_at))::float8 AS seconds FROM campaign c
           WHERE status = 'Scheduled' AND deleted_at IS NULL AND scheduled_at <= now()
             AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.workspace_id = c.workspace_id AND h.scope = 'campaign' AND h.scope_id = c.id::text
                                AND (h.auto_resume_at IS NULL OR h.auto_resume_at > now()))`,
    )
    return [[{}, late.seconds ?? 0]]
  },
})
installMetric({
  type: 'gauge',
  name: 'fanfare_workers',
  help: 'Workers that live: processes with ROLE all or worker that hold their session',
  read: async (db) => [[{}, await countWorkers(db)]],
})
installMetric({
  type: 'gauge',
  name: 'fanfare_number_owner',
  help: 'Which worker drives a number: 1, or 0 once its session is gone and nobody took over yet',
  labels: ['number_id', 'worker'],
  async read(db): Promise<Sample<'number_id' | 'worker'>[]> {
    const rows = await many<{ numberId: string; worker: number; isHere: boolean }>(
      db,
      sql`SELECT l.number_id AS "numberId", l.worker_key AS worker, l.owner_gone_since IS NULL AS "isHere"
            FROM number_lease l JOIN phone_number p ON p.workspace_id = l.workspace_id AND p.id = l.number_id
           WHERE l.worker_key IS NOT NULL AND p.removed_at IS NULL`,
    )
    return rows.map(({ numberId, worker, isHere }) => [{ number_id: numberId, worker: String(worker) }, isHere ? 1 : 0])
  },
})
