import { lookup as resolve } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, request } from 'undici'
import { isPublicAddress, urlProblem } from './address.ts'

/** One call, from resolving to the last byte read. */
const TIMEOUT_MS = 15_000
/** We read this much of an answer and no more: only its status matters. */
const ANSWER_BYTES_MAX = 16_384

export interface PostResult {
  /** HTTP status; null when no answer came. */
  readonly status: number | null
  /** For people; null when the call succeeded. Holds nothing of the answer's body. */
  readonly error: string | null
  readonly ms: number
  /** The receiver asks to wait. */
  readonly retryAfterSeconds: number | null
}
export interface PostOptions {
  readonly allowPrivate: boolean
  readonly timeoutMs?: number
  /** For tests: what a name resolves to. */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>
}

const allAddresses = (host: string) => resolve(host, { all: true, verbatim: true })

/**
 * Posts a body to an address that a customer chose. The name is resolved once, every address it has must be public, and the connection goes
 * to just that address, so that a second answer of the resolver changes nothing. Redirects are not followed; time and size are bounded.
 * Never throws.
 */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  options: PostOptions,
): Promise<PostResult> {
  const startedAt = performance.now()
  const failed = (error: string): PostResult => ({
    status: null,
    error,
    ms: Math.round(performance.now() - startedAt),
    retryAfterSeconds: null,
  })
  const problem = urlProblem(url, options.allowPrivate)
  if (problem !== undefined) return failed(`The address ${problem}`)
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const { hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  let address: { readonly address: string; readonly family: number } | undefined
  try {
    const found =
      isIP(host) !== 0 ? [{ address: host, family: isIP(host) }] : await bounded((options.resolve ?? allAddresses)(host), signal)
    if (!options.allowPrivate && !found.every((one) => isPublicAddress(one.address)))
      return failed('The name leads to an address that is not public.')
    address = found[0]
  } catch {
    return failed('The name cannot be resolved.')
  }
  if (address === undefined) return failed('The name cannot be resolved.')

  const pinned = address
  const agent = new Agent({
    connect: { timeout: 5_000, lookup: (_host, _options, done) => done(null, [{ ...pinned }]) },
    maxHeaderSize: 16_384,
    pipelining: 0,
  })
  try {
    const answer = await request(url, {
      method: 'POST',
      body,
      headers,
      dispatcher: agent,
      signal,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    })
    const status = answer.statusCode
    await drain(answer.body).catch(() => {})
    const isRedirect = status >= 300 && status < 400
    const error = status < 300 ? null : isRedirect ? `It answered ${status}: redirects are not followed.` : `It answered ${status}.`
    return { status, error, ms: Math.round(performance.now() - startedAt), retryAfterSeconds: seconds(answer.headers['retry-after']) }
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    return failed(
      signal.aborted || /TIMEOUT/.test(code) ? 'No answer in time.' : `The connection failed${code === '' ? '' : ` (${code})`}.`,
    )
  } finally {
    void agent.destroy()
  }
}

/** A resolver cannot be cancelled; we stop waiting for it. */
const bounded = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([work, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))])

async function drain(body: AsyncIterable<Buffer> & { destroy(): void }): Promise<void> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) {
      body.destroy()
      return
    }
  }
}

const seconds = (header: string | string[] | undefined): number | null => {
  const value = Number(Array.isArray(header) ? header[0] : header)
  return header !== undefined && Number.isFinite(value) && value >= 0 ? value : null
}
