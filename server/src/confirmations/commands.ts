import type pg from 'pg'
import { UsageError } from '../people/commands.ts'
import { maybeOne, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { moveTo } from '../platform/wall.ts'
import { confirmLaunch, MINUTES_MAX } from './actions.ts'

const numberOf = (name: string, text: string | undefined, max: number): number | undefined => {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > max) throw new UsageError(`--${name} is a whole number from 1 to ${max}.`)
  return number
}

/**
 * `fanfare confirm`: whoever runs it holds the database, so nothing more is asked of them.
 * @returns what was confirmed, and lines to print; the token is shown this once
 */
export async function confirmCommand(
  pool: pg.Pool,
  deps: Pick<Deps, 'config' | 'secrets' | 'now'>,
  options: { readonly campaign: string; readonly audienceMax?: string | undefined; readonly minutes?: string | undefined },
): Promise<{ readonly data: unknown; readonly lines: string[] }> {
  const asked = {
    audienceMax: numberOf('audience-max', options.audienceMax, 2_000_000_000),
    minutes: numberOf('minutes', options.minutes, MINUTES_MAX),
  }
  const found = isUuid(options.campaign)
    ? await maybeOne<{ workspace_id: string }>(
        pool,
        sql`SELECT workspace_id FROM campaign WHERE id = ${options.campaign} AND deleted_at IS NULL`,
      )
    : undefined
  if (found === undefined) throw new UsageError(`There is no campaign ${options.campaign}.`)
  const actor = {
    workspaceId: found.workspace_id,
    actor: { type: 'system' as const, id: null, name: 'Command line' },
    address: null,
    requestId: 'command line',
  }
  try {
    const made = await inTransaction(pool, async (tx) => {
      await moveTo(tx, found.workspace_id)
      return confirmLaunch(deps, tx, { actor, userId: null }, options.campaign, asked)
    })
    const lines = [
      `“${made.name}” with the template ${made.template.name} (${made.template.language})`,
      `to ${made.audience} people now, at most ${made.audienceMax}; good for one launch until ${made.expiresAt.toISOString()}`,
      `confirmation ${made.confirmation}`,
    ]
    return { data: made, lines }
  } catch (error) {
    if (error instanceof Problem) throw new UsageError(error.message)
    throw error
  }
}
