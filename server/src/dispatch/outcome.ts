import type { HoldReason, HoldScope } from './holds.ts'

/**
 * What one HTTP call to Meta means (delivery.md §3, the only table that may allow a retry).
 * `ambiguous`: nobody can tell whether the message went out, so the recipient becomes Unknown and is never sent to again by itself.
 */
export type Outcome =
  | {
      readonly kind: 'accepted'
      readonly wamid: string
      readonly status: string | null
      readonly waId: string | null
      readonly userId: string | null
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly code: number; readonly title: string }
  | { readonly kind: 'not-written'; readonly detail: string } // no connection could be made
  | { readonly kind: 'late'; readonly detail: string } //        its turn came too late, so we did not write it
  | { readonly kind: 'ambiguous'; readonly code: number | null; readonly detail: string }

/** What a code that Meta documents as a refusal asks for. */
export type Refusal =
  | { readonly class: 'throttled' } //                                                the number sends too fast: slow down, nobody is to blame
  | { readonly class: 'pair' } //                                                     too many messages to this one person: later is fine
  | { readonly class: 'pause-number'; readonly seconds: number } //                   nothing passes for a while
  | { readonly class: 'never'; readonly suspicious?: boolean } //                     this recipient will not work; suspicious: five in a row stop the campaign
  | { readonly class: 'rest' } //                                                     WhatsApp spares this person marketing: once more, a day later
  | { readonly class: 'later' } //                                                    not in this campaign, perhaps another day
  | { readonly class: 'hold'; readonly scope: HoldScope; readonly reason: HoldReason } // nobody is burnt, somebody must act

const hold = (scope: HoldScope, reason: HoldReason): Refusal => ({ class: 'hold', scope, reason })
const NEVER: Refusal = { class: 'never' }
const SUSPICIOUS: Refusal = { class: 'never', suspicious: true }
const LATER: Refusal = { class: 'later' }
const BAD_TOKEN = hold('account', 'token_invalid')
/** Meta's code for a marketing message that it held back from this person: asking again within 24 hours makes it worse (whatsapp-cloud-api.md §6.4). */
export const HELD_BACK = 131049
export const REST_HOURS = 24
/** A second try later than this after the first would come as a surprise; it is given up. */
export const HELD_BACK_DAYS = 7

const RESTRICTED = hold('account', 'account_restricted')
const NUMBER_OFF = hold('number', 'account_restricted')
const TEMPLATE = hold('template', 'template_paused')
const CAMPAIGN = hold('campaign', 'circuit_breaker')

