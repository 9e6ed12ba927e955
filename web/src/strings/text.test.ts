import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ar } from './ar.ts'
import { en } from './en.ts'
import { fill, type Text } from './text.ts'

const people = { one: '{count} person', other: '{count} people' }
for (const [count, text] of [
  [0, '0 people'],
  [1, '1 person'],
  [1_234_567_890_123, '1,234,567,890,123 people'],
] as const)
  test(`${count} in English: ${text}`, () => assert.equal(fill(people, 'en', { count }), text))

test('Arabic has its own plural forms', () => {
  const text = { zero: 'z', one: 'o', two: 't', few: 'f', many: 'm', other: 'x' }
  assert.deepEqual(
    [0, 1, 2, 3, 11, 100].map((count) => fill(text, 'ar', { count })),
    ['z', 'o', 't', 'f', 'm', 'x'],
  )
})

test('a value is text: braces in it are not filled again', () => assert.equal(fill('Hi {name}', 'en', { name: '{name}' }), 'Hi {name}'))

const places = (text: Text): string[] =>
  [...new Set((typeof text === 'string' ? [text] : Object.values(text)).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort()
test('every language has every text, with the same places', () => {
  assert.deepEqual(Object.keys(ar).sort(), Object.keys(en).sort())
  for (const [key, text] of Object.entries(en)) assert.deepEqual(places((ar as Record<string, Text>)[key] ?? ''), places(text), key)
})
