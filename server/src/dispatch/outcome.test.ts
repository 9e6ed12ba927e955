import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { outcomeOfAnswer, outcomeOfError, refusalOf } from './outcome.ts'
import { STATE } from './state.ts'
import { TRIES_MAX, verdictOf } from './verdict.ts'

const graphError = (code: number) => JSON.stringify({ error: { message: `(#${code})`, type: 'OAuthException', code } })
const accepted = JSON.stringify({ contacts: [{ input: '+1', wa_id: '1' }], messages: [{ id: 'wamid.X', message_status: 'accepted' }] })

test('a 2xx with a message id is an acceptance, with what Meta told about the person', () => {
  assert.deepEqual(outcomeOfAnswer(200, accepted), { kind: 'accepted', wamid: 'wamid.X', status: 'accepted', waId: '1', userId: null })
})

for (const status of [200, 400, 401, 403, 404, 429, 500, 503])
  test(`a documented refusal counts as not accepted at HTTP ${status}`, () => {
    assert.equal(outcomeOfAnswer(status, graphError(131026)).kind, 'refused')
  })

for (const code of [1, 2, 131000, 131016, 133004, 999999, 131060])
  test(`code ${code} proves nothing: the recipient becomes Unknown, whatever the HTTP status`, () => {
    for (const status of [200, 400, 500, 503]) {
      const outcome = outcomeOfAnswer(status, graphError(code))
      assert.equal(outcome.kind, 'ambiguous')
      assert.equal(outcome.kind === 'ambiguous' && verdictOf(outcome, 0, 0.5).state, STATE.unknown)
    }
  })

for (const [what, status, body] of [
  ['HTML from a proxy', 502, '<html>bad gateway</html>'],
  ['401 without a Graph body', 401, ''],
  ['408', 408, ''],
  ['429 without a Graph body', 429, 'slow down'],
  ['a truncated 2xx', 200, accepted.slice(0, 40)],
  ['a 2xx without an id', 200, '{"messages":[{}]}'],
  ['a redirect', 302, ''],
  ['a 5xx that carries an id', 500, accepted],
  ['a Graph error whose code is text', 400, '{"error":{"code":"131026"}}'],
  ['null', 200, 'null'],
] as const)
  test(`${what} is ambiguous`, () => assert.equal(outcomeOfAnswer(status, body).kind, 'ambiguous'))

test('any status and body at all has an outcome, and only a documented code or a 2xx with an id leaves the doubt', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
      assert.ok(['accepted', 'refused', 'ambiguous'].includes(outcomeOfAnswer(status, body).kind))
    }),
  )
})

for (const error of [
  { code: 'ECONNREFUSED', syscall: 'connect' },
  { code: 'ENOTFOUND', syscall: 'getaddrinfo' },
  { code: 'ETIMEDOUT', syscall: 'connect' },
  { code: 'CONNECT_TIMEOUT' },
  { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
])
  test(`${error.code} before writing is surely not accepted`, () => assert.equal(outcomeOfError(error).kind, 'not-written'))

for (const error of [
  { code: 'ECONNRESET', syscall: 'read' },
  { code: 'EPIPE', syscall: 'write' },
  { code: 'UND_ERR_SOCKET' },
  { code: 'UND_ERR_HEADERS_TIMEOUT' },
  { code: 'UND_ERR_BODY_TIMEOUT' },
  { code: 'UND_ERR_ABORTED' },
  { code: 'EHOSTUNREACH', syscall: 'read' },
  { code: 'ETIMEDOUT', syscall: 'read' },
  undefined,
  new Error('anything'),
])
  test(`${error && 'code' in error ? error.code : error} is ambiguous`, () => assert.equal(outcomeOfError(error).kind, 'ambiguous'))

test('once a request had its connection, no error proves that nothing was written', () =>
  assert.equal(outcomeOfError({ code: 'ECONNREFUSED', syscall: 'connect' }, true).kind, 'ambiguous'))

test('the fifth attempt that counts is the last; throttling, holds and unwritten requests cost none', () => {
  const refused = (code: number) => {
    const refusal = refusalOf(code)
    assert.ok(refusal)
    return { kind: 'refused', refusal, code, title: 't' } as const
  }
  assert.equal(verdictOf(refused(131056), TRIES_MAX - 2, 0).state, STATE.pending)
  assert.equal(verdictOf(refused(131056), TRIES_MAX - 1, 0).state, STATE.rejected)
  for (const code of [130429, 131057, 190, 131042, 132015]) {
    const verdict = verdictOf(refused(code), TRIES_MAX - 1, 0)
    assert.deepEqual([verdict.state, verdict.tries], [STATE.pending, TRIES_MAX - 1], String(code))
  }
  const late = verdictOf({ kind: 'late', detail: '' }, 4, 0)
  assert.deepEqual([late.state, late.tries], [STATE.pending, 4])
})

test('the pair limit waits 1, 4, 16, 64 seconds as Meta advises', () => {
  const pair = { kind: 'refused', refusal: { class: 'pair' }, code: 131056, title: '' } as const
  assert.deepEqual(
    [0, 1, 2, 3].map((tries) => verdictOf(pair, tries, 0).retryAfterSeconds),
    [1, 4, 16, 64],
  )
})

test('account, number and template trouble never fails a recipient', () => {
  for (const code of [
    0, 3, 10, 190, 200, 299, 33, 368, 131005, 131031, 131042, 131045, 131048, 131064, 132000, 132001, 132015, 132016, 133010,
  ]) {
    const refusal = refusalOf(code)
    assert.equal(refusal?.class, 'hold', String(code))
  }
})
