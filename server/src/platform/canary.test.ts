import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { builtIn } from '../access/roles.ts'
import { type TestMeta, testMeta } from '../accounts/test-meta.ts'
import { startWorker } from '../dispatch/worker.ts'
import { runImportsOnce } from '../imports/runner.ts'
import { driveEndpoint, takeEndpoints } from '../outgoing/deliver.ts'
import { routeEvents } from '../outgoing/router.ts'
import { testReceiver } from '../outgoing/test-receiver.ts'
import { addUser, PASSWORD } from '../people/test-people.ts'
import { createLogger } from './log.ts'
import { metrics } from './metrics.ts'
import { found, searchTables } from './test-dump.ts'

const VERIFY_TOKEN = 'canary-verify-token-5f1c'
const METRICS_TOKEN = 'canary-metrics-token-77aa'
const SMTP_PASSWORD = 'canary-smtp-password-9d3e'
const OIDC_SECRET = 'canary-oidc-secret-1b2f'

let meta: TestMeta
let receiver: Awaited<ReturnType<typeof testReceiver>>
let logged = ''
/** Everything that any route answered, but for the answers whose task is to show a secret once. */
const answers: string[] = []
const secrets = new Map<string, string>()

before(async () => {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk)
      done()
    },
  })
  const environment = {
    LOG_LEVEL: 'trace',
    METRICS_TOKEN,
    ALLOW_PRIVATE_WEBHOOKS: 'true',
    SMTP_URL: `smtp://user:${SMTP_PASSWORD}@127.0.0.1:9`,
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'fanfare',
    OIDC_CLIENT_SECRET: OIDC_SECRET,
  }
  meta = await testMeta({ environment, log: createLogger('trace', sink) })
  receiver = await testReceiver()
  await journey()
})
after(async () => {
  await receiver.close()
  await meta.close()
})

