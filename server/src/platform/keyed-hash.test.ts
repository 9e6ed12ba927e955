import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeKeyedHash } from './keyed-hash.ts'

test('a keyed hash is HMAC-SHA-256, whatever the key and the text, one after the other', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 500, maxLength: 600 }))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(text, { minLength: 1 }), (key, texts) => {
      const keyed = makeKeyedHash(Buffer.from(key))
      for (const one of texts) assert.equal(keyed(one), createHmac('sha256', key).update(one).digest('hex'))
    }),
  )
})
