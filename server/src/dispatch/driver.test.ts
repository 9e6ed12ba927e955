import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDriver } from './driver.ts'
import { makeClock, makeTestWorld, mostWithin, plainAddresses, testCampaign, testOrders } from './test-world.ts'

/** A driver at work on scripted ports. */
function start(audiences: Record<string, number>, orders: Parameters<typeof testOrders>[0] = {}) {
  const clock = makeClock()
  const world = makeTestWorld(clock, audiences)
  const all = testOrders({ campaigns: Object.keys(audiences).map((id) => testCampaign(id)), ...orders })
  const driver = startDriver(world, plainAddresses, all)
  return { clock, world, driver, orders: all }
}
const throttled = { kind: 'refused', refusal: { class: 'throttled' }, code: 130429, title: 'too fast' } as const

for (const perSecond of [1, 5, 12, 80, 200, 1_000])
  test(`a number at ${perSecond}/s uses its rate, passes it in no second by more than 10 %, and is smooth`, async () => {
    const { clock, world } = start({ a: 1_000_000 }, { perSecond, window: 2_000 })
    world.intendMs = (n) => (n * 7) % 23 // a store of changing speed must not bunch requests together
    world.answerMs = (n) => 80 + ((n * 31) % 140)
    await clock.runUntil(6_000)
    assert.ok(
      mostWithin(world.sent, 1_000) <= Math.max(perSecond, Math.floor(perSecond * 1.1)),
      `${mostWithin(world.sent, 1_000)} in a second`,
    )
    assert.ok(world.sent.length >= perSecond * 5.5, `${world.sent.length} in six seconds`)
    if (perSecond >= 200)
      assert.ok(mostWithin(world.sent, 100) <= Math.max(perSecond * 0.12, 2) + 1, `${mostWithin(world.sent, 100)} in 100 ms`)
  })

test('a campaign of a hundred does not wait behind one of a million: they take turns', async () => {
  const { clock, world } = start({ million: 1_000_000, hundred: 100 })
  await clock.runUntil(4_000)
  const small = world.sent.filter(({ campaignId }) => campaignId === 'hundred')
  assert.equal(small.length, 100)
  const before = world.sent.filter(({ campaignId, atMs }) => campaignId === 'million' && atMs <= (small.at(-1)?.atMs ?? 0)).length
  assert.ok(before >= 80 && before <= 120, `${before} of the million went before the hundred were through`)
})

test('a campaign’s own cap leaves the rest of the rate to others', async () => {
  const campaigns = [testCampaign('slow', { ratePerSecond: 10 }), testCampaign('fast')]
  const { clock, world } = start({ slow: 10_000, fast: 10_000 }, { campaigns })
  await clock.runUntil(5_000)
  const slow = world.sent.filter(({ campaignId }) => campaignId === 'slow').length
  assert.ok(slow >= 40 && slow <= 55, `${slow}`)
  assert.ok(world.sent.length >= 370, `${world.sent.length}`)
})

test('another rate counts at once', async () => {
  const { clock, world, driver, orders } = start({ a: 1_000_000 }, { perSecond: 1, window: 400 })
  await clock.runUntil(3_000)
  driver.update({ ...orders, perSecond: 100 })
  await clock.runUntil(5_000)
  const fast = world.sent.filter(({ atMs }) => atMs >= 4_000).length
  assert.ok(fast >= 95 && fast <= 110, `${fast}`)
  driver.update({ ...orders, perSecond: 5 })
  await clock.runUntil(8_000)
  const slow = world.sent.filter(({ atMs }) => atMs >= 6_000).length
  assert.ok(slow >= 9 && slow <= 11, `${slow}`)
})

test('130429 halves the pace at most once a second; without it the pace climbs back', async () => {
  const { clock, world } = start({ a: 1_000_000 })
  world.answer = (n) => (n <= 3 ? throttled : { kind: 'accepted', wamid: 'w', status: null, waId: null, userId: null })
  await clock.runUntil(20_000)
  const during = world.sent.filter(({ atMs }) => atMs >= 500 && atMs < 1_500).length
  assert.ok(during <= 45, `${during}`)
  const after = world.sent.filter(({ atMs }) => atMs >= 18_000 && atMs < 19_000).length
  assert.ok(after >= 75, `${after}`)
})

