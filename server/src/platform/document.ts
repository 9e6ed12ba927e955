import { createReadStream, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from './http.ts'

const SCALAR = join(dirname(createRequire(import.meta.url).resolve('@scalar/api-reference')), 'browser', 'standalone.js')

const page = (bar: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Fanfare API</title>
    <link rel="icon" href="/mark.svg" />
    <link rel="stylesheet" href="/docs/assets/bar.css" />
  </head>
  <body>
    ${bar}
    <div id="app"></div>
    <script src="/docs/assets/scalar.js"></script>
    <script src="/docs/assets/start.js"></script>
  </body>
</html>
`
/** A file of its own, so that the page needs no inline script. */
const START = `Scalar.createApiReference('#app', {
  url: '/api/v1/openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true, agent: { disabled: true },
  mcp: { disabled: true }, showDeveloperTools: 'never'
})
`

type OpenApi = ReturnType<OpenAPIHono<AppEnv>['getOpenAPI31Document']>

/** Every route under /api/v1 refuses query parameters it does not know: told once, here. */
function withRefusals(document: OpenApi): OpenApi {
  const problem = { description: 'Problem', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }
  for (const [path, operations] of Object.entries(document.paths ?? {}))
    for (const operation of path.startsWith('/api/v1/') ? Object.values(operations as Record<string, unknown>) : []) {
      const { responses } = operation as { responses?: Record<string, unknown> }
      if (responses !== undefined) responses['422'] ??= problem
    }
  return document
}

/**
 * The OpenAPI 3.1 document and a page to read it, all from our own assets.
 * @param bar HTML of the strip above the page, which leads to the other documentation
 */
export function documentRoutes(app: OpenAPIHono<AppEnv>, bar: string): OpenAPIHono<AppEnv> {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' })
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'fanfare.session_token',
    description:
      'Set by signing in under /api/auth; named `__Host-fanfare.session_token` behind https. Send the workspace as `X-Workspace-Id`, or as `?workspaceId=` of a GET; writes need an `Origin` of this installation.',
  })
  let document: string | undefined
  const routes = new OpenAPIHono<AppEnv>()
  routes.get('/api/v1/openapi.json', (c) => {
    document ??= JSON.stringify(
      withRefusals(
        app.getOpenAPI31Document({
          openapi: '3.1.0',
          info: {
            title: 'Fanfare',
            version: '0.1.0',
            description: 'Bulk WhatsApp template campaigns that tell the truth about every message.',
            license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
          },
          servers: [{ url: '/' }],
        }),
      ),
    )
    return c.body(document, 200, { 'Content-Type': 'application/json' })
  })
  routes.get('/docs', (c) => c.html(page(bar)))
  routes.get('/docs/assets/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))
  routes.get('/docs/assets/scalar.js', (c) => {
    const { size, mtimeMs } = statSync(SCALAR)
    const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, { ETag: etag })
    return c.body(Readable.toWeb(createReadStream(SCALAR)) as ReadableStream, 200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Length': String(size),
      'Cache-Control': 'public, max-age=3600',
      ETag: etag,
    })
  })
  return routes
}
