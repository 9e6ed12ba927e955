import { type Finding, fault, ok, warning } from './finding.ts'

/** What Meta tells of an account's token. */
export type TokenFacts =
  | { readonly kind: 'away'; readonly details: string } // Meta could not be reached, or answered nothing of use
  | { readonly kind: 'refused'; readonly code: number | null; readonly subcode: number | null; readonly details: string }
  | {
      readonly kind: 'told'
      readonly isValid: boolean
      readonly appId: string | null
      /** Seconds since 1970; 0 or null: never. */
      readonly expiresAt: number | null
      readonly scopes: readonly string[]
      /** Apps that get this WABA's webhooks; or Meta's words when it refuses to say. */
      readonly subscribed: readonly string[] | { readonly details: string }
    }

/** What our own callback address answered to a challenge. */
export type ChallengeFacts =
  | { readonly kind: 'away'; readonly details: string }
  | { readonly kind: 'answered'; readonly status: number; readonly isEcho: boolean }

export interface AccountFacts {
  readonly name: string
  readonly hasAppSecret: boolean
  readonly hasVerifyToken: boolean
  readonly token: TokenFacts
  /** Undefined: not asked, there is no verify token to ask with. */
  readonly challenge: ChallengeFacts | undefined
  readonly callbackUrl: string
  readonly lastWebhookAt: Date | null
  /** The last minute in which Meta accepted messages of this account, in the last day; null: none. */
  readonly lastAcceptedAt: Date | null
}

/** Meta's code for a token that does not count (190), and its subcode for one that expired (463): whatsapp-cloud-api.md §2.4. */
const TOKEN_REFUSED = 190
const TOKEN_EXPIRED = 463
const PERMISSIONS = ['whatsapp_business_messaging', 'whatsapp_business_management']
const DAY_MS = 86_400_000
/** Receipts of a message come within seconds; after this long their absence is a sign. */
const SILENT_AFTER_MS = 15 * 60_000

const NEW_TOKEN = 'Make a new system user token in Meta’s Business Settings and enter it in the account.'

export function judgeAccount(facts: AccountFacts, now: Date): Finding[] {
  const about = { subject: facts.name }
  return [
    ...judgeToken(facts.token, now, about),
    facts.hasAppSecret
      ? ok('account.app_secret', 'Known.', about)
      : fault(
          'account.app_secret',
          'Not known: every webhook is refused.',
          'Enter the app secret of Meta’s app dashboard in the account, or set META_APP_SECRET.',
          about,
        ),
    ...judgeChallenge(facts, about),
    judgeSilence(facts, now, about),
  ]
}

function judgeToken(token: TokenFacts, now: Date, about: { subject: string }): Finding[] {
  const code = 'account.token'
  if (token.kind === 'away')
    return [
      fault(code, `Meta was not heard: ${token.details}`, 'Let this machine reach META_GRAPH_BASE_URL: DNS, proxy and firewall.', about),
    ]
  if (token.kind === 'refused')
    return token.code === TOKEN_REFUSED
      ? [
          fault(
            code,
            token.subcode === TOKEN_EXPIRED ? 'The access token has expired.' : 'The access token is not valid.',
            NEW_TOKEN,
            about,
          ),
        ]
      : [
          fault(
            code,
            `Meta refused to tell about the token: ${token.details}`,
            'Do what Meta’s words ask for, then verify the account.',
            about,
          ),
        ]
  const expiresMs = token.expiresAt ? token.expiresAt * 1_000 : undefined
  if (!token.isValid || (expiresMs !== undefined && expiresMs <= now.getTime()))
    return [
      fault(
        code,
        expiresMs !== undefined && expiresMs <= now.getTime() ? 'The access token has expired.' : 'The access token is not valid.',
        NEW_TOKEN,
        about,
      ),
    ]
  const missing = PERMISSIONS.filter((scope) => !token.scopes.includes(scope))
  return [
    expiresMs !== undefined && expiresMs - now.getTime() < 7 * DAY_MS
      ? warning(code, `The access token expires at ${new Date(expiresMs).toISOString()}.`, NEW_TOKEN, about)
      : ok(code, expiresMs === undefined ? 'Valid, does not expire.' : `Valid until ${new Date(expiresMs).toISOString()}.`, about),
    token.scopes.length > 0 && missing.length > 0 // older answers name no scopes at all
      ? fault(
          'account.permissions',
          `The token lacks ${missing.join(' and ')}.`,
          `Make a token with the permissions ${PERMISSIONS.join(' and ')} and enter it in the account.`,
          about,
        )
      : ok('account.permissions', 'Messaging and management.', about),
    judgeSubscription(token, about),
  ]
}

