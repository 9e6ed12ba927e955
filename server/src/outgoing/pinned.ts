import { lookup as resolve } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent } from 'undici'
import { isPublicAddress, urlProblem } from './address.ts'

export interface PinOptions {
  /** Private addresses and plain HTTP too (ALLOW_PRIVATE_WEBHOOKS). */
  readonly allowPrivate: boolean
  /** For tests: what a name resolves to. */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>
}

const allAddresses = (host: string) => resolve(host, { all: true, verbatim: true })

/**
 * The way to an address that a customer chose. The name is resolved once, every address it has must be public, and the connection goes to
 * just that address, so that a second answer of the resolver changes nothing. Whoever gets an agent destroys it.
 */
export async function pinnedAgent(
  url: string,
  options: PinOptions,
  signal: AbortSignal,
): Promise<{ readonly agent: Agent } | { readonly problem: string }> {
  const problem = urlProblem(url, options.allowPrivate)
  if (problem !== undefined) return { problem: `The address ${problem}` }
  const { hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  let address: { readonly address: string; readonly family: number } | undefined
  try {
    const found =
      isIP(host) !== 0 ? [{ address: host, family: isIP(host) }] : await bounded((options.resolve ?? allAddresses)(host), signal)
    if (!options.allowPrivate && !found.every((one) => isPublicAddress(one.address)))
      return { problem: 'The name leads to an address that is not public.' }
    address = found[0]
  } catch {
    return { problem: 'The name cannot be resolved.' }
  }
  if (address === undefined) return { problem: 'The name cannot be resolved.' }
  const pinned = address
  return {
    agent: new Agent({
      connect: { timeout: 5_000, lookup: (_host, _options, done) => done(null, [{ ...pinned }]) },
      maxHeaderSize: 16_384,
      pipelining: 0,
    }),
  }
}

/** What to say of a call that failed on its way. */
export function wordsOf(error: unknown, signal: AbortSignal): string {
  const code = (error as { code?: string }).code ?? ''
  return signal.aborted || /TIMEOUT/.test(code) ? 'No answer in time.' : `The connection failed${code === '' ? '' : ` (${code})`}.`
}

/** A resolver cannot be cancelled; we stop waiting for it. */
const bounded = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([work, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))])
