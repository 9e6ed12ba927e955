import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, explore, type Variant } from './model.ts'
import { INFERABLE, isAllowed, MOVES } from './moves.ts'
import { isAccepted, STATE } from './state.ts'

const ONE: Bounds = { recipients: 1, attempts: 3, crashes: 3, window: 1 }
const TWO: Bounds = { recipients: 2, attempts: 1, crashes: 1, window: 1 }

for (const bounds of [ONE, TWO])
  test(`no order of crashes, stalls, lost and late answers, receipts, opt-out and cancel breaks a promise: ${JSON.stringify(bounds)}`, () => {
    const { states, violation } = explore(bounds)
    assert.equal(violation, undefined, JSON.stringify(violation))
    assert.ok(states > 100, `only ${states} states were explored`)
  })

for (const [variant, promise] of [
  ['rescuer puts Sending back to Pending', '1'],
  ['timeout counts as not sent', '1'],
  ['5xx counts as not sent', '1'],
  ['checkpoint before send counts as sent', '3'],
  ['no echoed address', '3'],
  ['opt-out checked outside the intent transaction', '7'],
  ['cursor advanced past W', '4'],
] as const satisfies readonly (readonly [Variant, string])[])
  test(`the checker catches the broken variant: ${variant}`, () => {
    const { violation } = explore(variant === 'cursor advanced past W' ? TWO : ONE, variant)
    assert.ok(violation, 'nothing broke')
    assert.equal(violation.promise.split(':')[0], promise, JSON.stringify(violation))
  })

test('the table lets nobody lower a proof, and only proof of no acceptance or accepted doubt leads back to Pending', () => {
  const names = Object.keys(STATE) as (keyof typeof STATE)[]
  for (const { from, to, by } of MOVES)
    for (const source of from)
      for (const target of to) {
        if (isAccepted(STATE[source]) && source !== target) assert.ok(STATE[target] > STATE[source], `${source} → ${target}`)
        if (target === 'pending') assert.ok(['answer', 'no-byte proof', 'doubt accepted'].includes(by), `${source} → pending by ${by}`)
      }
  for (const name of names) if (isAccepted(STATE[name])) assert.equal(isAllowed(name, 'pending', 'answer'), false)
  assert.deepEqual([...INFERABLE].sort(), [STATE.sending, STATE.unknown])
})
