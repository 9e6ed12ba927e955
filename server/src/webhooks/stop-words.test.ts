import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStartWord, isStopButton, isStopWord } from './stop-words.ts'

const STOP =
  `stop unsubscribe cancel end quit optout parar sair baja salir detener arreter arrêter arrêt stopp abmelden berhenti dur إيقاف توقف बंद रोको`.split(
    ' ',
  )

for (const word of [...STOP, 'opt out', 'opt-out', 'Opt  Out', ' STOP! ', '«Stop»', 'sToP.', 'arre\u0302ter', '*stop*', 'OPT-OUT'])
  test(`"${word}" stops`, () => {
    assert.ok(isStopWord(word))
    assert.ok(isStopButton(word))
    assert.ok(!isStartWord(word))
  })
for (const word of ['start', 'subscribe', 'unstop', ' Start! '])
  test(`"${word}" starts again and does not stop`, () =>
    assert.deepEqual([isStartWord(word), isStopWord(word), isStopButton(word)], [true, false, false]))
for (const text of [
  'please stop sending',
  'stop it',
  'do not stop',
  'nonstop',
  '',
  '   ',
  '!!!',
  'st op',
  'ends',
  'cancelled',
  'Thank you, looks lovely!',
])
  test(`"${text}" is no word that stops or starts`, () =>
    assert.deepEqual([isStopWord(text), isStartWord(text), isStopButton(text)], [false, false, false]))

test('Meta’s own stop button stops, as a button only', () => {
  assert.deepEqual(
    [isStopButton('Stop promotions'), isStopButton(' stop promotions. '), isStopWord('Stop promotions')],
    [true, true, false],
  )
})

test('a long text is not read as a word, however it is padded', () => {
  assert.deepEqual([isStopWord(`stop${'!'.repeat(36)}`), isStopWord(`stop${'!'.repeat(37)}`)], [true, false])
  assert.deepEqual([isStartWord(`start${'!'.repeat(35)}`), isStartWord(`start${'!'.repeat(36)}`)], [true, false])
})

test('case, punctuation and space around a word never matter, a second word always does', () => {
  const noise = fc
    .array(fc.constantFrom(' ', '!', '.', ',', '*', '"', '…', '\t', '\n', '¡', '-'), { maxLength: 8 })
    .map((list) => list.join(''))
  fc.assert(
    fc.property(fc.constantFrom(...STOP), noise, noise, fc.boolean(), (word, before, after, isUpper) => {
      const text = before + (isUpper ? word.toLocaleUpperCase('und') : word) + after
      assert.ok(isStopWord(text), JSON.stringify(text))
      assert.ok(!isStopWord(`${text} hello`))
    }),
  )
})
