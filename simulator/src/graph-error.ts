/** A refusal with Meta's envelope (reference §2.4). */
export class GraphError extends Error {
  readonly code: number
  readonly httpStatus: number
  readonly subcode: number | undefined
  constructor(code: number, message: string, options: { httpStatus?: number; subcode?: number } = {}) {
    super(message)
    this.code = code
    this.httpStatus = options.httpStatus ?? HTTP[code] ?? 400
    this.subcode = options.subcode
  }
  toBody(traceId: string) {
    return {
      error: {
        message: `(#${this.code}) ${this.message}`,
        type: 'OAuthException',
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.message },
        fbtrace_id: traceId,
      },
    }
  }
}

/** HTTP statuses of Meta's older published table; 400 where none is told. */
const HTTP: Readonly<Record<number, number>> = {
  0: 401,
  1: 500,
  2: 503,
  3: 500,
  10: 403,
  190: 401,
  200: 403,
  368: 403,
  130429: 429,
  131000: 500,
  131005: 403,
  131016: 500,
  131031: 403,
  131045: 500,
  131057: 500,
  132001: 404,
  133004: 503,
  134102: 500,
}
const MESSAGES: Readonly<Record<number, string>> = {
  2: 'Service temporarily unavailable',
  190: 'The access token is not valid',
  130429: 'Rate limit hit',
  131000: 'Something went wrong',
  131026: 'Message undeliverable',
  131042: 'Business eligibility payment issue',
  131048: 'Spam rate limit hit',
  131049: 'This message was not delivered to maintain healthy ecosystem engagement',
  131050: 'User has stopped receipt of marketing messages from this business',
  131056: 'Pair rate limit hit',
  132015: 'Template is paused',
  132016: 'Template is disabled',
}
export const errorMessage = (code: number): string => MESSAGES[code] ?? `Error ${code}`
export const graphError = (code: number, httpStatus?: number): GraphError =>
  new GraphError(code, errorMessage(code), httpStatus === undefined ? {} : { httpStatus })
