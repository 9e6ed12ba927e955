import { addressesOf } from '../dispatch/address.ts'
import type { Proof } from '../dispatch/proof.ts'
import { applyProofs } from '../dispatch/settle.ts'
import { type Db, many, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { StatusEvent } from './events.ts'
import { byWorkspace, type Located } from './located.ts'
import { findByPerson, proofOf } from './status-proof.ts'

/**
 * Keeps statuses that matched no message: the database may be behind, or another system uses the same number. Those about people who are no
 * longer kept (retention/people.ts) are filed as expired at once: no later try can find them.
 */
export async function keepUnmatched(
  deps: Pick<Deps, 'secrets' | 'install'>,
  tx: Db,
  workspaceId: string,
  events: readonly Located<StatusEvent>[],
): Promise<void> {
  if (events.length === 0) return
  const campaigns = events.map(({ callbackData }) => {
    const address = callbackData === null ? undefined : addressesOf(deps).readAddress(callbackData)
    return address?.kind === 'message' ? address.campaignId : null
  })
  await run(
    tx,
    sql`INSERT INTO unmatched_receipt (workspace_id, id, number_id, receipt, next_try_at, filed_as)
        SELECT ${workspaceId}, u.id, u.number_id, u.receipt, now() + interval '1 minute',
               (SELECT 'expired' FROM campaign c WHERE c.workspace_id = ${workspaceId} AND c.id = u.campaign_id AND c.people_deleted_at IS NOT NULL)
          FROM unnest(${events.map(() => newId())}::uuid[], ${events.map(({ numberId }) => numberId)}::uuid[], ${events.map((event) => JSON.stringify(event))}::jsonb[],
                      ${campaigns}::uuid[]) AS u (id, number_id, receipt, campaign_id)`,
  )
}

/** Receipts that matched nothing are tried again for eight days: the database may have been behind. */
export async function retryUnmatched(deps: Deps): Promise<void> {
  const addresses = addressesOf(deps)
  await inTransaction(deps.pool, async (tx) => {
    const rows = await many<{
      workspace_id: string
      id: string
      receipt: Omit<Located<StatusEvent>, 'at'> & { at: string }
      first_at: Date
    }>(
      tx,
      sql`SELECT workspace_id, id, receipt, first_at FROM unmatched_receipt WHERE filed_as IS NULL AND next_try_at <= now()
           ORDER BY next_try_at LIMIT 200 FOR UPDATE SKIP LOCKED`,
    )
    for (const [workspaceId, own] of byWorkspace(rows)) {
      const found: { readonly row: (typeof own)[number]; readonly isOurs: boolean; readonly proof: Proof | undefined }[] = []
      for (const row of own) {
        const event: StatusEvent = { ...row.receipt, at: new Date(row.receipt.at) }
        const address = event.callbackData === null ? undefined : addresses.readAddress(event.callbackData)
        const at = address?.kind === 'message' ? address : await findByPerson(tx, workspaceId, event)
        const proof = at && proofOf(event, { campaignId: at.campaignId, seq: at.seq, attempt: null }, deps.now())
        found.push({ row, isOurs: address !== undefined, proof })
      }
      // all at once: slices and counters are locked in one order whatever order the receipts came in
      const left = new Set(
        await applyProofs(
          tx,
          workspaceId,
          found.flatMap(({ proof }) => (proof === undefined ? [] : [proof])),
        ),
      )
      const isMatched = ({ proof }: (typeof found)[number]) => proof !== undefined && !left.has(proof)
      const matched = found.filter(isMatched).map(({ row }) => row.id)
      await run(tx, sql`DELETE FROM unmatched_receipt WHERE workspace_id = ${workspaceId} AND id = ANY(${matched}::uuid[])`)
      for (const { row, isOurs } of found.filter((one) => !isMatched(one))) {
        const ageMs = deps.now().getTime() - row.first_at.getTime()
        await run(
          tx,
          sql`UPDATE unmatched_receipt
                 SET next_try_at = now() + ${Math.max(60, ageMs / 1_000)} * interval '1 second',
                     filed_as = CASE WHEN ${ageMs > 8 * 86_400_000} THEN ${isOurs ? 'expired' : 'foreign'} END
               WHERE workspace_id = ${workspaceId} AND id = ${row.id}`,
        )
      }
    }
  })
}
