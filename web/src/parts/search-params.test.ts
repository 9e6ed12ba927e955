import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { oneOf, ordinal, parseSearch, searchOf, stringifySearch, text } from './search-params.ts'

const read = searchOf({ q: text(20), status: oneOf(['Draft', 'Running']), page: ordinal })

test('a link opens whatever happened to it: what is not usable is left out', () => {
  assert.deepEqual(read({ q: '', status: 'Nope', page: '-1', other: 'x' }), {})
  assert.deepEqual(read({ q: 'may', status: 'Draft', page: '3' }), { q: 'may', status: 'Draft', page: 3 })
  assert.deepEqual(read({ page: '99999999999' }), {})
})

test('what is written into an address is read back from it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }), fc.integer({ min: 1, max: 1_000_000 }), (q, page) =>
      assert.deepEqual(read(parseSearch(stringifySearch({ q, page, status: undefined }))), { q, page }),
    ),
  )
})

test('digits are text: none is lost', () => assert.equal(read(parseSearch('?q=12345678901234567890')).q, '12345678901234567890'))
