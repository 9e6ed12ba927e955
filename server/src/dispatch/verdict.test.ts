import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, refusalOf } from './outcome.ts'
import { STATE } from './state.ts'
import { verdictOf } from './verdict.ts'

const refused = (code: number): Exclude<Outcome, { kind: 'accepted' }> => {
  const refusal = refusalOf(code)
  assert.ok(refusal)
  return { kind: 'refused', refusal, code, title: `error ${code}` }
}

for (const [what, outcome, tries, verdict] of [
  [
    'a lost answer leaves doubt and costs no attempt',
    { kind: 'ambiguous', code: 131000, detail: 'lost' },
    2,
    {
      state: STATE.unknown,
      tries: 2,
      code: 131000,
      title: 'lost',
      isRetryable: null,
      retryAfterSeconds: 0,
      event: { kind: 'unknown', detail: 'lost' },
    },
  ],
  [
    'no connection: again after the back-off',
    { kind: 'not-written', detail: 'ECONNREFUSED' },
    0,
    {
      state: STATE.pending,
      tries: 1,
      code: null,
      title: 'ECONNREFUSED',
      isRetryable: null,
      retryAfterSeconds: 2.5,
      event: { kind: 'not_connected', detail: 'ECONNREFUSED' },
    },
  ],
  [
    'no connection at the fifth attempt: Failed, and may be tried again by a resend',
    { kind: 'not-written', detail: 'ECONNREFUSED' },
    4,
    {
      state: STATE.rejected,
      tries: 5,
      code: null,
      title: 'ECONNREFUSED',
      isRetryable: true,
      retryAfterSeconds: 0,
      event: { kind: 'refused', detail: 'attempt 5 of 5: ECONNREFUSED' },
    },
  ],
  [
    'a turn that came too late: again soon, at no cost',
    { kind: 'late', detail: 'Its turn came too late.' },
    3,
    {
      state: STATE.pending,
      tries: 3,
      code: null,
      title: null,
      isRetryable: null,
      retryAfterSeconds: 1.5,
      event: { kind: 'not_written', detail: 'Its turn came too late.' },
    },
  ],
  [
    'throttled: again after one to two seconds, at no cost',
    refused(130429),
    4,
    {
      state: STATE.pending,
      tries: 4,
      code: 130429,
      title: 'error 130429',
      isRetryable: null,
      retryAfterSeconds: 1.5,
      event: { kind: 'throttled', detail: 'error 130429' },
    },
  ],
  [
    'the number pauses: again when it may go on, at no cost',
    refused(134101),
    4,
    {
      state: STATE.pending,
      tries: 4,
      code: 134101,
      title: 'error 134101',
      isRetryable: null,
      retryAfterSeconds: 600,
      event: { kind: 'throttled', detail: 'error 134101' },
    },
  ],
  [
    'account trouble: waits for the hold to be lifted, at no cost',
    refused(190),
    4,
    {
      state: STATE.pending,
      tries: 4,
      code: 190,
      title: 'error 190',
      isRetryable: null,
      retryAfterSeconds: 0,
      event: { kind: 'held', detail: 'error 190' },
    },
  ],
  [
    'marketing held back: once more, a day later',
    refused(131049),
    0,
    {
      state: STATE.pending,
      tries: 1,
      code: 131049,
      title: 'error 131049',
      isRetryable: null,
      retryAfterSeconds: 86_400 + 1_800,
      event: { kind: 'retry', detail: 'error 131049' },
    },
  ],
  [
    'marketing held back again: Failed, and may be tried again by a resend',
    refused(131049),
    1,
    {
      state: STATE.rejected,
      tries: 2,
      code: 131049,
      title: 'error 131049',
      isRetryable: true,
      retryAfterSeconds: 0,
      event: { kind: 'refused', detail: 'error 131049' },
    },
  ],
  [
    'the pair limit: again after 4ⁿ seconds',
    refused(131056),
    2,
    {
      state: STATE.pending,
      tries: 3,
      code: 131056,
      title: 'error 131056',
      isRetryable: null,
      retryAfterSeconds: 16,
      event: { kind: 'retry', detail: 'error 131056' },
    },
  ],
  [
    'not now, perhaps another day: Failed, worth a resend',
    refused(137000),
    0,
    {
      state: STATE.rejected,
      tries: 1,
      code: 137000,
      title: 'error 137000',
      isRetryable: true,
      retryAfterSeconds: 0,
      event: { kind: 'refused', detail: 'error 137000' },
    },
  ],
  [
    'never: Failed for good',
    refused(131026),
    0,
    {
      state: STATE.rejected,
      tries: 1,
      code: 131026,
      title: 'error 131026',
      isRetryable: false,
      retryAfterSeconds: 0,
      event: { kind: 'refused', detail: 'error 131026' },
    },
  ],
] as const)
  test(what, () => assert.deepEqual(verdictOf(outcome, tries, 0.5), verdict))

test('a trail keeps at most 500 characters of what Meta said', () => {
  const { event } = verdictOf({ kind: 'ambiguous', code: null, detail: 'x'.repeat(900) }, 0, 0)
  assert.equal(event.detail, 'x'.repeat(500))
})