function judgeSubscription({ subscribed, appId }: Extract<TokenFacts, { kind: 'told' }>, about: { subject: string }): Finding {
  const code = 'account.subscription'
  const fix = 'Verify the account (console, or POST /api/v1/WhatsappAccount/{id}/verify): that subscribes the app.'
  if ('details' in subscribed) return fault(code, `Meta does not tell who gets the webhooks: ${subscribed.details}`, fix, about)
  return subscribed.some((id) => appId === null || id === appId)
    ? ok(code, 'The app gets this account’s webhooks.', about)
    : fault(code, 'The app is not subscribed to the account: no receipt, reply or opt-out arrives.', fix, about)
}

function judgeChallenge({ challenge, callbackUrl, hasVerifyToken }: AccountFacts, about: { subject: string }): Finding[] {
  if (!hasVerifyToken)
    return [
      fault(
        'account.verify_token',
        'Not known: Meta’s handshake fails.',
        'Enter a verify token in the account, or set META_WEBHOOK_VERIFY_TOKEN.',
        about,
      ),
    ]
  const code = 'webhook.challenge'
  const known = ok('account.verify_token', 'Known.', about)
  if (challenge === undefined) return [known]
  const fix = `Let ${callbackUrl} lead to an api process: DNS, TLS certificate, proxy, and that Fanfare runs.`
  if (challenge.kind === 'away') return [known, fault(code, `The callback address does not answer: ${challenge.details}`, fix, about)]
  if (challenge.status === 200 && challenge.isEcho) return [known, ok(code, 'The callback address answers Meta’s handshake.', about)]
  const what = challenge.status === 200 ? 'something else than the challenge' : `HTTP ${challenge.status}`
  return [known, fault(code, `The callback address answers ${what}: another server, database or verify token.`, fix, about)]
}

function judgeSilence({ lastWebhookAt, lastAcceptedAt }: AccountFacts, now: Date, about: { subject: string }): Finding {
  const code = 'webhook.heard'
  const heard = lastWebhookAt === null ? 'No webhook yet' : `Last webhook at ${lastWebhookAt.toISOString()}`
  const isSilent =
    lastAcceptedAt !== null &&
    now.getTime() - lastAcceptedAt.getTime() > SILENT_AFTER_MS &&
    (lastWebhookAt === null || lastWebhookAt.getTime() < lastAcceptedAt.getTime())
  if (!isSilent) return ok(code, `${heard}.`, about)
  return fault(
    code,
    `${heard}, though Meta accepted messages at ${lastAcceptedAt.toISOString()}.`,
    'Verify the account, see that the app is Live in Meta’s dashboard and that its webhook field `messages` is subscribed.',
    about,
  )
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$|\.localhost$/
const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)

/** Where people and Meta reach us. A Meta that is on this machine itself (the simulator) needs neither TLS nor a public name. */
export function judgeAddress(publicUrl: string, graphBaseUrl: string): Finding {
  const code = 'webhook.address'
  if (isLoopback(graphBaseUrl)) return ok(code, `${publicUrl}; META_GRAPH_BASE_URL is on this machine, too.`)
  const fix = 'Set PUBLIC_URL to the https address under which Meta reaches this installation.'
  if (isLoopback(publicUrl)) return fault(code, `PUBLIC_URL is ${publicUrl}: Meta cannot reach this machine by that name.`, fix)
  if (!publicUrl.startsWith('https:')) return fault(code, `PUBLIC_URL is ${publicUrl}: Meta calls https only.`, fix)
  return ok(code, `${publicUrl}.`)
}
