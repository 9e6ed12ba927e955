import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeHmac } from './hmac.ts'

test('it is what Node’s own HMAC says, for any key and texts one after another', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (key, texts) => {
      const hmac = makeHmac(Buffer.from(key))
      for (const text of texts) assert.deepEqual(hmac(Buffer.from(text)), createHmac('sha256', key).update(text).digest())
    }),
  ))

test('a longer key is refused, not cut', () => assert.throws(() => makeHmac(Buffer.alloc(65))))
