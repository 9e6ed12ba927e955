import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StatusEvent } from './events.ts'
import { isLearnt, noteLearnt } from './learnt.ts'

const event = (told: Partial<StatusEvent>): StatusEvent => ({
  kind: 'status',
  wabaId: '1',
  phoneNumberId: '2',
  wamid: 'wamid.1',
  status: 'sent',
  at: new Date(0),
  waId: '919700000001',
  userId: 'IN.1',
  callbackData: 'f1.AAAAAAAA.B.1.1.aaaaaaaaaaaaaa',
  errorCode: null,
  errorTitle: null,
  pricing: null,
  ...told,
})

test('the ids of an attempt are learnt once a receipt of it is applied, whichever status tells them next', () => {
  assert.equal(isLearnt(event({})), false)
  noteLearnt([event({})])
  for (const status of ['sent', 'delivered', 'failed'] as const) assert.equal(isLearnt(event({ status })), true, status)
})

test('another attempt, another number or another id is not learnt, nor what tells no address of ours', () => {
  noteLearnt([event({}), event({ callbackData: null })])
  for (const told of [
    { callbackData: 'f1.AAAAAAAA.B.1.2.baaaaaaaaaaaaa' },
    { waId: '919700000002' },
    { waId: null },
    { userId: null },
    { userId: 'IN.2' },
    { waId: '91970000000', userId: '1IN.1' },
    { callbackData: null },
  ])
    assert.equal(isLearnt(event(told)), false, JSON.stringify(told))
})

const macOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 14)

test('what was not told is not taken for learnt', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 200, maxLength: 400 }), (texts) => {
      noteLearnt(texts.map((text) => event({ callbackData: macOf(`told ${text}`) })))
      for (const text of texts) assert.equal(isLearnt(event({ callbackData: macOf(`not told ${text}`) })), false)
    }),
    { seed: 7, numRuns: 20 },
  )
})
