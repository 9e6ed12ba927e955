import type pg from 'pg'
import { UsageError } from '../people/commands.ts'
import { maybeOne, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { createLogger } from '../platform/log.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { moveTo } from '../platform/wall.ts'
import { launchOf } from './launch.ts'
import { previewAudience, type Waterfall } from './preview.ts'
import { campaignById } from './queries.ts'
import { hoursOf } from './quiet-hours.ts'

const SHOWN = 3

/**
 * `fanfare simulate`: the preview of a stored campaign, by the very rules of the freeze. It calls nobody and stores nothing.
 * @throws UsageError when there is no such campaign, or it could not start as it stands
 */
export async function simulateCommand(
  pool: pg.Pool,
  needs: Pick<Deps, 'config' | 'secrets'>,
  campaign: string,
): Promise<{ readonly data: unknown; readonly lines: string[] }> {
  const found = isUuid(campaign)
    ? await maybeOne<{ workspace_id: string }>(pool, sql`SELECT workspace_id FROM campaign WHERE id = ${campaign} AND deleted_at IS NULL`)
    : undefined
  if (found === undefined) throw new UsageError(`There is no campaign ${campaign}.`)
  const { workspace_id: workspaceId } = found
  const deps: Deps = { ...needs, pool, system: pool, log: createLogger('silent'), install: { id: workspaceId }, now: () => new Date() }
  try {
    return await inTransaction(pool, async (tx) => {
      await moveTo(tx, workspaceId)
      const row = await campaignById(tx, workspaceId, campaign)
      if (row === undefined) throw new UsageError(`There is no campaign ${campaign}.`)
      const waterfall = await previewAudience(deps, tx, workspaceId, {
        ...launchOf(row),
        timeZone: row.time_zone,
        ratePerSecond: row.rate_per_second,
        quietHours: hoursOf(row.quiet_from, row.quiet_to),
        scheduledAt: row.scheduled_at,
        finishBy: row.finish_by,
      })
      return { data: { campaignId: row.id, name: row.name, status: row.status, ...waterfall }, lines: linesOf(row, waterfall) }
    })
  } catch (error) {
    if (error instanceof Problem)
      throw new UsageError([error.message, ...(error.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`)].join('\n'))
    throw error
  }
}

function linesOf({ name, status }: { readonly name: string; readonly status: string }, told: Waterfall): string[] {
  const { estimatedCost: cost, finish } = told
  const shown = told.samples.filter(({ text }) => text !== null).slice(0, SHOWN)
  return [
    `“${name}” (${status}), if it started now. Nothing was sent.`,
    `${told.matched} people match`,
    ...told.excluded.map(({ reason, count }) => `  − ${count} ${reason}`),
    `  = ${told.eligible} would get it${told.approximate ? ' (estimated)' : ''}`,
    cost === null ? 'cost unknown: no rate card' : `cost about ${cost.amount} ${cost.currency}`,
    `takes about ${told.estimatedSeconds} s${finish.expectedAt === null ? '' : `, done ${finish.expectedAt}`}`,
    ...(told.now < told.eligible ? [`${told.now} now, the rest from ${told.restFrom}: 24-hour limit or quiet hours`] : []),
    ...shown.flatMap(({ phone, text }) => [
      '',
      `to ${phone ?? 'somebody without a number'}:`,
      ...[text?.header, text?.body, text?.footer].filter((part) => typeof part === 'string' && part !== '').map((part) => `  ${part}`),
      ...(text?.buttons ?? []).map((button) => `  [${button.text}]`),
    ]),
  ]
}
