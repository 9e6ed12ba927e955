import type { Db } from '../platform/db.ts'
import type { Deps, Principal } from '../platform/http.ts'
import { campaignItem } from './figures.ts'
import { countMatched } from './launch.ts'
import type { CampaignRow } from './queries.ts'
import type { Campaign } from './schema.ts'
import { isEditable } from './status.ts'

export const mayOf = (principal: Principal) => (permission: string) => (principal.permissions as ReadonlySet<string>).has(permission)

/** A campaign as api.md §3.1 shows it to this caller; before its launch with the number of contacts its filter matches. */
export const answerOf = async (deps: Pick<Deps, 'now'>, db: Db, principal: Principal, row: CampaignRow): Promise<Campaign> => ({
  ...campaignItem(row, mayOf(principal), deps.now()),
  variables: row.variables,
  estimatedAudience: isEditable(row.status) ? await countMatched(db, principal.workspaceId, row.contact_filter) : null,
})
