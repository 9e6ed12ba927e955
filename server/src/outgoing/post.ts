import { request } from 'undici'
import { type PinOptions, pinnedAgent, wordsOf } from './pinned.ts'

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
export interface PostOptions extends PinOptions {
  readonly timeoutMs?: number
}

/**
 * Posts a body to an address that a customer chose, pinned (pinned.ts). Redirects are not followed; time and size are bounded. Never throws.
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
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const way = await pinnedAgent(url, options, signal)
  if ('problem' in way) return failed(way.problem)
  const { agent } = way
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
    return failed(wordsOf(error, signal))
  } finally {
    void agent.destroy()
  }
}

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
