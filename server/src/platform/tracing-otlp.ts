import { ROOT_CONTEXT, type SpanContext, SpanKind, SpanStatusCode, type TraceAPI, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Config } from './config.ts'
import { type Step, setTracing, type Tracing } from './tracing.ts'

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

/** Starts sending traces by OTLP over HTTP. Headers, timeout and compression are read from OTEL_EXPORTER_OTLP_* by the exporter itself. */
export function startTracing(config: Config, url: string): Tracing {
  const ids = ownIds()
  const provider = new TracerProvider({
    sampler: samplerOf(config.OTEL_TRACES_SAMPLER, config.OTEL_TRACES_SAMPLER_ARG),
    idGenerator: ids,
    resource: resourceFromAttributes({ 'service.name': config.OTEL_SERVICE_NAME, 'fanfare.role': config.ROLE }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
  })
  const tracer = provider.getTracer('fanfare')
  const tracing: Tracing = {
    begin(name, { kind = 'internal', attributes, links = [], parent, startedAt, as } = {}) {
      const options = {
        kind: KINDS[kind],
        links: links.map((context) => ({ context })),
        ...(attributes && { attributes }),
        ...(startedAt && { startTime: startedAt }),
      }
      const within = parent === undefined ? ROOT_CONTEXT : inside(trace, parent)
      return stepOf(
        as === undefined ? tracer.startSpan(name, options, within) : ids.with(as, () => tracer.startSpan(name, options, within)),
      )
    },
    async stop() {
      setTracing(undefined)
      await provider.shutdown()
    },
  }
  setTracing(tracing)
  return tracing
}

const inside = (api: TraceAPI, parent: SpanContext) => api.setSpanContext(ROOT_CONTEXT, parent)

const stepOf = (span: ReturnType<ReturnType<TracerProvider['getTracer']>['startSpan']>): Step => ({
  context: span.spanContext(),
  set: (attributes) => void span.setAttributes(attributes),
  rename: (name) => void span.updateName(name),
  link: (context) => void span.addLink({ context }),
  end(error) {
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
    span.end()
  },
})

/** Random ids, but for a step that says which it wants: spans are started synchronously. */
function ownIds(): IdGenerator & { with<T>(wanted: Pick<SpanContext, 'traceId' | 'spanId'>, work: () => T): T } {
  const random = new RandomIdGenerator()
  let now: Pick<SpanContext, 'traceId' | 'spanId'> | undefined
  return {
    generateTraceId: () => now?.traceId ?? random.generateTraceId(),
    generateSpanId: () => now?.spanId ?? random.generateSpanId(),
    with(wanted, work) {
      now = wanted
      try {
        return work()
      } finally {
        now = undefined
      }
    },
  }
}

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
function samplerOf(name: Config['OTEL_TRACES_SAMPLER'], ratio: number): Sampler {
  const root = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler()
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}
