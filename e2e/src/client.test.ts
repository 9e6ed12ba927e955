import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { testDatabase } from '../../server/src/platform/test-database.ts'
import { freePort } from '../../server/src/platform/test-port.ts'
import { peopleCsv } from './people.ts'
import { runNode } from './run-program.ts'
import { makeWorld, type World } from './world.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const example = (name: string) => join(root, 'client/examples', name)
const PEOPLE = 40

let database: Awaited<ReturnType<typeof testDatabase>>
let world: World
let folder: string
let environment: Record<string, string>
const ran = new Set<string>()

before(async () => {
  database = await testDatabase({ migrated: false })
  world = await makeWorld({
    environment: { DATABASE_URL: database.url, ALLOW_PRIVATE_WEBHOOKS: 'true' },
    simulator: { person: { deliver: 1, read: 0.5, failed: [{ code: 131026, share: 0.2 }], timeScale: 0.01 }, wabas: [] },
  })
  folder = mkdtempSync(join(tmpdir(), 'fanfare-client-'))
  environment = { FANFARE_URL: world.api.baseUrl, FANFARE_API_KEY: world.api.key }
  const built = await runNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'client/tsconfig.json')])
  assert.equal(built.code, 0, built.stdout)
})
after(async () => {
  await world?.close()
  await database?.drop()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

async function run(name: string, ...args: string[]): Promise<string> {
  ran.add(name)
  const { code, stdout, stderr } = await runNode([example(name), ...args], environment)
  assert.equal(code, 0, `${name}: ${stdout}${stderr}`)
  return stdout
}

test('the example imports a file and tells which row was refused', async () => {
  const file = join(folder, 'people.csv')
  const rows = [...peopleCsv(PEOPLE, 1, 0)].join('').trimEnd()
  const columns = rows.split(/\r?\n/, 1)[0]?.split(',').length ?? 1
  writeFileSync(file, `${rows}\n12${','.repeat(columns - 1)}\n`)
  const said = await run('import-contacts.ts', file)
  assert.match(said, new RegExp(`^Completed: ${PEOPLE + 1} rows, ${PEOPLE} created, 0 updated, 1 refused`))
})

test('the example runs a campaign to its end and reads its failures; nobody is messaged twice', async () => {
  const said = await run('run-campaign.ts', 'spring_collection', 'Imported')
  assert.match(said, new RegExp(`of ${PEOPLE} would get it`))
  assert.match(said, /^Completed: 0 of \d+ to go$/m)
  const { accepted, doubles } = world.simulator.ledger.summary()
  assert.ok(accepted > 0)
  assert.equal(doubles, 0)
})

test('the example receives the server’s own webhook, and refuses one that the server did not sign', async () => {
  ran.add('receive-webhooks.ts')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const endpoint = await world.api.call<{ id: string; secret: string }>('POST', '/WebhookEndpoint', { url, events: ['campaign.completed'] })
  const child = spawn(process.execPath, [example('receive-webhooks.ts')], {
    env: { ...process.env, PORT: String(port), FANFARE_WEBHOOK_SECRET: endpoint.secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const lines = child.stdout.setEncoding('utf8').iterator() as AsyncIterableIterator<string>
    assert.equal((await lines.next()).value?.trim(), 'listening')
    const forged = await fetch(url, {
      method: 'POST',
      body: '{}',
      headers: { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' },
    })
    assert.equal(forged.status, 401)
    await world.api.call('POST', `/WebhookEndpoint/${endpoint.id}/test`)
    assert.match((await lines.next()).value, /^\S+ \{.*"workspaceId"/)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})

test('every example was run', () => assert.deepEqual([...ran].sort(), readdirSync(example('')).sort()))
