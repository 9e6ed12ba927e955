import { type Db, run, sql } from '../platform/db.ts'
import { makeTally } from './counters.ts'
import { STATE } from './state.ts'

export interface SkippedPerson {
  readonly seq: number
  readonly reason: string
}
interface Of {
  readonly workspaceId: string
  readonly id: string
}

/** Writes Skipped rows for people of a campaign who have none. The caller holds their slice. */
export async function skip(tx: Db, campaign: Of, people: readonly SkippedPerson[]): Promise<void> {
  if (people.length === 0) return
  await run(
    tx,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, skip_reason, settled_at)
        SELECT ${campaign.workspaceId}, ${campaign.id}, s.seq, 3, s.reason, now()
          FROM unnest(${people.map(({ seq }) => seq)}::int[], ${people.map(({ reason }) => reason)}::text[]) AS s (seq, reason)`,
  )
  await countSkipped(tx, campaign, people, undefined)
}

/** People waiting for a retry who may not be sent to any more. The caller holds their slices. */
export async function skipWaiting(tx: Db, campaign: Of, people: readonly SkippedPerson[]): Promise<void> {
  if (people.length === 0) return
  await run(
    tx,
    sql`UPDATE message m SET prev_state = m.state, state = 3, skip_reason = k.reason, settled_at = now()
          FROM unnest(${people.map(({ seq }) => seq)}::int[], ${people.map(({ reason }) => reason)}::text[]) AS k (seq, reason)
         WHERE m.workspace_id = ${campaign.workspaceId} AND m.campaign_id = ${campaign.id} AND m.seq = k.seq AND m.state = 0`,
  )
  await countSkipped(tx, campaign, people, STATE.pending)
}

async function countSkipped(tx: Db, campaign: Of, people: readonly SkippedPerson[], from: typeof STATE.pending | undefined): Promise<void> {
  const at = new Date()
  const tally = makeTally()
  for (const { seq, reason } of people) {
    tally.move({ campaignId: campaign.id, seq, from, to: STATE.skipped, wasSending: false, at })
    tally.failure({ campaignId: campaign.id, kind: 'skipped', code: reason, count: 1 })
  }
  await tally.flush(tx, campaign.workspaceId)
}
