import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeHmac } from './hmac.ts'

test('it is what Node’s own HMAC says, for any key and any texts one after another', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 500, maxLength: 600 }), fc.uint8Array({ maxLength: 600 }))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.array(text, { minLength: 1 }), (key, texts) => {
      const hmac = makeHmac(key)
      for (const one of texts) assert.deepEqual(hmac(one), createHmac('sha256', key).update(one).digest())
    }),
  )
})
