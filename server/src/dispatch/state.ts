/**
 * States of a recipient (delivery.md §2). The numbers are what the message table stores, and their order is the merge: from `sent` on
 * Meta is known to have accepted the message, and whatever receipts arrive, in whatever order and however often, the maximum stands.
 */
export const STATE = {
  pending: 0, //     waiting for another attempt (nobody past the cursor has a row at all)
  sending: 1, //     a retry's intent is durable, no result yet
  unknown: 2,
  skipped: 3,
  cancelled: 4,
  rejected: 5, //    Failed, surely never accepted
  sent: 6,
  undelivered: 7, // Failed, accepted and then a failed receipt
  delivered: 8,
  read: 9,
} as const
export type StateName = keyof typeof STATE
export type State = (typeof STATE)[StateName]

export const SHOWN_STATUSES = ['Pending', 'Sent', 'Delivered', 'Read', 'Failed', 'Skipped', 'Unknown', 'Cancelled'] as const
export type ShownStatus = (typeof SHOWN_STATUSES)[number]

/** What the API calls each state. */
const SHOWN: Record<State, ShownStatus> = {
  0: 'Pending',
  1: 'Pending',
  2: 'Unknown',
  3: 'Skipped',
  4: 'Cancelled',
  5: 'Failed',
  6: 'Sent',
  7: 'Failed',
  8: 'Delivered',
  9: 'Read',
}
/** The shown status of a message row; without a row a recipient is Pending, or Cancelled past the cursor of a cancelled campaign. */
export const shownStatus = (state: State): ShownStatus => SHOWN[state]

/** The stored states behind a shown status. */
export const statesOf = (shown: ShownStatus): State[] => Object.values(STATE).filter((state) => SHOWN[state] === shown)

/** Meta accepted it: proven by an answer with a wamid or by a receipt. */
export const isAccepted = (state: State): boolean => state >= STATE.sent

/** Proof of acceptance beats every inference, and among proofs the furthest wins; `undefined` is a recipient without a row. */
export const mergeState = (current: State | undefined, proof: State): State => (current === undefined || current < proof ? proof : current)