test('no more than W are in flight, fewer where the round trip needs fewer, and one slow answer delays nobody', async () => {
  const slow = start({ a: 1_000_000 })
  slow.world.answerMs = () => 2_000
  await slow.clock.runUntil(10_000)
  assert.equal(slow.world.mostInFlight, 32)
  const quick = start({ a: 1_000_000 })
  quick.world.answerMs = (n) => (n === 40 ? 30_000 : 40)
  await quick.clock.runUntil(5_000)
  assert.ok(quick.world.sent.length >= 390, `${quick.world.sent.length} in five seconds beside a slow answer`)
  quick.world.answerMs = () => 60_000
  await quick.clock.runUntil(20_000)
  assert.ok(
    quick.world.mostInFlight <= 24,
    `${quick.world.mostInFlight} in doubt when Meta falls silent after round trips of 40 ms at 80/s`,
  )
})

test('while the store is away nothing is sent without a durable intent, no result is lost, and all goes on when it returns', async () => {
  const { clock, world } = start({ a: 1_000_000 })
  await clock.runUntil(2_000)
  world.isStoreAway = true
  await clock.runUntil(2_050)
  const sent = world.sent.length
  await clock.runUntil(30_000)
  assert.ok(world.sent.length - sent <= 4, 'only what was intended before')
  world.isStoreAway = false
  await clock.runUntil(35_000)
  assert.ok(world.sent.length - sent >= 240, `${world.sent.length - sent} within five seconds`)
  const recorded = world.results.map(({ attempt }) => attempt.intended.seq)
  assert.equal(new Set(recorded).size, recorded.length, 'no result twice')
  assert.ok(world.sent.length - recorded.length <= 32)
  assert.deepEqual(
    world.sent.slice(0, 200).filter(({ seq }) => !recorded.includes(seq)),
    [],
  )
})

test('a process stopped between intent and writing writes nothing that is older than a second', async () => {
  const { clock, world, driver } = start({ a: 1_000_000 })
  await clock.runUntil(1_000)
  clock.stop(5_000)
  const sent = world.sent.length
  await clock.runUntil(6_003)
  const late = () => world.results.filter(({ outcome }) => outcome.kind === 'late').length
  await clock.runUntil(8_000)
  assert.ok(late() <= 4)
  assert.ok(world.sent.length > sent)
  await driverStops(driver, clock)
})

test('an intent that commits too late is recorded as not written, and the person waits for another attempt', async () => {
  const { clock, world } = start({ a: 1_000_000 })
  world.intendMs = (n) => (n === 5 ? 1_500 : 3)
  await clock.runUntil(4_000)
  const late = world.results.filter(({ outcome }) => outcome.kind === 'late')
  assert.ok(late.length > 0)
  for (const { attempt, verdict } of late) {
    assert.deepEqual([verdict?.state, verdict?.tries], [0, 0])
    assert.equal(
      world.sent.some(({ seq }) => seq === attempt.intended.seq),
      false,
    )
  }
})

test('a fenced driver writes nothing any more and drains when the answers are recorded', async () => {
  const { clock, world, driver } = start({ a: 1_000_000 })
  await clock.runUntil(1_000)
  driver.fence()
  const sent = world.sent.length
  await driverStops(driver, clock)
  assert.equal(world.sent.length, sent)
  assert.equal(driver.inFlight(), 0)
  assert.equal(new Set(world.results.map(({ attempt }) => attempt.intended.seq)).size, world.cursors.get('a'))
})

async function driverStops(driver: ReturnType<typeof start>['driver'], clock: ReturnType<typeof makeClock>): Promise<void> {
  let isDone = false
  void driver.drain().then(() => {
    isDone = true
  })
  await clock.runUntil(clock.nowMs() + 5_000)
  assert.ok(isDone)
}
