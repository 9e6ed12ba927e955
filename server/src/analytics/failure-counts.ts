import { type Db, postPrepared, sql } from '../platform/db.ts'

export interface FailureMove {
  readonly campaignId: string
  readonly kind: 'rejected' | 'undelivered' | 'skipped'
  /** Meta's error code as text, or the skip reason. */
  readonly code: string
  readonly count: number
}

/** Moves the failure counts of campaigns, in the transaction that moves the states; rows are taken in key order. */
export async function moveFailures(tx: Db, workspaceId: string, moves: readonly FailureMove[]): Promise<void> {
  const sums = new Map<string, FailureMove>()
  for (const move of moves) {
    const key = `${move.campaignId} ${move.kind} ${move.code}`
    sums.set(key, { ...move, count: (sums.get(key)?.count ?? 0) + move.count })
  }
  const rows = [...sums]
    .filter(([, { count }]) => count !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, move]) => move)
  if (rows.length === 0) return
  await postPrepared(
    tx,
    sql`INSERT INTO campaign_failure AS f (workspace_id, campaign_id, kind, code, count)
        SELECT ${workspaceId}, d.* FROM unnest(${rows.map((row) => row.campaignId)}::uuid[], ${rows.map((row) => row.kind)}::text[],
               ${rows.map((row) => row.code)}::text[], ${rows.map((row) => row.count)}::int[]) AS d
        ON CONFLICT (workspace_id, campaign_id, kind, code) DO UPDATE SET count = f.count + excluded.count`,
  )
}