async function journey(): Promise<void> {
  const { t, simulator } = meta
  const quiet = async (method: string, path: string, body?: unknown, more: Record<string, unknown> = {}) =>
    t.request(method, path, { body, headers: { 'idempotency-key': randomBytes(8).toString('hex') }, ...more })
  const call: typeof quiet = async (...request) => {
    const answer = await quiet(...request)
    answers.push(
      `${request[0]} ${request[1].split('?')[0]} ${answer.status} ${JSON.stringify(answer.body)} ${JSON.stringify([...answer.headers])}`,
    )
    return answer
  }
  secrets.set('access token', simulator.accessToken).set('app secret', simulator.appSecret).set('verify token', VERIFY_TOKEN)
  secrets.set('encryption key', t.deps.config.ENCRYPTION_KEY ?? '').set('metrics token', METRICS_TOKEN)
  secrets.set('smtp password', SMTP_PASSWORD).set('oidc secret', OIDC_SECRET).set('api key', t.key).set('password', PASSWORD)
  for (const purpose of ['address', 'link', 'suppression', 'identity', 'app-secret', 'throttle'])
    secrets.set(`derived key ${purpose}`, t.deps.secrets.derive(purpose).toString('latin1'))

  // connecting, right and wrong
  const account = { name: 'Store', wabaId: simulator.wabaId, accessToken: simulator.accessToken, appSecret: simulator.appSecret }
  await call('POST', 'WhatsappAccount', { ...account, webhookVerifyToken: VERIFY_TOKEN, extra: 1 })
  await call('POST', 'WhatsappAccount', { ...account, webhookVerifyToken: VERIFY_TOKEN, wabaId: [simulator.accessToken] })
  const connected = await call('POST', 'WhatsappAccount', { ...account, webhookVerifyToken: VERIFY_TOKEN })
  assert.equal(connected.status, 201)
  const { id } = connected.body
  await call('PUT', `WhatsappAccount/${id}`, { ...account, name: 'Shop', webhookVerifyToken: VERIFY_TOKEN })
  for (const step of ['verify', 'sync']) await call('POST', `WhatsappAccount/${id}/${step}`)
  await call('GET', `WhatsappAccount/${id}`)
  await call('POST', 'WhatsappAccount/getall', {})
  await call('GET', `/webhooks/meta/${id}?hub.mode=subscribe&hub.verify_token=${VERIFY_TOKEN}&hub.challenge=1`)
  await call('GET', `/webhooks/meta/${id}?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1`)

  // keys and endpoints: the answers that show a secret once are not kept, everything else is
  const key = await quiet('POST', 'ApiKey', { name: 'CI', permissions: ['Contact:View'] })
  secrets.set('made api key', key.body.key)
  await call('GET', 'ApiKey')
  await call('GET', 'Contact/tags', undefined, { key: key.body.key })
  await call('POST', 'Contact/getall', { searchTerm: 5 }, { key: key.body.key })
  await call('GET', 'Contact/tags', undefined, { key: `${t.key}x` })
  const endpoint = await quiet('POST', 'WebhookEndpoint', {
    url: receiver.url,
    events: ['campaign.started', 'campaign.completed', 'message.sent'],
  })
  secrets.set('webhook secret', endpoint.body.secret)
  const rotated = await quiet('POST', `WebhookEndpoint/${endpoint.body.id}/rotate-secret`)
  secrets.set('new webhook secret', rotated.body.secret)
  await call('POST', `WebhookEndpoint/${endpoint.body.id}/test`)

  // a person signs in, wrongly and rightly, and invites somebody
  const user = await addUser(t)
  const origin = t.deps.config.PUBLIC_URL
  await t.deps.pool.query(`INSERT INTO workspace_member (workspace_id, user_id, built_in_role) VALUES ($1, $2, 'Owner')`, [
    t.workspaceId,
    user.userId,
  ])
  const signIn = (password: string) =>
    t.request('POST', '/api/auth/sign-in/email', { key: null, body: { email: user.email, password }, headers: { origin } })
  const wrong = await signIn('a wrong canary password')
  answers.push(JSON.stringify(wrong.body))
  secrets.set('wrong password', 'a wrong canary password')
  const signedIn = await signIn(PASSWORD)
  assert.equal(signedIn.status, 200)
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0] ?? '')
    .filter((one) => !one.endsWith('='))
    .join('; ')
  secrets.set('session cookie', decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)))
  const asUser = { key: null, headers: { cookie, origin, 'x-workspace-id': t.workspaceId } }
  const invited = await quiet('POST', 'Invitation', { email: 'new@example.org', roleId: builtIn('Viewer').id }, asUser)
  const token = /[\w-]{40,}/.exec(JSON.stringify(invited.body.link ?? invited.body.url ?? ''))?.[0]
  assert.ok(token, JSON.stringify(invited.body))
  secrets.set('invitation token', token)

  // people, and a campaign that runs to its end
  for (let i = 0; i < 5; i++) await call('POST', 'Contact', { phone: `+9198765001${10 + i}`, firstName: 'Asha', tags: ['canary'] })
  const form = new FormData()
  form.append('file', new Blob(['phone,firstName\nnonsense,Bad\n+919876500199,Om\n']), 'people.csv')
  const started = await call('POST', 'Contact/import', undefined, { raw: form })
  await runImportsOnce(t.deps)
  await call('GET', `Contact/import/${started.body.importId}/errors`)
  const templates = await call('POST', 'WhatsappTemplate/getall', { pageSize: 100 })
  const template = templates.body.items.find(
    (one: { status: string; parameters: unknown[] }) => one.status === 'APPROVED' && one.parameters.length === 0,
  )
  assert.ok(template, 'the simulator has a template without parameters')
  const campaign = await call('POST', 'WhatsappCampaign', { name: 'Canary', templateId: template.id, contactFilter: { tags: ['canary'] } })
  await call('POST', `WhatsappCampaign/${campaign.body.id}/quick-run`)
  const worker = await startWorker(t.deps)
  try {
    for (let round = 0; round < 600; round++) {
      const { body } = await quiet('GET', `WhatsappCampaign/${campaign.body.id}`)
      if (body.status === 'Completed') break
      await pause(50)
    }
  } finally {
    await worker.stop()
  }
  assert.equal((await call('GET', `WhatsappCampaign/${campaign.body.id}`)).body.status, 'Completed')
  while ((await routeEvents(t.deps)) > 0);
  for (const lease of await takeEndpoints(t.deps)) await driveEndpoint(t.deps, lease)
  assert.ok(receiver.received.length >= 3)

  // the token dies: what Meta refuses is told, the token is not
  await call('PUT', `WhatsappAccount/${id}`, { ...account, accessToken: 'canary-wrong-access-token', webhookVerifyToken: VERIFY_TOKEN })
  secrets.set('wrong access token', 'canary-wrong-access-token')
  for (const step of ['verify', 'sync']) await call('POST', `WhatsappAccount/${id}/${step}`)
  for (const path of ['contacts', 'export', 'failures', 'timeline', 'replies', 'button-clicks'])
    await call('GET', `WhatsappCampaign/${campaign.body.id}/${path}`)
  for (const path of [
    'Contact/export',
    `WebhookEndpoint/${endpoint.body.id}`,
    `WebhookEndpoint/${endpoint.body.id}/deliveries`,
    '/api/v1/openapi.json',
  ])
    await call('GET', path)
  await call('POST', 'AuditLog/getall', { pageSize: 200 })
  await call('GET', 'Workspace')
  await call('GET', '/metrics')
  t.deps.log.error(
    { err: new Error('a failure'), accessToken: simulator.accessToken, headers: { authorization: `Bearer ${t.key}` } },
    'logged carelessly',
  )
}

const names = (values: readonly string[]) => [...secrets].filter(([, value]) => values.includes(value)).map(([name]) => name)
const all = () => [...secrets.values()].filter((value) => value.length >= 8)

test('after a whole journey no secret stands in any column of any table, in plain, base64, hex or URL form', async () => {
  assert.ok(secrets.size >= 20)
  const places = await searchTables(meta.t.deps.pool, all())
  assert.deepEqual(
    places.map((place) => [place.split(': ')[0], names(all().filter((secret) => place.endsWith(secret)))]),
    [],
  )
})

test('nor in the log at its most talkative', () => {
  assert.ok(logged.split('\n').length > 30, 'the journey was logged')
  assert.deepEqual(names(found(logged, all())), [])
})

test('nor in any answer: errors, exports, lists, the document, the audit log', () => {
  assert.ok(answers.length > 40)
  for (const answer of answers) assert.deepEqual(names(found(answer, all())), [], answer.slice(0, 200))
})

test('nor in the metrics', async () => {
  assert.deepEqual(names(found(await metrics.metrics(), all())), [])
})

test('the search would have found them', () => {
  const one = meta.simulator.accessToken
  for (const text of [one, Buffer.from(`x${one}`).toString('base64'), Buffer.from(one).toString('hex'), encodeURIComponent(one)])
    assert.deepEqual(names(found(`before ${text} after`, all())), ['access token'])
})
