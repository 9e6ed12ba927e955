import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig, tracesUrl } from './config.ts'
import { newId } from './ids.ts'
import { campaignContext, contextOf, traceRequest, tracing } from './tracing.ts'

for (const [header, expected] of [
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', 1]],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', 0]],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', undefined],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', undefined],
  ['nonsense', undefined],
  [undefined, undefined],
] as const)
  test(`traceparent ${header}`, () => {
    const read = contextOf(header)
    assert.deepEqual(read && [read.traceId, read.spanId, read.traceFlags], expected)
  })

test('every process works out the same place in a trace from a campaign’s id', () => {
  const id = newId()
  const { traceId, spanId } = campaignContext(id)
  assert.deepEqual(campaignContext(id), campaignContext(id))
  assert.match(traceId, /^[0-9a-f]{32}$/)
  assert.match(spanId, /^[0-9a-f]{16}$/)
})

test('traces go where OTEL_* says, and nowhere unless it says', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/'
  assert.equal(tracesUrl(readConfig({})), undefined)
  assert.equal(tracesUrl(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT })), 'http://collector:4318/v1/traces')
  const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'http://other/v1/x'
  assert.equal(tracesUrl(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT })), 'http://other/v1/x')
  assert.equal(tracesUrl(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' })), undefined)
  assert.equal(tracesUrl(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' })), undefined)
  assert.throws(() => readConfig({ OTEL_TRACES_SAMPLER: 'sometimes', OTEL_TRACES_SAMPLER_ARG: '2' }), /SAMPLER: [\s\S]*SAMPLER_ARG: /)
})

test('without a collector requests run as they are', async () => {
  assert.equal(tracing(), undefined)
  let ran = 0
  await traceRequest({ method: 'GET', traceparent: undefined, requestId: 'x' }, async () => {
    ran++
    return { status: 200, route: '/' }
  })
  assert.equal(ran, 1)
})

test('the packages are named by one file, which main.ts loads only when a collector is named', () => {
  const root = join(import.meta.dirname, '..')
  const files = readdirSync(root, { recursive: true })
    .map((file) => String(file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const naming = (what: RegExp) => files.filter((file) => what.test(readFileSync(join(root, file), 'utf8')))
  assert.deepEqual(naming(/^import (?!type\b).*from '@opentelemetry/m), ['platform/tracing-otlp.ts'])
  assert.deepEqual(naming(/tracing-otlp\.ts'/), ['main.ts'])
  assert.match(
    readFileSync(join(root, 'main.ts'), 'utf8'),
    /url === undefined \? undefined : \(await import\('\.\/platform\/tracing-otlp\.ts'\)\)/,
  )
})
