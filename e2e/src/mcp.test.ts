import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { runNode } from './run-program.ts'
import { completed, importPeople, makeWorld, templateId, type World } from './world.ts'

const CLI = fileURLToPath(new URL('../../server/src/cli.ts', import.meta.url))
const PEOPLE = 25
const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64')
let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
let mcp: Client
let key: string

before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, ENCRYPTION_KEY },
    simulator: { person: { deliver: 1, read: 0, timeScale: 0.01 }, wabas: [] },
  })
  await importPeople(world.api, PEOPLE)
  const permissions = [
    ...['View', 'Create', 'Edit'].map((verb) => `WhatsappCampaign:${verb}`),
    ...['WhatsappTemplate:View', 'WhatsappAccount:View', 'Segment:View', 'Contact:View'],
  ]
  ;({ key } = await world.api.call<{ key: string }>('POST', '/ApiKey', { name: 'Assistant', permissions }))
  mcp = new Client({ name: 'journey', version: '1' })
  await mcp.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [CLI, 'mcp'],
      env: { ...(process.env as Record<string, string>), FANFARE_URL: world.api.baseUrl, FANFARE_API_KEY: key },
    }),
  )
})
after(async () => {
  await mcp?.close()
  await world?.close()
  await database?.drop()
})

interface Told {
  readonly isError: boolean
  // biome-ignore lint/suspicious/noExplicitAny: each tool answers its own shape
  readonly body: any
}
async function use(name: string, input: Record<string, unknown> = {}): Promise<Told> {
  const { isError, content } = await mcp.callTool({ name, arguments: input })
  const [first] = content as { text: string }[]
  let body: unknown = first?.text
  try {
    body = JSON.parse(first?.text ?? '')
  } catch {
    // the protocol's own refusals are plain text
  }
  return { isError: isError === true, body }
}
const draft = async (name: string): Promise<string> => {
  const made = await use('create_draft', {
    name,
    templateId: await templateId(world.api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  assert.equal(made.isError, false, JSON.stringify(made.body))
  return made.body.id
}
/** What the operator does for one campaign, at the server. */
async function confirmed(campaign: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await runNode([CLI, 'confirm', '--campaign', campaign, ...more], {
    DATABASE_URL: database.url,
    ENCRYPTION_KEY,
    LOG_LEVEL: 'silent',
  })
  assert.equal(code, 0, stderr)
  return /^confirmation (\S+)$/m.exec(stdout)?.[1] ?? ''
}
const accepted = () => world.simulator.ledger.summary().accepted

test('the tools are what the documentation names, and only one of them sends', async () => {
  const { tools } = await mcp.listTools()
  assert.deepEqual(
    tools.filter(({ annotations }) => annotations?.destructiveHint).map(({ name }) => name),
    ['launch_campaign'],
  )
  const documented = (await import('node:fs')).readFileSync(new URL('../../docs/mcp.md', import.meta.url), 'utf8')
  assert.deepEqual(
    tools.map(({ name }) => name).filter((name) => !documented.includes(`\`${name}\``)),
    [],
  )
})

test('everything a plan needs can be read', async () => {
  for (const name of ['list_campaigns', 'count_campaigns', 'list_templates', 'list_segments', 'list_tags', 'list_numbers'])
    assert.equal((await use(name)).isError, false, name)
  const numbers = (await use('list_numbers')).body
  assert.ok(numbers[0].items[0].id)
  const template = await templateId(world.api, 'hello_world')
  assert.equal((await use('get_template', { templateId: template })).body.name, 'hello_world')
  const preview = await use('preview_campaign', { templateId: template, contactFilter: { everyone: true } })
  assert.equal(preview.body.matched, PEOPLE)
})

test('a draft can be made, read, previewed and copied, but not given a time', async () => {
  const id = await draft('Read me')
  assert.equal((await use('get_campaign', { campaignId: id })).body.status, 'Draft')
  assert.equal((await use('preview_draft', { campaignId: id })).body.matched, PEOPLE)
  assert.equal((await use('campaign_failures', { campaignId: id })).isError, false)
  assert.equal((await use('duplicate_campaign', { campaignId: id })).body.status, 'Draft')
  const timed = await use('create_draft', {
    name: 'x',
    templateId: await templateId(world.api, 'hello_world'),
    contactFilter: { everyone: true },
    scheduledAt: new Date(Date.now() + 60_000).toISOString(),
  })
  assert.equal(timed.isError, true)
  const bad = await use('create_draft', {
    name: 'x',
    templateId: await templateId(world.api, 'hello_world'),
    contactFilter: { tgs: ['x'] },
  })
  assert.deepEqual([bad.isError, bad.body.code, bad.body.errors[0].pointer], [true, 'invalid-input', '/contactFilter/tgs'])
})

test('nothing is sent without a token, with another plan’s, after a change, or to more people; with the right one it is sent once', async () => {
  const [id, other] = [await draft('Launch me'), await draft('Another plan')]
  const refused = async (code: string, input: Record<string, unknown>) => {
    const { isError, body } = await use('launch_campaign', { campaignId: id, ...input })
    assert.equal(isError, true)
    if (code !== '') assert.equal(body.code, code)
    assert.equal((await use('get_campaign', { campaignId: id })).body.status, 'Draft')
  }
  await refused('', {})
  await refused('confirmation-invalid', { confirmation: 'confirm_please.now' })
  await refused('confirmation-invalid', { confirmation: await confirmed(other) })
  const machine = { authorization: `Bearer ${key}` }
  assert.equal((await world.api.raw('POST', `/WhatsappCampaign/${id}/quick-run`, { headers: machine })).status, 403)

  const beforeChange = await confirmed(id)
  await world.api.call('PUT', `/WhatsappCampaign/${id}`, {
    name: 'Launch me',
    templateId: await templateId(world.api, 'hello_world'),
    contactFilter: { everyone: true },
    ratePerSecond: 50,
  })
  await refused('confirmation-content-changed', { confirmation: beforeChange })

  const beforeGrowth = await confirmed(id)
  await importPeople(world.api, 5, { from: 1_000 })
  await refused('confirmation-audience-grown', { confirmation: beforeGrowth })
  assert.equal(accepted(), 0)

  const confirmation = await confirmed(id, '--audience-max', String(PEOPLE + 5), '--minutes', '2')
  const launched = await use('launch_campaign', { campaignId: id, confirmation })
  assert.equal(launched.isError, false, JSON.stringify(launched.body))
  const again = await use('launch_campaign', { campaignId: id, confirmation })
  assert.deepEqual([again.isError, again.body.code], [true, 'confirmation-used'])
  const done = await completed(world.api, id)
  assert.equal(done.status, 'Completed')
  const { doubles } = world.simulator.ledger.summary()
  assert.deepEqual([accepted(), doubles], [done.counts.audience - done.counts.skipped, 0])
  assert.ok(accepted() > 0)
})
