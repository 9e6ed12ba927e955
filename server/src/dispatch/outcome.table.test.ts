import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { outcomeOfAnswer, outcomeOfError, refusalOf } from './outcome.ts'

/**
 * Meta's codes that prove "not accepted", by what they ask for: written down a second time, so that a slip in one list is a failing test.
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
const CLASSES: readonly (readonly [readonly number[], object])[] = [
  [[0, 3, 10, 104, 190, 131005, 200, 201, 250, 299], { class: 'hold', scope: 'account', reason: 'token_invalid' }],
  [
    [33, 131037, 131045, 131048, 133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016],
    { class: 'hold', scope: 'number', reason: 'account_restricted' },
  ],
  [[368, 131031, 131064], { class: 'hold', scope: 'account', reason: 'account_restricted' }],
  [[131042], { class: 'hold', scope: 'account', reason: 'payment' }],
  [[132000, 132001, 132007, 132015, 132016], { class: 'hold', scope: 'template', reason: 'template_paused' }],
  [[131055, 131063, 132068, 132069, 134011, 134100, 134102, 131053], { class: 'hold', scope: 'campaign', reason: 'circuit_breaker' }],
  [[4, 17, 32, 613, 80007, 80008, 131057, 2494100], { class: 'pause-number', seconds: 60 }],
  [[134101], { class: 'pause-number', seconds: 600 }],
  [[130429], { class: 'throttled' }],
  [[131056], { class: 'pair' }],
  [[131021, 131026, 131030, 131047, 131050, 131051, 131052, 131062, 130403, 130472, 130497, 132005, 132008], { class: 'never' }],
  [[131049], { class: 'rest' }],
  [[137000], { class: 'later' }],
  [[100, 131008, 131009, 132012, 132018, 134103, 135000], { class: 'never', suspicious: true }],
]
for (const [codes, refusal] of CLASSES)
  for (const code of codes) test(`code ${code} asks for ${JSON.stringify(refusal)}`, () => assert.deepEqual(refusalOf(code), refusal))

const KNOWN = new Set(CLASSES.flatMap(([codes]) => codes))
test('every other code proves nothing', () => {
  fc.assert(
    fc.property(
      fc
        .oneof(fc.integer({ min: -10, max: 1_000 }), fc.integer({ min: 130_000, max: 138_000 }), fc.integer())
        .filter((code) => !KNOWN.has(code) && !(code >= 200 && code <= 299)),
      (code) => assert.equal(refusalOf(code), undefined),
    ),
    { numRuns: 2_000 },
  )
  for (const code of [1, 2, 131000, 131016, 133004, 199, 300]) assert.equal(refusalOf(code), undefined)
})

test('the classifier is total: any status and any body has an outcome, and doubt ends only by a documented code or a 2xx with an id', () => {
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ error: fc.record({ code: fc.anything(), message: fc.anything() }), messages: fc.anything() })
      .map((value) => JSON.stringify(value) ?? ''),
    fc
      .record({ messages: fc.array(fc.record({ id: fc.anything(), message_status: fc.anything() })) })
      .map((value) => JSON.stringify(value)),
  )
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), body, (status, text) => {
      const outcome = outcomeOfAnswer(status, text)
      if (outcome.kind === 'accepted') {
        assert.ok(status >= 200 && status < 300)
        assert.equal(JSON.parse(text).messages[0].id, outcome.wamid)
        assert.equal(typeof JSON.parse(text).error?.code === 'number', false)
      } else if (outcome.kind === 'refused') assert.deepEqual(refusalOf(JSON.parse(text).error.code), outcome.refusal)
      else assert.equal(outcome.kind, 'ambiguous')
    }),
    { numRuns: 1_000 },
  )
})

const accepted = JSON.stringify({ contacts: [{ wa_id: '1', user_id: 'IN.1' }], messages: [{ id: 'wamid.X', message_status: 'paused' }] })
for (const [status, kind] of [
  [199, 'ambiguous'],
  [200, 'accepted'],
  [299, 'accepted'],
  [300, 'ambiguous'],
] as const)
  test(`an id at HTTP ${status} is ${kind}`, () => assert.equal(outcomeOfAnswer(status, accepted).kind, kind))

test('an acceptance carries what Meta told, and null for what it did not', () => {
  assert.deepEqual(outcomeOfAnswer(200, accepted), { kind: 'accepted', wamid: 'wamid.X', status: 'paused', waId: '1', userId: 'IN.1' })
  assert.deepEqual(outcomeOfAnswer(201, '{"messages":[{"id":"w","message_status":""}],"contacts":[{"wa_id":7}]}'), {
    kind: 'accepted',
    wamid: 'w',
    status: null,
    waId: null,
    userId: null,
  })
  assert.deepEqual(outcomeOfAnswer(200, '{"messages":[{"id":"w"}],"contacts":[]}'), {
    kind: 'accepted',
    wamid: 'w',
    status: null,
    waId: null,
    userId: null,
  })
})

for (const body of [
  '{"messages":[]}',
  '{"messages":[null]}',
  '{"messages":[{"id":""}]}',
  '{"messages":[{"id":7}]}',
  '{}',
  '""',
  '7',
  '{"error":null}',
  '{"error":{}}',
])
  test(`200 ${body} leaves doubt`, () =>
    assert.deepEqual(outcomeOfAnswer(200, body), { kind: 'ambiguous', code: null, detail: 'HTTP 200 without a readable result' }))

test('a refusal and a doubtful code keep their code and title', () => {
  assert.deepEqual(outcomeOfAnswer(400, '{"error":{"code":131026,"message":"gone"}}'), {
    kind: 'refused',
    refusal: { class: 'never' },
    code: 131026,
    title: 'gone',
  })
  assert.deepEqual(outcomeOfAnswer(500, '{"error":{"code":131000}}'), { kind: 'ambiguous', code: 131000, detail: 'error 131000' })
})

const BEFORE_WRITING =
  'CONNECT_TIMEOUT ECONNREFUSED ENOTFOUND EAI_AGAIN CERT_HAS_EXPIRED CERT_NOT_YET_VALID DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY ERR_TLS_CERT_ALTNAME_INVALID CERT_REVOKED CERT_UNTRUSTED HOSTNAME_MISMATCH'
for (const code of BEFORE_WRITING.split(' '))
  test(`${code} comes before anything is written, but proves nothing once the request had its connection`, () => {
    assert.deepEqual(outcomeOfError({ code, message: 'm' }), { kind: 'not-written', detail: `${code}: m` })
    assert.deepEqual(outcomeOfError({ code, message: 'm' }, true), { kind: 'ambiguous', code: null, detail: `${code}: m` })
  })
for (const syscall of ['connect', 'getaddrinfo'])
  test(`whatever fails in ${syscall} was not written`, () =>
    assert.deepEqual(outcomeOfError({ syscall }), { kind: 'not-written', detail: 'no answer' }))

test('any error at all is read without an exception, and only the named ones prove anything', () => {
  fc.assert(
    fc.property(fc.anything(), fc.boolean(), (error, mayHaveBeenWritten) => {
      const { kind } = outcomeOfError(error, mayHaveBeenWritten)
      assert.equal(kind, 'ambiguous')
    }),
  )
  assert.deepEqual(outcomeOfError(null), { kind: 'ambiguous', code: null, detail: 'no answer' })
  assert.deepEqual(outcomeOfError(new Error('boom')), { kind: 'ambiguous', code: null, detail: 'boom' })
})
