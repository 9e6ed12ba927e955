import { chance } from './chance.ts'
import type { FaultAction, FaultRule } from './options.ts'

export interface Faults {
  set(rules: readonly FaultRule[]): void
  list(): FaultRule[]
  /** The fault of this request, if a rule applies; counts it. */
  take(request: {
    readonly to: string
    readonly phoneNumberId: string
    readonly template: string
  }): { readonly when: FaultRule['when']; readonly action: FaultAction } | undefined
}

/** Rules in order; the first that matches applies. Deterministic for one seed and one order of requests. */
export function makeFaults(seed: number): Faults {
  let rules: { readonly rule: FaultRule; seen: number; applied: number }[] = []
  let random = chance(seed)
  return {
    set(next) {
      rules = next.map((rule) => ({ rule, seen: 0, applied: 0 }))
      random = chance(seed)
    },
    list: () => rules.map(({ rule }) => rule),
    take(request) {
      for (const state of rules) {
        const { match = {}, times, when, action } = state.rule
        if (times !== undefined && state.applied >= times) continue
        if (match.to !== undefined && match.to !== request.to) continue
        if (match.toSuffix !== undefined && !request.to.endsWith(match.toSuffix)) continue
        if (match.phoneNumberId !== undefined && match.phoneNumberId !== request.phoneNumberId) continue
        if (match.template !== undefined && match.template !== request.template) continue
        state.seen++
        if (match.nth !== undefined && state.seen !== match.nth) continue
        if (match.every !== undefined && state.seen % match.every !== 0) continue
        if (match.share !== undefined && random() >= match.share) continue
        state.applied++
        return { when, action }
      }
      return undefined
    },
  }
}
