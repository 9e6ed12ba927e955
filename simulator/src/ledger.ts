import { appendFileSync } from 'node:fs'
import type { AcceptedMessage } from './options.ts'

/** What the simulator did with one request, in order, never changed. */
export interface LedgerEntry {
  readonly n: number
  readonly atMs: number
  readonly monotonicMs: number
  /** accepted; refused with a code; dropped: never accepted and no Graph answer. */
  readonly kind: 'accepted' | 'refused' | 'dropped'
  readonly phoneNumberId: string
  /** As the caller wrote it: phone number or business-scoped user id. */
  readonly to: string
  readonly template: string
  readonly language: string
  readonly components: unknown
  /** The whole request body, as it came. */
  readonly body: unknown
  readonly callbackData: string | null
  readonly wamid: string | null
  readonly code: number | null
  /** What the caller saw instead of the plain answer. */
  readonly fault: string | null
}

export interface LedgerSummary {
  requests: number
  accepted: number
  dropped: number
  /** People with at least one accepted message. */
  uniqueRecipients: number
  /** Accepted messages to a person beyond the first, by person and campaign (see `doubleKey`). */
  doubles: number
  refused: Record<string, number>
  statuses: { sent: number; delivered: number; read: number; failed: number }
  clicks: number
  replies: number
  webhooks: { posted: number; acked: number; retried: number; lost: number; pending: number }
}

/**
 * What makes two accepted messages one too many: the same person twice within what the sender's callback data names before its last three
 * dotted parts (sequence, attempt, signature), or, without callback data, within a template.
 */
const doubleKey = (to: string, template: string, callbackData: string | null): string => {
  const parts = callbackData?.split('.') ?? []
  return `${to.replace(/^\+/, '')} ${parts.length > 3 ? parts.slice(0, -3).join('.') : template}`
}

export interface Ledger {
  add(entry: Omit<LedgerEntry, 'n' | 'atMs' | 'monotonicMs'>): LedgerEntry | undefined
  entries(filter?: { readonly after?: number; readonly limit?: number; readonly to?: string; readonly kind?: string }): LedgerEntry[]
  summary(): LedgerSummary
  readonly counts: Omit<LedgerSummary, 'uniqueRecipients' | 'webhooks'>
  reset(): void
}

/** @param options.lean keeps counts only, no entries: flat memory for millions of messages */
export function makeLedger(options: {
  readonly lean: boolean
  readonly file?: string | undefined
  readonly webhooks: () => LedgerSummary['webhooks']
  readonly onAccepted?: ((message: AcceptedMessage) => void) | undefined
}): Ledger {
  let all: LedgerEntry[] = []
  let seen = new Map<string, number>()
  let people = new Set<string>()
  let n = 0
  const fresh = () => ({
    requests: 0,
    accepted: 0,
    dropped: 0,
    doubles: 0,
    refused: {} as Record<string, number>,
    statuses: { sent: 0, delivered: 0, read: 0, failed: 0 },
    clicks: 0,
    replies: 0,
  })
  const counts = fresh()
  return {
    counts,
    add(entry) {
      n++
      counts.requests++
      if (entry.kind === 'refused') counts.refused[String(entry.code)] = (counts.refused[String(entry.code)] ?? 0) + 1
      if (entry.kind === 'dropped') counts.dropped++
      if (entry.kind === 'accepted') {
        counts.accepted++
        options.onAccepted?.(entry)
        if (options.lean) return undefined
        const key = doubleKey(entry.to, entry.template, entry.callbackData)
        const times = (seen.get(key) ?? 0) + 1
        seen.set(key, times)
        if (times > 1) counts.doubles++
        people.add(entry.to)
      }
      if (options.lean) return undefined
      const full: LedgerEntry = { n, atMs: Date.now(), monotonicMs: performance.now(), ...entry }
      all.push(full)
      if (options.file !== undefined) appendFileSync(options.file, `${JSON.stringify(full)}\n`)
      return full
    },
    entries: ({ after = 0, limit = Number.MAX_SAFE_INTEGER, to, kind } = {}) => {
      const found: LedgerEntry[] = []
      for (const entry of all) {
        if (entry.n <= after || (to !== undefined && entry.to !== to) || (kind !== undefined && entry.kind !== kind)) continue
        found.push(entry)
        if (found.length >= limit) break
      }
      return found
    },
    summary: () => ({ ...structuredClone(counts), uniqueRecipients: people.size, webhooks: options.webhooks() }),
    reset() {
      all = []
      seen = new Map()
      people = new Set()
      n = 0
      Object.assign(counts, fresh())
    },
  }
}