/**
 * Every code that proves "not accepted". Codes 1, 2, 131000, 131016 and 133004 are absent on purpose: they may come after acceptance.
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
const REFUSALS: Readonly<Record<number, Refusal>> = {
  // authentication, permission, account
  0: BAD_TOKEN,
  3: BAD_TOKEN,
  10: BAD_TOKEN,
  104: BAD_TOKEN,
  190: BAD_TOKEN,
  131005: BAD_TOKEN,
  33: NUMBER_OFF,
  131037: NUMBER_OFF,
  131045: NUMBER_OFF,
  133000: NUMBER_OFF,
  133005: NUMBER_OFF,
  133006: NUMBER_OFF,
  133008: NUMBER_OFF,
  133009: NUMBER_OFF,
  133010: NUMBER_OFF,
  133015: NUMBER_OFF,
  133016: NUMBER_OFF,
  131048: NUMBER_OFF, // spam signals: waits for a person, back-off is wrong
  368: RESTRICTED,
  131031: RESTRICTED,
  131064: RESTRICTED,
  131042: hold('account', 'payment'),
  130497: NEVER, // this country may not be messaged
  131063: CAMPAIGN,
  134011: CAMPAIGN,
  // throttling and maintenance
  4: { class: 'pause-number', seconds: 60 },
  17: { class: 'pause-number', seconds: 60 },
  32: { class: 'pause-number', seconds: 60 },
  613: { class: 'pause-number', seconds: 60 },
  80007: { class: 'pause-number', seconds: 60 },
  80008: { class: 'pause-number', seconds: 60 },
  131057: { class: 'pause-number', seconds: 60 },
  2494100: { class: 'pause-number', seconds: 60 },
  134101: { class: 'pause-number', seconds: 600 }, // the template is still syncing
  130429: { class: 'throttled' },
  131056: { class: 'pair' },
  // the recipient
  131021: NEVER,
  131026: NEVER,
  131030: NEVER,
  131047: NEVER,
  131050: NEVER, // the person stopped marketing: also an opt-out
  131051: NEVER,
  131052: NEVER,
  131062: NEVER,
  130403: NEVER,
  130472: NEVER,
  [HELD_BACK]: { class: 'rest' },
  137000: LATER,
  // the message
  100: SUSPICIOUS,
  131008: SUSPICIOUS,
  131009: SUSPICIOUS,
  132012: SUSPICIOUS,
  132018: SUSPICIOUS,
  134103: SUSPICIOUS,
  135000: SUSPICIOUS,
  131053: CAMPAIGN, // the same media for everybody: waits, is uploaded again when it expired
  132005: NEVER,
  132008: NEVER,
  // the template
  132000: TEMPLATE,
  132001: TEMPLATE,
  132007: TEMPLATE,
  132015: TEMPLATE,
  132016: TEMPLATE,
  132068: CAMPAIGN,
  132069: CAMPAIGN,
  131055: CAMPAIGN,
  134100: CAMPAIGN,
  134102: CAMPAIGN,
}

/** The refusal behind a code, or undefined for codes that prove nothing. */
export const refusalOf = (code: number): Refusal | undefined => REFUSALS[code] ?? (code >= 200 && code <= 299 ? BAD_TOKEN : undefined)

interface SendAnswer {
  readonly messages?: readonly { readonly id?: unknown; readonly message_status?: unknown }[]
  readonly contacts?: readonly { readonly wa_id?: unknown; readonly user_id?: unknown }[]
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly error_data?: unknown }
}
const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Reads Meta's answer. A refusal counts at any HTTP status; a success only as 2xx with a message id. Never throws. */
export function outcomeOfAnswer(httpStatus: number, body: string): Outcome {
  const answer = parse(body)
  const code = answer?.error?.code
  if (typeof code === 'number') {
    const title = textOrNull(answer?.error?.message) ?? `error ${code}`
    const refusal = refusalOf(code)
    return refusal ? { kind: 'refused', refusal, code, title } : { kind: 'ambiguous', code, detail: title }
  }
  const wamid = textOrNull(answer?.messages?.[0]?.id)
  if (httpStatus >= 200 && httpStatus < 300 && wamid !== null) {
    return {
      kind: 'accepted',
      wamid,
      status: textOrNull(answer?.messages?.[0]?.message_status),
      waId: textOrNull(answer?.contacts?.[0]?.wa_id),
      userId: textOrNull(answer?.contacts?.[0]?.user_id),
    }
  }
  return { kind: 'ambiguous', code: null, detail: `HTTP ${httpStatus} without a readable result` }
}

function parse(body: string): SendAnswer | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as SendAnswer) : undefined
  } catch {
    return undefined // HTML from an edge proxy, or a body cut short
  }
}

/** Connection errors that can only come before the request is written. */
const BEFORE_WRITING = new Set([
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'HOSTNAME_MISMATCH',
])

/**
 * Reads a call that ended without an answer. Only errors of name look-up, connecting and certificates prove that nothing was written.
 * @param mayHaveBeenWritten the request had its connection already: whatever the error says, bytes may be on the wire
 */
export function outcomeOfError(error: unknown, mayHaveBeenWritten = false): Outcome {
  const { code, syscall, message } = (error ?? {}) as { code?: string; syscall?: string; message?: string }
  const detail = [code, message].filter(Boolean).join(': ') || 'no answer'
  const isBeforeWriting = BEFORE_WRITING.has(code ?? '') || syscall === 'connect' || syscall === 'getaddrinfo'
  return isBeforeWriting && !mayHaveBeenWritten ? { kind: 'not-written', detail } : { kind: 'ambiguous', code: null, detail }
}
