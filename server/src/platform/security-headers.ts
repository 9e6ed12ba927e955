import type { MiddlewareHandler } from 'hono'
import type { Config } from './config.ts'
import type { AppEnv } from './http.ts'

/** Answers of the API hold data, never a page: nothing in them may run, be framed or be taken for another type. */
const ALWAYS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
/** The readable API page: scripts of ours alone, none inline. Its styles are set by that script, hence the one exception. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
const YEAR_SECONDS = 31_536_000
const STRICT = { 'Strict-Transport-Security': `max-age=${YEAR_SECONDS}; includeSubDomains` }

/** The headers of an answer of the API, for what answers without routes. */
export const securityHeadersOf = ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): Readonly<Record<string, string>> =>
  PUBLIC_URL.startsWith('https:') ? { ...ALWAYS, ...STRICT } : ALWAYS

/** Puts the headers on every answer, refusals included; whoever serves pages sets a policy of its own, which stands. */
export function securityHeaders({ PUBLIC_URL }: Config): MiddlewareHandler<AppEnv> {
  const isTls = PUBLIC_URL.startsWith('https:')
  return async (c, next) => {
    await next()
    const { headers } = c.res
    const policy = c.req.path === '/docs' ? { 'Content-Security-Policy': DOCS_POLICY } : {}
    for (const [name, value] of Object.entries({ ...ALWAYS, ...policy })) if (!headers.has(name)) headers.set(name, value)
    if (isTls) for (const [name, value] of Object.entries(STRICT)) headers.set(name, value)
    if (c.req.path.startsWith('/api/') && !headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
  }
}
