import assert from 'node:assert/strict'
import { frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { type Db, many, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { inTransaction } from '../platform/transaction.ts'
import { type IntentResult, intend, intendRetries, type RunningCampaign } from './intent.ts'
import { type Lease, takeLease } from './lease.ts'
import type { Acceptance, Inference } from './message-rows.ts'
import { recordResults } from './settle.ts'

/** An app with a number whose lease the test holds, and the steps a driver would take. */
export interface TestNumber {
  readonly t: TestApp
  readonly world: TestWorld
  lease: Lease
  /** Takes the number as another worker would after its owner gave it back. */
  takeOver(): Promise<Lease>
  campaign(id: string): RunningCampaign
  /** Frozen, with everybody who has the tag. */
  frozen(tag: string): Promise<string>
  /** The intent of (fromSeq, upToSeq]. */
  step(id: string, fromSeq: number, upToSeq: number, window?: number): Promise<IntentResult>
  /** Sequence numbers the intent gave, or `refused`. */
  seqs(id: string, fromSeq: number, upToSeq: number, window?: number): Promise<number[] | 'refused'>
  retries(id: string, wanted: number, window?: number): Promise<number[] | 'refused'>
  record(acceptances: readonly Acceptance[], inferences?: readonly Inference[]): Promise<void>
  /** Asserts that every kept number of the campaign agrees with its rows. */
  assertConsistent(id: string): Promise<void>
}

export const acceptance = (campaignId: string, seq: number, more: Partial<Acceptance> = {}): Acceptance => ({
  campaignId,
  seq,
  attempt: 1,
  wamid: `wamid.${seq}`,
  acceptedAt: new Date(),
  intendedAt: new Date(),
  isHeld: false,
  ...more,
})
export const inference = (campaignId: string, seq: number, state: Inference['state'], more: Partial<Inference> = {}): Inference => ({
  campaignId,
  seq,
  attempt: 1,
  state,
  tries: 1,
  code: null,
  title: null,
  isRetryable: null,
  intendedAt: null,
  retryAfterSeconds: 0,
  event: { kind: 'test', detail: '' },
  ...more,
})

export async function testNumber(): Promise<TestNumber> {
  const t = await testApp()
  const world = await testWorld(t)
  const target = { workspaceId: t.workspaceId, numberId: world.numberId }
  let key = 0
  const takeOver = async () => {
    await run(t.deps.pool, sql`UPDATE number_lease SET worker_key = NULL`)
    const taken = await takeLease(t.deps.pool, target, ++key, 1_000)
    assert.ok(taken)
    number.lease = taken
    return taken
  }
  const number: TestNumber = {
    t,
    world,
    lease: { ...target, token: 0, workerKey: 0 },
    takeOver,
    campaign: (id) => ({
      ...target,
      id,
      accountId: world.accountId,
      templateId: world.plainTemplateId,
      category: 'UTILITY',
      ratePerSecond: null,
      requireMarketingOptIn: false,
      utilityThroughOptOut: false,
      topicId: null,
      quiet: null,
      canarySeq: null,
      hasRetryDue: false,
    }),
    frozen: (tag) => frozenCampaign(t, world, { tag, plain: true }),
    step: (id, fromSeq, upToSeq, window) =>
      intend(
        t.deps.pool,
        number.campaign(id),
        number.lease,
        { sliceNo: Math.floor(fromSeq / 500), fromSeq, upToSeq, unsendable: [] },
        window,
      ),
    async seqs(id, fromSeq, upToSeq, window) {
      const result = await number.step(id, fromSeq, upToSeq, window)
      return result.kind === 'refused' ? 'refused' : result.intended.map(({ seq }) => seq)
    },
    async retries(id, wanted, window) {
      const result = await intendRetries(t.deps.pool, number.campaign(id), number.lease, wanted, window)
      return result.kind === 'refused' ? 'refused' : result.intended.map(({ seq }) => seq).sort((a, b) => a - b)
    },
    record: (acceptances, inferences = []) =>
      inTransaction(t.deps.pool, (tx: Db) => recordResults(tx, t.workspaceId, acceptances, inferences)),
    async assertConsistent(id) {
      assert.deepEqual(await many(t.deps.pool, sql`SELECT * FROM campaign_mismatches(${t.workspaceId}, ${id})`), [])
    },
  }
  await takeOver()
  return number
}
