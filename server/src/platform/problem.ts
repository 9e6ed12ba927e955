import { z } from '@hono/zod-openapi'

/**
 * Every refusal a caller can meet: slug → status and title. Clients branch on the slug (`code`), never on text.
 * Add a line here for a new one; keep each block in alphabetical order.
 */
const PROBLEMS = {
  // any route
  'bad-request': { status: 400, title: 'The request cannot be read' },
  conflict: { status: 409, title: 'The state of the object forbids this' },
  'content-type-unsupported': { status: 415, title: 'This content type is not accepted here' },
  forbidden: { status: 403, title: 'The credential lacks a permission' },
  'idempotency-key-in-use': { status: 409, title: 'A request with this idempotency key is still running' },
  'idempotency-key-reused': { status: 422, title: 'This idempotency key was used with another body' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'invalid-input': { status: 422, title: 'Some fields are not valid' },
  'method-not-allowed': { status: 405, title: 'This method is not allowed here' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'page-too-deep': { status: 422, title: 'This page lies too deep; use the export instead' },
  'precondition-failed': { status: 412, title: 'The object was changed by somebody else' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'store-unavailable': { status: 503, title: 'The database cannot be reached right now' },
  'too-large': { status: 413, title: 'The request is too large' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  unauthorized: { status: 401, title: 'A valid credential is needed' },
  'origin-forbidden': { status: 403, title: 'The request comes from another site' },
  'workspace-missing': { status: 422, title: 'The request names no workspace' },
  // people
  'already-member': { status: 409, title: 'This person is a member already' },
  'code-wrong': { status: 401, title: 'The code is wrong' },
  'invitation-for-another': { status: 409, title: 'The invitation is for somebody else' },
  'last-owner': { status: 409, title: 'A workspace keeps at least one owner' },
  'password-unfit': { status: 422, title: 'The password is too short or too long' },
  'password-wrong': { status: 422, title: 'The password is wrong' },
  'role-exists': { status: 409, title: 'A role of this name exists' },
  'role-in-use': { status: 409, title: 'Members or invitations still have this role' },
  'second-factor-expired': { status: 401, title: 'Sign in again, then give the code' },
  'second-factor-off': { status: 409, title: 'The second factor is off' },
  'second-factor-on': { status: 409, title: 'The second factor is on already' },
  'setup-not-needed': { status: 409, title: 'This installation has its owner already' },
  'setup-token-wrong': { status: 403, title: 'The set-up link is not valid (any more)' },
  'sign-in-refused': { status: 401, title: 'E-mail and password do not match' },
  'user-exists': { status: 409, title: 'This person has an account: sign in first' },
  // accounts, numbers, templates
  'account-exists': { status: 409, title: 'This WhatsApp Business Account is already connected' },
  'account-in-use': { status: 409, title: 'Campaigns still use this account' },
  'graph-base-url-forbidden': { status: 422, title: 'This installation does not allow another Graph address' },
  'meta-refused': { status: 422, title: 'Meta refused the request' },
  'meta-unreachable': { status: 422, title: 'Meta could not be reached' },
  // cost
  'rate-card-exists': { status: 409, title: 'A rate card of this day exists' },
  'unreadable-rate-card': { status: 422, title: 'The file is no rate card' },
  // contacts
  'confirm-count-mismatch': { status: 409, title: 'The number of matching contacts differs from the confirmed number' },
  'contact-exists': { status: 409, title: 'A contact with this phone number exists' },
  'import-not-cancellable': { status: 409, title: 'This import can no longer be cancelled' },
  'import-not-undoable': { status: 409, title: 'This import cannot be undone' },
  'phone-column-missing': { status: 422, title: 'No column of the file holds phone numbers' },
  'segment-circular': { status: 422, title: 'A segment cannot contain itself' },
  'segment-exists': { status: 409, title: 'A segment of this name exists' },
  'experiment-not-open': { status: 409, title: 'This experiment is not open for that' },
  'recurrence-not-resumable': { status: 409, title: 'This recurrence is not paused' },
  'recurrence-not-pausable': { status: 409, title: 'This recurrence is paused already' },
  'segment-in-use': { status: 409, title: 'Campaigns or segments still use this segment' },
  'too-many-topics': { status: 409, title: 'The workspace has as many topics as it can' },
  'topic-exists': { status: 409, title: 'A topic of this name exists' },
  'topic-in-use': { status: 409, title: 'Campaigns still use this topic' },
  'unreadable-file': { status: 422, title: 'The file cannot be read as CSV' },
  // campaigns
  'campaign-not-approvable': { status: 409, title: 'Only a draft or scheduled campaign can be approved' },
  'campaign-not-cancellable': { status: 409, title: 'This campaign can no longer be cancelled' },
  'campaign-not-deletable': { status: 409, title: 'A running campaign cannot be deleted' },
  'campaign-not-editable': { status: 409, title: 'Only a draft or scheduled campaign can be changed' },
  'campaign-not-pausable': { status: 409, title: 'Only a running or scheduled campaign can be paused' },
  'campaign-not-resendable': { status: 409, title: 'Only an ended campaign can be sent again' },
  'nothing-unknown': { status: 409, title: 'Nobody is Unknown' },
  'campaign-not-resumable': { status: 409, title: 'This campaign is not on hold' },
  'campaign-not-runnable': { status: 409, title: 'Only a draft or scheduled campaign can be run' },
  'campaign-not-schedulable': { status: 409, title: 'Only a draft or scheduled campaign can be scheduled' },
  'campaign-not-scheduled': { status: 409, title: 'The campaign is not scheduled' },
  'confirmation-audience-grown': { status: 409, title: 'More people would get it than were confirmed' },
  'confirmation-content-changed': { status: 409, title: 'The content was changed after it was confirmed' },
  'confirmation-expired': { status: 409, title: 'The confirmation has expired' },
  'confirmation-invalid': { status: 422, title: 'This is no confirmation of this campaign' },
  'confirmation-used': { status: 409, title: 'The confirmation was used already' },
  'empty-audience': { status: 422, title: 'Nobody in the audience may be messaged' },
  'filter-empty': { status: 422, title: 'The filter has no condition' },
  'hold-stands': { status: 409, title: 'A hold that stopped the campaign still stands' },
  'media-missing': { status: 422, title: 'The template needs a header media' },
  'people-not-kept': { status: 409, title: 'The people of this campaign are no longer kept' },
  'parameters-unmapped': { status: 422, title: 'Some template parameters have no value' },
  'scheduled-in-past': { status: 422, title: 'The scheduled time has passed' },
  'sender-missing': { status: 422, title: 'There is no connected phone number to send from' },
  'template-not-approved': { status: 422, title: 'The template is not approved' },
  'template-not-sendable': { status: 422, title: 'The template has a part that cannot be sent' },
} as const
export type ProblemSlug = keyof typeof PROBLEMS

/** One bad field: a JSON pointer into the body, or `?name` for a query value. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem')

const problemResponse = { description: 'Problem', content: { 'application/problem+json': { schema: ProblemBody } } }
/** Declares the refusals of a route: `responses: { 200: …, ...problems(401, 403, 404) }`. */
export const problems = (...statuses: readonly number[]) => Object.fromEntries(statuses.map((status) => [status, problemResponse]))

/** What every route behind a gate may answer. */
export const usual = (...more: readonly number[]) => problems(401, 403, 422, 429, 503, ...more)
/** As `usual`, for routes with a JSON body. */
export const usualBody = (...more: readonly number[]) => usual(400, 408, 413, 415, ...more)

/** A refusal the caller can act on. Thrown anywhere below a route; the app turns it into `application/problem+json`. */
export class Problem extends Error {
  readonly slug: ProblemSlug
  readonly errors: readonly FieldError[]
  readonly headers: Readonly<Record<string, string>>
  readonly extra: Readonly<Record<string, unknown>>

  /**
   * @param detail safe to show: no SQL, token or phone number; those go into `cause`, which only the log sees.
   * @param options.errors every bad field at once
   * @param options.headers extra response headers, such as Retry-After
   * @param options.extra extension members of the body, such as the id of the contact that exists
   */
  constructor(
    slug: ProblemSlug,
    detail: string,
    options: ErrorOptions & { errors?: readonly FieldError[]; headers?: Record<string, string>; extra?: Record<string, unknown> } = {},
  ) {
    super(detail, options)
    this.slug = slug
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
    this.extra = options.extra ?? {}
  }

  get status(): number {
    return PROBLEMS[this.slug].status
  }

  toBody(instance: string, requestId: string): z.infer<typeof ProblemBody> & Record<string, unknown> {
    return {
      type: `/problems/${this.slug}`,
      ...PROBLEMS[this.slug],
      detail: this.message,
      instance,
      code: this.slug,
      requestId,
      ...(this.errors.length > 0 ? { errors: [...this.errors] } : {}),
      ...this.extra,
    }
  }
}
