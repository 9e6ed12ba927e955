import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cause, INFERABLE, isAllowed } from './moves.ts'
import { isAccepted, mergeState, SHOWN_STATUSES, STATE, type StateName, shownStatus, statesOf } from './state.ts'

const NAMES = Object.keys(STATE) as StateName[]

for (const [state, shown] of [
  ['pending', 'Pending'],
  ['sending', 'Pending'],
  ['unknown', 'Unknown'],
  ['skipped', 'Skipped'],
  ['cancelled', 'Cancelled'],
  ['rejected', 'Failed'],
  ['sent', 'Sent'],
  ['undelivered', 'Failed'],
  ['delivered', 'Delivered'],
  ['read', 'Read'],
] as const)
  test(`${state} is shown as ${shown}`, () => assert.equal(shownStatus(STATE[state]), shown))

test('every state is behind exactly one shown status', () => {
  assert.deepEqual(SHOWN_STATUSES.flatMap(statesOf).sort(), NAMES.map((name) => STATE[name]).sort())
  assert.deepEqual(statesOf('Failed'), [STATE.rejected, STATE.undelivered])
})

test('Sent and above is what Meta is known to have accepted', () =>
  assert.deepEqual(
    NAMES.filter((name) => isAccepted(STATE[name])),
    ['sent', 'undelivered', 'delivered', 'read'],
  ))

test('a proof beats whatever was inferred, and never takes back a further proof', () => {
  assert.equal(mergeState(undefined, STATE.sent), STATE.sent)
  for (const name of ['pending', 'sending', 'unknown', 'skipped', 'cancelled', 'rejected'] as const)
    assert.equal(mergeState(STATE[name], STATE.sent), STATE.sent)
  assert.equal(mergeState(STATE.read, STATE.sent), STATE.read)
  assert.equal(mergeState(STATE.delivered, STATE.undelivered), STATE.delivered)
  assert.equal(mergeState(STATE.undelivered, STATE.delivered), STATE.delivered)
  assert.equal(mergeState(STATE.sent, STATE.sent), STATE.sent)
})

/** The moves of delivery.md §2, written down once more by hand: a move that is not here must be refused. */
const EXPECTED: Readonly<Record<Cause, readonly string[]>> = {
  intent: ['pending>sending', 'pending>skipped'],
  cancel: ['pending>cancelled'],
  answer: [
    ...['sending', 'unknown'].flatMap((from) => ['sent', 'pending', 'cancelled', 'rejected'].map((to) => `${from}>${to}`)),
    'sending>unknown',
    ...['pending', 'rejected', 'cancelled', 'skipped'].map((from) => `${from}>sent`),
  ],
  'no-byte proof': ['sending', 'unknown'].flatMap((from) => ['pending', 'cancelled', 'rejected'].map((to) => `${from}>${to}`)),
  rescuer: ['sending>unknown'],
  receipt: [
    ...['pending', 'sending', 'unknown', 'skipped', 'cancelled', 'rejected'].flatMap((from) =>
      ['sent', 'undelivered', 'delivered', 'read'].map((to) => `${from}>${to}`),
    ),
    ...['undelivered', 'delivered', 'read'].map((to) => `sent>${to}`),
    'undelivered>delivered',
    'undelivered>read',
    'delivered>read',
  ],
  'doubt accepted': ['unknown>pending'],
}

for (const [by, moves] of Object.entries(EXPECTED) as [Cause, readonly string[]][])
  test(`what ${by} may move, and nothing else`, () => {
    const allowed = NAMES.flatMap((from) => NAMES.filter((to) => from !== to && isAllowed(from, to, by)).map((to) => `${from}>${to}`))
    assert.deepEqual(allowed.sort(), [...moves].sort())
  })

test('to stay is always allowed; an inference moves only Sending and Unknown', () => {
  for (const name of NAMES) assert.ok(isAllowed(name, name, 'cancel'))
  assert.deepEqual(INFERABLE, [STATE.sending, STATE.unknown])
})
