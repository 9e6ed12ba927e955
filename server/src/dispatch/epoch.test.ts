import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { applyStatuses } from '../webhooks/statuses.ts'
import { addressesOf } from './address.ts'
import { makeTally } from './counters.ts'
import { openEpoch } from './epoch.ts'
import { applyProofs } from './settle.ts'
import { STATE } from './state.ts'
import { inference, type TestNumber, testNumber } from './test-number.ts'

let n: TestNumber
let dir: string
before(async () => {
  n = await testNumber()
  await addContacts(n.t, 5, { tag: 'E' })
  await run(n.t.deps.pool, sql`INSERT INTO install (id) VALUES (${n.t.deps.install.id})`)
})
after(() => n.t.drop())
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fanfare-epoch-'))
  await run(n.t.deps.pool, sql`DELETE FROM hold`)
  await run(n.t.deps.pool, sql`DELETE FROM hold_cleared`)
  await run(n.t.deps.pool, sql`UPDATE install SET epoch_mark = NULL`)
})

const open = (mark?: string, dataDir = dir) =>
  openEpoch({ ...n.t.deps, config: { ...n.t.deps.config, DATA_DIR: dataDir, INSTALL_EPOCH: mark } })
const held = () => many<{ scope_id: string; reason: string }>(n.t.deps.pool, sql`SELECT scope_id, reason FROM hold`)
const restored = async () => {
  assert.deepEqual(await held(), [{ scope_id: n.world.numberId, reason: 'restored' }])
  await run(n.t.deps.pool, sql`DELETE FROM hold`)
}

test('a database behind the epoch this host saw is a restored one: every number waits for a person, once', async () => {
  const epoch = await open()
  const backup = (await one<{ epoch: number }>(n.t.deps.pool, sql`SELECT epoch FROM install`)).epoch
  await epoch.advance()
  await epoch.advance()
  await open()
  assert.deepEqual(await held(), [], 'an ordinary restart holds nothing')
  await run(n.t.deps.pool, sql`UPDATE install SET epoch = ${backup}`)
  const id = await n.frozen('E')
  await open()
  assert.equal((await n.step(id, 0, 1)).kind, 'refused')
  await restored()
  await open()
  assert.deepEqual(await held(), [], 'after a person looked, the next start holds nothing')
})

test('hosts with data folders of their own are not taken for clones', async () => {
  const other = await mkdtemp(join(tmpdir(), 'fanfare-epoch-'))
  const [a, b] = [await open(), await open(undefined, other)]
  await a.advance()
  await b.advance()
  await open()
  await open(undefined, other)
  assert.deepEqual(await held(), [])
  await rm(other, { recursive: true })
})

test('another INSTALL_EPOCH than the last one means a restored or cloned database', async () => {
  await open('1')
  await open('1')
  assert.deepEqual(await held(), [])
  await open('2')
  await restored()
  await open('2')
  assert.deepEqual(await held(), [])
})

test('what another installation left in the data folder says nothing about this one', async () => {
  await openEpoch({ ...n.t.deps, install: { id: newId() }, config: { ...n.t.deps.config, DATA_DIR: dir } })
  await (await open()).advance()
  assert.match(await readFile(join(dir, 'epoch'), 'utf8'), new RegExp(`^${n.t.deps.install.id} \\d+\n$`))
  assert.deepEqual(await held(), [])
})

test('a receipt that names a later attempt, or a later campaign, than this database knows holds the number', async () => {
  const id = await n.frozen('E')
  await n.step(id, 0, 2)
  await n.record([], [inference(id, 1, STATE.pending)])
  const receipt = (attempt: number) =>
    inTransaction(n.t.deps.pool, (tx) =>
      applyProofs(tx, n.t.workspaceId, [{ campaignId: id, seq: 1, attempt, state: STATE.sent, at: new Date(), wamid: 'w' }]),
    )
  await receipt(1)
  assert.deepEqual(await held(), [])
  await receipt(2)
  await restored()
  const status = (campaignId: string) =>
    inTransaction(n.t.deps.pool, (tx) =>
      applyStatuses(
        n.t.deps,
        tx,
        n.t.workspaceId,
        [
          {
            kind: 'status',
            wabaId: '215589313241560',
            phoneNumberId: '441785372345678',
            accountId: n.world.accountId,
            numberId: n.world.numberId,
            wamid: 'w2',
            status: 'sent',
            at: new Date(),
            waId: null,
            userId: null,
            callbackData: addressesOf(n.t.deps).message(campaignId, 1, 1),
            errorCode: null,
            errorTitle: null,
            pricing: null,
          } as Parameters<typeof applyStatuses>[3][number],
        ],
        makeTally(),
      ),
    )
  await status('01890a5d-ac96-774b-bcce-b302099a8057')
  assert.deepEqual(await held(), [], 'an older campaign was deleted')
  await status(newId())
  await restored()
})
