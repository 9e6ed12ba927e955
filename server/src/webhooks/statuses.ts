import { restMarketing } from '../contacts/rest.ts'
import { addressesOf } from '../dispatch/address.ts'
import type { Tally } from '../dispatch/counters.ts'
import { setHold } from '../dispatch/holds.ts'
import { HELD_BACK, refusalOf } from '../dispatch/outcome.ts'
import type { Proof } from '../dispatch/proof.ts'
import { applyProofs, rewoundHold } from '../dispatch/settle.ts'
import { type Db, many, postPrepared, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import type { StatusEvent } from './events.ts'
import { STOPPED_MARKETING } from './hearing.ts'
import { isLearnt } from './learnt.ts'
import type { Located } from './located.ts'
import { contactsOf, learnFromReceipts, said } from './people.ts'
import { findByPerson, proofOf } from './status-proof.ts'
import { keepUnmatched } from './unmatched.ts'

/**
 * Applies the statuses of a batch in one set, then what failed ones say beyond their recipients. The caller flushes the tally.
 * @returns those whose ids were noted: learnt, once the transaction is committed
 */
export async function applyStatuses(
  deps: Deps,
  tx: Db,
  workspaceId: string,
  events: readonly Located<StatusEvent>[],
  tally: Tally,
): Promise<readonly StatusEvent[]> {
  if (events.length === 0) return []
  const addresses = addressesOf(deps)
  const now = deps.now()
  const proofs: Proof[] = []
  const byProof = new Map<Proof, Located<StatusEvent>>()
  const unmatched: Located<StatusEvent>[] = []
  for (const event of events) {
    const address = event.callbackData === null ? undefined : addresses.readAddress(event.callbackData)
    if (address?.kind === 'test') {
      await applyTestStatus(tx, workspaceId, address.testId, event)
      continue
    }
    const at = address ?? (await findByPerson(tx, workspaceId, event))
    if (at === undefined) {
      unmatched.push(event)
      continue
    }
    const proof = proofOf(event, { campaignId: at.campaignId, seq: at.seq, attempt: 'attempt' in at ? at.attempt : null }, now)
    proofs.push(proof)
    byProof.set(proof, event)
  }
  const teaching = [...byProof].filter(
    ([, event]) => (event.userId !== null || event.waId !== null) && event.status !== 'read' && !isLearnt(event),
  )
  await restMarketing(
    tx,
    workspaceId,
    proofs.flatMap((proof) => {
      const event = byProof.get(proof)
      return event?.errorCode === HELD_BACK ? [{ campaignId: proof.campaignId, seq: proof.seq, at: event.at }] : []
    }),
  )
  await learnFromReceipts(
    tx, // before the slices are locked: sending waits for them
    workspaceId,
    teaching.map(([{ campaignId, seq }, { waId, userId }]) => ({ campaignId, seq, waId, userId })),
  )
  for (const proof of await applyProofs(tx, workspaceId, proofs, tally)) {
    const event = byProof.get(proof)
    if (event !== undefined) unmatched.push(event)
  }
  await holdIfRewound(deps, tx, workspaceId, unmatched)
  await keepUnmatched(deps, tx, workspaceId, unmatched)
  await applyFailures(tx, workspaceId, events, byProof, tally)
  const reachedNobody = new Set<StatusEvent>(unmatched)
  return teaching.map(([, event]) => event).filter((event) => !reachedNobody.has(event))
}

/**
 * An address of ours that names a campaign later than any we know: this database is older than what was sent from it (delivery.md §4). Ids
 * are v7, so later means greater.
 */
async function holdIfRewound(deps: Deps, tx: Db, workspaceId: string, events: readonly Located<StatusEvent>[]): Promise<void> {
  const addresses = addressesOf(deps)
  for (const { callbackData, numberId } of events) {
    const address = callbackData === null ? undefined : addresses.readAddress(callbackData)
    if (address?.kind !== 'message' || numberId === null) continue
    const [newest] = await many<{ id: string }>(
      tx,
      sql`SELECT id FROM campaign WHERE workspace_id = ${workspaceId} ORDER BY id DESC LIMIT 1`,
    )
    if (newest === undefined || address.campaignId > newest.id) await setHold(tx, rewoundHold(workspaceId, numberId))
  }
}

/** Notes that receipts of these numbers come: policy `confident` trusts only an intake without a gap. Takes the last locks of the batch. */
export async function noteReceipts(tx: Db, workspaceId: string, events: readonly Located<StatusEvent>[]): Promise<void> {
  const counts = new Map<string, number>()
  for (const { numberId } of events) if (numberId !== null) counts.set(numberId, (counts.get(numberId) ?? 0) + 1)
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  if (rows.length === 0) return
  await postPrepared(
    tx,
    sql`INSERT INTO receipt_minute AS r (workspace_id, number_id, minute, receipts)
        SELECT ${workspaceId}, n.id, date_trunc('minute', now()), n.receipts
          FROM unnest(${rows.map(([id]) => id)}::uuid[], ${rows.map(([, count]) => count)}::int[]) AS n (id, receipts)
        ON CONFLICT (workspace_id, number_id, minute) DO UPDATE SET receipts = r.receipts + excluded.receipts`,
  )
}

/** What a failed receipt says beyond its recipient: an opt-out, or trouble of the template, the number or the account. */
async function applyFailures(
  tx: Db,
  workspaceId: string,
  events: readonly Located<StatusEvent>[],
  byProof: ReadonlyMap<Proof, StatusEvent>,
  tally: Tally,
): Promise<void> {
  const campaigns = new Map([...byProof].map(([proof, event]) => [event, proof]))
  for (const event of events) {
    if (event.errorCode === null) continue
    const proof = campaigns.get(event)
    if (event.errorCode === STOPPED_MARKETING) {
      const reached = await contactsOf(tx, workspaceId, event)
      const own = proof === undefined ? [] : await recipientContact(tx, workspaceId, proof)
      await said(
        tx,
        workspaceId,
        [...new Set([...reached, ...own])],
        { source: 'meta', stopped: true, saidAt: event.at, note: 'Meta error 131050' },
        tally,
        proof,
      )
      continue
    }
    const refusal = refusalOf(event.errorCode)
    if (refusal?.class !== 'hold') continue
    const [campaign] =
      proof === undefined
        ? []
        : await many<{ id: string; template_id: string }>(
            tx,
            sql`SELECT id, template_id FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${proof.campaignId}`,
          )
    const scopeId = {
      campaign: campaign?.id,
      template: campaign?.template_id,
      number: event.numberId,
      account: event.accountId,
      portfolio: null,
    }[refusal.scope]
    if (!scopeId) continue
    const detail = event.errorTitle ?? `Meta reports error ${event.errorCode}.`
    await setHold(tx, {
      workspaceId,
      scope: refusal.scope,
      scopeId,
      reason: refusal.reason,
      detail,
      code: event.errorCode,
      happenedAt: event.at,
    })
  }
}

const recipientContact = async (tx: Db, workspaceId: string, { campaignId, seq }: Proof): Promise<string[]> =>
  (
    await many<{ id: string }>(
      tx,
      sql`SELECT c.id FROM recipient r JOIN contact c ON c.workspace_id = r.workspace_id AND c.id = r.contact_id
           WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = ${campaignId} AND r.seq = ${seq}`,
    )
  ).map(({ id }) => id)

async function applyTestStatus(tx: Db, workspaceId: string, testId: string, event: StatusEvent): Promise<void> {
  const ranks = ['Pending', 'Sending', 'Unknown', 'Sent', 'Failed', 'Delivered', 'Read']
  const state = { sent: 'Sent', delivered: 'Delivered', read: 'Read', failed: 'Failed' }[event.status]
  await run(
    tx,
    sql`UPDATE test_send SET state = ${state}, wamid = coalesce(wamid, ${event.wamid}), error_code = coalesce(${event.errorCode}, error_code),
               error_title = coalesce(${event.errorTitle}, error_title), settled_at = coalesce(settled_at, now())
         WHERE workspace_id = ${workspaceId} AND id = ${testId} AND array_position(${ranks}::text[], state) < array_position(${ranks}::text[], ${state}::text)`,
  )
}
