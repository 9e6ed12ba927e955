import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { many, run, sql } from '../platform/db.ts'
import { holdFullDisk, isDiskFull, watchDisk } from './disk.ts'
import { clockOffMs, watchJumps, watchMeta } from './meta-watch.ts'
import { makeSender } from './send.ts'
import { type TestNumber, testNumber } from './test-number.ts'

let n: TestNumber
before(async () => {
  n = await testNumber()
})
after(() => n.t.drop())
beforeEach(() => run(n.t.deps.pool, sql`DELETE FROM hold`))

const reasons = async () =>
  (
    await many<{ reason: string }>(n.t.deps.pool, sql`SELECT reason FROM hold WHERE scope = 'number' AND scope_id = ${n.world.numberId}`)
  ).map(({ reason }) => reason)
/** Waits for a write that was not awaited. */
const until = async (wanted: string[]) => {
  for (let round = 0; round < 200; round++) {
    if (JSON.stringify(await reasons()) === JSON.stringify(wanted)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await reasons(), wanted)
}
const at = (ms: number) => new Date(Date.UTC(2026, 10, 25, 12) + ms)

test('how far the clock is off is read from the Date header; no header, no verdict', () => {
  const header = at(0).toUTCString()
  assert.equal(clockOffMs(header, at(90_000)), 90_000)
  assert.equal(clockOffMs(header, at(-121_000)), -121_000)
  assert.equal(clockOffMs(undefined, at(0)), undefined)
  assert.equal(clockOffMs('soon', at(0)), undefined)
})

test('a wall clock that moves by more than two minutes against the monotonic one has jumped; a slow drift has not', () => {
  let wall = 0
  let monotonic = 0
  const hasJumped = watchJumps({ now: () => new Date(wall), nowMs: () => monotonic })
  const pass = (wallMs: number, monotonicMs: number) => {
    wall += wallMs
    monotonic += monotonicMs
    return hasJumped()
  }
  assert.equal(pass(1_000, 1_000), false)
  for (let i = 0; i < 300; i++) assert.equal(pass(1_500, 1_000), false)
  assert.equal(pass(122_000, 1_000), true)
  assert.equal(pass(1_000, 1_000), false, 'told once')
  assert.equal(pass(-86_400_000, 1_000), true)
  assert.equal(pass(600_000, 600_000), false, 'a process that was stopped did not jump')
})

/** A Graph of one number that answers with this Date header, or not at all. */
async function graph(): Promise<{ server: Server; url: string; say: { date: Date | undefined } }> {
  const say: { date: Date | undefined } = { date: at(0) }
  const server = createServer((_request, response) => {
    if (say.date === undefined) return response.destroy()
    response.setHeader('Date', say.date.toUTCString())
    response.setHeader('content-type', 'application/json')
    return response.end('{"id":"1","messages":[{"id":"wamid.1"}]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, say }
}

test('a clock two minutes off Meta’s holds the number before the first message and after any answer; a probe lifts it when it is right', async () => {
  const { server, url, say } = await graph()
  let now = at(0)
  const deps = { ...n.t.deps, now: () => now }
  const target = { baseUrl: url, version: 'v25.0', phoneNumberId: '1', accessToken: 't', appSecret: null, timeoutMs: 2_000, connections: 4 }
  const sender = makeSender({ ...target, sawDate: (header) => watch.sawDate(header) })
  const watch = watchMeta(deps, n.lease, () => sender)
  now = at(119_000)
  await watch.start()
  assert.deepEqual(await reasons(), [])
  now = at(3_600_000)
  await sender.send({ address: '+1', template: {}, callbackData: '' })
  await until(['clock'])
  await watch.start()
  assert.deepEqual(await reasons(), ['clock'], 'still wrong')
  say.date = now
  await watch.start()
  assert.deepEqual(await reasons(), [])
  watch.stop()
  await sender.close()
  server.close()
})

test('five requests in a row without an answer hold the number until a probe is answered', async () => {
  const { server, url, say } = await graph()
  const target = { baseUrl: url, version: 'v25.0', phoneNumberId: '1', accessToken: 't', appSecret: null, timeoutMs: 2_000, connections: 4 }
  const sender = makeSender(target)
  const watch = watchMeta(n.t.deps, n.lease, () => sender)
  for (const isLost of [true, true, true, true, false, true, true, true, true]) watch.saw(isLost)
  assert.deepEqual(await reasons(), [])
  watch.saw(true)
  await until(['provider_outage'])
  say.date = undefined
  await watch.start()
  assert.deepEqual(await reasons(), ['provider_outage'], 'Meta does not answer yet')
  say.date = at(0)
  await watch.start()
  assert.deepEqual(await reasons(), [])
  watch.stop()
  await sender.close()
  server.close()
})

test('a nearly full disk of the embedded database holds what would send, and lets it go on with room again', async () => {
  const target = [{ workspaceId: n.t.workspaceId, numberId: n.world.numberId }]
  const look = (megabytes: number | undefined) =>
    watchDisk(
      { ...n.t.deps, config: { ...n.t.deps.config, MIN_FREE_DISK_MB: 256 } },
      target,
      async () => megabytes && megabytes * 1_048_576,
    )
  await look(256)
  assert.deepEqual(await reasons(), [])
  await look(255)
  assert.deepEqual(await reasons(), ['low_disk'])
  await look(undefined)
  assert.deepEqual(await reasons(), ['low_disk'], 'another database’s disk is not ours to see')
  await look(300)
  assert.deepEqual(await reasons(), [])
})

test('a write that found the disk full holds the number for a minute', async () => {
  assert.equal(isDiskFull(Object.assign(new Error('could not extend file'), { code: '53100' })), true)
  assert.equal(isDiskFull(Object.assign(new Error('too many connections'), { code: '53300' })), false)
  await holdFullDisk(n.t.deps, n.lease)
  const [hold] = await many<{ seconds: number }>(
    n.t.deps.pool,
    sql`SELECT round(extract(epoch FROM auto_resume_at - now()))::int AS seconds FROM hold WHERE reason = 'low_disk'`,
  )
  assert.ok(hold && hold.seconds > 50 && hold.seconds <= 61)
})
