import { STATE, type State, type StateName } from './state.ts'

/** What may move a recipient (delivery.md §2). `freeze` starts from nothing. */
export type Cause = 'intent' | 'cancel' | 'answer' | 'no-byte proof' | 'rescuer' | 'receipt' | 'doubt accepted'

/** One allowed move. */
export interface AllowedMove {
  readonly from: readonly StateName[]
  readonly to: readonly StateName[]
  readonly by: Cause
}

/**
 * Every move a recipient may make after the freeze. The statement that writes inferences takes its WHERE from here and the model checker
 * (model.test.ts) explores these; the statements of proofs, cancel and doubt are held to it by review and their own tests.
 */
export const MOVES: readonly AllowedMove[] = [
  { from: ['pending'], to: ['sending', 'skipped'], by: 'intent' },
  { from: ['pending'], to: ['cancelled'], by: 'cancel' },
  { from: ['sending', 'unknown'], to: ['sent', 'pending', 'cancelled', 'rejected', 'unknown'], by: 'answer' },
  { from: ['sending', 'unknown'], to: ['pending', 'cancelled', 'rejected'], by: 'no-byte proof' },
  { from: ['pending', 'rejected', 'cancelled', 'skipped'], to: ['sent'], by: 'answer' }, // a 2xx of an older attempt always wins
  { from: ['sending'], to: ['unknown'], by: 'rescuer' },
  {
    from: ['pending', 'sending', 'unknown', 'skipped', 'cancelled', 'rejected', 'sent'],
    to: ['sent', 'undelivered', 'delivered', 'read'],
    by: 'receipt',
  },
  { from: ['undelivered'], to: ['delivered', 'read'], by: 'receipt' },
  { from: ['delivered'], to: ['read'], by: 'receipt' },
  { from: ['unknown'], to: ['pending'], by: 'doubt accepted' },
]

export const isAllowed = (from: StateName, to: StateName, by: Cause): boolean =>
  from === to || MOVES.some((move) => move.by === by && move.from.includes(from) && move.to.includes(to))

/** States from which what is not proven (an inference about an attempt) may still move a recipient, as they are stored. */
export const INFERABLE: readonly State[] = [
  ...new Set(MOVES.filter(({ by }) => by === 'no-byte proof').flatMap(({ from }) => from.map((name) => STATE[name]))),
]
