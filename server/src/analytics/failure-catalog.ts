/** What an error code means to the person who runs campaigns. */
export interface FailureAdvice {
  readonly title: string
  /** What happened, and what to do. */
  readonly advice: string
  /** Sending again later may work. */
  readonly retryable: boolean
  /** Meta's own limits, apart from real failures. */
  readonly isMetaLimit: boolean
}

const real = (title: string, advice: string, retryable = false): FailureAdvice => ({ title, advice, retryable, isMetaLimit: false })
const limit = (title: string, advice: string, retryable = true): FailureAdvice => ({ title, advice, retryable, isMetaLimit: true })

const TOKEN = real(
  'The access token does not work',
  'Make a new system user token with the messaging and management permissions and save it on the account.',
  true,
)
const NUMBER = real('The phone number cannot send', 'Check the number in WhatsApp Manager: it must be registered and connected.', true)
const RESTRICTED = real(
  'Meta restricted the account',
  'See the account’s policy status in WhatsApp Manager; sending goes on when Meta lifts the restriction.',
  true,
)
const SLOW = limit('Meta asked to slow down', 'Nothing to do: sending slows down by itself and goes on.')
const DATA = real('Meta did not accept the values sent', 'Check the variables of the campaign and this contact’s data, then send again.')
const TEMPLATE = real('The template does not fit the message', 'Sync the templates, check the campaign’s variables and send again.')
const MEDIA = real('The header media could not be used', 'Check its type and size, upload it again and send again.', true)
const AWAY = real('Meta had a temporary problem', 'Wait until a receipt tells, or resend once you accept the doubt.', true)
const FLOW = real('The Flow of the template is blocked', 'Repair the Flow in WhatsApp Manager.')
const MARKETING_API = real(
  'The Marketing Messages API refused',
  'Send through the Cloud API, or finish the onboarding of the Marketing Messages API.',
)

/** Every code of Meta's list. Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes */
const CATALOG: Readonly<Record<number, FailureAdvice>> = {
  0: TOKEN,
  3: TOKEN,
  10: TOKEN,
  104: TOKEN,
  190: TOKEN,
  200: TOKEN,
  131005: TOKEN,
  33: NUMBER,
  131037: real('The display name is not approved', 'Have the number’s display name approved in WhatsApp Manager.', true),
  131045: NUMBER,
  133000: NUMBER,
  133005: NUMBER,
  133006: NUMBER,
  133008: NUMBER,
  133009: NUMBER,
  133010: NUMBER,
  133015: NUMBER,
  133016: NUMBER,
  368: RESTRICTED,
  131031: RESTRICTED,
  131064: RESTRICTED,
  130497: real(
    'Messages to this country are not allowed',
    'Leave people of this country out: Meta does not let this account message them.',
  ),
  131042: real('Payment problem', 'Fix the payment method of the account in Meta’s billing settings; nothing passes until then.', true),
  134011: real('WhatsApp Payments terms are pending', 'Accept the terms in WhatsApp Manager.', true),
  131063: MARKETING_API,
  4: SLOW,
  17: SLOW,
  32: SLOW,
  613: SLOW,
  80007: SLOW,
  80008: SLOW,
  130429: SLOW,
  131057: limit('The number was in maintenance', 'Nothing to do: it passes within minutes.'),
  2494100: limit('The number was in maintenance', 'Nothing to do: it passes within minutes.'),
  131048: real(
    'The number is restricted for spam signals',
    'People blocked or reported messages. Wait a day, send to fewer and more interested people.',
    true,
  ),
  131056: limit('Too many messages to this one person', 'Space the campaigns that reach the same people.'),
  1: AWAY,
  2: AWAY,
  131000: AWAY,
  131016: AWAY,
  133004: AWAY,
  131026: real('Not reachable on WhatsApp', 'The number has no WhatsApp, an old app, or has not accepted the terms. Use another channel.'),
  131021: real('The number is the sender itself', 'Take your own number out of the contacts.'),
  131030: real('The number is not on the test list', 'A test number only reaches the people listed in Meta’s app dashboard.'),
  131047: real('The service window has closed', 'Only a template may be sent now.'),
  131049: limit(
    'WhatsApp held it back',
    'WhatsApp limits how many marketing messages a person gets. Try again after 24 hours at the earliest; sooner makes it worse.',
  ),
  131050: real('The person stopped marketing from you', 'They are opted out now. Do not send again.'),
  130472: limit(
    'WhatsApp held it back for an experiment',
    'Meta tests without marketing messages for some people. A second try does not help.',
    false,
  ),
  130403: real('You blocked this person', 'Unblock them in WhatsApp if you want to write again.'),
  131062: real('This message needs a phone number', 'The person is known by user id only, and authentication messages need the number.'),
  137000: real('The person’s identity changed', 'Somebody may have taken over the number. Check before you write again.', true),
  131051: real('The message type is not supported', 'Use another template.'),
  131052: real('A media of the person could not be loaded', 'Ask them to send it again.'),
  100: DATA,
  131008: DATA,
  131009: DATA,
  132008: DATA,
  132012: DATA,
  132018: DATA,
  134103: DATA,
  135000: DATA,
  132005: real('The text became too long', 'Shorten the variables, or this contact’s data.'),
  132000: TEMPLATE,
  132001: real('The template does not exist in this language', 'Sync the templates; it must be approved in the campaign’s language.', true),
  132007: real('The template violates a policy', 'Change the template and have it reviewed again.'),
  132015: real('Meta paused the template', 'Its quality was low. Improve it, wait until it is approved again, then resend.', true),
  132016: real('Meta disabled the template', 'It is disabled for good: make a new one.'),
  132068: FLOW,
  132069: FLOW,
  131053: MEDIA,
  131055: MARKETING_API,
  134100: MARKETING_API,
  134101: real('The template was still being prepared', 'Wait ten minutes and send again.', true),
  134102: MARKETING_API,
  1752041: MARKETING_API,
  2388019: TEMPLATE,
  2388024: TEMPLATE,
  2388039: TEMPLATE,
  2388040: TEMPLATE,
  2388047: TEMPLATE,
  2388072: TEMPLATE,
  2388073: TEMPLATE,
  2388293: TEMPLATE,
  2388299: TEMPLATE,
  200005: real('Insights are not available', 'Nothing to do for sending.'),
  200006: real('Insights cannot be turned off', 'Nothing to do for sending.'),
  200007: real('Insights are not enabled', 'Nothing to do for sending.'),
}
const UNKNOWN = real('Meta reported an unknown error', 'Look the code up in Meta’s list of error codes.')

/** The advice for a code; codes Meta invents later have a default. Permission codes 200 to 299 share one. */
export const failureAdvice = (code: number | null): FailureAdvice =>
  (code === null ? undefined : (CATALOG[code] ?? (code >= 200 && code <= 299 ? TOKEN : undefined))) ?? UNKNOWN
export const CATALOG_CODES = Object.keys(CATALOG).map(Number)

/** Why somebody was never sent to. */
export const SKIP_REASONS: Readonly<Record<string, string>> = {
  opted_out: 'Opted out',
  suppressed: 'On the suppression list',
  contact_deleted: 'The contact was deleted',
  inactive: 'Inactive contact',
  invalid_phone: 'No number that can be sent to',
  duplicate_phone: 'The same person is in the audience already',
  no_opt_in: 'No marketing opt-in',
  missing_variable: 'A variable has no value for this person',
  too_long: 'The text is too long for this person',
  capped: 'Had enough messages lately',
  cooling_down: 'WhatsApp held marketing back in the last 24 hours',
  us_marketing: 'Meta does not deliver marketing to US numbers',
}
