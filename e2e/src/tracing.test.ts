import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../server/src/platform/test-database.ts'
import { until } from './api.ts'
import { campaignOf, completed, importPeople, makeWorld, templateId, type World } from './world.ts'

/** A span as OTLP writes it in JSON, as far as it is looked at. */
interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: readonly { key: string; value: { stringValue?: string; intValue?: number | string } }[]
  readonly links?: readonly { traceId: string; spanId: string }[]
  readonly status?: { code?: number }
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

const PEOPLE = 60
let collector: Server
let database: TestDatabase
let world: World
const spans: Span[] = []
const services = new Set<string>()
const paths = new Set<string>()

before(async () => {
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    paths.add(`${request.method} ${request.url} ${request.headers['x-tenant']}`)
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    for (const { resource, scopeSpans } of resourceSpans) {
      services.add(resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue)
      for (const scope of scopeSpans) spans.push(...scope.spans)
    }
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: {
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop',
      OTEL_SERVICE_NAME: 'fanfare-test',
    },
    simulator: { latencyMs: 5, person: { deliver: 1, read: 0, failed: [], timeScale: 0.01 } },
  })
})
after(async () => {
  await world?.close()
  await database?.drop()
  collector?.close()
})

const of = (span: Span, key: string): string | number | undefined => {
  const value = span.attributes.find((attribute) => attribute.key === key)?.value
  return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue))
}

test('from the request that starts a campaign, by its slices, to each call to Meta, in a trace that a collector receives', async () => {
  const { api, simulator } = world
  await importPeople(api, PEOPLE)
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Traced',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  simulator.setFaults([{ when: 'before-accept', match: { nth: 3 }, times: 1, action: { kind: 'code', code: 131026 } }])
  const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
  const answer = await api.raw('POST', `/WhatsappCampaign/${id}/quick-run`, {
    headers: { traceparent: `00-${caller.traceId}-${caller.spanId}-01` },
  })
  assert.equal(answer.status, 202)
  await completed(api, id)
  await simulator.idle()
  await until(
    'the receipts',
    () => campaignOf(api, id),
    ({ counts }) => counts.delivered === simulator.ledger.summary().statuses.delivered,
  )
  await world.server().stop() // sends what is waiting

  assert.deepEqual([...paths], ['POST /v1/traces shop'])
  assert.deepEqual([...services], ['fanfare-test'])
  const request = spans.find(({ traceId }) => traceId === caller.traceId)
  assert.ok(request !== undefined, 'the request goes on with the caller’s trace')
  assert.equal(request.parentSpanId, caller.spanId)
  assert.equal(request.name, 'POST /api/v1/WhatsappCampaign/:id/quick-run')
  assert.deepEqual([request.kind, of(request, 'http.response.status_code')], [2, 202])
  assert.equal(of(request, 'fanfare.request_id'), answer.headers.get('x-request-id'))

  const start = spans.find(({ name }) => name === 'campaign start')
  assert.ok(start !== undefined)
  assert.equal(start.traceId, id.replaceAll('-', ''))
  const named = (span: Span | undefined) => span?.links?.map(({ traceId, spanId }) => `${traceId} ${spanId}`)
  assert.deepEqual(named(request), [`${start.traceId} ${start.spanId}`])
  assert.deepEqual(named(start), [`${request.traceId} ${request.spanId}`])

  const slices = spans.filter(({ name }) => name === 'dispatch slice')
  assert.equal(
    slices.reduce((sum, slice) => sum + Number(of(slice, 'fanfare.recipients')), 0),
    PEOPLE,
  )
  for (const slice of slices) {
    assert.deepEqual(named(slice), [`${start.traceId} ${start.spanId}`])
    assert.equal(of(slice, 'fanfare.campaign_id'), id)
  }
  const calls = spans.filter(({ name }) => name === 'POST /{phone-number-id}/messages')
  assert.equal(calls.length, simulator.ledger.summary().requests)
  for (const call of calls) {
    const slice = slices.find(({ spanId, traceId }) => spanId === call.parentSpanId && traceId === call.traceId)
    assert.ok(slice !== undefined, 'each call belongs to a slice')
    assert.ok(
      BigInt(slice.startTimeUnixNano) <= BigInt(call.startTimeUnixNano) && BigInt(call.endTimeUnixNano) <= BigInt(slice.endTimeUnixNano),
    )
  }
  const refused = calls.filter(({ status }) => status?.code === 2)
  assert.deepEqual(
    refused.map((call) => [of(call, 'fanfare.outcome'), of(call, 'fanfare.meta_code')]),
    [['refused', 131026]],
  )
  assert.doesNotMatch(JSON.stringify(spans), /\+?\b91\d{8,}|Bearer|wamid/, 'no number, no token')
})
