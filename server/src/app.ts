import type { Context, MiddlewareHandler } from 'hono'
import { apiKeyRoutes } from './access/api-key-routes.ts'
import { auditRoutes } from './access/audit-routes.ts'
import { makeAuthenticator } from './access/authenticate.ts'
import { workspaceRoutes } from './access/workspace-routes.ts'
import { mediaRoutes } from './accounts/media-routes.ts'
import { numberRoutes } from './accounts/number-routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { recipientRoutes } from './analytics/recipient-routes.ts'
import { analyticsRoutes } from './analytics/routes.ts'
import { campaignFollowUpRoutes } from './campaigns/follow-up-routes.ts'
import { campaignRoutes } from './campaigns/routes.ts'
import { campaignStepRoutes } from './campaigns/step-routes.ts'
import { confirmationRoutes } from './confirmations/routes.ts'
import { consentHistoryRoutes } from './consent/history-routes.ts'
import { topicRoutes } from './consent/topic-routes.ts'
import { wordRoutes } from './consent/word-routes.ts'
import { consoleRoutes } from './console/routes.ts'
import { contactListRoutes } from './contacts/list-routes.ts'
import { contactRoutes } from './contacts/routes.ts'
import './dispatch/install-metrics.ts'
import { bar } from './documentation/page.ts'
import { documentationRoutes } from './documentation/routes.ts'
import { experimentRoutes } from './experiments/routes.ts'
import { makeAuth } from './identity/auth.ts'
import { authRoutes } from './identity/auth-routes.ts'
import { identityRoutes } from './identity/routes.ts'
import { makeThrottle } from './identity/throttle.ts'
import { importRoutes } from './imports/routes.ts'
import { linkRoutes } from './links/routes.ts'
import { outgoingRoutes } from './outgoing/routes.ts'
import { invitationRoutes } from './people/invitation-routes.ts'
import { memberRoutes } from './people/member-routes.ts'
import { roleRoutes } from './people/role-routes.ts'
import { documentRoutes } from './platform/document.ts'
import { healthRoutes } from './platform/health.ts'
import { type AppEnv, type Deps, invalidInput, router } from './platform/http.ts'
import { RememberedAnswer } from './platform/idempotency.ts'
import { maskPhone } from './platform/log.ts'
import { requestSeconds } from './platform/metrics.ts'
import { Problem } from './platform/problem.ts'
import { problemHeaders, problemOf, requestIdOf } from './platform/problem-answer.ts'
import { readJsonBody } from './platform/request-body.ts'
import { makeRouteTable, type RouteTable } from './platform/route-table.ts'
import { securityHeaders } from './platform/security-headers.ts'
import { traceRequest } from './platform/tracing.ts'
import { preflightRoutes } from './preflight/routes.ts'
import { pricingRoutes } from './pricing/routes.ts'
import { recurrenceRoutes } from './recurrences/routes.ts'
import { segmentRoutes } from './segments/routes.ts'
import { suppressionRoutes } from './suppressions/routes.ts'
import { templateRoutes } from './templates/routes.ts'
import { type DirectIntake, makeDirectIntake } from './webhooks/direct-intake.ts'
import { makeReceiver } from './webhooks/receiver.ts'
import { webhookRoutes } from './webhooks/routes.ts'

/** Every slice's routes; fixed paths before paths with parameters. */
const SLICES = [
  apiKeyRoutes,
  workspaceRoutes,
  wordRoutes,
  auditRoutes,
  memberRoutes,
  roleRoutes,
  importRoutes,
  consentHistoryRoutes,
  topicRoutes,
  contactListRoutes,
  contactRoutes,
  segmentRoutes,
  suppressionRoutes,
  accountRoutes,
  numberRoutes,
  mediaRoutes,
  templateRoutes,
  pricingRoutes,
  analyticsRoutes,
  recipientRoutes,
  outgoingRoutes,
  preflightRoutes,
  campaignRoutes,
  campaignStepRoutes,
  confirmationRoutes,
  campaignFollowUpRoutes,
  recurrenceRoutes,
  experimentRoutes,
]

/** A server that does not listen yet. */
export interface App {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
  /** Takes what needs none of `fetch`'s generality: see webhooks/direct-intake.ts. */
  readonly direct: DirectIntake
  /** For tests: a path and what `fetch` takes. */
  request(path: string, init?: RequestInit): Response | Promise<Response>
}

