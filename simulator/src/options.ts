/** One template as Meta's list shows it. */
export interface SimTemplate {
  id: string
  name: string
  language: string
  status: string
  category: string
  parameter_format: 'POSITIONAL' | 'NAMED'
  components: Record<string, unknown>[]
  quality_score?: { score: string }
  rejected_reason?: string
}
export interface SimNumber {
  phoneNumberId: string
  displayPhoneNumber: string
  verifiedName: string
  throughput: 'STANDARD' | 'HIGH'
  /** Messages per second before 130429; default 80, or 1,000 when HIGH. */
  ratePerSecond?: number
  messagingLimit: string
  qualityRating: string
}
export interface SimWaba {
  wabaId: string
  portfolioId: string
  name: string
  numbers: SimNumber[]
  templates: SimTemplate[]
}
/** How people behave; shares are 0 … 1, times are milliseconds before `timeScale`. Deterministic by seed and phone number. */
export interface PersonModel {
  deliver: number
  read: number
  failed: { code: number; share: number }[]
  /** Quick-reply buttons pressed after reading. */
  tap: { buttonIndex: number; share: number }[]
  /** Share that opens the link of a URL button: a real GET. */
  openLink: number
  replyShare: number
  stopShare: number
  /** Share of `read` without a `delivered` before it. */
  readOnly: number
  sentMs: [number, number]
  deliveredMs: [number, number]
  readMs: [number, number]
  timeScale: number
}
export interface WebhookModel {
  batchMax: number
  duplicateShare: number
  lossShare: number
  /** Updates are shuffled within a batch. */
  reorder: boolean
  delayMs: number
  /** The `sent` status is posted before the HTTP answer. */
  early: boolean
  connections: number
}
export type FaultAction =
  | { kind: 'reset' } //                              the connection breaks
  | { kind: 'silence' } //                            no answer, ever
  | { kind: 'html5xx'; httpStatus?: number } //       an edge proxy's page
  | { kind: 'status'; httpStatus: number } //         an empty answer
  | { kind: 'code'; code: number; httpStatus?: number } // a Graph error
  | { kind: 'truncate' } //                           half a body
  | { kind: 'noId' } //                               200 without a message id
  | { kind: 'late'; delayMs: number } //              the right answer, late
  | { kind: 'held' } //                               held_for_quality_assessment
  | { kind: 'paused' } //                             accepted by HTTP, never delivered
export interface FaultRule {
  id?: string
  match?: { to?: string; toSuffix?: string; phoneNumberId?: string; template?: string; nth?: number; every?: number; share?: number }
  /** `before-accept`: the message is never accepted. `after-accept`: it is, but the caller sees the fault. */
  when: 'before-accept' | 'after-accept'
  action: FaultAction
  /** How often it applies; default always. */
  times?: number
}
/** What `debug_token` tells of the access token. */
export interface TokenModel {
  scopes: string[]
  /** Seconds since 1970; 0: never. */
  expiresAt: number
}
export interface SimulatorOptions {
  port?: number
  latencyMs?: number
  jitterMs?: number
  /** No receipts and a compact ledger: for measuring senders. */
  lean?: boolean
  seed?: number
  appId?: string
  appSecret?: string
  accessToken?: string
  callbackUrl?: string
  /** What tracked URL buttons start with, for example http://127.0.0.1:3000/r/ */
  trackedUrlBase?: string
  wabas?: SimWaba[]
  person?: Partial<PersonModel>
  webhooks?: Partial<WebhookModel>
  enforceRate?: boolean
  enforcePairRate?: boolean
  enforceLimit?: boolean
  /** Appends every ledger entry as a JSON line. */
  ledgerFile?: string
  /** Told of every accepted message at once, in lean mode too: for whoever measures when messages arrive. */
  onAccepted?: (message: AcceptedMessage) => void
}
export interface AcceptedMessage {
  readonly phoneNumberId: string
  readonly to: string
  readonly wamid: string | null
  readonly callbackData: string | null
}

export const TOKEN: TokenModel = { scopes: ['whatsapp_business_messaging', 'whatsapp_business_management'], expiresAt: 0 }
export const PERSON: PersonModel = {
  deliver: 0.97,
  read: 0.7,
  failed: [],
  tap: [],
  openLink: 0,
  replyShare: 0,
  stopShare: 0,
  readOnly: 0.02,
  sentMs: [50, 400],
  deliveredMs: [300, 3_000],
  readMs: [1_000, 20_000],
  timeScale: 1,
}
export const WEBHOOKS: WebhookModel = {
  batchMax: 50,
  duplicateShare: 0,
  lossShare: 0,
  reorder: false,
  delayMs: 0,
  early: false,
  connections: 16,
}
export const WABA_ID = '215589313241560'
export const NUMBER_ID = '441785372345678'
