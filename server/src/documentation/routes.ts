import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Context, Hono } from 'hono'
import type { AppEnv } from '../platform/http.ts'
import { pageOf } from './page.ts'
import { groupsIn, isAsset, ROOT } from './pages.ts'

const STYLES = new Map([
  ['assets/bar.css', fileURLToPath(new URL('./bar.css', import.meta.url))],
  ['assets/pages.css', fileURLToPath(new URL('./pages.css', import.meta.url))],
])
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}
/** Text, our own pictures and our own styles: nothing runs here. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * The documentation at `/docs/…`, made from the markdown of the repository. Which files there are is read once; an address is looked up among
 * them and never becomes a path by itself.
 * @param root the folder with README.md and docs/
 */
export function documentationRoutes(root: string = ROOT): Hono<AppEnv> {
  const groups = groupsIn(root)
  const pages = new Map(groups.flatMap((group) => group.pages.map((page) => [page.slug, page])))
  const made = new Map<string, { readonly changedAtMs: number; readonly html: string }>()
  const routes = new Hono<AppEnv>()
  routes.get('/docs/*', async (c, next) => {
    const slug = c.req.path.slice('/docs/'.length)
    const first = groups[0]?.pages[0]
    if (slug === '' && first !== undefined) return c.redirect(`/docs/${first.slug}`)
    const file = STYLES.get(slug) ?? (isAsset(`docs/${slug}`) ? join(root, 'docs', slug) : undefined)
    if (file !== undefined) {
      const bytes = await readFile(file).catch(absentIsUndefined)
      return bytes === undefined ? next() : answer(c, bytes, TYPES[extname(file)] ?? 'application/octet-stream')
    }
    const page = pages.get(slug)
    if (page === undefined) return next()
    const path = join(root, page.file)
    const found = await stat(path).catch(absentIsUndefined)
    if (found === undefined) return next()
    let kept = made.get(slug)
    if (kept?.changedAtMs !== found.mtimeMs) {
      kept = { changedAtMs: found.mtimeMs, html: pageOf(groups, page, await readFile(path, 'utf8')) }
      made.set(slug, kept)
    }
    return answer(c, Buffer.from(kept.html), 'text/html; charset=utf-8')
  })
  return routes
}

/** The bytes, or 304 when the browser has them. */
function answer(c: Context<AppEnv>, bytes: Buffer, type: string): Response {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  const headers = { ETag: etag, 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY }
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
  return c.body(new Uint8Array(bytes), 200, { 'Content-Type': type, ...headers })
}

function absentIsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