/** Where slices meet HTTP: every route of this process, with the conventions of api.md §1 around them. */
export function buildApp(deps: Deps, options: { readonly only?: 'health' } = {}): App {
  const app = router()
  app.onError((error, c) => answerError(c, error))
  app.notFound((c) => answerError(c, new Problem('not-found', 'There is nothing at this address.')))
  // Before there is a caller, and for what one person does in all their workspaces, there is no workspace to stand in.
  const everywhere = { ...deps, pool: deps.system }
  const receiver = makeReceiver(everywhere)
  let table: RouteTable
  app.use('*', securityHeaders(deps.config), begin(deps), (c, next) => conventions(table)(c, next))
  app.route('/', healthRoutes(deps))
  if (options.only !== 'health') {
    const auth = makeAuth(everywhere)
    const throttle = makeThrottle(deps.system, deps.secrets)
    app.use('/api/v1/*', makeAuthenticator(deps, auth))
    app.route('/', authRoutes(everywhere, auth, throttle))
    app.route('/', identityRoutes(everywhere, auth, throttle))
    app.route('/', invitationRoutes(deps, auth, throttle))
    app.route('/', webhookRoutes(receiver))
    app.route('/', linkRoutes(everywhere))
    for (const routes of SLICES) app.route('/', routes(deps))
    app.route('/', documentRoutes(app, bar('api')))
    app.route('/', documentationRoutes())
    app.route('/', consoleRoutes())
  }
  table = makeRouteTable(app.openAPIRegistry.definitions, app.routes)

  const fetch = (request: Request, env?: unknown) => {
    const url = new URL(request.url)
    const path = url.pathname.toLowerCase().startsWith('/api/v1/') ? table.canonical(url.pathname) : url.pathname
    if (path === url.pathname) return app.fetch(request, env as object)
    url.pathname = path
    return app.fetch(new Request(url, request), env as object)
  }
  return {
    fetch,
    request: (path, init) => fetch(new Request(`http://test.local${path}`, init)),
    direct: makeDirectIntake(deps, receiver),
  }
}

/** Gives the request its id, a log line and a measurement. */
const begin =
  (deps: Deps): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const requestId = requestIdOf(c.req.header('x-request-id'))
    c.set('requestId', requestId)
    c.set('deps', deps)
    c.set('address', addressOf(c.env, deps.config.TRUST_PROXY ? c.req.header('x-forwarded-for') : undefined))
    const startedAt = performance.now()
    await traceRequest({ method: c.req.method, traceparent: c.req.header('traceparent'), requestId }, async () => {
      await next()
      return { status: c.res.status, route: c.req.routePath }
    })
    c.res.headers.set('X-Request-Id', requestId)
    const ms = performance.now() - startedAt
    const route = c.req.routePath
    requestSeconds.observe({ method: c.req.method, route, status: String(c.res.status) }, ms / 1000)
    deps.log.debug({ requestId, method: c.req.method, path: maskPhone(c.req.path), status: c.res.status, ms: Math.round(ms) }, 'request')
  }

/** Where the request comes from: the peer, or what the one trusted proxy in front of us appended; earlier entries are the client's claim. */
function addressOf(env: unknown, forwarded: string | undefined): string | null {
  if (forwarded !== undefined) return forwarded.split(',').at(-1)?.trim() || null
  const incoming = (env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming
  return incoming?.socket?.remoteAddress ?? null
}

/** 405 with Allow, unknown query parameters, and readable JSON, before any route runs. */
const conventions =
  (table: RouteTable): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const routes = table.match(c.req.path)
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    const route = routes.find((candidate) => candidate.method === method)
    if (routes.length > 0 && route === undefined) {
      const allow = [...new Set(routes.flatMap((known) => (known.method === 'GET' ? ['GET', 'HEAD'] : [known.method])))].sort().join(', ')
      if (method === 'OPTIONS') return c.body(null, 204, { Allow: allow })
      throw new Problem('method-not-allowed', `Allowed here: ${allow}.`, { headers: { Allow: allow } })
    }
    if (route !== undefined && c.req.path.startsWith('/api/v1/')) {
      const known = method === 'GET' ? [...route.query, 'workspaceId'] : route.query // every GET may name its workspace there
      const unknown = Object.keys(c.req.query()).filter((name) => !known.includes(name))
      if (unknown.length > 0)
        throw invalidInput(unknown.map((name) => ({ pointer: `?${name}`, detail: 'This parameter is not known here.' })))
      const nul = Object.entries(c.req.query()).filter(([, value]) => value.includes('\0'))
      if (nul.length > 0) throw invalidInput(nul.map(([name]) => ({ pointer: `?${name}`, detail: 'holds a NUL character.' })))
      if (['POST', 'PUT', 'PATCH'].includes(method) && !route.isMultipart) await readJsonBody(c, route.takesBody)
    }
    await next()
    return undefined
  }

/** One shape outside for everything that goes wrong inside. */
function answerError(c: Context<AppEnv>, error: Error): Response {
  if (error instanceof RememberedAnswer) {
    const type = error.status >= 400 ? 'application/problem+json' : 'application/json'
    const headers = { 'Content-Type': type, 'Idempotency-Replayed': 'true' }
    return error.status === 204
      ? c.body(null, 204, { 'Idempotency-Replayed': 'true' })
      : c.body(JSON.stringify(error.body), error.status as 200, headers)
  }
  const problem = problemOf(error)
  if (problem.status >= 500 && problem.slug === 'internal-error')
    c.get('deps')?.log.error({ err: error, requestId: c.get('requestId') }, 'request failed')
  return c.body(JSON.stringify(problem.toBody(c.req.path, c.get('requestId') ?? '')), problem.status as 500, problemHeaders(problem))
}
