import { type Db, one, run, sql } from '../platform/db.ts'

/** Rows of one workspace that stand before they are added up: to read so many costs nothing. */
const ROWS = 16

/** How many contacts a workspace has, exactly. Triggers keep it (migration 0024), so that nobody counts rows. */
export const countAll = async (db: Db, workspaceId: string): Promise<number> =>
  (await one<{ n: number }>(db, sql`SELECT coalesce(sum(delta), 0)::bigint AS n FROM contact_count WHERE workspace_id = ${workspaceId}`)).n

/** Housekeeping: makes one row of many. Safe beside every writer and beside itself, whoever reads meanwhile finds the same sum. */
export const addUpCounts = (db: Db): Promise<number> =>
  run(
    db,
    sql`WITH many AS (SELECT workspace_id FROM contact_count GROUP BY workspace_id HAVING count(*) > ${ROWS}),
             taken AS (SELECT k.workspace_id, k.id FROM contact_count k JOIN many USING (workspace_id) FOR UPDATE OF k SKIP LOCKED),
             gone AS (DELETE FROM contact_count k USING taken t WHERE k.workspace_id = t.workspace_id AND k.id = t.id RETURNING k.workspace_id, k.delta)
        INSERT INTO contact_count (workspace_id, delta) SELECT workspace_id, sum(delta) FROM gone GROUP BY workspace_id`,
  )
