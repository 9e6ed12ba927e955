import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '@fanfare/simulator'
import pg from 'pg'
import { examine } from '../../server/src/doctor/examine.ts'
import type { Finding } from '../../server/src/doctor/finding.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/src/platform/embedded-postgres.ts'
import { freePort } from '../../server/src/platform/test-port.ts'
import { until } from './api.ts'
import { makeWorld, type World } from './world.ts'

type Environment = Record<string, string>

let dataDir: string
let world: World
let healthy: Environment
let embedded: EmbeddedPostgres
let db: pg.Client

/** An installation as a first start makes it: embedded PostgreSQL with its own settings, a server, a connected account. */
before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fanfare-doctor-'))
  chmodSync(dataDir, 0o755) // PostgreSQL may run as another user
  const port = String(await freePort())
  const environment = { DATA_DIR: dataDir, PORT: port, ENCRYPTION_KEY: randomBytes(32).toString('base64'), MIN_FREE_DISK_MB: '1' }
  world = await makeWorld({ environment })
  healthy = { ...environment, PUBLIC_URL: `http://127.0.0.1:${port}`, META_GRAPH_BASE_URL: world.simulator.url }
  embedded = await startEmbeddedPostgres({ dataDir })
  db = new pg.Client(embedded.url)
  await db.connect()
})
after(async () => {
  await db?.end()
  await world?.close()
  await embedded?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const troubles = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity !== 'ok')
const urlWith = (change: (url: URL) => void): string => {
  const url = new URL(embedded.url)
  change(url)
  return url.toString()
}

interface Expected {
  readonly code: string
  readonly severity?: 'warning' | 'fault'
  readonly seen?: RegExp
  readonly fix: RegExp
}

/** Exactly these troubles, each with the fix that mends it; then none once what was planted is gone. */
async function finds(what: string, expected: readonly Expected[], environment: Environment = {}): Promise<void> {
  const found = troubles(await examine({ ...healthy, ...environment }))
  assert.deepEqual(
    found.map(({ code, severity }) => `${code} ${severity}`).sort(),
    expected.map(({ code, severity = 'fault' }) => `${code} ${severity}`).sort(),
    `${what}: ${JSON.stringify(found, null, 1)}`,
  )
  for (const { code, seen = /./, fix } of expected) {
    const finding = found.find((each) => each.code === code && fix.test(each.fix ?? '') && seen.test(each.seen))
    assert.ok(finding !== undefined, `${what}, ${code}: ${JSON.stringify(found, null, 1)}`)
  }
}
const isHealthyAgain = async () => assert.deepEqual(troubles(await examine(healthy)), [])

test('a healthy installation has no fault and no warning, and every check says what it saw', async () => {
  const findings = await examine(healthy)
  assert.deepEqual(troubles(findings), [])
  assert.ok(findings.length >= 25, `${findings.length} checks`)
  for (const { code, seen, fix } of findings) assert.ok(seen.length > 0 && fix === null, code)
})

test('settings: every fault together, none with its value', async () => {
  const findings = await examine({
    ...healthy,
    PORT: 'a-port',
    ROLE: 'boss',
    DATABASE_URL: 'mysql://secret@x/y',
    OIDC_ISSUER: 'https://a.example',
  })
  assert.deepEqual(
    findings.map(({ code, severity, subject }) => [code, severity, subject]),
    ['DATABASE_URL', 'PORT', 'ROLE', 'OIDC_ISSUER'].map((name) => ['settings.valid', 'fault', name]),
  )
  assert.doesNotMatch(JSON.stringify(findings), /a-port|boss|secret/)
  for (const { fix, subject } of findings) assert.match(fix ?? '', new RegExp(`Correct ${subject}`))
})

test('database: away, without tables, or not there yet', async () => {
  const nobody = urlWith((url) => {
    url.port = '1'
  })
  await finds('nobody listens', [{ code: 'database.reachable', seen: /ECONNREFUSED/, fix: /Start PostgreSQL/ }], { DATABASE_URL: nobody })
  await finds('no cluster', [{ code: 'database.reachable', fix: /npm start/ }], { DATA_DIR: join(dataDir, 'elsewhere') })
  const broken = join(dataDir, 'broken')
  mkdirSync(join(broken, 'postgres'), { recursive: true })
  writeFileSync(join(broken, 'postgres-password'), 'x')
  writeFileSync(join(broken, 'postgres', 'PG_VERSION'), '9')
  const broke = troubles(await examine({ ...healthy, DATA_DIR: broken }, { embeddedWithinMs: 1 }))
  assert.deepEqual(
    broke.map(({ code, subject }) => [code, subject]),
    [['database.reachable', 'DATA_DIR']],
  )
  assert.match(broke[0]?.fix ?? '', /owner of DATA_DIR/)
  await db.query('CREATE DATABASE empty')
  const empty = urlWith((url) => {
    url.pathname = '/empty'
  })
  await finds(
    'no tables',
    [
      { code: 'database.schema', seen: /Not applied: 1, 2/, fix: /migrate/ },
      { code: 'database.role', severity: 'warning', fix: /without SUPERUSER/ },
    ],
    { DATABASE_URL: empty },
  )
})

test('database: fsync and full_page_writes off', async () => {
  const set = async (value: 'on' | 'off') => {
    for (const name of ['fsync', 'full_page_writes']) await db.query(`ALTER SYSTEM SET ${name} = ${value}`)
    await db.query('SELECT pg_reload_conf()')
    await until(
      'the settings to be read',
      async () => (await db.query<{ fsync: string }>('SHOW fsync')).rows[0]?.fsync,
      (fsync) => fsync === value,
    )
  }
  await set('off')
  await finds('off', [
    { code: 'database.fsync', fix: /fsync = on/ },
    { code: 'database.full_page_writes', fix: /full_page_writes = on/ },
  ])
  await set('on')
  await isHealthyAgain()
})

test('database: a superuser, a role behind no wall, a role with few connections', async () => {
  await finds('superuser', [{ code: 'database.role', severity: 'warning', fix: /without SUPERUSER/ }], { DATABASE_URL: embedded.url })
  await db.query(`CREATE ROLE stranger LOGIN PASSWORD 'stranger' CONNECTION LIMIT 5`)
  const stranger = urlWith((url) => {
    url.username = 'stranger'
    url.password = 'stranger'
  })
  await finds(
    'stranger',
    [
      { code: 'database.wall', seen: /permission denied/, fix: /own the database/ },
      { code: 'database.connections', seen: /^5 connections/, fix: /max_connections/ },
    ],
    { DATABASE_URL: stranger, MIGRATION_DATABASE_URL: embedded.url },
  )
})

test('machine: little room on the disk, a clock that Meta does not share', async () => {
  await finds('disk', [{ code: 'disk.space', fix: /Make room/ }], { MIN_FREE_DISK_MB: '1000000' })
  world.simulator.setClock(600_000)
  await finds('clock', [{ code: 'clock.meta', seen: /600 s behind|599 s behind|601 s behind/, fix: /NTP/ }])
  world.simulator.setClock(0)
  await isHealthyAgain()
})

test('account: a token that is wrong, has expired, ends soon or may too little, and an app that is not subscribed', async () => {
  const { simulator } = world
  const other = await startSimulator({ accessToken: 'another token', appSecret: simulator.appSecret })
  await finds('a Meta that does not know it', [{ code: 'account.token', seen: /not valid/, fix: /new system user token/ }], {
    META_GRAPH_BASE_URL: other.url,
  }).finally(() => other.close())
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds
  simulator.setToken({ expiresAt: inSeconds(-60) })
  await finds('expired', [{ code: 'account.token', seen: /expired/, fix: /new system user token/ }])
  simulator.setToken({ expiresAt: inSeconds(86_400), scopes: ['whatsapp_business_messaging'] })
  await finds('scopes', [
    { code: 'account.token', severity: 'warning', seen: /expires at/, fix: /new system user token/ },
    { code: 'account.permissions', seen: /whatsapp_business_management/, fix: /whatsapp_business_management/ },
  ])
  simulator.setToken({ expiresAt: 0, scopes: ['whatsapp_business_messaging', 'whatsapp_business_management'] })
  const subscription = `${simulator.url}/v25.0/${simulator.wabaId}/subscribed_apps`
  await fetch(subscription, { method: 'DELETE', headers: { authorization: `Bearer ${simulator.accessToken}` } })
  await finds('unsubscribed', [{ code: 'account.subscription', fix: /Verify the account/ }])
  await world.api.call('POST', `/WhatsappAccount/${world.accountId}/verify`, {})
  await isHealthyAgain()
})

test('webhooks: an address Meta cannot call, one where nobody answers, one where somebody else does', async () => {
  await finds(
    'loopback',
    [
      { code: 'webhook.address', seen: /cannot reach this machine/, fix: /PUBLIC_URL/ },
      { code: 'account.token', seen: /not heard|could not be reached/, fix: /DNS, proxy and firewall/ },
      { code: 'clock.meta', severity: 'warning', fix: /META_GRAPH_BASE_URL/ },
    ],
    { META_GRAPH_BASE_URL: 'http://meta.invalid' },
  )
  const nobody = `http://127.0.0.1:${await freePort()}`
  await finds('nobody', [{ code: 'webhook.challenge', seen: /ECONNREFUSED/, fix: /DNS, TLS/ }], { PUBLIC_URL: nobody })
  const stranger = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const elsewhere = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
  await finds('somebody else', [{ code: 'webhook.challenge', seen: /something else/, fix: /api process/ }], { PUBLIC_URL: elsewhere })
  stranger.close()
})

test('keys: another one, a former one, a secret that was moved', async () => {
  const ENCRYPTION_KEY = randomBytes(32).toString('base64')
  await finds('another', [{ code: 'encryption.key', fix: /FORMER_ENCRYPTION_KEYS/ }], { ENCRYPTION_KEY })
  await finds('former', [{ code: 'encryption.key', severity: 'warning', fix: /rotate-keys/ }], {
    ENCRYPTION_KEY,
    FORMER_ENCRYPTION_KEYS: healthy.ENCRYPTION_KEY ?? '',
  })
  const { rows } = await db.query<{ sealed: Buffer }>('SELECT access_token_sealed AS sealed FROM whatsapp_account')
  await db.query('UPDATE whatsapp_account SET access_token_sealed = app_secret_sealed')
  await finds('moved', [{ code: 'encryption.secrets', fix: /access token and app secret/ }])
  await db.query('UPDATE whatsapp_account SET access_token_sealed = $1', [rows[0]?.sealed])
  await isHealthyAgain()
})

test('a hold on a number, a webhook that could not be read, a database older than what this host saw', async () => {
  await db.query(
    `INSERT INTO hold (workspace_id, scope, scope_id, reason, detail) SELECT workspace_id, 'number', id::text, 'token_invalid', 'Planted.' FROM phone_number LIMIT 1`,
  )
  await finds('hold', [{ code: 'hold.token_invalid', seen: /Planted/, fix: /new system user token/ }])
  await db.query('DELETE FROM hold')
  await db.query(
    `INSERT INTO webhook_set_aside (id, account_id, workspace_id, received_at, reason, body)
     SELECT 1, id, workspace_id, now(), 'planted', '' FROM whatsapp_account LIMIT 1`,
  )
  await finds('set aside', [{ code: 'inbox.set_aside', severity: 'warning', fix: /webhook_set_aside/ }])
  await db.query('DELETE FROM webhook_set_aside')
  const file = join(dataDir, 'epoch')
  const epoch = readFileSync(file, 'utf8')
  writeFileSync(file, `${epoch.split(' ')[0]} 999999\n`)
  await finds('older', [{ code: 'install.epoch', seen: /older copy/, fix: /what went out/ }])
  writeFileSync(file, epoch)
  await db.query(`UPDATE install SET epoch_mark = 'first'`)
  await finds('another mark', [{ code: 'install.epoch', fix: /what went out/ }], { INSTALL_EPOCH: 'second' })
  await db.query('UPDATE install SET epoch_mark = NULL')
  await isHealthyAgain()
})

test('no worker: what waits is named, and the command says it by its exit code, as a table and as JSON', async () => {
  await world.server().stop()
  await db.query(
    `INSERT INTO webhook_inbox (account_id, workspace_id, received_at, body) SELECT id, workspace_id, now() - interval '10 minutes', '{}' FROM whatsapp_account`,
  )
  await db.query(
    `INSERT INTO contact_import (workspace_id, id, status, headers, dialect, mapping, options, created_by_name, created_at)
     SELECT id, gen_random_uuid(), 'Queued', '{}', '{}', '{}', '{}', 'x', now() - interval '1 hour' FROM workspace LIMIT 1`,
  )
  const expected = [
    { code: 'worker.alive', fix: /ROLE=worker/ },
    { code: 'inbox.backlog', seen: /oldest for 60\d s/, fix: /ROLE=worker/ },
    { code: 'jobs.imports', fix: /ROLE=worker/ },
    { code: 'webhook.challenge', fix: /Fanfare runs/ },
  ]
  await finds('stopped', expected)
  const table = await doctor()
  assert.equal(table.code, 1, table.output)
  for (const { code } of expected) assert.match(table.output, new RegExp(`^FAULT +${code.replace('.', '\\.')} .+\\n +→ `, 'm'))
  const told = JSON.parse((await doctor('--json')).output)
  assert.equal(told.healthy, false)
  assert.deepEqual(
    troubles(told.findings)
      .map(({ code }) => code)
      .sort(),
    expected.map(({ code }) => code).sort(),
  )
  await db.query('DELETE FROM webhook_inbox')
  await db.query('DELETE FROM contact_import')
  await world.crashAndRestart()
  const well = await doctor()
  assert.equal(well.code, 0, well.output)
  assert.match(well.output, /0 faults, 0 warnings/)
  assert.equal((await doctor('--colour')).code, 2)
})

/** The command as a person runs it. */
async function doctor(...args: string[]): Promise<{ code: number | null; output: string }> {
  const cli = fileURLToPath(new URL('../../server/src/cli.ts', import.meta.url))
  const child = spawn(process.execPath, [cli, 'doctor', ...args], {
    env: { PATH: process.env.PATH, ...healthy },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
