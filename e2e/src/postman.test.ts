import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { staleFiles } from '../../web/scripts/client.ts'
import { completed, importPeople, makeWorld, templateId, type World } from './world.ts'

interface PostmanRequest {
  readonly method: string
  readonly description: string
  readonly header: readonly { readonly key: string; readonly value: string }[]
  readonly url: { readonly raw: string; readonly variable?: readonly { readonly key: string; readonly value: string }[] }
  readonly body?: { readonly mode: string; readonly raw?: string }
}
const collection = JSON.parse(readFileSync(new URL('../../docs/postman/fanfare.postman_collection.json', import.meta.url), 'utf8')) as {
  readonly variable: readonly { readonly key: string }[]
  readonly item: readonly { readonly item: readonly { readonly name: string; readonly request: PostmanRequest }[] }[]
}
const REQUESTS = collection.item.flatMap(({ item }) => item)
const ABSENT = '01890a5d-ac96-774b-bcce-b302099a8057'

let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
let variables: Record<string, string>
before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url },
    simulator: { person: { deliver: 1, read: 0, timeScale: 0.01 }, wabas: [] },
  })
  const { api } = world
  const made = async (path: string, body: unknown) => (await api.call<{ id: string }>('POST', path, body)).id
  const template = await templateId(api, 'hello_world')
  const importId = await importPeople(api, 3)
  const campaignId = await made('/WhatsappCampaign', { name: 'x', templateId: template, contactFilter: { everyone: true } })
  await api.call('POST', `/WhatsappCampaign/${campaignId}/quick-run`)
  await completed(api, campaignId)
  const people = await api.call<{ items: { contactId: string }[] }>('GET', `/WhatsappCampaign/${campaignId}/contacts`)
  const numbers = await api.call<{ items: { id: string }[] }>('GET', `/WhatsappAccount/${world.accountId}/phone-numbers`)
  const { workspaces } = await api.call<{ workspaces: { id: string }[] }>('GET', '/Me')
  variables = {
    baseUrl: api.baseUrl,
    apiKey: api.key,
    campaignId,
    importId,
    templateId: template,
    accountId: world.accountId,
    contactId: people.items[0]?.contactId ?? '',
    numberId: numbers.items[0]?.id ?? '',
    workspaceId: workspaces[0]?.id ?? '',
    segmentId: await made('/Segment', { name: 'x', contactFilter: { tags: ['VIP'] } }),
    topicId: await made('/Topic', { name: 'x' }),
    recurrenceId: await made('/Recurrence', {
      name: 'x',
      rule: 'FREQ=DAILY',
      startsAt: '2099-01-01T09:00:00Z',
      timeZone: 'UTC',
      campaign: { templateId: template, contactFilter: { everyone: true } },
    }),
    experimentId: await made('/Experiment', {
      name: 'x',
      contactFilter: { everyone: true },
      variants: [{ templateId: template }, { templateId: template }],
      decide: { by: 'read', afterMinutes: 60 },
    }),
    roleId: await made('/Role', { name: 'x', permissions: ['Contact:View'] }),
    webhookEndpointId: await made('/WebhookEndpoint', { url: 'https://hooks.example.com/x', events: ['campaign.held'] }),
    rateCardId: await made('/RateCard', {
      name: 'x',
      currency: 'USD',
      effectiveFrom: '2026-10-02',
      rates: [{ country: 'IN', category: 'MARKETING', amount: '0.01' }],
    }),
  }
})
after(async () => {
  await world?.close()
  await database?.drop()
})

const fill = (text: string, known: Record<string, string>) =>
  text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    if (known[name] === undefined) throw new Error(`no value for ${name}`)
    return known[name]
  })

/** Sends a request as Postman would, and returns what is wrong with it, if anything is. */
async function send({ request }: (typeof REQUESTS)[number], known: Record<string, string>) {
  const path = request.url.raw.replaceAll(
    /:(\w+)/g,
    (whole, name: string) => request.url.variable?.find(({ key }) => key === name)?.value ?? whole,
  )
  const stop = new AbortController()
  const answer = await fetch(fill(path, known), {
    method: request.method,
    signal: stop.signal,
    headers: { authorization: `Bearer ${known.apiKey}`, ...Object.fromEntries(request.header.map(({ key, value }) => [key, value])) },
    ...(request.body?.raw === undefined ? {} : { body: fill(request.body.raw, { ...variables, ...known }) }),
  })
  const isProblem = answer.headers.get('content-type')?.includes('problem+json')
  const problem = isProblem ? ((await answer.json()) as { code: string; detail: string; errors?: unknown }) : undefined
  stop.abort() // an event stream would go on
  return { status: answer.status, problem }
}

const operationOf = ({ request }: (typeof REQUESTS)[number]) => /`(\w+)`/.exec(request.description)?.[1] ?? ''
const isReadOnly = ({ request }: (typeof REQUESTS)[number]) =>
  request.method === 'GET' ||
  (request.method === 'POST' && (request.description.match(/`\w+:\w+`/g) ?? ['-']).every((name) => name.endsWith(':View`')))

test('the collection is that of the server as it is now: npm run -w web client', async () =>
  assert.deepEqual(await staleFiles('docs/'), []))

test('every request that only reads is answered with success', async () => {
  const reading = REQUESTS.filter(isReadOnly)
  const failed: string[] = []
  for (const one of reading) {
    const { status, problem } = await send(one, variables)
    if (status >= 300) failed.push(`${operationOf(one)}: ${status} ${JSON.stringify(problem)}`)
  }
  assert.deepEqual(failed, [])
  assert.ok(reading.length > 40, String(reading.length))
})

/** Refusals of a request that was written wrongly; others are about the state of things. */
const MALFORMED = ['bad-request', 'invalid-input', 'content-type-unsupported', 'method-not-allowed', 'unauthorized', 'forbidden']

/** Declared for keys too, but for people alone to use. */
const OF_PEOPLE = ['createWorkspace']

test('every other request with a body is well formed: what its path names being absent, it is not there', async () => {
  const absent = Object.fromEntries(collection.variable.map(({ key }) => [key, ABSENT]))
  const connection = { baseUrl: variables.baseUrl ?? '', apiKey: variables.apiKey ?? '' }
  const writing = REQUESTS.filter(
    (one) => !isReadOnly(one) && one.request.body?.mode !== 'formdata' && !OF_PEOPLE.includes(operationOf(one)),
  )
  const wrong: string[] = []
  for (const one of writing) {
    const isAbout = (one.request.url.variable?.length ?? 0) > 0
    const { status, problem } = await send(one, isAbout ? { ...absent, ...connection } : variables)
    const isRight = isAbout ? status === 404 : status < 500 && !MALFORMED.includes(problem?.code ?? '')
    if (!isRight) wrong.push(`${operationOf(one)}: ${status} ${JSON.stringify(problem)}`)
  }
  assert.deepEqual(wrong, [])
  assert.ok(writing.length > 40, String(writing.length))
})
