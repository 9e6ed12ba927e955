import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readLiquid, type Source, toLiquid } from './source.ts'

for (const [liquid, source] of [
  ['{{ contact.firstName }}', { kind: 'field', name: 'firstName', fallback: '' }],
  ["{{ contact.firstName | default: 'there' }}", { kind: 'field', name: 'firstName', fallback: 'there' }],
  ['{{contact.attributes.city|default:"the shop"}}', { kind: 'attribute', name: 'city', fallback: 'the shop' }],
  ["{{ contact.attributes['Order no.'] }}", { kind: 'attribute', name: 'Order no.', fallback: '' }],
  ['25%', { kind: 'text', text: '25%' }],
  ['', { kind: 'text', text: '' }],
  ['Dear {{ contact.firstName }}', { kind: 'liquid', text: 'Dear {{ contact.firstName }}' }],
  ['{{ contact.firstName | upcase }}', { kind: 'liquid', text: '{{ contact.firstName | upcase }}' }],
  ['{% if contact.email %}a{% endif %}', { kind: 'liquid', text: '{% if contact.email %}a{% endif %}' }],
] as const)
  test(`${liquid || 'nothing'} is read as ${source.kind}`, () => assert.deepEqual(readLiquid(liquid), source))

test('a choice is read back from its Liquid, whatever its attribute and fallback are called', () => {
  const word = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abAB1 _-.é"’عم') })
  fc.assert(
    fc.property(fc.constantFrom('field', 'attribute'), word, word, (kind, name, fallback) => {
      const source = { kind, name: kind === 'field' ? 'lastName' : name, fallback } as Source
      assert.deepEqual(readLiquid(toLiquid(source)), source)
    }),
  )
})

test('a fallback with both kinds of quotes stays one text', () =>
  assert.deepEqual(readLiquid(toLiquid({ kind: 'field', name: 'name', fallback: `it's "you"` })), {
    kind: 'field',
    name: 'name',
    fallback: 'it’s "you"',
  }))
