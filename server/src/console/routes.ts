import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Context, Hono } from 'hono'
import type { AppEnv } from '../platform/http.ts'

const DIST = fileURLToPath(new URL('../../../web/dist/', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** A file of the build: beside index.html, or in assets/, where the name carries a hash of the content. */
const FILE = /^\/(assets\/)?[\w-][\w.-]*\.(css|js|svg|woff2)$/
/** These answer programs: an unknown address below them is a problem, never a page. */
const NOT_PAGES = /^\/(api|webhooks|r|docs|healthz|readyz|metrics)(\/|$)/i

/**
 * Nothing but our own files may run or be asked for. Styles may stand in the page because the component library writes its variables
 * there; scripts may not.
 */
export const CONSOLE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer', // the set-up address carries a token
  'Cross-Origin-Opener-Policy': 'same-origin',
}

/**
 * The console at `/`: files of its build, and index.html for every other address a browser navigates to.
 * @param dist folder of the build; `npm start` makes it when it is missing
 */
export function consoleRoutes(dist: string = DIST): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  routes.get('*', async (c, next) => {
    const { path } = c.req
    if (NOT_PAGES.test(path)) return next()
    if (FILE.test(path)) return (await file(c, dist, path)) ?? next()
    if (!(c.req.header('accept') ?? '').includes('text/html')) return next()
    return (
      (await file(c, dist, '/index.html')) ??
      c.text('The console is not built yet: npm run -w web build\n', 503, { 'Retry-After': '10', ...CONSOLE_HEADERS })
    )
  })
  return routes
}

/** One file in the smallest encoding the browser takes; undefined when there is none. */
async function file(c: Context<AppEnv>, dist: string, path: string): Promise<Response | undefined> {
  const accepted = (c.req.header('accept-encoding') ?? '').toLowerCase()
  const encodings = [...(accepted.includes('br') ? ['br'] : []), ...(accepted.includes('gzip') ? ['gzip'] : [])]
  for (const encoding of [...encodings, undefined]) {
    const suffix = encoding === undefined ? '' : encoding === 'br' ? '.br' : '.gz'
    const bytes = await readFile(join(dist, `${path}${suffix}`)).catch(absentIsUndefined)
    if (bytes === undefined) continue
    return c.body(new Uint8Array(bytes), 200, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      Vary: 'Accept-Encoding',
      ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
      ...CONSOLE_HEADERS,
    })
  }
  return undefined
}

function absentIsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
