import { mergeState, STATE, type State } from './state.ts'

/** What Meta told about a message it accepted: one status of a webhook, or an answer with a wamid. */
export interface Proof {
  readonly campaignId: string
  readonly seq: number
  /** The attempt whose address was echoed; null when the message was found by wamid. */
  readonly attempt: number | null
  readonly state: typeof STATE.sent | typeof STATE.undelivered | typeof STATE.delivered | typeof STATE.read
  /** Provider time, already clamped. */
  readonly at: Date
  readonly wamid: string | null
  /** Error of a failed status. */
  readonly code?: number
  readonly title?: string
  readonly isRetryable?: boolean
  readonly pricing?: { readonly category: string; readonly type: string | null }
}

/** All that a set of proofs says about one recipient: the same for every order and repetition of the set. */
export interface FoldedProof {
  readonly campaignId: string
  readonly seq: number
  readonly attempt: number
  readonly state: State
  readonly wamid: string | null
  /** A second message id beside `wamid`: the person was messaged twice. */
  readonly otherWamid: string | null
  readonly sentAt: Date | null
  readonly deliveredAt: Date | null
  readonly readAt: Date | null
  readonly failedAt: Date | null
  readonly code: number | null
  readonly title: string | null
  readonly isRetryable: boolean | null
  readonly pricingCategory: string | null
  readonly pricingType: string | null
  readonly pricingState: State | null
  readonly pricingAt: Date | null
}

const earlier = (a: Date | null, b: Date | null): Date | null => (a === null ? b : b === null || a <= b ? a : b)

/** A proof as a folded set of one. `read` implies `delivered` and fills its time. */
const single = (proof: Proof): FoldedProof => ({
  campaignId: proof.campaignId,
  seq: proof.seq,
  attempt: proof.attempt ?? 0,
  state: proof.state,
  wamid: proof.wamid,
  otherWamid: null,
  sentAt: proof.state === STATE.sent ? proof.at : null,
  deliveredAt: proof.state === STATE.delivered || proof.state === STATE.read ? proof.at : null,
  readAt: proof.state === STATE.read ? proof.at : null,
  failedAt: proof.state === STATE.undelivered ? proof.at : null,
  code: proof.state === STATE.undelivered ? (proof.code ?? null) : null,
  title: proof.state === STATE.undelivered ? (proof.title ?? null) : null,
  isRetryable: proof.state === STATE.undelivered ? (proof.isRetryable ?? null) : null,
  pricingCategory: proof.pricing?.category ?? null,
  pricingType: proof.pricing?.type ?? null,
  pricingState: proof.pricing ? proof.state : null,
  pricingAt: proof.pricing ? proof.at : null,
})

/** The failure told first counts; at equal times the smaller code, so that order does not matter. */
const failureBefore = (a: FoldedProof, b: FoldedProof): boolean => {
  if (a.failedAt === null || b.failedAt === null) return a.failedAt !== null
  return a.failedAt.getTime() !== b.failedAt.getTime() ? a.failedAt < b.failedAt : (a.code ?? 0) <= (b.code ?? 0)
}

/** Pricing of the highest-ranked receipt counts, ties by smallest time (delivery.md §5). */
const pricingBefore = (a: FoldedProof, b: FoldedProof): boolean => {
  if (a.pricingState === null || b.pricingState === null) return a.pricingState !== null
  if (a.pricingState !== b.pricingState) return a.pricingState > b.pricingState
  return (a.pricingAt ?? 0) <= (b.pricingAt ?? 0)
}

export function mergeProofs(a: FoldedProof, b: FoldedProof): FoldedProof {
  const failure = failureBefore(a, b) ? a : b
  const pricing = pricingBefore(a, b) ? a : b
  const wamids = [...new Set([a.wamid, a.otherWamid, b.wamid, b.otherWamid].filter((wamid) => wamid !== null))].sort()
  return {
    campaignId: a.campaignId,
    seq: a.seq,
    attempt: Math.max(a.attempt, b.attempt),
    state: mergeState(a.state, b.state),
    wamid: wamids[0] ?? null,
    otherWamid: wamids[1] ?? null,
    sentAt: earlier(a.sentAt, b.sentAt),
    deliveredAt: earlier(a.deliveredAt, b.deliveredAt),
    readAt: earlier(a.readAt, b.readAt),
    failedAt: failure.failedAt,
    code: failure.code,
    title: failure.title,
    isRetryable: failure.isRetryable,
    pricingCategory: pricing.pricingCategory,
    pricingType: pricing.pricingType,
    pricingState: pricing.pricingState,
    pricingAt: pricing.pricingAt,
  }
}

/** One folded proof per recipient, in (campaign, seq) order: an upsert may touch a row only once, and locks go in key order. */
export function foldProofs(proofs: readonly Proof[]): FoldedProof[] {
  const folded: FoldedProof[] = []
  for (const proof of proofs.toSorted((a, b) => (a.campaignId < b.campaignId ? -1 : a.campaignId > b.campaignId ? 1 : a.seq - b.seq))) {
    const last = folded.at(-1)
    if (last?.seq === proof.seq && last.campaignId === proof.campaignId) folded[folded.length - 1] = mergeProofs(last, single(proof))
    else folded.push(single(proof))
  }
  return folded
}
