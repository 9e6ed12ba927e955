import type pg from 'pg'
import { recordConsent } from '../contacts/consent.ts'
import { restMarketing } from '../contacts/rest.ts'
import { type Db, many, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { makeTally } from './counters.ts'
import { type HoldInput, setHold } from './holds.ts'
import { HELD_BACK } from './outcome.ts'
import type { Attempt, Result } from './ports.ts'
import { type Acceptance, type Inference, recordResults } from './settle.ts'
import { recordTests } from './test-sends.ts'

/** Meta's code for "this person stopped marketing messages from this business": an opt-out. */
const STOPPED_MARKETING = 131050
/** So many refusals in a row that only our request can explain stop the campaign (whatsapp-cloud-api.md §6.4). */
const SUSPICIOUS_IN_A_ROW = 5

/** 99 % of held messages are released or dropped within an hour (whatsapp-cloud-api.md §5.6). */
const ASSESSED_WITHIN_MS = 2 * 3_600_000

/** Remembers, per campaign, how many suspicious refusals came in a row. */
export type SuspicionCounts = Map<string, number>

/**
 * Writes what a batch of attempts came to, in one transaction: rows, counters, retries, trails, and the holds that refusals ask for.
 * Throws while the store is away; repeating it is safe.
 */
export async function recordBatch(
  pool: pg.Pool,
  workspaceId: string,
  results: readonly Result[],
  suspicions: SuspicionCounts,
): Promise<void> {
  const acceptances: Acceptance[] = []
  const inferences: Inference[] = []
  const holds = new Map<string, HoldInput>()
  const demand = (hold: HoldInput) => holds.set(`${hold.scope} ${hold.scopeId} ${hold.reason}`, hold)
  for (const { attempt, outcome, verdict, answeredAt } of results) {
    const { campaign, intended } = attempt
    if (campaign === undefined) continue
    if (outcome.kind === 'accepted') {
      suspicions.delete(campaign.id)
      const isHeld = outcome.status === 'held_for_quality_assessment'
      acceptances.push({ ...intended, wamid: outcome.wamid, acceptedAt: answeredAt, isHeld })
      if (isHeld)
        demand({
          workspaceId,
          scope: 'campaign',
          scopeId: campaign.id,
          reason: 'quality_pending',
          detail: 'Meta holds messages back while it assesses the template’s quality: more of them would share their fate.',
          happenedAt: intended.intendedAt,
          autoResumeAt: new Date(answeredAt.getTime() + ASSESSED_WITHIN_MS),
        })
      if (outcome.status === 'paused')
        demand({
          workspaceId,
          scope: 'template',
          scopeId: templateOf(attempt),
          reason: 'template_paused',
          detail: 'Meta paused the template.',
        })
      continue
    }
    if (verdict !== undefined) inferences.push({ ...intended, ...verdict })
    if (outcome.kind !== 'refused') continue
    const { refusal, code, title } = outcome
    if (refusal.class === 'hold') {
      const ids = {
        campaign: campaign.id,
        template: templateOf(attempt),
        number: campaign.numberId,
        account: campaign.accountId,
        portfolio: '',
      }
      demand({
        workspaceId,
        scope: refusal.scope,
        scopeId: ids[refusal.scope],
        reason: refusal.reason,
        detail: title,
        code,
        happenedAt: intended.intendedAt,
      })
    }
    if (refusal.class === 'never' && refusal.suspicious) {
      const inARow = (suspicions.get(campaign.id) ?? 0) + 1
      suspicions.set(campaign.id, inARow)
      if (inARow >= SUSPICIOUS_IN_A_ROW)
        demand({
          workspaceId,
          scope: 'campaign',
          scopeId: campaign.id,
          reason: 'circuit_breaker',
          detail: `${inARow} times in a row: ${title}`,
          code,
        })
    }
  }
  await inTransaction(
    pool,
    async (tx) => {
      const tally = makeTally()
      await restMarketing(tx, workspaceId, heldBack(results)) // contacts before slices, as receipts take them
      await recordResults(tx, workspaceId, acceptances, inferences, tally)
      for (const hold of holds.values()) await setHold(tx, hold)
      await recordOptOuts(tx, workspaceId, results)
      await tally.flush(tx, workspaceId)
    },
    { durable: true },
  )
  await recordTests(pool, workspaceId, results)
}

/** The template a message was made from: a refusal of one language is no news of the others. */
function templateOf({ campaign, message }: Attempt): string {
  const language = (message.template as { language?: { code?: string } } | null)?.language?.code ?? ''
  return campaign?.templates?.[language] ?? campaign?.templateId ?? ''
}

const heldBack = (results: readonly Result[]) =>
  results.flatMap(({ attempt, outcome, answeredAt }) => {
    const { campaignId, seq } = attempt.intended
    return outcome.kind === 'refused' && outcome.code === HELD_BACK && attempt.campaign !== undefined
      ? [{ campaignId, seq, at: answeredAt }]
      : []
  })

/** A refusal with 131050 is the person's own word; it counts everywhere at once. */
async function recordOptOuts(tx: Db, workspaceId: string, results: readonly Result[]): Promise<void> {
  const stopped = results.filter(({ outcome }) => outcome.kind === 'refused' && outcome.code === STOPPED_MARKETING)
  if (stopped.length === 0) return
  for (const { attempt, answeredAt } of stopped) {
    const contacts = await many<{ id: string }>(
      tx,
      sql`SELECT c.id FROM recipient r JOIN contact c ON c.workspace_id = r.workspace_id AND c.id = r.contact_id
             WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = ${attempt.intended.campaignId || null}::uuid AND r.seq = ${attempt.intended.seq}`,
    )
    await recordConsent(
      tx,
      contacts.map(({ id }) => ({
        workspaceId,
        contactId: id,
        source: 'meta',
        stopped: true,
        saidAt: answeredAt,
        note: 'Meta error 131050',
      })),
    )
  }
}
