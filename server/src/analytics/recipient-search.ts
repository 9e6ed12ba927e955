import { searchSql } from '../contacts/queries.ts'
import { SLICE_SIZE } from '../dispatch/counters.ts'
import type { ShownStatus } from '../dispatch/state.ts'
import { type Db, one, type Sql, sql } from '../platform/db.ts'
import type { ListPage } from './recipient-list.ts'
import { type ListedCampaign, of, rowsAt, statusSql } from './recipient-rows.ts'

/** A search is counted up to so many (api.md §1). */
const SEARCH_COUNT_MAX = 10_000
/** A campaign of no more people than this is read whole when a term is common. */
const READ_WHOLE_MAX = 20_000

/**
 * One page of whom a term finds in the campaign: contacts by the trigram index, then each of them by the index of recipients, whatever the
 * planner knows. Of a term that finds more people of the campaign than are counted, the first so many are listed, and the total is not exact.
 * With a status nobody in it is left out for that: everybody whom the term finds is then asked for it, which takes a second at ten million.
 */
export async function searchRecipients(
  db: Db,
  campaign: ListedCampaign,
  term: string,
  status: ShownStatus | undefined,
  limit: number,
  offset: number,
): Promise<ListPage> {
  const wanted = status === undefined ? sql`SELECT seq FROM people` : inStatusSql(campaign, status, sql`people`)
  const search = (contacts: Sql, people: Sql, found = wanted) =>
    one<{ looked: number; people: number; n: number; seqs: number[] }>(
      db,
      sql`WITH contacts AS ${contacts}, people AS MATERIALIZED (${people} LIMIT ${SEARCH_COUNT_MAX + 1}),
               found AS MATERIALIZED (${found})
          SELECT (SELECT count(*) FROM contacts) AS looked, (SELECT count(*) FROM people) AS people, (SELECT count(*) FROM found) AS n,
                 ARRAY(SELECT seq FROM found ORDER BY seq LIMIT ${limit} OFFSET ${offset}) AS seqs`,
    )
  const matching = sql`SELECT c.id FROM contact_here c WHERE c.workspace_id = ${campaign.workspace_id} AND ${searchSql(term)}`
  let found = await search(
    sql`MATERIALIZED (${matching} LIMIT ${SEARCH_COUNT_MAX + 1})`,
    sql`SELECT r.seq FROM recipient r WHERE r.workspace_id = ${campaign.workspace_id} AND r.campaign_id = ${campaign.id} AND r.contact_id = ANY(ARRAY(SELECT id FROM contacts))`,
  )
  if (found.looked > SEARCH_COUNT_MAX && found.people <= SEARCH_COUNT_MAX)
    found =
      campaign.audience <= READ_WHOLE_MAX
        ? await search(
            sql`(SELECT NULL WHERE false)`,
            sql`SELECT r.seq FROM recipient r
                 CROSS JOIN LATERAL (SELECT * FROM contact k WHERE k.workspace_id = r.workspace_id AND k.id = r.contact_id LIMIT 1) AS c
                 WHERE ${of(campaign)} AND ${searchSql(term)}`,
          )
        : await search(
            sql`(SELECT NULL WHERE false)`,
            sql`SELECT r.seq FROM (${matching}) AS c
                 CROSS JOIN LATERAL (SELECT r.seq FROM recipient r WHERE ${of(campaign)} AND r.contact_id = c.id LIMIT 1) AS r`,
          )
  if (status !== undefined && found.people > SEARCH_COUNT_MAX)
    found = await search(
      sql`(SELECT NULL WHERE false)`,
      inStatusSql(
        campaign,
        status,
        sql`(SELECT r.seq FROM (${matching}) AS c
              CROSS JOIN LATERAL (SELECT r.seq FROM recipient r WHERE ${of(campaign)} AND r.contact_id = c.id LIMIT 1) AS r)`,
      ),
      sql`SELECT seq FROM people`,
    )
  const rows = await rowsAt(db, campaign, found.seqs)
  return { rows, total: Math.min(found.n, SEARCH_COUNT_MAX), isExact: found.people <= SEARCH_COUNT_MAX }
}

/** Those of some people who are in a status. */
const inStatusSql = (campaign: ListedCampaign, status: ShownStatus, people: Sql): Sql => sql`
  SELECT r.seq FROM ${people} AS r
    LEFT JOIN LATERAL (SELECT m.state FROM message m WHERE m.workspace_id = ${campaign.workspace_id} AND m.campaign_id = ${campaign.id}
                          AND m.seq = r.seq LIMIT 1) AS m ON true
    LEFT JOIN LATERAL (SELECT s.cursor_seq FROM campaign_slice s WHERE s.workspace_id = ${campaign.workspace_id} AND s.campaign_id = ${campaign.id}
                          AND s.slice_no = (r.seq - 1) / ${SLICE_SIZE}::int LIMIT 1) AS s ON true
   WHERE ${statusSql(campaign, status)}`
