import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FoldedProof, foldProofs, mergeProofs, type Proof } from './proof.ts'
import { STATE } from './state.ts'

const CAMPAIGN = '01890a5d-ac96-774b-bcce-b302099a8057'
const OTHER = '01890a5d-ac96-774b-bcce-b302099a8056'
const minute = (n: number) => new Date(Date.UTC(2026, 4, 28, 9, n))

const proof: fc.Arbitrary<Proof> = fc
  .record({
    state: fc.constantFrom(STATE.sent, STATE.undelivered, STATE.delivered, STATE.read),
    attempt: fc.constantFrom(null, 1, 2, 3),
    minute: fc.nat({ max: 9 }),
    wamid: fc.constantFrom(null, 'wamid.A', 'wamid.B'),
    code: fc.constantFrom(131026, 131049),
    price: fc.constantFrom(undefined, 'marketing', 'utility'),
  })
  .map(({ state, attempt, minute: at, wamid, code, price }) => ({
    campaignId: CAMPAIGN,
    seq: 7,
    attempt,
    state,
    at: minute(at),
    wamid,
    ...(state === STATE.undelivered ? { code, title: `title ${code}`, isRetryable: code === 131049 } : {}),
    // one message has one price at one moment
    ...(price === undefined ? {} : { pricing: { category: `${price} ${state} ${at}`, type: at % 2 === 0 ? 'regular' : null } }),
  }))
const proofs = fc.array(proof, { minLength: 1, maxLength: 12 })

/** What a set of proofs comes to, said once more in the plainest way: delivery.md §5. */
function expected(told: readonly Proof[]): FoldedProof {
  const times = (...states: number[]) => told.filter(({ state }) => states.includes(state)).map(({ at }) => at.getTime())
  const first = (list: number[]) => (list.length === 0 ? null : new Date(Math.min(...list)))
  const failures = told
    .filter(({ state }) => state === STATE.undelivered)
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.code ?? 0) - (b.code ?? 0))
  const priced = told.filter(({ pricing }) => pricing !== undefined).sort((a, b) => b.state - a.state || a.at.getTime() - b.at.getTime())
  const wamids = [...new Set(told.flatMap(({ wamid }) => (wamid === null ? [] : [wamid])))].sort()
  return {
    campaignId: CAMPAIGN,
    seq: 7,
    attempt: Math.max(...told.map(({ attempt }) => attempt ?? 0)),
    state: Math.max(...told.map(({ state }) => state)) as FoldedProof['state'],
    wamid: wamids[0] ?? null,
    otherWamid: wamids[1] ?? null,
    sentAt: first(times(STATE.sent)),
    deliveredAt: first(times(STATE.delivered, STATE.read)),
    readAt: first(times(STATE.read)),
    failedAt: failures[0]?.at ?? null,
    code: failures[0]?.code ?? null,
    title: failures[0]?.title ?? null,
    isRetryable: failures[0]?.isRetryable ?? null,
    pricingCategory: priced[0]?.pricing?.category ?? null,
    pricingType: priced[0]?.pricing?.type ?? null,
    pricingState: priced[0]?.state ?? null,
    pricingAt: priced[0]?.at ?? null,
  }
}

test('a set of receipts comes to the furthest state, the first time of each, the first failure, the price of the highest', () => {
  fc.assert(
    fc.property(proofs, (told) => {
      // two receipts of one state and minute with different prices do not occur: the first of the list stands for both
      const prices = new Map<string, Proof['pricing']>()
      const sane = told.map((one) => {
        const key = `${one.state} ${one.at.getTime()}`
        if (one.pricing !== undefined && !prices.has(key)) prices.set(key, one.pricing)
        return one.pricing === undefined ? one : { ...one, ...(prices.get(key) === undefined ? {} : { pricing: prices.get(key) }) }
      }) as Proof[]
      assert.deepEqual(foldProofs(sane), [expected(sane)])
    }),
    { numRuns: 300 },
  )
})

test('any order, any repetition up to 46 times, and any cut into batches come to the same', () => {
  fc.assert(
    fc.property(
      proofs.chain((told) =>
        fc.record({
          told: fc.constant(
            told.map((one) => (one.pricing === undefined ? one : { ...one, pricing: { category: 'marketing', type: 'regular' } })),
          ),
          order: fc.array(fc.nat({ max: told.length - 1 }), { maxLength: 46 }),
          cut: fc.nat({ max: told.length }),
        }),
      ),
      ({ told, order, cut }) => {
        const once = foldProofs(told)[0] as FoldedProof
        const repeated = [...order.map((i) => told[i] as Proof), ...told.toReversed()]
        assert.deepEqual(foldProofs(repeated), [once])
        const parts = [told.slice(cut), told.slice(0, cut)].flatMap((part) => foldProofs(part))
        assert.deepEqual(parts.length === 1 ? parts[0] : mergeProofs(parts[0] as FoldedProof, parts[1] as FoldedProof), once)
      },
    ),
    { numRuns: 300 },
  )
})

test('one folded proof per recipient, campaigns and sequence numbers in key order', () => {
  const told = (campaignId: string, seq: number): Proof => ({ campaignId, seq, attempt: 1, state: STATE.sent, at: minute(1), wamid: null })
  const folded = foldProofs([told(CAMPAIGN, 12), told(OTHER, 700), told(CAMPAIGN, 3), told(OTHER, 5), told(CAMPAIGN, 12), told(OTHER, 31)])
  assert.deepEqual(
    folded.map(({ campaignId, seq }) => [campaignId, seq]),
    [
      [OTHER, 5],
      [OTHER, 31],
      [OTHER, 700],
      [CAMPAIGN, 3],
      [CAMPAIGN, 12],
    ],
  )
  assert.deepEqual(foldProofs([]), [])
})

test('a code, a title and a retry are taken from a failed status only', () => {
  const [folded] = foldProofs([
    {
      campaignId: CAMPAIGN,
      seq: 1,
      attempt: null,
      state: STATE.delivered,
      at: minute(2),
      wamid: 'w',
      code: 1,
      title: 'x',
      isRetryable: true,
    },
  ])
  assert.deepEqual([folded?.code, folded?.title, folded?.isRetryable, folded?.failedAt, folded?.attempt], [null, null, null, null, 0])
  const [failed] = foldProofs([{ campaignId: CAMPAIGN, seq: 1, attempt: null, state: STATE.undelivered, at: minute(2), wamid: 'w' }])
  assert.deepEqual([failed?.code, failed?.title, failed?.isRetryable, failed?.failedAt], [null, null, null, minute(2)])
})

test('of two failures of one minute, one without a code counts first, whatever their order', () => {
  const failed = (code?: number): Proof => ({
    campaignId: CAMPAIGN,
    seq: 1,
    attempt: 1,
    state: STATE.undelivered,
    at: minute(2),
    wamid: 'w',
    ...(code === undefined ? {} : { code }),
  })
  for (const told of [
    [failed(), failed(131026)],
    [failed(131026), failed()],
  ])
    assert.equal(foldProofs(told)[0]?.code, null)
})
