import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mostTelling, type PhoneNumber } from './most-telling.ts'

const number = (id: string, qualityRating: string, others: Partial<PhoneNumber> = {}) =>
  ({ id, qualityRating, status: 'CONNECTED', isDefault: false, ...others }) as PhoneNumber

test('the number shown is the default one, unless Meta rates another lower', () => {
  const spare = number('spare', 'GREEN')
  const usual = number('usual', 'UNKNOWN', { isDefault: true })
  assert.equal(mostTelling([spare, usual])?.id, 'usual')
  assert.equal(mostTelling([number('medium', 'YELLOW'), usual, number('low', 'RED')])?.id, 'low')
  assert.equal(mostTelling([]), undefined)
})

test('a number that is not connected is shown only when none is', () => {
  const off = number('off', 'RED', { status: 'BANNED', isDefault: true })
  assert.equal(mostTelling([off, number('on', 'GREEN')])?.id, 'on')
  assert.equal(mostTelling([number('other', 'GREEN', { status: 'PENDING' }), off])?.id, 'off')
})
