import assert from 'node:assert/strict'
import { addContacts } from '../campaigns/test-campaign.ts'
import { type Db, one, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { intend } from './intent.ts'
import type { Inference } from './message-rows.ts'
import type { State } from './state.ts'
import { acceptance, inference, testNumber } from './test-number.ts'

/** An answer of Meta with a message id of its own for each attempt. */
export const accept = (campaignId: string, seq: number, attempt = 1) =>
  acceptance(campaignId, seq, { attempt, wamid: `wamid.${seq}.${attempt}` })
export const infer = (campaignId: string, seq: number, state: Inference['state'], attempt = 1) =>
  inference(campaignId, seq, state, { attempt, tries: attempt })

/** A number whose lease the test holds and 1,200 contacts with the tag `All`, and what tests of settling and of intents ask of them. */
export async function settleWorld() {
  const n = await testNumber()
  const { t } = n
  await addContacts(t, 1_200, { tag: 'All' })

  /** Counters, slice counts and rows must tell the same story: counted here by hand, not by `campaign_mismatches`. */
  async function assertConsistent(id: string): Promise<void> {
    const rows = await one<Record<string, number>>(
      t.deps.pool,
      sql`SELECT count(*) FILTER (WHERE state = 6) AS sent, count(*) FILTER (WHERE state = 8) AS delivered, count(*) FILTER (WHERE state = 9) AS read,
                 count(*) FILTER (WHERE state = 5) AS rejected, count(*) FILTER (WHERE state = 7) AS undelivered, count(*) FILTER (WHERE state = 3) AS skipped,
                 count(*) FILTER (WHERE state = 2) AS unknown FROM message WHERE campaign_id = ${id}`,
    )
    const counters = await one<Record<string, number>>(
      t.deps.pool,
      sql`SELECT sent, delivered, read, rejected, undelivered, skipped, unknown FROM campaign_counter WHERE campaign_id = ${id}`,
    )
    assert.deepEqual(counters, rows)
    const slices = await one<Record<string, number>>(
      t.deps.pool,
      sql`SELECT sum(sent) AS sent, sum(delivered) AS delivered, sum(read) AS read, sum(failed) AS failed, sum(unknown) AS unknown, sum(sending) AS sending FROM campaign_slice WHERE campaign_id = ${id}`,
    )
    const { sending } = await one<{ sending: number }>(
      t.deps.pool,
      sql`SELECT count(*) AS sending FROM recipient r JOIN campaign_slice s ON s.campaign_id = r.campaign_id AND s.slice_no = (r.seq - 1) / 500
            LEFT JOIN message m ON m.campaign_id = r.campaign_id AND m.seq = r.seq
           WHERE r.campaign_id = ${id} AND ((m.seq IS NULL AND r.seq <= s.cursor_seq) OR m.state = 1)`,
    )
    assert.deepEqual(slices, {
      sent: rows.sent,
      delivered: rows.delivered,
      read: rows.read,
      failed: (rows.rejected ?? 0) + (rows.undelivered ?? 0),
      unknown: rows.unknown,
      sending,
    })
  }

  return {
    n,
    t,
    world: n.world,
    frozen: () => n.frozen('All'),
    /** The intent of (fromSeq, upToSeq] by the owner of a lease, the test's own unless told otherwise. */
    step: (id: string, fromSeq: number, upToSeq: number, own = n.lease, sliceNo = Math.floor(fromSeq / 500)) =>
      intend(t.deps.pool, n.campaign(id), own, { sliceNo, fromSeq, upToSeq, unsendable: [] }),
    inTx: <T>(work: (tx: Db) => Promise<T>) => inTransaction(t.deps.pool, work),
    stateOf: async (id: string, seq: number) =>
      (await one<{ state: State }>(t.deps.pool, sql`SELECT state FROM message WHERE campaign_id = ${id} AND seq = ${seq}`)).state,
    assertConsistent,
  }
}
