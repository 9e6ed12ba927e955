import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes, SpanContext } from '@opentelemetry/api'

/** One step of a trace that is under way. */
export interface Step {
  readonly context: SpanContext
  set(attributes: Attributes): void
  rename(name: string): void
  link(to: SpanContext): void
  /** @param error a few words that say what went wrong */
  end(error?: string): void
}

export interface StepOptions {
  readonly kind?: 'server' | 'client' | 'internal'
  readonly attributes?: Attributes
  readonly links?: readonly SpanContext[]
  /** Absent: a trace of its own. */
  readonly parent?: SpanContext | undefined
  readonly startedAt?: Date
  /** A trace of its own under ids that others can work out without being told. */
  readonly as?: Pick<SpanContext, 'traceId' | 'spanId'>
}

/** Where steps go. There is none unless OTEL_* names a collector: then platform/tracing-otlp.ts is loaded and sets it. */
export interface Tracing {
  begin(name: string, options?: StepOptions): Step
  /** Sends what is waiting. */
  stop(): Promise<void>
}

let current: Tracing | undefined
export const setTracing = (tracing: Tracing | undefined): void => {
  current = tracing
}
/** Undefined: nothing is traced, and asking is all it costs. */
export const tracing = (): Tracing | undefined => current

const active = new AsyncLocalStorage<Step>()
/** The request that this code runs for, if it is traced. */
export const activeStep = (): Step | undefined => active.getStore()

/** https://www.w3.org/TR/trace-context/: the caller's place in its own trace. */
export function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const read = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '')
  const [, traceId = '', spanId = '', flags = ''] = read ?? []
  if (read === null || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}

/**
 * A campaign's step, worked out from its id: whoever starts it and whoever sends it, in whatever process, name the same. (A trace id has as
 * many bits as a UUID; the last half of ours is random.)
 */
export function campaignContext(campaignId: string): SpanContext {
  const traceId = campaignId.replaceAll('-', '')
  return { traceId, spanId: traceId.slice(16), traceFlags: 1, isRemote: true }
}

/** The start of a campaign: a trace of its own, tied both ways to the request that asked for it, if one did. */
export function traceStart(campaignId: string): void {
  if (current === undefined) return
  const context = campaignContext(campaignId)
  const request = activeStep()
  request?.link(context)
  const attributes = { 'fanfare.campaign_id': campaignId, 'fanfare.start': request === undefined ? 'scheduled' : 'requested' }
  current.begin('campaign start', { as: context, links: request === undefined ? [] : [request.context], attributes }).end()
}

/** A request as OpenTelemetry's conventions name it; `work` answers its status and route, which are known at the end. */
export async function traceRequest(
  about: { readonly method: string; readonly traceparent: string | undefined; readonly requestId: string },
  work: () => Promise<{ readonly status: number; readonly route: string }>,
): Promise<void> {
  if (current === undefined) {
    await work()
    return
  }
  const attributes = { 'http.request.method': about.method, 'fanfare.request_id': about.requestId }
  const step = current.begin(about.method, { kind: 'server', parent: contextOf(about.traceparent), attributes })
  try {
    const { status, route } = await active.run(step, work)
    step.rename(`${about.method} ${route}`)
    step.set({ 'http.response.status_code': status, 'http.route': route })
    step.end(status >= 500 ? `HTTP ${status}` : undefined)
  } catch (error) {
    step.end('exception')
    throw error
  }
}
