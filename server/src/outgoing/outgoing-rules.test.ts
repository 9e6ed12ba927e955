import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { STATE, type State } from '../dispatch/state.ts'
import { BATCH_MAX, batchesOf, type OutgoingEvent } from './batch.ts'
import { eventsOfMove } from './events.ts'
import { nextWait, TRIES_MAX } from './retry.ts'
import { newSecret, signedHeaders } from './signature.ts'

test('what we sign the reference implementation of Standard Webhooks accepts, whatever the body; a touched body it refuses', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uuid(), (text, id) => {
      const secret = newSecret()
      const body = JSON.stringify({ text })
      const headers = signedHeaders([secret], id, new Date(), body)
      assert.deepEqual(new Webhook(secret).verify(body, headers), { text })
      assert.throws(() => new Webhook(secret).verify(`${body} `, headers))
      assert.throws(() => new Webhook(newSecret()).verify(body, headers))
    }),
  )
})

test('while a secret changes over, receivers with the former and with the new one both accept', () => {
  const [current, former] = [newSecret(), newSecret()]
  const headers = signedHeaders([current, former], 'id', new Date(), '{}')
  for (const secret of [current, former]) assert.deepEqual(new Webhook(secret).verify('{}', headers), {})
})

const people = fc.array(
  fc.record({
    type: fc.constantFrom('message.sent', 'message.read'),
    campaign: fc.constantFrom('a', 'b'),
    count: fc.integer({ min: 1, max: 900 }),
  }),
  { maxLength: 12 },
)
test('batches tell of everybody once, never more than 500 at a time, never of two campaigns or events together', () => {
  fc.assert(
    fc.property(people, (groups) => {
      let seq = 0
      const events = groups.map(
        ({ type, campaign, count }, i): OutgoingEvent => ({
          workspaceId: 'w',
          id: String(i),
          type,
          campaignId: campaign,
          seqs: Array.from({ length: count }, () => ++seq),
          data: {},
          at: new Date(0),
        }),
      )
      const batches = batchesOf(events)
      const keys = (list: readonly { type: string; campaignId: string | null; seqs: readonly number[] | null }[]) =>
        list.flatMap(({ type, campaignId, seqs }) => (seqs ?? []).map((one) => `${type} ${campaignId} ${one}`)).sort()
      assert.deepEqual(keys(batches), keys(events))
      assert.ok(batches.every(({ seqs }) => (seqs?.length ?? 0) <= BATCH_MAX))
    }),
  )
})

test('tries spread over more than three days, wait longer each time, and jitter never leaves ±20 %', () => {
  const waits = Array.from({ length: TRIES_MAX - 1 }, (_, i) => nextWait(i + 1, 0.5) ?? 0)
  assert.ok(waits.reduce((sum, wait) => sum + wait, 0) > 3 * 86_400)
  assert.deepEqual(
    waits,
    waits.toSorted((a, b) => a - b),
  )
  assert.equal(nextWait(TRIES_MAX, 0.5), undefined)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: TRIES_MAX - 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const ratio = (nextWait(tries, random) ?? 0) / (nextWait(tries, 0.5) ?? 1)
      assert.ok(ratio >= 0.799 && ratio <= 1.201)
    }),
  )
})

test('a receiver may ask for a longer wait, for a day at most, never for a shorter one', () => {
  assert.equal(nextWait(1, 0.5, 600), 600)
  assert.equal(nextWait(1, 0.5, 0), nextWait(1, 0.5))
  assert.equal(nextWait(1, 0.5, 1e9), 86_400)
})

const ALL = Object.values(STATE) as State[]
test('each event of a person is told once along any upward way, and a receipt that jumps tells what it jumped over', () => {
  assert.deepEqual(eventsOfMove({ from: undefined, to: STATE.read }), ['message.sent', 'message.delivered', 'message.read'])
  assert.deepEqual(eventsOfMove({ from: STATE.sent, to: STATE.undelivered }), ['message.failed'])
  assert.deepEqual(eventsOfMove({ from: STATE.undelivered, to: STATE.read }), ['message.delivered', 'message.read'])
  assert.deepEqual(eventsOfMove({ from: STATE.pending, to: STATE.unknown }), [])
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...ALL)), (states) => {
      const way = states.toSorted((a, b) => a - b)
      const told = way.flatMap((to, i) => eventsOfMove({ from: way[i - 1], to }))
      const successes = told.filter((type) => type !== 'message.failed') // a refusal withdrawn by a receipt may fail once more
      assert.equal(new Set(successes).size, successes.length)
    }),
  )
})
