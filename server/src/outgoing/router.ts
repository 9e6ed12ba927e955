import { noticesOf } from '../notices/notices.ts'
import { type Db, many, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { type Batch, batchesOf, type OutgoingEvent } from './batch.ts'

/** Rows of the outbox taken in one transaction; each may speak for hundreds of messages. */
const TAKE_MAX = 500

/**
 * Moves the outbox on: what is taken out becomes deliveries to the endpoints that asked for it, and notices, in one transaction. Taking a
 * row is deleting it, so any number of processes may do this, nothing is passed over that commits late, and nothing needs clearing away.
 * @returns how many rows were taken
 */
export function routeEvents(deps: Deps): Promise<number> {
  return inTransaction(deps.pool, async (tx) => {
    const events = await many<OutgoingEvent>(
      tx,
      sql`DELETE FROM outgoing_event o
           USING (SELECT workspace_id, id FROM outgoing_event ORDER BY id LIMIT ${TAKE_MAX} FOR UPDATE SKIP LOCKED) AS oldest
           WHERE o.workspace_id = oldest.workspace_id AND o.id = oldest.id
          RETURNING o.workspace_id AS "workspaceId", o.id, o.type, o.campaign_id AS "campaignId", o.seqs, o.data, o.at`,
    )
    const inOrder = events.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    for (const [workspaceId, own] of Map.groupBy(inOrder, (event) => event.workspaceId)) {
      await queueDeliveries(tx, workspaceId, own)
      if (deps.config.SMTP_URL !== undefined) await noticesOf(deps, tx, workspaceId, own)
    }
    return events.length
  })
}

async function queueDeliveries(tx: Db, workspaceId: string, events: readonly OutgoingEvent[]): Promise<void> {
  const endpoints = await many<{ id: string; events: string[] }>(
    tx,
    sql`SELECT id, events FROM webhook_endpoint WHERE workspace_id = ${workspaceId} AND is_enabled ORDER BY id`,
  )
  const rows = endpoints.flatMap(({ id, events: wanted }) =>
    batchesOf(events.filter(({ type }) => wanted.includes(type))).map((batch) => deliveryRow(id, batch)),
  )
  if (rows.length === 0) return
  await run(
    tx,
    sql`INSERT INTO outgoing_delivery (workspace_id, endpoint_id, id, type, campaign_id, seqs, data, happened_at)
        SELECT ${workspaceId}, d.* FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            AS d (endpoint_id uuid, id uuid, type text, campaign_id uuid, seqs int[], data jsonb, happened_at timestamptz)`,
  )
}

const deliveryRow = (endpointId: string, batch: Batch) => ({
  endpoint_id: endpointId,
  id: newId(),
  type: batch.type,
  campaign_id: batch.campaignId,
  seqs: batch.seqs,
  data: batch.data,
  happened_at: batch.at,
})
