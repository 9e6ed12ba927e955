import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeSharing, type Sharing, type WorkingNumber } from './sharing.ts'

const LEASE_MS = 10_000

/** Workers on a table of leases: each takes its turn with what it sees, as sweeps do. */
function world(numbers: number, workers: readonly number[]) {
  let nowMs = 0
  const owners = new Map<string, number | null>(Array.from({ length: numbers }, (_, i) => [`n${i}`, null]))
  const alive = new Map<number, Sharing>()
  const broken = new Set<number>()
  const join = (key: number) => alive.set(key, makeSharing({ leaseMs: LEASE_MS, nowMs: () => nowMs }))
  for (const key of workers) join(key)
  let handedOver = 0
  const seen = (): WorkingNumber[] => [...owners].map(([numberId, workerKey]) => ({ workspaceId: 'w', numberId, workerKey }))
  return {
    join,
    die: (key: number) => alive.delete(key),
    cannotDrive: (key: number) => broken.add(key),
    handedOver: () => handedOver,
    /** One sweep of each worker, in this order, a second later. */
    sweep(order: readonly number[] = [...alive.keys()]) {
      nowMs += 1_000
      for (const me of order) {
        const { overdue, free, room, handOver } = (alive.get(me) as Sharing).shareOf(seen(), [...alive.keys()], me)
        for (const { numberId } of [...overdue, ...free.slice(0, room)]) if (!broken.has(me)) owners.set(numberId, me)
        if (handOver !== undefined) {
          handedOver++
          owners.set(handOver.numberId, null)
        }
      }
    },
    drives: () => [...alive.keys()].map((key) => [...owners.values()].filter((owner) => owner === key).length),
    undriven: () => [...owners.values()].filter((owner) => owner === null || !alive.has(owner)).length,
  }
}

test('workers that start at the same moment divide the numbers; a single one takes them all at once', () => {
  const two = world(10, [1, 2])
  two.sweep()
  assert.deepEqual(two.drives(), [5, 5])
  const three = world(10, [1, 2, 3])
  three.sweep()
  assert.deepEqual(three.drives(), [4, 4, 2])
  const alone = world(10, [7])
  alone.sweep()
  assert.deepEqual(alone.drives(), [10])
})

test('what a dead worker drove is divided among the others by their next sweep', () => {
  const w = world(9, [1, 2, 3])
  w.sweep()
  w.die(2)
  w.sweep()
  assert.equal(w.undriven(), 0)
  assert.deepEqual(w.drives().sort(), [4, 5])
})

test('a worker that is added gets numbers one by one until nobody drives two more than another, and then all rests', () => {
  const w = world(10, [1])
  w.sweep()
  w.join(2)
  for (let i = 0; i < 20; i++) {
    w.sweep()
    assert.ok(w.undriven() <= 1, 'one at a time')
  }
  assert.deepEqual(w.drives(), [5, 5])
  assert.equal(w.handedOver(), 5)
})

test('a worker that lives and cannot drive: its share is taken by others after the lease time, and it is handed nothing a second time', () => {
  const w = world(4, [1, 2])
  w.cannotDrive(2)
  w.sweep()
  assert.deepEqual(w.drives(), [2, 0])
  for (let i = 0; i < LEASE_MS / 1_000; i++) w.sweep()
  assert.deepEqual(w.drives(), [4, 0], 'nothing stays undriven')
  for (let i = 0; i < 60; i++) w.sweep()
  assert.equal(w.handedOver(), 1, 'tried once')
  assert.equal(w.undriven(), 0)
})

test('whatever workers come and go: once it rests everything is driven, by nobody two more than another', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 1_000 }),
      (numbers, changes, turn) => {
        const w = world(numbers, [0])
        const living = [0]
        let latest = 0
        for (const change of changes) {
          if (change % 2 === 0 && living.length > 1) w.die(living.splice(change % living.length, 1)[0] as number)
          else {
            living.push(++latest) // a key is never used twice
            w.join(latest)
          }
          w.sweep()
        }
        const order = living
        for (let i = 0; i < 120; i++) {
          const at = (turn + i) % order.length
          w.sweep([...order.slice(at), ...order.slice(0, at)])
        }
        assert.equal(w.undriven(), 0)
        const drives = w.drives()
        assert.ok(Math.max(...drives) - Math.min(...drives) <= 1, drives.join())
      },
    ),
    { numRuns: 300 },
  )
})
