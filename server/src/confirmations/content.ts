import { createHash } from 'node:crypto'
import type { Launch } from '../campaigns/launch.ts'
import type { CampaignRow } from '../campaigns/queries.ts'
import { expandFilter } from '../contacts/filter.ts'
import type { Db } from '../platform/db.ts'

/**
 * SHA-256 over everything that decides who is messaged, with what, from where and how: the texts of the template and its languages, the values of its
 * parameters, media, the filter with the conditions its segments have now, the sending number, pace and hours. All of it comes from jsonb
 * columns, which keep keys in one order, so equal contents give equal hashes. The name of the campaign and its schedule are free.
 */
export async function contentOf(db: Db, row: CampaignRow, { template, family, numberId }: Launch): Promise<Buffer> {
  const said = [
    (family?.versions ?? [template]).map(({ id, name, language, category, parameter_format, components }) => [
      id,
      name,
      language,
      category,
      parameter_format,
      components,
    ]),
    [row.variables, row.header_media],
    [await expandFilter(db, row.workspace_id, row.contact_filter), row.contact_filter.everyone ?? false],
    [numberId, row.rate_per_second, row.quiet_from, row.quiet_to, row.time_zone, row.unknown_policy],
    [row.topic_id, row.canary, row.circuit_breaker],
  ]
  return createHash('sha256').update(JSON.stringify(said)).digest()
}

/** What is wrong with a frozen audience that a person confirmed: nothing, or the reason why not one message may go. */
export async function brokenConfirmation(
  db: Db,
  row: CampaignRow,
  launch: Launch,
  eligible: number,
): Promise<{ readonly code: string; readonly detail: string } | undefined> {
  if (row.confirmed_audience_max === null || row.confirmed_content === null) return undefined
  if (eligible > row.confirmed_audience_max)
    return {
      code: 'confirmation-audience-grown',
      detail: `The audience grew to ${eligible} people; ${row.confirmed_audience_max} were confirmed.`,
    }
  if (row.confirmed_content.equals(await contentOf(db, row, launch))) return undefined
  return { code: 'confirmation-content-changed', detail: 'The content was changed after it was confirmed.' }
}
