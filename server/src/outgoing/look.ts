import { request } from 'undici'
import { type PinOptions, pinnedAgent, wordsOf } from './pinned.ts'

/** One look, from resolving to the answer's headers. */
const TIMEOUT_MS = 5_000

/** What an address serves, by the headers of its answer. */
export type Looked =
  | { readonly ok: false; readonly problem: string }
  /** `type` in lower case, without its parameters. `size` in bytes; null: it does not say. */
  | { readonly ok: true; readonly type: string | null; readonly size: number | null }

/**
 * Asks an address that a customer chose what it serves: one GET, pinned (pinned.ts), whose body is not read. Redirects are not followed.
 * Never throws.
 */
export async function look(url: string, options: PinOptions): Promise<Looked> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const way = await pinnedAgent(url, options, signal)
  if ('problem' in way) return { ok: false, problem: way.problem }
  try {
    const { statusCode, headers, body } = await request(url, { method: 'GET', dispatcher: way.agent, signal, headersTimeout: TIMEOUT_MS })
    body.on('error', () => {}) // it is cut off on purpose
    body.destroy()
    if (statusCode >= 300 && statusCode < 400) return { ok: false, problem: `It answered ${statusCode}: redirects are not followed.` }
    if (statusCode !== 200) return { ok: false, problem: `It answered ${statusCode}.` }
    const length = Number(one(headers['content-length']) ?? Number.NaN)
    const type = one(headers['content-type'])?.split(';')[0]?.trim().toLowerCase()
    return { ok: true, type: type === undefined || type === '' ? null : type, size: Number.isFinite(length) ? length : null }
  } catch (error) {
    return { ok: false, problem: wordsOf(error, signal) }
  } finally {
    void way.agent.destroy()
  }
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)
