import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AccountFacts, judgeAccount, judgeAddress } from './account.ts'
import { type DatabaseFacts, judgeDatabase } from './database.ts'
import { type Finding, isHealthy } from './finding.ts'
import { judgeClock, judgeDisk, judgeEpoch } from './machine.ts'
import { judgeWork, type WorkFacts } from './work.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const ago = (ms: number) => new Date(NOW.getTime() - ms)
/** Codes that are not ok, with their severity. */
const told = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity !== 'ok').map(({ code, severity }) => [code, severity])

const DATABASE: DatabaseFacts = {
  isEmbedded: false,
  versionNumber: 150_004,
  isFsyncOn: true,
  hasFullPageWrites: true,
  applied: [{ version: 1, checksum: 'a' }],
  known: [{ version: 1, checksum: 'a' }],
  role: 'fanfare',
  isSuperuser: false,
  wallMissing: null,
  connectionsLeft: 80,
}
for (const [what, change, expected] of [
  ['all is well', {}, []],
  ['PostgreSQL 14', { versionNumber: 140_011 }, [['database.version', 'fault']]],
  ['a schema newer than the program', { applied: [1, 2].map((version) => ({ version, checksum: 'a' })) }, [['database.schema', 'fault']]],
  ['a migration changed after it was applied', { known: [{ version: 1, checksum: 'b' }] }, [['database.schema', 'fault']]],
  ['connections for one process only', { connectionsLeft: 20 }, [['database.connections', 'warning']]],
  ['a superuser of the embedded database', { isSuperuser: true, isEmbedded: true }, []],
] as const satisfies [string, Partial<DatabaseFacts>, string[][]][])
  test(`database: ${what}`, () => assert.deepEqual(told(judgeDatabase({ ...DATABASE, ...change })), expected))

for (const [aheadMs, expected] of [
  [4_000, []],
  [-30_000, [['clock.database', 'warning']]],
  [180_000, [['clock.database', 'fault']]],
] as const)
  test(`a database whose clock is ${aheadMs / 1_000} s ahead`, () =>
    assert.deepEqual(told(judgeClock({ databaseAheadMs: aheadMs, meta: { date: NOW.toUTCString(), at: NOW } })), expected))

for (const [freeMb, expected] of [
  [2_000, 'ok'],
  [500, 'warning'],
  [100, 'fault'],
] as const)
  test(`${freeMb} MB left of 256 needed is ${expected}`, () => assert.equal(judgeDisk(freeMb * 1_048_576, 256).severity, expected))
test('a disk that cannot be seen is no fault', () => assert.match(judgeDisk(undefined, 256).seen, /cannot be seen/))

test('a host that saw a later epoch than the database knows an older copy', () => {
  const facts = { seen: 5, epoch: 5, mark: null, configured: undefined }
  assert.equal(judgeEpoch(facts).severity, 'ok')
  assert.equal(judgeEpoch({ ...facts, epoch: 4 }).severity, 'fault')
  assert.equal(judgeEpoch(undefined).severity, 'warning')
})

const ACCOUNT: AccountFacts = {
  name: 'Store',
  hasAppSecret: true,
  hasVerifyToken: true,
  token: {
    kind: 'told',
    isValid: true,
    appId: '1',
    expiresAt: 0,
    scopes: ['whatsapp_business_messaging', 'whatsapp_business_management'],
    subscribed: ['1'],
  },
  challenge: { kind: 'answered', status: 200, isEcho: true },
  callbackUrl: 'https://a.example/webhooks/meta/1',
  lastWebhookAt: null,
  lastAcceptedAt: null,
}
for (const [what, change, expected] of [
  ['all is well', {}, []],
  ['Meta says 190/463', { token: { kind: 'refused', code: 190, subcode: 463, details: '' } }, [['account.token', 'fault']]],
  ['Meta refuses otherwise', { token: { kind: 'refused', code: 4, subcode: null, details: 'limit' } }, [['account.token', 'fault']]],
  ['another app is subscribed', { token: { ...ACCOUNT.token, subscribed: ['2'] } as never }, [['account.subscription', 'fault']]],
  ['no app secret', { hasAppSecret: false }, [['account.app_secret', 'fault']]],
  ['no verify token', { hasVerifyToken: false, challenge: undefined }, [['account.verify_token', 'fault']]],
  ['403 to the handshake', { challenge: { kind: 'answered', status: 403, isEcho: false } }, [['webhook.challenge', 'fault']]],
  ['accepted an hour ago, never heard', { lastAcceptedAt: ago(3_600_000) }, [['webhook.heard', 'fault']]],
  ['accepted an hour ago, heard since', { lastAcceptedAt: ago(3_600_000), lastWebhookAt: ago(3_000_000) }, []],
  ['accepted a minute ago', { lastAcceptedAt: ago(60_000) }, []],
] as const satisfies [string, Partial<AccountFacts>, string[][]][])
  test(`account: ${what}`, () => assert.deepEqual(told(judgeAccount({ ...ACCOUNT, ...change }, NOW)), expected))

const META = 'https://graph.facebook.com'
for (const [publicUrl, graph, severity] of [
  ['https://a.example', META, 'ok'],
  ['http://a.example', META, 'fault'],
  ['https://localhost', META, 'fault'],
  ['http://127.0.0.1:3000', META, 'fault'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1:4010', 'ok'],
] as const)
  test(`${publicUrl} with ${graph} is ${severity}`, () => assert.equal(judgeAddress(publicUrl, graph).severity, severity))

const WORK: WorkFacts = {
  workers: 1,
  campaignsWaiting: 0,
  holds: [],
  inboxBodies: 0,
  inboxOldestSeconds: null,
  setAside: 0,
  importOldestSeconds: null,
  overdueCampaigns: 0,
  unfrozenCampaigns: 0,
  stuckSlices: 0,
  deliveryOldestSeconds: null,
  deliveriesDue: 0,
  mailOldestSeconds: null,
  hasMailServer: true,
}
const held = (reason: 'operator' | 'payment') => [{ scope: 'number', reason, name: '+1', since: NOW, detail: '' }] as const
for (const [what, change, expected] of [
  ['all is well', {}, []],
  ['a hold that somebody must end', { holds: held('payment') }, [['hold.payment', 'fault']]],
  ['a hold that somebody wants', { holds: held('operator') }, [['hold.operator', 'warning']]],
  ['a busy inbox', { inboxBodies: 900, inboxOldestSeconds: 5 }, []],
  ['sends without results', { stuckSlices: 1 }, [['dispatch.settled', 'fault']]],
  ['a late campaign', { overdueCampaigns: 1 }, [['campaign.started', 'fault']]],
  ['an audience that does not freeze', { unfrozenCampaigns: 1 }, [['campaign.started', 'fault']]],
  ['outgoing webhooks that do not leave', { deliveriesDue: 3, deliveryOldestSeconds: 700 }, [['jobs.outgoing', 'fault']]],
  ['notices that do not leave', { mailOldestSeconds: 700 }, [['jobs.mail', 'warning']]],
  ['notices without a mail server', { mailOldestSeconds: 700, hasMailServer: false }, []],
] as const satisfies [string, Partial<WorkFacts>, string[][]][])
  test(`work: ${what}`, () => assert.deepEqual(told(judgeWork({ ...WORK, ...change })), expected))

test('warnings leave an installation healthy, faults do not', () => {
  assert.equal(isHealthy(judgeWork({ ...WORK, holds: held('operator') })), true)
  assert.equal(isHealthy(judgeWork({ ...WORK, workers: 0 })), false)
})
